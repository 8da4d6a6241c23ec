//! Metrics about the mean of all returns. Held accounts keep their returns until the mean is known (`shape`); those of a
//! portfolio, and those that have no room for them, are followed once for the mean and once more for the distances from it.

use super::keeping::{Keeping, Room};
use crate::evaluation::{Evaluation, Metric, MetricSet};
use crate::interrupt::Interrupted;
use crate::q52::to_f64;

/// What a pass knows of the means of its members' returns.
#[derive(Clone, Copy)]
pub(super) enum Means<'a> {
    /// None where no metric is about them.
    Known(&'a [f64]),
    /// Accounts keep their returns until the means are known, while they have room.
    Kept(&'a Keeping<'a>),
}

impl<'a> Means<'a> {
    /// Those of the members that are followed, which `known` holds then.
    pub fn of(self, followed: &[usize], known: &'a mut Vec<f64>) -> Means<'a> {
        match self {
            Means::Known(means) => {
                known.extend(followed.iter().filter_map(|&member| means.get(member)));
                Means::Known(known)
            }
            Means::Kept(keeping) => Means::Kept(keeping),
        }
    }
}

const ABOUT_MEANS: [Metric; 2] = [Metric::Skew, Metric::Kurtosis];

/// Whether a metric is about the mean of returns.
pub(super) fn are_about_means(metrics: MetricSet) -> bool {
    ABOUT_MEANS.iter().any(|&metric| metrics.contains(metric))
}

/// The metrics that are not about means.
pub(super) fn plain(metrics: MetricSet) -> MetricSet {
    ABOUT_MEANS.into_iter().fold(metrics, MetricSet::without)
}

/// The mean of an evaluation's returns; 0 where there is none.
pub(super) fn mean(evaluation: Option<&Evaluation>) -> f64 {
    evaluation.map_or(0.0, |e| to_f64(e.s1) / e.returns as f64)
}

/// Evaluates members by `run`, which is given the metrics and, where they are known, the means of the members' returns.
pub(super) fn with_means(
    metrics: MetricSet,
    mut run: impl FnMut(MetricSet, &[f64]) -> Result<Vec<Option<Evaluation>>, Interrupted>,
) -> Result<Vec<Option<Evaluation>>, Interrupted> {
    if !are_about_means(metrics) {
        return run(metrics, &[]);
    }
    let means: Vec<f64> = run(plain(metrics), &[])?.iter().map(|e| mean(e.as_ref())).collect();
    run(metrics, &means)
}

/// The same by accounts that may keep their returns. `None`: they have no room, and `fewer` of them may.
pub(super) fn with_returns_kept(
    metrics: MetricSet,
    (room, fewer): (&Room, bool),
    mut run: impl FnMut(MetricSet, Means) -> Result<Vec<Option<Evaluation>>, Interrupted>,
) -> Result<Option<Vec<Option<Evaluation>>>, Interrupted> {
    if are_about_means(metrics) {
        let keeping = room.keeping();
        let found = run(metrics, Means::Kept(&keeping))?;
        if !keeping.is_full() {
            return Ok(Some(found));
        }
        if fewer {
            return Ok(None);
        }
    }
    with_means(metrics, |metrics, means| run(metrics, Means::Known(means))).map(Some)
}
