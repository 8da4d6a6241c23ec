//! When a run ends: the fields of a job that may change while it runs. No breeding depends on them, so a run with other
//! limits is a prefix or a continuation of the same run.

use galapagos_crds::conditions::CompleteReason;
use galapagos_genetics::{Goal, StopRules, StoppedBy, stop};

use super::state::DriverState;
use crate::job::resolve::{Budget, ResolvedJob};

/// Limits that are looked at between generations.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// By results.
    pub stop: StopRules,
    /// By time and cost.
    pub budget: Budget,
}

impl Limits {
    /// Those of the manifest.
    pub fn of(job: &ResolvedJob) -> Limits {
        Limits { stop: job.stop, budget: job.budget }
    }

    /// The rule that ends the run at this boundary, if any: those of results first, then time and cost.
    /// `price`: of a worker-second.
    pub fn reached(&self, state: &DriverState, goal: Goal, price: Option<f64>) -> Option<CompleteReason> {
        let over =
            |limit: Option<f64>, value: Option<f64>| limit.zip(value).is_some_and(|(limit, v)| v >= limit);
        let counters = &state.counters;
        match stop(&state.progress(), &self.stop, goal) {
            Some(StoppedBy::TargetReached) => Some(CompleteReason::TargetReached),
            Some(StoppedBy::SpaceExhausted) => Some(CompleteReason::SpaceExhausted),
            Some(StoppedBy::GenerationsReached) => Some(CompleteReason::GenerationsReached),
            Some(StoppedBy::MaxEvaluations) => Some(CompleteReason::BudgetSpent),
            Some(StoppedBy::Patience) => Some(CompleteReason::Patience),
            None if state.history.is_empty() => None,
            None if over(self.budget.max_duration_seconds, Some(counters.seconds)) => {
                Some(CompleteReason::DurationReached)
            }
            None if over(self.budget.max_cost, price.map(|p| p * counters.worker_seconds)) => {
                Some(CompleteReason::BudgetSpent)
            }
            None => None,
        }
    }
}
