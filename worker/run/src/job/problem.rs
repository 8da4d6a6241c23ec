//! A job's data prepared for evaluation: windows, columns that no genome changes, and what one genome is worth.

use galapagos_engine::backtest::{self, Backtest, BacktestResult, backtest};
use galapagos_engine::bars::Bars;
use galapagos_engine::evaluation::{Evaluation, MetricSet};
use galapagos_engine::execution::{Execution, Window};
use galapagos_engine::funding::FundingError;
use galapagos_engine::genes::Genome;
use galapagos_engine::interrupt::{Interrupt, Interrupted};
use galapagos_engine::prepared::Prepared;
use galapagos_engine::strategies::Strategy;
use galapagos_engine::window::{Rows, Split, WindowError, split_holdout, warm_up};

use super::resolve::ResolvedJob;

/// Why a job cannot be evaluated on its data.
#[derive(Debug, thiserror::Error)]
pub enum ProblemError {
    /// The warm-up does not fit.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// Funding cannot be charged.
    #[error(transparent)]
    Funding(#[from] FundingError),
}

/// The warm-up of one symbol and who causes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarmUp {
    /// Name of the symbol.
    pub symbol: String,
    /// Rows before the first counted one.
    pub rows: usize,
    /// The species that needs them; `None`: `warmupBars`.
    pub species: Option<&'static str>,
}

/// Columns and windows of one part of the data.
#[derive(Debug)]
pub struct Part<'a> {
    symbols: Vec<Prepared<'a>>,
    rows: Vec<Rows>,
}

/// A job on its data. Training columns are made once; those of the holdout when they are asked for, at the end.
#[derive(Debug)]
pub struct Problem<'a> {
    job: &'a ResolvedJob,
    bars: Vec<Bars<'a>>,
    training: Part<'a>,
    split: Split,
    warm_ups: Vec<WarmUp>,
    metrics: MetricSet,
}

impl<'a> Problem<'a> {
    /// Lays the windows and prepares the training columns. `bars` in ascending order of their symbols.
    ///
    /// # Errors
    /// The warm-up exceeds half of the training rows, or funding cannot be charged.
    pub fn new(job: &'a ResolvedJob, bars: Vec<Bars<'a>>) -> Result<Problem<'a>, ProblemError> {
        let times: Vec<&[i64]> = bars.iter().map(|b| b.time_ms).collect();
        let split = split_holdout(&times, job.holdout);
        let mut symbols = Vec::with_capacity(bars.len());
        let mut warm_ups = Vec::with_capacity(bars.len());
        for (bars, &rows) in bars.iter().zip(&split.training_rows) {
            let prepared = Prepared::new(bars.truncate(rows), &job.execution)?;
            warm_ups.push(bound(job, &prepared)?);
            symbols.push(prepared);
        }
        let rows = warm_ups.iter().map(|w| Rows::after_warm_up(w.rows)).collect();
        let metrics = job.judge.metrics();
        Ok(Problem { job, bars, training: Part { symbols, rows }, split, warm_ups, metrics })
    }

    /// The resolved job.
    pub fn job(&self) -> &'a ResolvedJob {
        self.job
    }

    /// The bars of all symbols, holdout included.
    pub fn bars(&self) -> &[Bars<'a>] {
        &self.bars
    }

    /// The warm-up of each symbol, in the order of the symbols.
    pub fn warm_ups(&self) -> &[WarmUp] {
        &self.warm_ups
    }

    /// Where the holdout starts.
    pub fn split(&self) -> &Split {
        &self.split
    }

    /// Counted training rows, summed over the symbols: what one evaluation looks at.
    pub fn counted_bars(&self) -> u64 {
        let counted = |(p, w): (&Prepared<'_>, &WarmUp)| p.len().saturating_sub(w.rows) as u64;
        self.training.symbols.iter().zip(&self.warm_ups).map(counted).sum()
    }

    /// The metrics every individual gets.
    pub fn metrics(&self) -> MetricSet {
        self.metrics
    }

    /// The training rows of all symbols.
    pub fn training(&self) -> &Part<'a> {
        &self.training
    }

    /// The holdout, prepared now; `None` if the job has none. Latches and the account start anew at its first row,
    /// indicators keep their history.
    ///
    /// # Errors
    /// Funding cannot be charged on these rows.
    pub fn holdout(&self) -> Result<Option<Part<'a>>, FundingError> {
        let Some(from_ms) = self.split.from_ms else { return Ok(None) };
        let mut part = Part { symbols: Vec::new(), rows: Vec::new() };
        for (bars, &start) in self.bars.iter().zip(&self.split.training_rows) {
            part.symbols.push(Prepared::new(*bars, &self.job.execution)?);
            part.rows.push(Rows::holdout(start, from_ms));
        }
        Ok(Some(part))
    }

    /// What a genome of species `species` is worth on the training rows. `None`: the indices are not of its grids.
    pub fn evaluate(&self, species: usize, indices: &[u32]) -> Option<Evaluation> {
        self.evaluate_until(species, indices, Interrupt::NEVER).ok().flatten()
    }

    /// The same, unless `interrupt` rises before the end.
    ///
    /// # Errors
    /// It rose.
    pub fn evaluate_until(
        &self,
        species: usize,
        indices: &[u32],
        interrupt: Interrupt<'_>,
    ) -> Result<Option<Evaluation>, Interrupted> {
        let Some(species) = self.job.species.get(species) else { return Ok(None) };
        let Some(genome) = species.genome(indices) else { return Ok(None) };
        let (exec, metrics) = (&self.job.execution, self.metrics);
        self.training.evaluate(exec, metrics, species.strategy, &genome, interrupt).map(Some)
    }

    /// The whole story of a genome on a part of the data, with every metric.
    pub fn report(&self, part: &Part<'_>, species: usize, indices: &[u32]) -> Option<BacktestResult> {
        let species = self.job.species.get(species)?;
        let genome = species.genome(indices)?;
        let rows = part.rows_of(&self.job.execution, species.strategy, &genome);
        let run = Backtest {
            symbols: &part.symbols,
            rows: &rows,
            exec: &self.job.execution,
            metrics: MetricSet::FULL,
        };
        Some(backtest(&run, species.strategy, &genome))
    }
}

