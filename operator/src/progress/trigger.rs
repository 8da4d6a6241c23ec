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

/// What was known when the reconcile was last triggered.
struct LastTrigger {
    seen: Option<Seen>,
    reachable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Urgency {
    None,
    /// Numbers have changed.
    Ordinary,
    /// Somebody waits for this.
    Urgent,
}

/// Triggers the reconcile of `job` whenever there is something new, until the stream or the listener is gone.
pub(super) async fn trigger(
    job: &Identity,
    mut heard: watch::Receiver<Heard>,
    triggers: mpsc::UnboundedSender<ObjectRef<EvolutionJob>>,
    count: watch::Receiver<usize>,
    silence: Duration,
) {
    let mut last = LastTrigger { seen: None, reachable: false };
    let mut due = Instant::now();
    loop {
        let seen = heard.borrow_and_update().seen.clone();
        let now = Instant::now();
        let lost_at = seen.as_ref().map(|seen| seen.at + silence);
        let reachable = lost_at.is_some_and(|at| now < at);
        let urgency = last.urgency(seen.as_ref(), reachable);
        if urgency == Urgency::Urgent || urgency == Urgency::Ordinary && now >= due {
            if triggers.send(job.key.of_kind()).is_err() {
                return;
            }
            last = LastTrigger { seen, reachable };
            due = now + pause(*count.borrow());
            continue;
        }
        let later = [(urgency == Urgency::Ordinary).then_some(due), lost_at.filter(|_| reachable)];
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

impl LastTrigger {
    fn urgency(&self, seen: Option<&Seen>, reachable: bool) -> Urgency {
        let (old, new) = match (&self.seen, seen) {
            (_, None) => return Urgency::None,
            (None, Some(_)) => return Urgency::Urgent,
            (Some(old), Some(new)) => (old, new),
        };
        if self.reachable != reachable || old.attempt != new.attempt || matters(&old.report, &new.report) {
            Urgency::Urgent
        } else if old.report != new.report {
            Urgency::Ordinary
        } else {
            Urgency::None
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
        let last = LastTrigger { seen: Some(seen(working(1))), reachable: true };
        let urgency = |report| last.urgency(Some(&seen(report)), true);
        assert_eq!(urgency(working(1)), Urgency::None);
        assert_eq!(urgency(Report { generation: 3, ..working(2) }), Urgency::Ordinary);
        assert_eq!(urgency(Report { r#final: Some(Final::default()), ..working(2) }), Urgency::Urgent);
        assert_eq!(urgency(Report { message: "waiting for workers".into(), ..working(2) }), Urgency::Urgent);
        assert_eq!(urgency(Report { workers: None, ..working(2) }), Urgency::Urgent);
        assert_eq!(last.urgency(Some(&seen(working(1))), false), Urgency::Urgent);
        let next = Seen { attempt: 2, ..seen(working(1)) };
        assert_eq!(last.urgency(Some(&next), true), Urgency::Urgent);
    }

    #[test]
    fn the_first_report_is_urgent_and_silence_before_it_is_nothing() {
        let last = LastTrigger { seen: None, reachable: false };
        assert_eq!(last.urgency(None, false), Urgency::None);
        assert_eq!(last.urgency(Some(&seen(working(1))), true), Urgency::Urgent);
    }

    #[test]
    fn many_streams_share_a_rate() {
        assert_eq!(pause(1), PAUSE);
        assert_eq!(pause(500), Duration::from_secs(10));
    }
}
