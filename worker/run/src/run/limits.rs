//! When a run ends: the fields of a job that may change while it runs. No breeding depends on them, so a run with other
//! limits is a prefix or a continuation of the same run.

use galapagos_genetics::{Goal, StopRules, StoppedBy, stop};

use super::state::{Counters, DriverState};
use crate::job::resolve::{Budget, ResolvedJob};
use crate::run::ended::Completion;

/// Limits that are looked at between generations.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Limits on results, looked at by [`galapagos_genetics::stop()`].
    pub stop: StopRules,
    /// By time and cost.
    pub budget: Budget,
    /// Worker-seconds that somebody counted who sees more than generations: an operator sees the pods.
    pub worker_seconds: u64,
    /// What walk-forward windows have taken so far beside the run's own generations.
    pub windows: Spent,
}

/// Time that was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// Seconds of running.
    pub seconds: f64,
    /// The same, each counted as often as there were workers.
    pub worker_seconds: f64,
}

impl Limits {
    /// Those of the manifest.
    pub fn for_job(job: &ResolvedJob) -> Limits {
        Limits { stop: job.stop, budget: job.budget, worker_seconds: 0, windows: Spent::default() }
    }

    /// The rule that ends the run at this boundary, if any: those of results first, then time and cost.
    /// `price`: of a worker-second.
    pub fn reached(&self, state: &DriverState, goal: Goal, price: Option<f64>) -> Option<Completion> {
        let counters = &state.counters;
        match stop(&state.progress(), &self.stop, goal) {
            Some(StoppedBy::TargetReached) => Some(Completion::TargetReached),
            Some(StoppedBy::SpaceExhausted) => Some(Completion::SpaceExhausted),
            Some(StoppedBy::GenerationsReached) => Some(Completion::GenerationsReached),
            Some(StoppedBy::MaxEvaluations) => Some(Completion::BudgetSpent),
            Some(StoppedBy::Patience) => Some(Completion::Patience),
            None if state.history.is_empty() => None,
            None => self.spent(counters, price),
        }
    }

    /// The limit of time or money that is reached, if one is. `price`: of a worker-second.
    pub fn spent(&self, counters: &Counters, price: Option<f64>) -> Option<Completion> {
        let over =
            |limit: Option<f64>, value: Option<f64>| limit.zip(value).is_some_and(|(limit, v)| v >= limit);
        let seconds = counters.seconds + self.windows.seconds;
        let worker_seconds = counters.worker_seconds + self.windows.worker_seconds;
        let worker_seconds = worker_seconds.max(self.worker_seconds as f64);
        if over(self.budget.max_duration_seconds, Some(seconds)) {
            Some(Completion::DurationReached)
        } else if over(self.budget.max_cost, price.map(|p| p * worker_seconds)) {
            Some(Completion::BudgetSpent)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::state::GenerationReport;

    /// After one generation of so many worker-seconds.
    fn state(worker_seconds: f64) -> DriverState {
        let generation = serde_json::json!({
            "generation": 0, "diversity": 0.5, "feasible": 1, "infeasible": 0, "failed": 0, "cached": 0,
            "distinct": 1, "quotas": [1], "seconds": 1.0,
        });
        let history = vec![serde_json::from_value::<GenerationReport>(generation).unwrap()];
        let mut state = DriverState { history, ..DriverState::default() };
        state.counters.worker_seconds = worker_seconds;
        state
    }

    /// A hundredth a second, and 1 to spend.
    fn reached(counted: f64, spent: u64) -> Option<Completion> {
        let budget = Budget { max_cost: Some(1.0), ..Budget::default() };
        let limits =
            Limits { stop: StopRules::after(50), budget, worker_seconds: spent, windows: Spent::default() };
        limits.reached(&state(counted), Goal::Maximise, Some(0.01))
    }

    #[test]
    fn a_cost_is_what_was_told_or_what_was_counted_whichever_is_more() {
        assert_eq!(reached(99.0, 99), None, "the two are not added");
        assert_eq!(reached(99.0, 0), None);
        assert_eq!(reached(13.0, 100), Some(Completion::BudgetSpent));
        assert_eq!(reached(100.0, 13), Some(Completion::BudgetSpent));
    }
}
