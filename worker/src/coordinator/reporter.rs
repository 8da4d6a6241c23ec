//! Reports to everyone who listens how the run is doing: streams of progress, metrics, the log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use galapagos_protocol::progress::Report;
use galapagos_run::dashboard::board::Dashboard;
use galapagos_run::run::progress::{Observer, RunEvent};
use tokio::sync::watch;

use super::dispatcher::Dispatcher;
use super::live::Live;
use crate::metrics::{CoordinatorMetrics, Outcome};

/// The state of the run and who wants to know.
#[derive(Debug)]
pub struct News {
    live: Mutex<Live>,
    dispatcher: Arc<Dispatcher>,
    /// The page about the run.
    dashboard: Arc<Dashboard>,
    /// Number of the newest change.
    changes: watch::Sender<u64>,
    /// Number of the newest report that somebody has recorded, and streams that are open.
    acknowledged: watch::Sender<u64>,
    streams: watch::Sender<usize>,
}

impl News {
    /// The state before the run begins: nobody listens yet.
    pub fn new(live: Live, dispatcher: Arc<Dispatcher>, dashboard: Arc<Dashboard>) -> Arc<News> {
        Arc::new(News {
            live: Mutex::new(live),
            dispatcher,
            dashboard,
            changes: watch::Sender::new(1),
            acknowledged: watch::Sender::new(0),
            streams: watch::Sender::new(0),
        })
    }

    /// Changes what is known and wakes everyone who listens.
    pub fn change<T>(&self, change: impl FnOnce(&mut Live) -> T) -> T {
        let value = change(&mut self.live());
        self.changes.send_modify(|n| *n += 1);
        value
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The report of this moment.
    pub fn report(&self) -> Report {
        let sequence = *self.changes.borrow();
        self.live().report(sequence, &self.dispatcher.standing(), self.dispatcher.busy_seconds())
    }

    /// Says why nothing happens, or nothing; wakes everyone who listens if that is new.
    pub fn say(&self, message: String) {
        self.dashboard.say(&message);
        let new = self.live().say(message);
        if new {
            self.changes.send_modify(|n| *n += 1);
        }
    }

    /// The page about the run.
    pub fn dashboard(&self) -> &Arc<Dashboard> {
        &self.dashboard
    }

    /// Changes as they come.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Somebody has recorded a report.
    pub fn acknowledge(&self, sequence: u64) {
        self.acknowledged.send_modify(|n| *n = (*n).max(sequence));
    }

    /// A stream has opened or closed.
    pub fn stream(&self, opened: bool) {
        self.streams.send_modify(|n| *n = if opened { *n + 1 } else { n.saturating_sub(1) });
    }

    /// Resolves when the newest report has been recorded, or nobody is there to record it.
    pub async fn recorded(&self) {
        let newest = *self.changes.borrow();
        let (mut acknowledged, mut streams) = (self.acknowledged.subscribe(), self.streams.subscribe());
        // The senders live in `self`: waiting cannot fail.
        tokio::select! {
            _ = acknowledged.wait_for(|n| *n >= newest) => {}
            _ = streams.wait_for(|n| *n == 0) => {}
        }
    }
}

/// The observer of the driver.
#[derive(Debug)]
pub struct Reporter {
    news: Arc<News>,
    metrics: CoordinatorMetrics,
}

impl Reporter {
    /// Reports to `news` and `metrics`.
    pub fn new(news: Arc<News>, metrics: CoordinatorMetrics) -> Reporter {
        Reporter { news, metrics }
    }
}

impl Observer for Reporter {
    fn observe(&mut self, event: RunEvent<'_>) {
        self.news.dashboard.observe(&event);
        let now = self.news.live().observe(&event);
        if now {
            self.news.changes.send_modify(|n| *n += 1);
        }
        match event {
            RunEvent::Started { done, generations, .. } => {
                self.metrics.generation.set(i64::from(done));
                self.metrics.generations.set(i64::from(generations));
                tracing::info!(done, generations, "run starts");
            }
            RunEvent::Evaluated { .. } => {}
            RunEvent::Window { done, windows, generation, generations, .. } => {
                tracing::info!(done, windows, generation, generations, "walk-forward");
            }
            RunEvent::Generation { report, pace, checkpoint, .. } => {
                self.metrics.checkpoint_seconds.observe(checkpoint.as_secs_f64());
                self.metrics.generation.set(i64::from(report.generation) + 1);
                self.metrics.generations.set(i64::from(pace.generations));
                self.metrics.best_fitness.set(report.best.unwrap_or(f64::NAN));
                self.metrics.hypervolume.set(report.hypervolume.unwrap_or(f64::NAN));
                for (outcome, count) in [
                    (Outcome::Feasible, report.feasible),
                    (Outcome::Infeasible, report.infeasible),
                    (Outcome::Failed, report.failed),
                    (Outcome::Cached, report.cached),
                ] {
                    self.metrics.evaluations.add(outcome, u64::from(count));
                }
                tracing::info!(
                    generation = report.generation,
                    generations = pace.generations,
                    best = report.best,
                    strategy = report.strategy.as_deref(),
                    median = report.median,
                    distinct = report.distinct,
                    seconds = report.seconds,
                    eta_seconds = pace.eta_seconds,
                    "generation"
                );
            }
            RunEvent::Testing => tracing::info!("testing the winner"),
            RunEvent::Quarantined { strategy, genome, problem } => {
                self.metrics.evaluations.add(Outcome::Exception, 1);
                let genome: Vec<String> =
                    genome.iter().map(|(name, value)| format!("{name}={value}")).collect();
                tracing::warn!(strategy, genome = genome.join(" "), problem, "individual set aside");
            }
            RunEvent::Fallback(text) | RunEvent::Warning(text) => tracing::warn!("{text}"),
        }
    }
}
