//! A strategy as people write it: `docs/contract/rules.md`, D1.

use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// A strategy of one's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its name.
    pub name: String,
    /// Its genes.
    #[serde(default)]
    pub genes: Vec<Gene>,
    /// What it does.
    pub rules: Rules,
}

/// A gene with the values that it can take. Numbers are decimals, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gene {
    /// Its name, behind `$` in expressions.
    pub name: String,
    /// The least value.
    #[serde(default, deserialize_with = "some_text", skip_serializing_if = "Option::is_none")]
    pub min: Option<String>,
    /// The greatest value.
    #[serde(default, deserialize_with = "some_text", skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
    /// The distance between values.
    #[serde(default, deserialize_with = "some_text", skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The value to begin with; absent: the lowest or first.
    #[serde(default, deserialize_with = "some_text", skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// How values are spread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// How many values a logarithmic gene has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u32>,
    /// The values one by one: words or decimals.
    #[serde(default, deserialize_with = "some_texts", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// The only value.
    #[serde(default, deserialize_with = "some_text", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// How the values of a gene are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// By equal factors.
    Log,
}

/// What a strategy does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rules {
    /// The number of the language: 1.
    pub language: u32,
    /// Expressions with names.
    #[serde(rename = "let", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lets: BTreeMap<String, Text>,
    /// What is bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long: Option<Side>,
    /// What is sold short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<Side>,
    /// A target weight instead of sides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure: Option<Text>,
    /// Closes without an entry after an exit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown_bars: Option<u32>,
    /// The longest time in a position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bars: Option<u32>,
    /// Which gene is below which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<String>,
    /// When a stop, a target or the time may be followed by an entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reentry: Option<Reentry>,
}

/// One side of a strategy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// When to enter.
    pub enter: Text,
    /// When to leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Text>,
    /// The price of the stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Text>,
    /// The price of the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Text>,
    /// The share of the equity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Text>,
    /// The share of the equity that the stop puts at risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Text>,
}

/// When a stop, a target or the time may be followed by an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reentry {
    /// Once `enter` was not met in between.
    #[default]
    NewSignal,
    /// At once.
    Always,
}

/// The text of an expression; a plain number is read as its decimal text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text(pub String);

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Flag(_) => Err(serde::de::Error::custom("an expression is a string: quote it")),
            scalar => Ok(Text(scalar.text())),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Flag(bool),
    Whole(i64),
    Real(f64),
    Text(String),
}

impl Scalar {
    fn text(self) -> String {
        match self {
            Scalar::Flag(flag) => word_of(flag).to_owned(),
            Scalar::Whole(number) => number.to_string(),
            Scalar::Real(number) => number.to_string(),
            Scalar::Text(text) => text,
        }
    }
}

/// The word that a YAML boolean is read as.
pub(crate) fn word_of(flag: bool) -> &'static str {
    if flag { "on" } else { "off" }
}

fn some_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<Scalar>::deserialize(deserializer)?.map(Scalar::text))
}

fn some_texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let values = Option::<Vec<Scalar>>::deserialize(deserializer)?;
    Ok(values.map(|all| all.into_iter().map(Scalar::text).collect()))
}

impl Side {
    /// Its expressions with their names, in the order of the contract.
    pub fn expressions(&self) -> impl Iterator<Item = (&'static str, &Text)> {
        let optional = [
            ("exit", &self.exit),
            ("stop", &self.stop),
            ("target", &self.target),
            ("size", &self.size),
            ("risk", &self.risk),
        ];
        let rest = optional.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
        std::iter::once(("enter", &self.enter)).chain(rest)
    }
}
