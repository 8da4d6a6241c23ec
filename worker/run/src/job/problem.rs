//! A job's data prepared for evaluation: windows, columns that no genome changes, and what one genome is worth.

use std::ops::Range;

use galapagos_crds::GeneValue;
use galapagos_engine::backtest::{self, Backtest, BacktestResult, backtest};
use galapagos_engine::bars::Bars;
use galapagos_engine::batch::Individual;
use galapagos_engine::evaluation::{Evaluation, MetricSet};
use galapagos_engine::execution::{Execution, Window};
use galapagos_engine::funding::FundingError;
use galapagos_engine::genes::Genome;
use galapagos_engine::interrupt::{Interrupt, Interrupted};
use galapagos_engine::portfolio::counted_stamps;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::window::{Rows, Split, WindowError, split_holdout, warm_up};
use galapagos_manifest::{Dates, show_stamp};
use galapagos_validation::walk_forward::rows_of;

use super::dates::{self, between};
use super::own_data::{self, RulesError};
use super::resolve::ResolvedJob;
use super::space::SpeciesSpace;

/// Why a job cannot be evaluated on its data.
#[derive(Debug, thiserror::Error)]
pub enum ProblemError {
    /// The warm-up does not fit.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// The warm-up does not fit between the job's dates.
    #[error(
        "warm-up of {species} needs {warm_up} rows of `{symbol}`: {history} lie before marketData.from, and the others are \
         more than half of the {rows} rows {} that are no holdout; the bars begin at {}, and the last that is read opens at \
         {}: write a later marketData.from (more rows before it) or a later marketData.to (more rows that count), give \
         more data, lower its upper bounds, or leave the species out",
        between(.dates), show_stamp(.reach.0), show_stamp(.reach.1)
    )]
    Dates {
        /// Who needs the most.
        species: String,
        /// Name of the symbol.
        symbol: String,
        /// Rows that the warm-up takes.
        warm_up: usize,
        /// Rows before the dates.
        history: usize,
        /// Rows between the dates (before a holdout).
        rows: usize,
        /// The job's dates.
        dates: Dates,
        /// First and last stamp of the symbol, as far as the job looks.
        reach: (i64, i64),
    },
    /// Funding cannot be charged.
    #[error(transparent)]
    Funding(#[from] FundingError),
    /// Rules of a manifest look at something that the data do not have.
    #[error(transparent)]
    Rules(#[from] RulesError),
}

/// The warm-up of one symbol and who causes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarmUp {
    /// Name of the symbol.
    pub symbol: String,
    /// Rows that it takes, those before the job's first date included.
    pub rows: usize,
    /// Rows before the job's first date; 0 without one. They only warm up.
    pub history: usize,
    /// The species that needs them; `None`: `warmupBars`.
    pub species: Option<String>,
}

impl WarmUp {
    /// The first row that counts.
    pub fn first(&self) -> usize {
        self.rows.max(self.history)
    }
}

/// Columns and windows of one part of the data.
#[derive(Debug, Default)]
pub struct DataPart<'a> {
    symbols: Vec<Prepared<'a>>,
    rows: Vec<Rows>,
    /// The same as a batch takes them.
    shared: Vec<Rows>,
}

/// An individual whose indices have become the engine's genome, once for all that is done with it.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The species that is evaluated, with its search space.
    pub species: &'a SpeciesSpace,
    /// Its genes and stops.
    pub genome: Genome,
}

impl Decoded<'_> {
    /// As the batch path takes it.
    pub fn individual(&self) -> Individual<'_> {
        Individual { strategy: self.species.strategy(), genome: &self.genome }
    }

    /// Names and values of its genes, as manifests write them.
    pub fn named(&self) -> Vec<(String, GeneValue)> {
        self.species.names(&self.genome)
    }
}

