//! What a status says about luck.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the best individual can be told from luck. Numbers have four significant digits; all of them are in
/// `result.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Status of the condition Validated.
    #[serde(default)]
    pub validated: Validated,
    /// What decided, as the coordinator told it.
    #[serde(default)]
    #[schemars(length(max = 63))]
    pub reason: String,
    /// Probability that it is not the luck of its trials, training and holdout together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub confidence: Option<String>,
    /// Annual Sharpe ratio beyond the market that luck alone shows in one of twenty searches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub required: Option<String>,
    /// Annual Sharpe ratio beyond the market of the best individual on the training rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub sharpe: Option<String>,
    /// Distinct evaluations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<i64>,
    /// Different strategies among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_trials: Option<i64>,
    /// Names of the gates that it does not pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 32)), extend("x-kubernetes-list-type" = "atomic"))]
    pub failed: Vec<String>,
}

/// Whether a find passes its gates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Validated {
    /// It passes all of them.
    True,
    /// It fails one.
    False,
    /// That cannot be told.
    #[default]
    Unknown,
}

impl Validated {
    /// The status of the condition.
    pub const fn as_str(self) -> &'static str {
        match self {
            Validated::True => "True",
            Validated::False => "False",
            Validated::Unknown => "Unknown",
        }
    }
}
