//! What is good, what is allowed, and what happens when an evaluation fails.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::rules;

/// A number to improve: a metric, or an expression over metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one(&["metric", "expression"]), validation = rules::expression_is_named())]
pub struct Objective {
    /// Name of the metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63), regex(pattern = rules::SNAKE))]
    pub metric: Option<String>,
    /// What results call the expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63), regex(pattern = rules::SNAKE))]
    pub name: Option<String>,
    /// A number made of metrics, as sharpe * min(1, trades / 100) - 0.5 * max_drawdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    pub expression: Option<String>,
    /// Which direction is better.
    #[serde(default)]
    pub goal: Goal,
}

/// Which direction is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Goal {
    /// A higher metric is better.
    #[default]
    Maximize,
    /// A lower metric is better.
    Minimize,
}

/// The objective of a job that names none.
pub fn default_objectives() -> Vec<Objective> {
    vec![Objective { metric: Some("sharpe".to_owned()), name: None, expression: None, goal: Goal::Maximize }]
}

/// A bound on a metric or an expression: an individual beyond it ranks after all that keep it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::exactly_one(&["atMost", "atLeast"]),
    validation = rules::exactly_one(&["metric", "expression"]),
    validation = rules::expression_is_named()
)]
pub struct Limit {
    /// Name of the metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63), regex(pattern = rules::SNAKE))]
    pub metric: Option<String>,
    /// What results call the expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63), regex(pattern = rules::SNAKE))]
    pub name: Option<String>,
    /// A number made of metrics, as trades / exposure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    pub expression: Option<String>,
    /// Highest value that a feasible individual may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Decimal>,
    /// Lowest value that a feasible individual may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Decimal>,
}

/// What happens when an individual cannot be evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvaluationSpec {
    /// Seconds one evaluation may take.
    #[serde(default = "five_minutes")]
    #[schemars(range(min = 1, max = 86_400))]
    pub timeout_seconds: u32,
    /// How often an evaluation is tried.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 10))]
    pub attempts: u32,
    /// What follows the last failed attempt.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// Printed as the fitness of failed individuals; it never ranks.
    #[serde(default = "minus_999")]
    pub failure_fitness: Decimal,
}

/// What follows the last failed attempt at an individual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OnFailure {
    /// The individual is set aside and the job goes on.
    #[default]
    Skip,
    /// The job fails at the first individual that cannot be evaluated.
    Fail,
}

fn five_minutes() -> u32 {
    300
}

fn three() -> u32 {
    3
}

fn minus_999() -> Decimal {
    Decimal::new(-999, 0)
}

impl Default for EvaluationSpec {
    fn default() -> Self {
        EvaluationSpec {
            timeout_seconds: five_minutes(),
            attempts: three(),
            on_failure: OnFailure::Skip,
            failure_fitness: minus_999(),
        }
    }
}
