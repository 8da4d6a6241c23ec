//! The threshold of a gate of the verdict, or that the gate is off.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::decimal::{Decimal, MAX_LENGTH, PATTERN};

/// What turns a gate off. `null` does so too where it arrives: a client may take it for the removal of the field.
pub const DISABLED: &str = "Disabled";

/// A threshold, or `Disabled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// The gate is not looked at.
    Disabled,
    /// The value that decides.
    At(Decimal),
}

impl Gate {
    /// The threshold; `None` if the gate is off.
    pub fn threshold(self) -> Option<Decimal> {
        match self {
            Gate::Disabled => None,
            Gate::At(threshold) => Some(threshold),
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gate::Disabled => f.write_str(DISABLED),
            Gate::At(threshold) => fmt::Display::fmt(threshold, f),
        }
    }
}

impl Serialize for Gate {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Gate {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Spelled;
        impl de::Visitor<'_> for Spelled {
            type Value = Gate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an integer, a quoted decimal or {DISABLED}")
            }
            fn visit_unit<E: de::Error>(self) -> Result<Gate, E> {
                Ok(Gate::Disabled)
            }
            fn visit_none<E: de::Error>(self) -> Result<Gate, E> {
                Ok(Gate::Disabled)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Gate, E> {
                match Decimal::from_str(text) {
                    Ok(threshold) => Ok(Gate::At(threshold)),
                    Err(_) if text == DISABLED => Ok(Gate::Disabled),
                    Err(error) => Err(E::custom(format!("{error}, or {DISABLED} to turn the gate off"))),
                }
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Gate, E> {
                n.try_into().map(Gate::At).map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Gate, E> {
                Decimal::deserialize(de::value::U64Deserializer::new(n)).map(Gate::At)
            }
            fn visit_f64<E: de::Error>(self, x: f64) -> Result<Gate, E> {
                Decimal::deserialize(de::value::F64Deserializer::new(x)).map(Gate::At)
            }
        }
        d.deserialize_any(Spelled)
    }
}

impl JsonSchema for Gate {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Gate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let number = PATTERN.trim_start_matches('^').trim_end_matches('$');
        let pattern = format!("^({DISABLED}|{number})$");
        json_schema!({ "x-kubernetes-int-or-string": true, "maxLength": MAX_LENGTH, "pattern": pattern })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_gate_is_a_number_or_off_and_says_what_else_it_would_be() {
        let read =
            |value: serde_json::Value| serde_json::from_value::<Gate>(value).map_err(|e| e.to_string());
        assert_eq!(read(json!("0.950")).map(|g| g.to_string()), Ok("0.95".to_owned()));
        assert_eq!(read(json!(10)).map(|g| g.to_string()), Ok("10".to_owned()));
        assert_eq!(read(json!("Disabled")), Ok(Gate::Disabled));
        assert_eq!(read(json!(null)), Ok(Gate::Disabled));
        assert!(read(json!("off")).unwrap_err().contains("Disabled to turn the gate off"));
        assert!(read(json!(0.95)).unwrap_err().contains("quote it"));
    }
}