impl<'a> Part<'a> {
    /// Bars, costs and charges of each symbol.
    pub fn symbols(&self) -> &[Prepared<'a>] {
        &self.symbols
    }

    /// Counted rows by symbol.
    pub fn rows(&self) -> &[Rows] {
        &self.rows
    }

    /// The rows that count for a genome: `window: Full` starts each at its own warm-up; else all see the same rows.
    pub fn rows_of(&self, exec: &Execution, strategy: &dyn Strategy, genome: &Genome) -> Vec<Rows> {
        match exec.window {
            Window::AfterWarmUp => self.rows.clone(),
            Window::Full => {
                let own = |(p, r): (&Prepared<'_>, &Rows)| match r.from_ms {
                    Some(_) => *r,
                    None => Rows::full(strategy.warm_up(&p.bars(), genome)),
                };
                self.symbols.iter().zip(&self.rows).map(own).collect()
            }
        }
    }

    fn evaluate(
        &self,
        exec: &Execution,
        metrics: MetricSet,
        strategy: &dyn Strategy,
        genome: &Genome,
        interrupt: Interrupt<'_>,
    ) -> Result<Evaluation, Interrupted> {
        let rows = self.rows_of(exec, strategy, genome);
        let run = Backtest { symbols: &self.symbols, rows: &rows, exec, metrics };
        backtest::evaluate(&run, strategy, genome, interrupt)
    }
}

/// W of one symbol over all species, from the bounds of their genes (contract X20).
fn bound(job: &ResolvedJob, prepared: &Prepared<'_>) -> Result<WarmUp, WindowError> {
    let bars = prepared.bars();
    let need = |s: &super::space::SpeciesSpace| {
        s.bounds().iter().map(|genome| s.strategy.warm_up(&bars, genome)).max().unwrap_or(1)
    };
    let species: Vec<(&'static str, usize)> = job.species.iter().map(|s| (s.name(), need(s))).collect();
    let (rows, cause) = warm_up(bars.symbol, prepared.len(), &species, job.execution.warmup_bars)?;
    Ok(WarmUp { symbol: bars.symbol.to_owned(), rows, species: cause.map(|i| species[i].0) })
}
