//! What the end of a generation needs to know of each of its individuals. Block sums are most of an evaluation and
//! stay in the ledger: ten thousand of them would be most of a coordinator's memory.

use galapagos_engine::evaluation::{Metrics, Reason};
use galapagos_genetics::Outcome;

use crate::job::fitness::FitnessFunction;
use crate::storage::digest::CoveredVerdict;
use crate::storage::record::{Class, Verdict};

/// A verdict without its sums.
#[derive(Clone, Copy, Debug)]
pub(super) struct VerdictSummary {
    class: Class,
    reason: Option<Reason>,
    /// What genetics ranks by.
    pub outcome: Outcome,
    /// The metrics of the evaluation; `None`: an exception.
    metrics: Option<Metrics>,
}

impl VerdictSummary {
    /// The verdict without its block sums.
    pub fn new(verdict: &Verdict, fitness: &FitnessFunction) -> VerdictSummary {
        let evaluation = verdict.evaluation.as_ref();
        VerdictSummary {
            class: verdict.class,
            reason: evaluation.and_then(|e| e.reason),
            outcome: fitness.outcome(verdict),
            metrics: evaluation.map(|e| e.metrics),
        }
    }

    /// The same of many verdicts.
    pub fn under(fitness: &FitnessFunction) -> impl Fn(&Verdict) -> VerdictSummary + '_ {
        move |verdict| VerdictSummary::new(verdict, fitness)
    }

    /// Whether the individual could not be evaluated at all.
    pub fn is_exception(&self) -> bool {
        self.metrics.is_none()
    }

    /// What a digest covers of it.
    pub fn covered(&self) -> CoveredVerdict<'_> {
        CoveredVerdict { class: self.class, reason: self.reason, metrics: self.metrics.as_ref() }
    }
}
