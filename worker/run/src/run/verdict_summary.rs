//! What the end of a generation needs to know of each of its individuals. Block sums are most of an evaluation and
//! stay in the ledger: ten thousand of them would be most of a coordinator's memory.

use galapagos_engine::evaluation::{BLOCKS, BlockSum, Evaluation, Metrics, Reason};
use galapagos_genetics::Outcome;

use crate::job::fitness::FitnessFunction;
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

    /// A verdict with the same class, reason and metrics: what the digest covers.
    pub fn verdict(&self) -> Verdict {
        let evaluation = self.metrics.map(|metrics| Evaluation {
            metrics,
            reason: self.reason,
            returns: 0,
            s1: 0,
            s2: 0,
            blocks: [BlockSum::default(); BLOCKS],
            open_position: false,
        });
        Verdict { class: self.class, violation: 0.0, fitness: None, evaluation }
    }
}
