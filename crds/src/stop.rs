//! When a job ends before its last generation. All of these succeed with the best so far.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::rules;

/// Rules that end a job early, each acting at the end of a generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stop {
    /// Generations without a better individual after which the job ends. 0: never.
    #[serde(default = "ten")]
    #[schemars(range(min = 0, max = 100_000))]
    pub patience: u32,
    /// Smallest relative rise of the best fitness that counts as better.
    #[serde(default = "millionth")]
    #[x_kube(validation = rules::at_least("0.0"))]
    pub min_delta: Decimal,
    /// Fitness at which the job ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Decimal>,
    /// Distinct evaluations after which the job ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000_000_000_i64))]
    pub max_evaluations: Option<u64>,
    /// Seconds of running after which the job ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 315_360_000))]
    pub max_duration_seconds: Option<u32>,
    /// Cost after which the job ends, in the currency of the pool's price, counted as in status.cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::positive())]
    pub max_cost: Option<Decimal>,
}

fn ten() -> u32 {
    10
}

fn millionth() -> Decimal {
    Decimal::new(1, 6)
}

impl Default for Stop {
    fn default() -> Self {
        Stop {
            patience: ten(),
            min_delta: millionth(),
            target: None,
            max_evaluations: None,
            max_duration_seconds: None,
            max_cost: None,
        }
    }
}
