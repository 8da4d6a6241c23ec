//! How far a run is: a bar at a terminal, else a log line for each generation.

use crate::table::{duration, number, short, thousands};
use crate::terminal::{BARS, is_watched};
use galapagos_run::dashboard::board::Dashboard;
use galapagos_run::run::progress::{Observer, Pace, RunEvent};
use galapagos_run::run::state::GenerationReport;
use galapagos_worker::fleet::View;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Arc;
use std::time::Duration;

/// The progress of one run.
pub struct Progress {
    bar: Option<ProgressBar>,
    cached: u64,
    workers: Option<View>,
    dashboard: Option<Arc<Dashboard>>,
}

impl Progress {
    /// Starts it. `lines`: log lines even at a terminal, since a program reads them.
    pub fn start(job: &str, lines: bool) -> Progress {
        let bar = (is_watched() && !lines).then(|| {
            let bar = BARS.add(ProgressBar::new(1));
            let style = ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len}  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(job.to_owned());
            bar
        });
        Progress { bar, cached: 0, workers: None, dashboard: None }
    }

    /// Shows worker processes too.
    pub fn show(&mut self, workers: View) {
        self.workers = Some(workers);
    }

    /// Shows it on a page too.
    pub fn show_on(&mut self, dashboard: &Arc<Dashboard>) {
        self.dashboard = Some(Arc::clone(dashboard));
    }

    /// Removes the bar from the terminal.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }

    fn generation(&mut self, report: &GenerationReport, pace: &Pace) {
        self.cached += u64::from(report.cached);
        let workers = self.workers.as_ref().map(View::standing);
        match &self.bar {
            Some(bar) => {
                bar.set_length(pace.generations.into());
                bar.set_position(u64::from(report.generation) + 1);
                let workers = workers.map_or_else(String::new, |w| format!("  {} workers", w.workers));
                bar.set_message(line(report, pace, self.cached) + &workers);
            }
            None => tracing::info!(
                generation = report.generation,
                generations = pace.generations,
                best = report.best,
                front = report.front,
                hypervolume = report.hypervolume,
                strategy = report.strategy.as_deref(),
                median = report.median,
                diversity = report.diversity,
                distinct = report.distinct,
                cached = self.cached,
                workers = workers.map(|w| w.workers),
                seconds = report.seconds,
                strategy_bars_per_second = pace.strategy_bars_per_second,
                eta_seconds = pace.eta_seconds,
                "generation"
            ),
        }
    }
}

impl Observer for Progress {
    fn observe(&mut self, event: RunEvent<'_>) {
        if let Some(dashboard) = &self.dashboard {
            dashboard.observe(&event);
        }
        match event {
            RunEvent::Started { done, generations, .. } => {
                if let Some(bar) = &self.bar {
                    bar.set_length(generations.into());
                    bar.set_position(done.into());
                }
                if done > 0 {
                    tracing::info!(done, generations, "continued");
                }
            }
            RunEvent::Evaluated { .. } => {}
            RunEvent::Generation { report, pace, .. } => self.generation(report, pace),
            RunEvent::Window { done, windows, generation, generations, .. } => match &self.bar {
                Some(bar) => {
                    bar.set_length(generations.into());
                    bar.set_position(generation.into());
                    bar.set_message(format!("wf {done}/{windows} {generation}/{generations}"));
                }
                None => tracing::info!(done, windows, generation, generations, "walk-forward"),
            },
            RunEvent::Testing => match &self.bar {
                Some(bar) => bar.set_message("testing the winner"),
                None => tracing::info!("testing the winner"),
            },
            RunEvent::Quarantined { strategy, genome, problem } => {
                let genome: Vec<String> =
                    genome.iter().map(|(name, value)| format!("{name}={value}")).collect();
                tracing::warn!(
                    strategy,
                    genome = genome.join(" "),
                    problem,
                    "could not be evaluated, set aside"
                );
            }
            RunEvent::Fallback(text) | RunEvent::Warning(text) => tracing::warn!("{text}"),
        }
    }
}

fn line(report: &GenerationReport, pace: &Pace, cached: u64) -> String {
    let left =
        pace.eta_seconds.map_or_else(|| "?".to_owned(), |s| duration(Duration::from_secs_f64(s.max(0.0))));
    let front = report.front.zip(report.hypervolume).map_or_else(String::new, |(count, volume)| {
        format!("  front {count}, volume {}", number(Some(volume), 4))
    });
    format!(
        "{left} left  {}bars/s\n  best {} {}  median {}{front}  {} distinct  {} cached",
        short(pace.strategy_bars_per_second),
        number(report.best, 3),
        report.strategy.as_deref().unwrap_or(""),
        number(report.median, 3),
        thousands(i128::from(report.distinct)),
        thousands(i128::from(cached)),
    )
}
