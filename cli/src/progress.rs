//! How far a run is: a bar at a terminal, else a log line for each generation.

use crate::table::{duration, number, short, thousands};
use crate::terminal::{BARS, is_watched};
use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// What is known after a generation.
#[derive(Clone, Debug, Default)]
pub struct Generation {
    /// Generations done.
    pub done: u32,
    /// Generations of the job.
    pub of: u32,
    /// Best feasible fitness so far.
    pub best: Option<f64>,
    /// Strategy of the best individual.
    pub strategy: Option<String>,
    /// Median fitness of the feasible survivors.
    pub median: Option<f64>,
    /// Distinct evaluations so far.
    pub distinct: u64,
    /// Results taken from the ledger so far.
    pub cached: u64,
    /// Million bars times individuals a second, from the evaluations so far.
    pub bars_per_second: f64,
}

/// The progress of one run.
pub struct Progress {
    bar: Option<ProgressBar>,
    since: Instant,
    first: Option<u32>,
}

impl Progress {
    /// Starts it. `lines`: log lines even at a terminal, since a program reads them.
    pub fn start(job: &str, lines: bool) -> Progress {
        let bar = (is_watched() && !lines).then(|| {
            let bar = BARS.add(ProgressBar::new(1));
            let style = ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len}  {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(job.to_owned());
            bar.set_message("reading data");
            bar
        });
        Progress { bar, since: Instant::now(), first: None }
    }

    /// Shows a generation.
    pub fn generation(&mut self, g: &Generation) {
        // A resumed run says nothing of the time that its earlier generations took.
        let first = *self.first.get_or_insert(g.done.saturating_sub(1));
        let here = g.done.saturating_sub(first).max(1);
        let left = self.since.elapsed() * g.of.saturating_sub(g.done) / here;
        match &self.bar {
            Some(bar) => {
                bar.set_length(g.of.into());
                bar.set_position(g.done.into());
                bar.set_message(line(g, left));
            }
            None => tracing::info!(
                generation = g.done,
                generations = g.of,
                best = g.best,
                strategy = g.strategy.as_deref(),
                median = g.median,
                distinct = g.distinct,
                cached = g.cached,
                strategy_bars_per_second = g.bars_per_second,
                eta_seconds = left.as_secs_f64().round(),
                "generation"
            ),
        }
    }

    /// Ends it.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn line(g: &Generation, left: Duration) -> String {
    format!(
        "best {} {}  median {}  {} distinct {} cached  {}bars/s  {} left",
        number(g.best, 3),
        g.strategy.as_deref().unwrap_or(""),
        number(g.median, 3),
        thousands(i128::from(g.distinct)),
        thousands(i128::from(g.cached)),
        short(g.bars_per_second),
        duration(left),
    )
}
