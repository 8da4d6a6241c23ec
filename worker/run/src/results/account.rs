//! One account over one window, as results show it.

use std::collections::BTreeMap;

use galapagos_engine::evaluation::{Evaluation, Metric, Metrics, Reason};
use serde::{Deserialize, Serialize};

use crate::job::fitness::FitnessFunction;

/// Values by metric name; `null`: undefined.
pub type MetricMap = BTreeMap<String, Option<f64>>;

/// All metrics by name, `None` where undefined.
pub fn metric_map(metrics: &Metrics) -> MetricMap {
    Metric::ALL.into_iter().map(|m| (m.name().to_owned(), metrics.get(m))).collect()
}

/// One account over one window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountResult {
    /// All metrics by name, beside them the job's own expressions; `null` where undefined.
    pub metrics: MetricMap,
    /// Why some of them are undefined.
    pub reason: Option<String>,
    /// Number of counted returns.
    pub returns: u64,
    /// Exact sums of r and r squared in units of 2^-52, as decimal text.
    pub sums: Sums,
    /// Whether a position was open at the end.
    pub open_position: bool,
}

/// Exact sums of returns in units of 2^-52, as decimal text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Sum of returns, in units of 2^-52.
    pub s1: String,
    /// Sum of squared returns.
    pub s2: String,
}

impl AccountResult {
    /// An evaluation as people read it.
    pub fn new(evaluation: &Evaluation) -> AccountResult {
        AccountResult {
            metrics: metric_map(&evaluation.metrics),
            reason: evaluation.reason.map(Reason::name).map(str::to_owned),
            returns: evaluation.returns,
            sums: Sums { s1: evaluation.s1.to_string(), s2: evaluation.s2.to_string() },
            open_position: evaluation.open_position,
        }
    }

    /// The same with what a job's own expressions are worth on it.
    pub fn of_job(evaluation: &Evaluation, fitness: &FitnessFunction) -> AccountResult {
        let mut account = AccountResult::new(evaluation);
        account.metrics.extend(fitness.own_values(&evaluation.metrics));
        account
    }
}
