//! How long pods lived, which is what a job costs: a pod keeps its share of a node from the start to the end, whether it
//! evaluates, imports, waits for a checkpoint or for the delay before it is taken away.
//!
//! What was counted is kept as a sum and a moment, up to which it is counted: the pods that were before are gone.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

/// Clocks of nodes and replicas differ by less; a moment so far ahead was written by no clock.
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// More than all nodes of the world have lived: no sum overflows.
const MOST: i64 = 1_000_000_000_000_000;

/// The life of a pod on its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// When the node took it, before it pulled images.
    pub start: Timestamp,
    /// When it ended, or will have at the latest; none while it goes on.
    pub end: Option<Timestamp>,
}

impl Life {
    /// As its pod tells it; none if no node has taken the pod yet.
    pub fn from_pod(pod: &Pod) -> Option<Life> {
        let status = pod.status.as_ref()?;
        let start = status.start_time.as_ref()?.0;
        // On a node that is silent nobody sees its end; but it may not live longer than its grace, which is in here.
        let deleted = pod.metadata.deletion_timestamp.as_ref().map(|at| at.0);
        let end = if is_over(pod) { Some(ended(pod).or(deleted).unwrap_or(start)) } else { deleted };
        Some(Life { start, end: end.map(|end| end.max(start)) })
    }

    /// Whether more of it is to be counted later.
    pub fn goes_on(&self, now: Timestamp) -> bool {
        self.end.is_none_or(|end| end > now)
    }

    /// The same, if it was over by then whatever its pod told.
    pub fn over_by(self, at: Timestamp) -> Life {
        Life { end: Some(self.end.map_or(at, |end| end.min(at)).max(self.start)), ..self }
    }

    /// Seconds between two moments, and the last moment that counts.
    fn within(&self, after: Option<Timestamp>, now: Timestamp) -> (i64, Timestamp) {
        let to = whole_seconds(self.end.map_or(now, |end| end.min(now)));
        let from = after.map_or(self.start, |after| after.max(self.start));
        ((to.as_second() - from.as_second()).max(0), to)
    }
}

/// Whether none of its containers runs or will run again.
pub fn is_over(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// The end of its last container. A pod that was evicted may tell of none: then its last news.
fn ended(pod: &Pod) -> Option<Timestamp> {
    let status = pod.status.as_ref()?;
    let containers = status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
    let finished =
        |s: &ContainerStatus| s.state.as_ref()?.terminated.as_ref()?.finished_at.as_ref().map(|at| at.0);
    let last_news =
        || status.conditions.iter().flatten().filter_map(|c| c.last_transition_time.as_ref()).max();
    containers.filter_map(finished).max().or_else(|| last_news().map(|at| at.0))
}

/// Kubernetes keeps whole seconds: anything finer would differ from itself when it is read back.
pub fn whole_seconds(at: Timestamp) -> Timestamp {
    at.round(TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Floor)).unwrap_or(at)
}

/// Seconds of pods, and the moment up to which they are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Of all pods together.
    pub seconds: i64,
    /// None: there was no pod yet.
    pub until: Option<Timestamp>,
}