/// A job on its data. Training columns are made once; those of the holdout when they are asked for, at the end.
#[derive(Debug)]
pub struct Problem<'a> {
    job: &'a ResolvedJob,
    bars: Vec<Bars<'a>>,
    /// Those of the symbols that rules look at beside the traded ones.
    others: Vec<Bars<'a>>,
    training: DataPart<'a>,
    split: Split,
    warm_ups: Vec<WarmUp>,
    metrics: MetricSet,
}

impl<'a> Problem<'a> {
    /// Lays the windows and prepares the training columns. `bars` and `others` in ascending order of their symbols, `bars`
    /// as [`Market::bars`](super::market::Market::bars) gives them; `others` are those of [`ResolvedJob::others`].
    ///
    /// # Errors
    /// The warm-up exceeds half of the training rows, or funding cannot be charged.
    pub fn new(
        job: &'a ResolvedJob,
        mut bars: Vec<Bars<'a>>,
        mut others: Vec<Bars<'a>>,
    ) -> Result<Problem<'a>, ProblemError> {
        for species in &job.species {
            if let Some(rules) = species.rules() {
                own_data::check(species.name(), rules, &bars, &others)?;
            }
        }
        let mut from_ms = job.dates.from_ms;
        if job.execution.window == Window::Full {
            // The programs to compare with know no bar before those that they are given.
            let all = bars.iter_mut().chain(&mut others);
            all.for_each(|b| *b = b.skip(dates::start(b.time_ms, from_ms)));
            from_ms = None;
        }
        let starts: Vec<usize> = bars.iter().map(|b| dates::start(b.time_ms, from_ms)).collect();
        let times: Vec<&[i64]> = bars.iter().zip(&starts).map(|(b, &start)| &b.time_ms[start..]).collect();
        let mut split = split_holdout(&times, job.holdout);
        split.training_rows.iter_mut().zip(&starts).for_each(|(rows, start)| *rows += start);
        let mut symbols = Vec::with_capacity(bars.len());
        let mut warm_ups = Vec::with_capacity(bars.len());
        for ((bars, &rows), &history) in bars.iter().zip(&split.training_rows).zip(&starts) {
            let prepared = Prepared::new(bars.truncate(rows), &job.execution)?;
            warm_ups.push(bound(job, &prepared, &others, history).map_err(|e| dated(job, bars, history, e))?);
            symbols.push(prepared);
        }
        let rows: Vec<Rows> = warm_ups.iter().map(|w| Rows::dated(w.first(), from_ms)).collect();
        let full = job.execution.window == Window::Full;
        let shared = if full { vec![Rows::full(1); rows.len()] } else { rows.clone() };
        let metrics = job.fitness.metrics();
        Ok(Problem {
            job,
            bars,
            others,
            training: DataPart { symbols, rows, shared },
            split,
            warm_ups,
            metrics,
        })
    }

    /// The job `job` on the rows of some of the counted stamps of this one: `positions` of `stamps`. Latches and the
    /// account start anew at the first row of each symbol, indicators keep their history, and nothing is left of what
    /// comes later.
    ///
    /// # Errors
    /// Funding cannot be charged on these rows.
    pub fn part<'w>(
        &self,
        job: &'w ResolvedJob,
        stamps: &[i64],
        positions: &Range<usize>,
    ) -> Result<Problem<'w>, ProblemError>
    where
        'a: 'w,
    {
        let (from_ms, last_ms) = match stamps.get(positions.clone()) {
            Some([only]) => (*only, *only),
            Some([first, .., last]) => (*first, *last),
            Some([]) | None => (i64::MAX, i64::MIN),
        };
        let known = |bars: &Bars<'a>| bars.truncate(bars.time_ms.partition_point(|&t| t <= last_ms));
        let mut part = DataPart::default();
        let mut warm_ups = Vec::with_capacity(self.bars.len());
        for (bars, warm_up) in self.bars.iter().zip(&self.warm_ups) {
            let rows = rows_of(bars.time_ms, stamps, positions, warm_up.first());
            part.push(Prepared::new(known(bars), &job.execution)?, Rows::holdout(rows.start, from_ms));
            warm_ups.push(WarmUp { rows: rows.start, history: 0, ..warm_up.clone() });
        }
        let bars: Vec<Bars<'w>> = self.bars.iter().map(known).collect();
        let training_rows = bars.iter().map(Bars::len).collect();
        Ok(Problem {
            job,
            others: self.others.iter().map(known).collect(),
            bars,
            training: part,
            split: Split { from_ms: None, training_rows, holdout_stamps: 0 },
            warm_ups,
            metrics: job.fitness.metrics(),
        })
    }

    /// Rows that count of such a part, summed over the symbols.
    pub fn counted_bars_of(&self, stamps: &[i64], positions: &Range<usize>) -> u64 {
        let symbols = self.bars.iter().zip(&self.warm_ups);
        let rows = symbols.map(|(bars, w)| rows_of(bars.time_ms, stamps, positions, w.first()).len());
        rows.sum::<usize>() as u64
    }

    /// The stamps of the training rows that count: those of every account on them.
    pub fn counted_stamps(&self) -> Vec<i64> {
        let symbols = self.bars.iter().zip(&self.split.training_rows).zip(&self.training.rows);
        counted_stamps(symbols.map(|((bars, &rows), &counted)| (&bars.time_ms[..rows], counted)), false).1
    }

    /// The resolved job.
    pub fn job(&self) -> &'a ResolvedJob {
        self.job
    }

    /// The bars of all symbols, with those before the job's first date, and holdout included.
    pub fn bars(&self) -> &[Bars<'a>] {
        &self.bars
    }

    /// The bars of the symbols that rules look at beside the traded ones.
    pub fn others(&self) -> &[Bars<'a>] {
        &self.others
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
        let counted = |(p, w): (&Prepared<'_>, &WarmUp)| p.len().saturating_sub(w.first()) as u64;
        self.training.symbols.iter().zip(&self.warm_ups).map(counted).sum()
    }

    /// The metrics every individual gets.
    pub fn metrics(&self) -> MetricSet {
        self.metrics
    }

    /// The training rows of all symbols.
    pub fn training(&self) -> &DataPart<'a> {
        &self.training
    }

    /// The holdout, prepared now; `None` if the job has none. Latches and the account start anew at its first row,
    /// indicators keep their history.
    ///
    /// # Errors
    /// Funding cannot be charged on these rows.
    pub fn holdout(&self) -> Result<Option<DataPart<'a>>, FundingError> {
        let Some(from_ms) = self.split.from_ms else { return Ok(None) };
        let mut part = DataPart::default();
        for (bars, &start) in self.bars.iter().zip(&self.split.training_rows) {
            part.push(Prepared::new(*bars, &self.job.execution)?, Rows::holdout(start, from_ms));
        }
        Ok(Some(part))
    }

    /// The individual of a species and indices. `None`: there is no such species, or they are not of its grids.
    pub fn decode(&self, species: usize, indices: &[u32]) -> Option<Decoded<'a>> {
        let species = self.job.species.get(species)?;
        Some(Decoded { species, genome: species.genome(indices)? })
    }

    /// What a genome of species `species` is worth on the training rows. `None` as for [`Problem::decode`].
    pub fn evaluate(&self, species: usize, indices: &[u32]) -> Option<Evaluation> {
        self.evaluate_until(&self.decode(species, indices)?, Interrupt::NEVER).ok()
    }

    /// What an individual is worth on the training rows, unless `interrupt` rises before the end.
    ///
    /// # Errors
    /// It rose.
    pub fn evaluate_until(
        &self,
        decoded: &Decoded<'_>,
        interrupt: Interrupt<'_>,
    ) -> Result<Evaluation, Interrupted> {
        let (exec, metrics) = (&self.job.execution, self.metrics);
        let rows = self.training.rows_of(exec, &self.others, decoded);
        let others = &self.others;
        let run = Backtest { symbols: &self.training.symbols, rows: &rows, others, exec, metrics };
        backtest::evaluate(&run, decoded.species.strategy(), &decoded.genome, interrupt)
    }

    /// The whole story of an individual on a part of the data, with every metric.
    pub fn report(&self, part: &DataPart<'_>, decoded: &Decoded<'_>) -> BacktestResult {
        let exec = &self.job.execution;
        let rows = part.rows_of(exec, &self.others, decoded);
        let (others, metrics) = (&self.others, MetricSet::FULL);
        let run = Backtest { symbols: &part.symbols, rows: &rows, others, exec, metrics };
        backtest(&run, decoded.species.strategy(), &decoded.genome)
    }
}

