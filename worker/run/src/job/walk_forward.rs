//! The windows of a job's walk-forward on its data: which rows they train on and are tested on, and the job that each
//! evolves (docs/contract/walk-forward.md).

use std::ops::Range;

use galapagos_crds as crds;
use galapagos_engine::evaluation::Metric;
use galapagos_manifest::show_stamp;
use galapagos_validation::walk_forward::{
    Schedule, Train, Window, WindowTooShort, check, wf_cost, window_seed, windows,
};
use rust_decimal::Decimal as Exact;
use rust_decimal::prelude::ToPrimitive;

use super::measure::Measure;
use super::problem::{Problem, ProblemError};
use super::resolve::{Budget, ResolvedJob};
use crate::storage::digest::{WindowInputs, window_digest};

/// Why there are no windows.
#[derive(Debug, thiserror::Error)]
pub enum WalkForwardError {
    /// One of them has too few rows.
    #[error(transparent)]
    TooShort(#[from] WindowTooShort),
    /// The digest of one cannot be made.
    #[error("the digest of a walk-forward window cannot be made")]
    Digest(#[from] serde_json::Error),
}

/// One window, and the job that it evolves.
#[derive(Debug)]
pub struct WindowJob {
    /// Its number, from 0.
    pub index: u32,
    /// Its positions among the counted stamps.
    pub positions: Window,
    /// The job with the window's seed, limits and digest, without individuals to start with.
    pub job: ResolvedJob,
}

/// The windows of a job on its data.
#[derive(Debug)]
pub struct WalkForward {
    stamps: Vec<i64>,
    windows: Vec<WindowJob>,
    tested: ResolvedJob,
}

impl WalkForward {
    /// Lays the windows; `None`: the job asks for none.
    ///
    /// # Errors
    /// A window would have too few rows.
    pub fn new(problem: &Problem<'_>) -> Result<Option<WalkForward>, WalkForwardError> {
        let job = problem.job();
        let Some(spec) = &job.validation.walk_forward else { return Ok(None) };
        let stamps = problem.counted_stamps();
        let laid = windows(stamps.len(), &schedule(job, spec));
        check(&laid, stamps.len())?;
        let window = |(index, positions): (usize, Window)| -> Result<WindowJob, WalkForwardError> {
            let index = index as u32;
            let job = window_job(job, index, &positions, &stamps)?;
            Ok(WindowJob { index, positions, job })
        };
        let windows = laid.into_iter().enumerate().map(window).collect::<Result<Vec<_>, _>>()?;
        let mut tested = job.clone();
        // The next window starts flat.
        tested.execution.final_close = true;
        Ok(Some(WalkForward { stamps, windows, tested }))
    }

    /// The counted stamps of the job's training rows.
    pub fn stamps(&self, positions: &Range<usize>) -> &[i64] {
        self.stamps.get(positions.clone()).unwrap_or_default()
    }

    /// All windows, oldest first.
    pub fn windows(&self) -> &[WindowJob] {
        &self.windows
    }

    /// What they cost beside the job itself, in runs of it.
    pub fn cost(&self) -> f64 {
        let laid: Vec<Window> = self.windows.iter().map(|w| w.positions.clone()).collect();
        wf_cost(self.stamps.len(), &laid)
    }

    /// The rows that a window trains on: no price behind them exists there.
    ///
    /// # Errors
    /// Funding cannot be charged on them.
    pub fn training<'w>(
        &self,
        problem: &Problem<'w>,
        window: &'w WindowJob,
    ) -> Result<Problem<'w>, ProblemError> {
        problem.part(&window.job, &self.stamps, &window.positions.train)
    }

    /// Rows that an evaluation on them looks at, summed over the symbols.
    pub fn counted_bars(&self, problem: &Problem<'_>, window: &WindowJob) -> u64 {
        problem.counted_bars_of(&self.stamps, &window.positions.train)
    }

    /// The rows that it is tested on, where an open position is closed at the end.
    ///
    /// # Errors
    /// Funding cannot be charged on them.
    pub fn test<'w>(
        &'w self,
        problem: &Problem<'w>,
        window: &WindowJob,
    ) -> Result<Problem<'w>, ProblemError> {
        problem.part(&self.tested, &self.stamps, &window.positions.test)
    }
}

fn schedule(job: &ResolvedJob, spec: &crds::WalkForward) -> Schedule {
    let horizon = |s: &super::space::SpeciesSpace| s.strategy().built_in().map_or(0, |d| d.label_horizon());
    let labels = job.species.iter().map(horizon).max().unwrap_or(0) as u32;
    Schedule {
        windows: spec.windows,
        train: match spec.train {
            crds::Train::Rolling => Train::Rolling,
            crds::Train::Anchored => Train::Anchored,
        },
        fraction: spec.train_fraction.to_decimal(),
        purge: spec.purge_bars.unwrap_or(labels),
        embargo: spec.embargo_bars,
    }
}

fn window_job(
    job: &ResolvedJob,
    index: u32,
    positions: &Window,
    stamps: &[i64],
) -> Result<ResolvedJob, WalkForwardError> {
    let at = |position: usize| stamps.get(position).copied().map(show_stamp).unwrap_or_default();
    let inputs = WindowInputs {
        index,
        from: at(positions.train.start),
        train: at(positions.train.end.saturating_sub(1)),
        test: at(positions.test.start),
        to: at(positions.test.end.saturating_sub(1)),
    };
    let mut own = job.clone();
    own.digest = window_digest(&job.digest, &inputs)?;
    own.config.seed = window_seed(job.config.seed, index);
    // They may come from a run that has seen what this window is tested on.
    own.initial.iter_mut().for_each(Vec::clear);
    own.budget = Budget::default();
    scale_trades(&mut own, positions.train.len(), stamps.len());
    Ok(own)
}

/// Limits on trades hold for all rows: on `rows` of `all` a value times `all` is compared with the limit times `rows`.
fn scale_trades(job: &mut ResolvedJob, rows: usize, all: usize) {
    let scaled = |limit: Option<crds::Decimal>| {
        let product = limit?.to_decimal().checked_mul(Exact::from(rows))?;
        product.to_f64()
    };
    for (bound, limit) in job.fitness.limits.iter_mut().zip(&job.inputs.limits) {
        if bound.measure == Measure::Metric(Metric::Trades) {
            bound.times = all as f64;
            bound.at_most = scaled(limit.at_most);
            bound.at_least = scaled(limit.at_least);
        }
    }
    for axis in job.fitness.cells.iter_mut().filter(|a| a.measure == Measure::Metric(Metric::Trades)) {
        axis.times = all as f64 / rows as f64;
    }
    // An expression is no multiple of its trades: there they are scaled themselves.
    let limits = job.fitness.limits.iter_mut().map(|bound| &mut bound.measure);
    let cells = job.fitness.cells.iter_mut().map(|axis| &mut axis.measure);
    let further = job.fitness.further.iter_mut().map(|(measure, _)| measure);
    for measure in limits.chain(cells).chain(further).chain([&mut job.fitness.objective]) {
        if let Measure::Own { trades_times, .. } = measure {
            *trades_times = all as f64 / rows as f64;
        }
    }
}