impl Counted {
    /// With what these pods have lived since. The moment moves with the pods and not with the clock: one that is told
    /// late loses nothing while there is no other.
    pub fn on(self, lives: &[Life], now: Timestamp) -> Counted {
        let until = self.until.filter(|until| until.duration_since(now) <= SKEW).or(self.until.map(|_| now));
        let mut counted = Counted { until, ..self };
        for life in lives.iter().filter(|life| life.start <= now) {
            let (seconds, to) = life.within(until, now);
            counted.seconds = counted.seconds.saturating_add(seconds).min(MOST);
            counted.until = counted.until.max(Some(to));
        }
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + seconds).unwrap()
    }

    fn life(start: i64, end: Option<i64>) -> Life {
        Life { start: at(start), end: end.map(at) }
    }

    fn counted(seconds: i64, until: i64) -> Counted {
        Counted { seconds, until: Some(at(until)) }
    }

    #[test]
    fn three_workers_of_fifty_seconds_and_their_coordinator_of_sixty_are_210_seconds() {
        let workers = [life(5, Some(55)), life(5, Some(55)), life(7, Some(57))];
        let all = [&workers[..], &[life(0, Some(60))]].concat();
        assert_eq!(Counted::default().on(&all, at(300)), counted(210, 60));
    }

    #[test]
    fn how_often_it_is_looked_at_changes_nothing() {
        let lives = [life(0, Some(60)), life(5, Some(55)), life(20, None), life(30, Some(31))];
        let mut often = Counted::default();
        for now in 0..=100 {
            often = often.on(&lives, at(now));
        }
        assert_eq!(often, Counted::default().on(&lives, at(100)));
        assert_eq!(often, counted(60 + 50 + 80 + 1, 100));
        assert_eq!(often.on(&lives, at(100)), often, "what was counted is not counted again");
    }

    #[test]
    fn of_a_pod_that_began_before_only_the_rest_is_counted() {
        assert_eq!(counted(40, 40).on(&[life(0, None)], at(70)), counted(70, 70));
        assert_eq!(counted(40, 40).on(&[life(0, Some(30))], at(70)), counted(40, 40));
        assert_eq!(counted(40, 40).on(&[life(0, Some(45))], at(70)), counted(45, 45));
    }

    #[test]
    fn between_two_attempts_nothing_is_counted() {
        let first = Counted::default().on(&[life(0, Some(30))], at(100));
        assert_eq!(first, counted(30, 30));
        let both = [life(0, Some(30)), life(100, None)];
        assert_eq!(first.on(&both, at(110)), counted(40, 110));
    }

    #[test]
    fn a_pod_that_is_told_late_after_a_pause_is_counted_whole() {
        let pause = Counted::default().on(&[life(0, Some(30))], at(50));
        assert_eq!(pause.on(&[life(40, None)], at(60)), counted(30 + 20, 60));
    }

    #[test]
    fn an_operator_that_was_away_counts_what_it_still_finds() {
        let before = counted(20, 10);
        let found = [life(0, None), life(4, None), life(100, Some(150))];
        assert_eq!(before.on(&found, at(200)), counted(20 + 190 + 190 + 50, 200));
    }

    #[test]
    fn a_clock_that_goes_back_counts_nothing_twice() {
        let ahead = counted(100, 100);
        assert_eq!(ahead.on(&[life(0, None)], at(70)), ahead);
        assert_eq!(ahead.on(&[life(0, None)], at(130)), counted(130, 130));
    }

    #[test]
    fn a_node_whose_clock_is_ahead_is_counted_from_when_it_says() {
        assert_eq!(Counted::default().on(&[life(30, None)], at(10)), Counted::default());
        assert_eq!(Counted::default().on(&[life(30, Some(90))], at(50)), counted(20, 50));
    }

    #[test]
    fn a_moment_that_no_clock_wrote_stops_the_count_for_one_look_only() {
        let written = Counted { seconds: 7, until: Some(Timestamp::MAX) };
        let next = written.on(&[life(0, None)], at(100));
        assert_eq!(next, counted(7, 100));
        assert_eq!(next.on(&[life(0, None)], at(110)), counted(17, 110));
    }

    #[test]
    fn no_times_however_strange_overflow() {
        let lives = [Life { start: Timestamp::MIN, end: None }; 5];
        let sum = Counted { seconds: i64::MAX, until: None }.on(&lives, Timestamp::MAX);
        assert_eq!(sum, Counted { seconds: MOST, until: Some(whole_seconds(Timestamp::MAX)) });
    }

    fn pod(deleted: Option<i64>, status: Value) -> Pod {
        let deleted = deleted.map(|seconds| at(seconds).to_string());
        serde_json::from_value(json!({"metadata": {"deletionTimestamp": deleted}, "status": status})).unwrap()
    }

    fn ended_at(seconds: i64) -> Value {
        json!({"name": "c", "image": "i", "imageID": "i", "ready": false, "restartCount": 0,
               "state": {"terminated": {"exitCode": 0, "finishedAt": at(seconds).to_string()}}})
    }

    #[test]
    fn a_pod_lives_from_when_a_node_takes_it() {
        assert_eq!(Life::from_pod(&pod(None, json!({"phase": "Pending"}))), None);
        let pulling = json!({"phase": "Pending", "startTime": at(3).to_string()});
        assert_eq!(Life::from_pod(&pod(None, pulling)), Some(life(3, None)));
    }

    #[test]
    fn a_pod_lives_until_its_last_container_has_ended() {
        let containers = |phase: &str| {
            json!({"phase": phase, "startTime": at(0).to_string(),
                   "containerStatuses": [ended_at(40)], "initContainerStatuses": [ended_at(10), ended_at(44)]})
        };
        assert_eq!(
            Life::from_pod(&pod(None, containers("Running"))),
            Some(life(0, None)),
            "another one may run"
        );
        assert_eq!(Life::from_pod(&pod(None, containers("Succeeded"))), Some(life(0, Some(44))));
        assert_eq!(Life::from_pod(&pod(Some(90), containers("Failed"))), Some(life(0, Some(44))));
    }

    #[test]
    fn a_pod_that_is_evicted_ends_with_its_last_news_and_one_that_was_never_let_in_at_once() {
        let evicted = json!({"phase": "Failed", "startTime": at(0).to_string(), "conditions": [
            {"type": "Ready", "status": "False", "lastTransitionTime": at(20).to_string()},
            {"type": "DisruptionTarget", "status": "True", "lastTransitionTime": at(25).to_string()},
        ]});
        assert_eq!(Life::from_pod(&pod(None, evicted)), Some(life(0, Some(25))));
        let refused = json!({"phase": "Failed", "startTime": at(5).to_string(), "reason": "OutOfcpu"});
        assert_eq!(Life::from_pod(&pod(None, refused)), Some(life(5, Some(5))));
    }

    #[test]
    fn a_pod_on_a_silent_node_is_counted_until_its_grace_is_over() {
        let running = json!({"phase": "Running", "startTime": at(0).to_string()});
        let leaving = Life::from_pod(&pod(Some(30), running)).unwrap();
        assert_eq!(leaving, life(0, Some(30)));
        assert!(leaving.goes_on(at(29)) && !leaving.goes_on(at(30)));
        assert_eq!(Counted::default().on(&[leaving], at(20)), counted(20, 20));
        assert_eq!(Counted::default().on(&[leaving], at(5000)), counted(30, 30));
        assert_eq!(leaving.over_by(at(12)), life(0, Some(12)), "it was gone before");
        assert_eq!(leaving.over_by(at(99)), leaving);
    }
}
