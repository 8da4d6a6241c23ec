//! When news of a stream reach the job's reconcile.

use std::time::{Duration, Instant};

use galapagos_crds::EvolutionJob;
use galapagos_protocol::progress::Report;
use kube::runtime::reflector::ObjectRef;
use tokio::sync::{mpsc, watch};

use super::{Heard, Seen};
use crate::runtime::ids::Identity;

/// Least time between two triggers by ordinary news of one job.
const PAUSE: Duration = Duration::from_secs(1);
/// Triggers a second by ordinary news of all jobs together.
const RATE: f64 = 50.0;

/// What the reconcile was last told.
struct Told {
    seen: Option<Seen>,
    reachable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    None,
    /// Numbers have changed.
    Ordinary,
    /// Somebody waits for this.
    Urgent,
}

/// Triggers the reconcile of `job` whenever there is something to be told, until the stream or the listener is gone.
pub(super) async fn tell(
    job: &Identity,
    mut heard: watch::Receiver<Heard>,
    triggers: mpsc::UnboundedSender<ObjectRef<EvolutionJob>>,
    count: watch::Receiver<usize>,
    silence: Duration,
) {
    let mut told = Told { seen: None, reachable: false };
    let mut due = Instant::now();
    loop {
        let seen = heard.borrow_and_update().seen.clone();
        let now = Instant::now();
        let lost_at = seen.as_ref().map(|seen| seen.at + silence);
        let reachable = lost_at.is_some_and(|at| now < at);
        let news = told.news(seen.as_ref(), reachable);
        if news == News::Urgent || news == News::Ordinary && now >= due {
            if triggers.send(job.key.of_kind()).is_err() {
                return;
            }
            told = Told { seen, reachable };
            due = now + pause(*count.borrow());
            continue;
        }
        let later = [(news == News::Ordinary).then_some(due), lost_at.filter(|_| reachable)];
        let wake = later.into_iter().flatten().min();
        tokio::select! {
            changed = heard.changed() => if changed.is_err() { return },
            () = at(wake) => {}
        }
    }
}

/// The more streams, the rarer: a hundred jobs that all have news must not keep the operator busy.
fn pause(streams: usize) -> Duration {
    PAUSE.max(Duration::from_secs_f64(streams as f64 / RATE))
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant.into()).await,
        None => std::future::pending().await,
    }
}

impl Told {
    fn news(&self, seen: Option<&Seen>, reachable: bool) -> News {
        let (old, new) = match (&self.seen, seen) {
            (_, None) => return News::None,
            (None, Some(_)) => return News::Urgent,
            (Some(old), Some(new)) => (old, new),
        };
        if self.reachable != reachable || old.attempt != new.attempt || matters(&old.report, &new.report) {
            News::Urgent
        } else if old.report != new.report {
            News::Ordinary
        } else {
            News::None
        }
    }
}

/// The end of the run, why it stands still, and whether anybody works.
fn matters(old: &Report, new: &Report) -> bool {
    let idle = |report: &Report| report.workers.is_none_or(|workers| workers.ready == 0);
    let ended = new.r#final.is_some() && old.sequence != new.sequence;
    old.r#final != new.r#final || ended || old.message != new.message || idle(old) != idle(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use galapagos_protocol::progress::{Final, Workers};
    use std::sync::Arc;

    fn seen(report: Report) -> Seen {
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        Seen { report: Arc::new(report), attempt: 1, address, at: Instant::now(), connected: true }
    }

    fn working(sequence: u64) -> Report {
        let workers = Some(Workers { ready: 2, ..Workers::default() });
        Report { sequence, workers, ..Report::default() }
    }

    #[test]
    fn the_end_is_urgent_and_numbers_are_not() {
        let told = Told { seen: Some(seen(working(1))), reachable: true };
        let news = |report| told.news(Some(&seen(report)), true);
        assert_eq!(news(working(1)), News::None);
        assert_eq!(news(Report { generation: 3, ..working(2) }), News::Ordinary);
        assert_eq!(news(Report { r#final: Some(Final::default()), ..working(2) }), News::Urgent);
        assert_eq!(news(Report { message: "waiting for workers".into(), ..working(2) }), News::Urgent);
        assert_eq!(news(Report { workers: None, ..working(2) }), News::Urgent);
        assert_eq!(told.news(Some(&seen(working(1))), false), News::Urgent);
        let next = Seen { attempt: 2, ..seen(working(1)) };
        assert_eq!(told.news(Some(&next), true), News::Urgent);
    }

    #[test]
    fn the_first_report_is_urgent_and_silence_before_it_is_nothing() {
        let told = Told { seen: None, reachable: false };
        assert_eq!(told.news(None, false), News::None);
        assert_eq!(told.news(Some(&seen(working(1))), true), News::Urgent);
    }

    #[test]
    fn many_streams_share_a_rate() {
        assert_eq!(pause(1), PAUSE);
        assert_eq!(pause(500), Duration::from_secs(10));
    }
}
