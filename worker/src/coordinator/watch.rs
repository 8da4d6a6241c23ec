//! What is looked at a few times a second while the driver works: whether a newer attempt has taken over, whether the
//! data are still those that were opened, and the gauges of `/metrics`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use galapagos_market::files::Files;
use galapagos_protocol::transport::HandshakeCounts;
use galapagos_run::job::market::same_data;
use galapagos_run::storage::run_folder::RunFolder;

use super::dispatcher::{Dispatcher, NoAnswers};
use super::exits;
use super::reporter::News;
use crate::lease::Counts;
use crate::metrics::{CoordinatorMetrics, Ignored, Retry};
use crate::process::Shell;
use crate::process::exit::Exit;

/// How long a newer attempt waits at most for this one to notice.
const PERIOD: Duration = Duration::from_millis(500);
/// A volume that does not answer for so long makes the liveness probe fail.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running watch; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    seen: Arc<Mutex<Option<Exit>>>,
    over: Arc<AtomicBool>,
}

impl Watch {
    /// Begins to watch, on a thread of its own: it looks at files.
    pub fn start(
        shell: &Shell,
        dispatcher: &Arc<Dispatcher>,
        news: &Arc<News>,
        metrics: &CoordinatorMetrics,
        folder: &Arc<RunFolder>,
        data: Arc<Files>,
        handshakes: Arc<HandshakeCounts>,
    ) -> Watch {
        let watch = Watch { seen: Arc::default(), over: Arc::default() };
        let (seen, over) = (Arc::clone(&watch.seen), Arc::clone(&watch.over));
        let (dispatcher, news, metrics) = (Arc::clone(dispatcher), Arc::clone(news), metrics.clone());
        let (folder, shell) = (Arc::clone(folder), shell.clone());
        std::thread::spawn(move || {
            let beat = shell.health.heartbeat("watch", PATIENCE);
            while !over.load(Ordering::Relaxed) {
                let looked = folder
                    .check_epoch()
                    .map_err(exits::storage)
                    .and_then(|()| same_data(data.check_unchanged()).map_err(exits::data));
                if let Err(exit) = looked {
                    tracing::error!(
                        reason = exit.reason.as_str(),
                        error = format!("{:#}", exit.error),
                        "stopping"
                    );
                    *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(exit);
                    dispatcher.fail(NoAnswers::Watched);
                    return;
                }
                gauge(&metrics, &dispatcher, &handshakes);
                waiting(&dispatcher, &news);
                beat.beat();
                std::thread::sleep(PERIOD);
            }
        });
        watch
    }

    /// Ends the watch; what it saw, if anything.
    pub fn end(&self) -> Option<Exit> {
        self.over.store(true, Ordering::Relaxed);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A person should know why nothing happens.
fn waiting(dispatcher: &Dispatcher, news: &News) {
    let standing = dispatcher.standing();
    let message = match (standing.workers, dispatcher.last_refusal()) {
        (0, Some(refusal)) if standing.open > 0 => format!("no worker can take part: {refusal}"),
        (0, None) if standing.open > 0 => "waiting for workers".to_owned(),
        _ => String::new(),
    };
    news.say(message);
}

fn gauge(metrics: &CoordinatorMetrics, dispatcher: &Dispatcher, handshakes: &HandshakeCounts) {
    let standing = dispatcher.standing();
    metrics.workers.set(standing.workers as i64);
    metrics.slots.set(standing.slots as i64);
    metrics.slots_busy.set(standing.busy as i64);
    metrics.queue_individuals.set(standing.queued as i64);
    metrics.lease_age_seconds.set(standing.oldest_lease.as_secs_f64());
    let Counts { lost, expired, handed_back, late, duplicate, stale, .. } = dispatcher.counts();
    let failures = dispatcher.failures();
    for (retry, count) in [
        (Retry::Lost, lost),
        (Retry::Expired, expired),
        (Retry::HandedBack, handed_back),
        (Retry::Panicked, failures.panicked),
        (Retry::TimedOut, failures.timed_out),
    ] {
        metrics.retries.raise_to(retry, count);
    }
    for (ignored, count) in [(Ignored::Late, late), (Ignored::Duplicate, duplicate), (Ignored::Stale, stale)]
    {
        metrics.results_ignored.raise_to(ignored, count);
    }
    let refused = handshakes.refused() + handshakes.timed_out() + failures.refused;
    let shown = metrics.connections_refused.get();
    metrics.connections_refused.inc_by(refused.saturating_sub(shown));
}
