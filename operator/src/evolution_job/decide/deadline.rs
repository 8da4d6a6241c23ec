//! `startDeadlineSeconds` and `activeDeadlineSeconds`.

use std::time::Duration;

use galapagos_crds::conditions::StalledReason;
use galapagos_crds::status::Phase;
use jiff::Timestamp;

use super::{Decision, State, left};
use crate::believed;
use crate::evolution_job::pod_state;

impl State<'_> {
    /// The deadline that has passed, if any.
    pub(super) fn deadline(&self) -> Option<Decision> {
        let spec = &self.inputs.observed.job.spec;
        let over = |since: Option<Timestamp>, seconds: u32| {
            since.is_some_and(|since| left(self.inputs.now, since, seconds.into()).is_none())
        };
        if let Some(limit) = spec.active_deadline_seconds.filter(|&limit| over(self.active_since(), limit)) {
            let message = format!(
                "it ran longer than spec.activeDeadlineSeconds {limit}; to end with the best so far, use spec.stop.maxDurationSeconds"
            );
            return Some(self.failed(self.attempts(), StalledReason::DeadlineExceeded, message));
        }
        let limit = spec.start_deadline_seconds;
        if over(self.starting_since(), limit) {
            let why = self.stalled_because().or_else(|| self.awaited());
            let why = why.map(|m| format!(": {m}")).unwrap_or_default();
            let message = format!("it did not run within spec.startDeadlineSeconds {limit}{why}");
            return Some(self.failed(self.attempts(), StalledReason::StartDeadlineExceeded, message));
        }
        None
    }

    /// Why the coordinator's pod does not start.
    fn awaited(&self) -> Option<String> {
        let attempt = self.inputs.observed.attempt(self.number())?;
        pod_state::awaited(&attempt.job, attempt.pod.as_deref(), self.inputs.now)
    }

    pub(super) fn until_deadline(&self) -> Option<Duration> {
        let spec = &self.inputs.observed.job.spec;
        let active = spec.active_deadline_seconds.zip(self.active_since());
        let starting = Some(spec.start_deadline_seconds).zip(self.starting_since());
        [active, starting]
            .into_iter()
            .flatten()
            .filter_map(|(limit, since)| left(self.inputs.now, since, limit.into()))
            .min()
    }

    /// Since when the job is active. A suspended job has no start, and neither has one that waits to be admitted.
    fn active_since(&self) -> Option<Timestamp> {
        self.status.start_time.as_ref().map(|t| t.0)
    }

    /// Since when the current attempt is awaited; none once it runs, or while a queue holds it back.
    fn starting_since(&self) -> Option<Timestamp> {
        let attempt = self.inputs.observed.attempt(self.number());
        let runs = attempt.is_some_and(|a| self.heard(a).is_some());
        let held = attempt.is_some_and(|a| pod_state::is_held(&a.job));
        if runs || held || believed::phase(self.status) != Some(Phase::Preparing) {
            return None;
        }
        let since = |kind, status| {
            self.condition(kind).filter(|c| c.status == status).map(|c| c.last_transition_time.0)
        };
        match attempt.and_then(|a| a.job.metadata.creation_timestamp.as_ref()) {
            Some(made) => {
                // One whose pod is not made is made again and again: it began when that was first told.
                let first = since("Stalled", "True").filter(|_| self.still_unmade().is_some());
                let made = first.map_or(made.0, |first| first.min(made.0));
                Some(since("Suspended", "False").map_or(made, |released| released.max(made)))
            }
            // Its Job cannot be made. After an attempt that could not write its state it is not to be made yet.
            None => since("Stalled", "True").filter(|_| !self.stalled_for(StalledReason::StateNotWritable)),
        }
    }

    fn stalled_for(&self, reason: StalledReason) -> bool {
        self.condition("Stalled").is_some_and(|c| c.status == "True" && c.reason == reason.as_str())
    }

    fn stalled_because(&self) -> Option<String> {
        self.condition("Stalled").filter(|c| c.status == "True").map(|c| c.message.clone())
    }
}
