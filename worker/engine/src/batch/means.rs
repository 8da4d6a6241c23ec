//! Metrics about the mean of all returns: held accounts are followed once for the mean, and once more for the distances from it.

use crate::evaluation::{Evaluation, Metric, MetricSet};
use crate::interrupt::Interrupted;
use crate::q52::to_f64;

/// Evaluates members by `run`, which is given the metrics and, where they are known, the means of the members' returns.
pub(super) fn with_means(
    metrics: MetricSet,
    mut run: impl FnMut(MetricSet, &[f64]) -> Result<Vec<Option<Evaluation>>, Interrupted>,
) -> Result<Vec<Option<Evaluation>>, Interrupted> {
    let about_means = [Metric::Skew, Metric::Kurtosis];
    if !about_means.iter().any(|&m| metrics.contains(m)) {
        return run(metrics, &[]);
    }
    let plain = about_means.into_iter().fold(metrics, MetricSet::without);
    let mean = |e: &Evaluation| to_f64(e.s1) / e.returns as f64;
    let means: Vec<f64> = run(plain, &[])?.iter().map(|e| e.as_ref().map_or(0.0, mean)).collect();
    run(metrics, &means)
}

/// The means of those members that are followed.
pub(super) fn of(followed: &[usize], means: &[f64]) -> Vec<f64> {
    followed.iter().filter_map(|&member| means.get(member).copied()).collect()
}
