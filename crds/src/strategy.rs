//! Which strategies evolve, and over which genes.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::gene_value::GeneValue;
use crate::rules;
use crate::signals::SignalsSpec;
use crate::strategy_rules::RulesSpec;

/// A strategy of the job: one species.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StrategySpec {
    /// Name of the strategy, as `galapagos strategies` lists them; with rules or signals, a name of your own.
    #[schemars(length(min = 1, max = 63), regex(pattern = rules::SNAKE))]
    pub name: String,
    /// Ranges that replace those of the strategy. A gene that is not listed keeps the strategy's own range. With rules,
    /// all its genes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub genes: Vec<GeneSpec>,
    /// Conditions over genes that every individual keeps, as stop_loss <= take_profit / 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), inner(length(min = 1, max = 200)), extend("x-kubernetes-list-type" = "atomic"))]
    pub constraints: Vec<String>,
    /// What a strategy of your own does. Absent, without signals: the name is that of a built-in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<RulesSpec>,
    /// Columns of a file that the strategy reads. Without rules the file itself decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signals: Option<SignalsSpec>,
}

impl StrategySpec {
    /// Whether the manifest says itself what the strategy does.
    pub fn is_own(&self) -> bool {
        self.rules.is_some() || self.signals.is_some()
    }
}

/// The range of one gene: `min` and `max`, or `values`, or one fixed `value`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.min) == has(self.max)").message("min and max go together"),
    validation = Rule::new("[has(self.min) || has(self.max), has(self.values), has(self.value)].filter(x, x).size() == 1")
        .message("exactly one of min and max, values, value must be set"),
    validation = Rule::new("!has(self.min) || !has(self.max) || double(self.min) < double(self.max)")
        .message("min must be less than max; to fix a gene, set value"),
    validation = Rule::new("(has(self.scale) && self.scale == 'Log') == has(self.steps)")
        .message("steps is required with scale Log and not allowed without"),
    validation = Rule::new("!has(self.scale) || has(self.min)").message("scale needs min and max"),
    validation = Rule::new("!has(self.step) || (has(self.min) && !(has(self.scale) && self.scale == 'Log'))")
        .message("step needs min and max on a linear scale"),
    validation = Rule::new("!has(self.scale) || self.scale != 'Log' || !has(self.min) || double(self.min) > 0.0")
        .message("scale Log needs min above 0")
)]
pub struct GeneSpec {
    /// Name of the gene.
    #[schemars(length(min = 1, max = 63), regex(pattern = rules::SNAKE))]
    pub name: String,
    /// Lowest value of the range, which needs max as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Decimal>,
    /// Upper bound of the range, which needs min as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Decimal>,
    /// Distance of two values on a linear scale. Absent: the step of the strategy's own range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::positive())]
    pub step: Option<Decimal>,
    /// How the values lie between min and max. Absent: Linear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// Number of steps of a Log scale: it has one value more than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub steps: Option<u32>,
    /// The values to choose from: numbers in rising order, or names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1000), extend("x-kubernetes-list-type" = "atomic"))]
    pub values: Option<Vec<GeneValue>>,
    /// The one value of a gene that does not evolve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<GeneValue>,
    /// Of a strategy with rules: the value used where none is said. Absent: the lowest or first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<GeneValue>,
    /// The gene counts only while another one has one of these values; else it has its default. Absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<GeneWhen>,
}

/// When a gene counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GeneWhen {
    /// Name of another gene of the strategy.
    #[schemars(length(min = 1, max = 63), regex(pattern = rules::SNAKE))]
    pub gene: String,
    /// Values of that gene.
    #[serde(rename = "in")]
    #[schemars(length(min = 1, max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub values: Vec<GeneValue>,
}

/// How values lie between two bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Scale {
    /// Evenly, a step apart.
    Linear,
    /// Evenly in the logarithm.
    Log,
}
