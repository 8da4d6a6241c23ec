//! The value of a gene in a manifest: a decimal, or the name of a category.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::decimal::{Decimal, DecimalError};

/// A decimal or a snake_case name. Serialised as a string.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GeneValue {
    /// Of an integer or real gene.
    Number(Decimal),
    /// Of a categorical gene.
    Name(String),
}

/// Longest name of a category.
pub const MAX_LENGTH: usize = 63;
pub(crate) const PATTERN: &str = "^(-?(0|[1-9][0-9]{0,14})([.][0-9]{1,12})?|[a-z][a-z0-9_]{0,62})$";

fn is_name(text: &str) -> bool {
    text.len() <= MAX_LENGTH
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

impl FromStr for GeneValue {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        if is_name(text) { Ok(GeneValue::Name(text.to_owned())) } else { text.parse().map(GeneValue::Number) }
    }
}

impl fmt::Display for GeneValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GeneValue::Number(d) => fmt::Display::fmt(d, f),
            GeneValue::Name(n) => f.write_str(n),
        }
    }
}

impl Serialize for GeneValue {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GeneValue {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Spelled;
        impl Visitor<'_> for Spelled {
            type Value = GeneValue;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "an integer, a quoted decimal or the name of a category (on and off must be quoted)",
                )
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<GeneValue, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<GeneValue, E> {
                Decimal::try_from(n).map(GeneValue::Number).map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<GeneValue, E> {
                let small = i64::try_from(n).map_err(|_| E::custom(DecimalError::Spelling(n.to_string())))?;
                self.visit_i64(small)
            }
            fn visit_f64<E: de::Error>(self, x: f64) -> Result<GeneValue, E> {
                Err(E::custom(DecimalError::Float(x.to_string())))
            }
        }
        d.deserialize_any(Spelled)
    }
}

impl JsonSchema for GeneValue {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "GeneValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "x-kubernetes-int-or-string": true, "maxLength": MAX_LENGTH, "pattern": PATTERN,
            "description": "An integer, a quoted decimal, or the name of a category."
        })
    }
}
