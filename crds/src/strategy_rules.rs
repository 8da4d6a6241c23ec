//! What a strategy of one's own does: expressions over the market, in the language of docs/contract/rules.md.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Most characters of an expression.
pub const LONGEST_EXPRESSION: u32 = 2000;

/// What a strategy of one's own does. Every expression is checked when the job is made; keys that the language does not
/// know are refused, not dropped.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
#[x_kube(
    validation = Rule::new("has(self.exposure) != (has(self.long) || has(self.short))")
        .message("rules have long, short or both, or exposure instead of them"),
    validation = Rule::new("!has(self.exposure) || !(has(self.cooldownBars) || has(self.maxBars) || has(self.reentry))")
        .message("cooldownBars, maxBars and reentry have no meaning with exposure")
)]
pub struct RulesSpec {
    /// Number of the language.
    #[schemars(range(min = 1, max = 1))]
    pub language: u32,
    /// Expressions by name, in any order. Others use them by that name.
    #[serde(rename = "let", default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub lets: BTreeMap<String, Expression>,
    /// When and how much is bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long: Option<SideRules>,
    /// When and how much is sold short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<SideRules>,
    /// A share of the equity from -1 to 1 at each close, instead of long and short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure: Option<Expression>,
    /// Closes after an exit at which nothing is entered. Absent: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000))]
    pub cooldown_bars: Option<u32>,
    /// Most bars in a position. Absent: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub max_bars: Option<u32>,
    /// Which gene is below which, as `fast < slow`, `fast <= slow` or `fast <= slow - 5`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), inner(length(max = 100)), extend("x-kubernetes-list-type" = "atomic"))]
    pub order: Vec<String>,
    /// When a position may follow one that a stop, a target or maxBars has ended. Absent: NewSignal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reentry: Option<Reentry>,
    /// What else stands there: the check of manifests refuses it.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: BTreeMap<String, Value>,
}

/// One side of a strategy of one's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
#[x_kube(validation = Rule::new("!has(self.risk) || (has(self.stop) && !has(self.size))")
    .message("risk needs stop, and stands instead of size"))]
pub struct SideRules {
    /// A condition: enter at the next fill.
    pub enter: Expression,
    /// A condition: leave at the next fill. Absent: stop, target, maxBars and the other side end a position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Expression>,
    /// A price: leave where the market reaches it. It never moves away from the market.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Expression>,
    /// A price: take the profit where the market reaches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Expression>,
    /// Share of the equity that a position uses, above 0 and at most 1. Absent: execution.sizing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Expression>,
    /// Share of the equity that is lost where the stop is met: it makes the size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Expression>,
    /// What else stands there: the check of manifests refuses it.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: BTreeMap<String, Value>,
}

/// When a position may follow one that a stop, a target or maxBars has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Reentry {
    /// Once `enter` was not met in between.
    NewSignal,
    /// At the next close at which `enter` is met.
    Always,
}

/// The text of an expression. A whole number stands for its digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Expression(pub String);

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Spelled;
        impl Visitor<'_> for Spelled {
            type Value = Expression;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an expression in quotes, or a whole number")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Expression, E> {
                Ok(Expression(text.to_owned()))
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Expression, E> {
                Ok(Expression(n.to_string()))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Expression, E> {
                Ok(Expression(n.to_string()))
            }
        }
        d.deserialize_any(Spelled)
    }
}

impl JsonSchema for Expression {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Expression".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "x-kubernetes-int-or-string": true, "maxLength": LONGEST_EXPRESSION,
            "description": "An expression."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_are_kept_as_they_are_written_with_keys_that_nobody_knows() {
        let written = json!({
            "language": 1, "let": {"f": "sma(close, $n)"}, "order": ["a < b"], "maxBars": 3, "reentry": "Always",
            "long": {"enter": "close > f", "size": "0.5", "add": "later"}, "mirror": true,
        });
        let rules: RulesSpec = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(rules.unknown["mirror"], true);
        assert_eq!(rules.long.as_ref().unwrap().unknown["add"], "later");
        assert_eq!(serde_json::to_value(&rules).unwrap(), written);
    }

    #[test]
    fn a_whole_number_is_its_digits_and_a_float_is_none() {
        let number: Expression = serde_json::from_value(json!(1)).unwrap();
        assert_eq!(number, Expression("1".to_owned()));
        let error = serde_json::from_value::<Expression>(json!(0.5)).unwrap_err().to_string();
        assert!(error.contains("in quotes"), "{error}");
    }
}