impl<'a> DataPart<'a> {
    /// Bars, costs and charges of each symbol.
    pub fn symbols(&self) -> &[Prepared<'a>] {
        &self.symbols
    }

    /// Counted rows by symbol.
    pub fn rows(&self) -> &[Rows] {
        &self.rows
    }

    /// The same as a batch takes them: with `window: Full` each individual decides from its own warm-up on.
    pub fn shared_rows(&self) -> &[Rows] {
        &self.shared
    }

    fn push(&mut self, symbol: Prepared<'a>, rows: Rows) {
        self.symbols.push(symbol);
        self.rows.push(rows);
        self.shared.push(rows);
    }

    /// The rows that count for an individual: `window: Full` starts each at its own warm-up; else all see the same rows.
    pub fn rows_of(&self, exec: &Execution, others: &[Bars<'_>], decoded: &Decoded<'_>) -> Vec<Rows> {
        match exec.window {
            Window::AfterWarmUp => self.rows.clone(),
            Window::Full => {
                let own = |(p, r): (&Prepared<'_>, &Rows)| match r.from_ms {
                    Some(_) => *r,
                    None => {
                        let strategy = decoded.species.strategy();
                        Rows::full(strategy.warm_up(&p.bars(), others, &decoded.genome))
                    }
                };
                self.symbols.iter().zip(&self.rows).map(own).collect()
            }
        }
    }
}

/// Beside the dates of a job, if it has some: they may be what is to be changed.
fn dated(job: &ResolvedJob, bars: &Bars<'_>, history: usize, error: WindowError) -> ProblemError {
    let reach = bars.time_ms.first().copied().zip(bars.time_ms.last().copied());
    let dates = job.dates;
    match (error, reach) {
        (WindowError::TooLong { species, symbol, warm_up, rows }, Some(reach))
            if dates != Dates::default() =>
        {
            ProblemError::Dates { species, symbol, warm_up, history, rows, dates, reach }
        }
        (error, _) => error.into(),
    }
}

/// With the part of its rules that needs so many rows behind the species.
fn because(job: &ResolvedJob, bars: &Bars<'_>, others: &[Bars<'_>], mut error: WindowError) -> WindowError {
    let (WindowError::TooLong { species, .. } | WindowError::TooShort { species, .. }) = &mut error;
    let blamed = job.species.iter().find(|s| *species == format!("`{}`", s.name()));
    if let Some(cause) = blamed.and_then(|s| s.warm_up_cause(bars, others)) {
        species.push_str(&format!(" (because of {cause})"));
    }
    error
}

/// W of one symbol over all species, from the bounds of their genes (contract X20).
fn bound(
    job: &ResolvedJob,
    prepared: &Prepared<'_>,
    others: &[Bars<'_>],
    history: usize,
) -> Result<WarmUp, WindowError> {
    let bars = prepared.bars();
    let need = |s: &SpeciesSpace| s.warm_up_bound(&bars, others);
    let species: Vec<(&str, usize)> = job.species.iter().map(|s| (s.name(), need(s))).collect();
    let own = prepared.len() - history;
    let found = warm_up(bars.symbol, history, own, &species, job.execution.warmup_bars);
    let (rows, cause) = found.map_err(|e| because(job, &bars, others, e))?;
    let species = cause.map(|i| species[i].0.to_owned());
    Ok(WarmUp { symbol: bars.symbol.to_owned(), rows, history, species })
}
