//! The one decimal type of the API: exact, one spelling per value, never a float.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Spelling of a decimal in manifests: up to 15 digits before and 12 after the point.
pub const PATTERN: &str = "^-?(0|[1-9][0-9]{0,14})([.][0-9]{1,12})?$";
/// Longest spelling, as the schema says it.
pub const MAX_LENGTH: usize = 32;
const MAX_INTEGER: i64 = 999_999_999_999_999;

/// An exact decimal. Written as a string or an integer, kept and serialised in its shortest form ("1.50" and 1.5
/// spelled any other way are "1.5", 1 is "1"), so that equal values have equal bytes in every digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(rust_decimal::Decimal);

/// Why a text or number is not a decimal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// A YAML or JSON float: its value depends on who parses it.
    #[error("{0} is a float; quote it: \"{0}\"")]
    Float(String),
    /// Not the spelling of a decimal.
    #[error("{0:?} is not a decimal; write up to 15 digits before and 12 after the point, as in \"0.35\"")]
    Spelling(String),
    /// Minus zero, which has no canonical spelling; holds the text.
    #[error("{0:?} is minus zero; write \"0\"")]
    MinusZero(String),
}

impl Decimal {
    /// The number 0.
    pub const ZERO: Decimal = Decimal(rust_decimal::Decimal::ZERO);
    /// The number 1.
    pub const ONE: Decimal = Decimal(rust_decimal::Decimal::ONE);

    /// mantissa * 10^-scale, for constants. Panics (at compile time in a `const`) if `scale` is over 12.
    pub const fn new(mantissa: i64, scale: u32) -> Decimal {
        assert!(scale <= 12, "at most 12 digits after the point");
        Decimal(rust_decimal::Decimal::from_parts(
            (mantissa.unsigned_abs() & 0xffff_ffff) as u32,
            (mantissa.unsigned_abs() >> 32) as u32,
            0,
            mantissa < 0,
            scale,
        ))
    }

    /// The value for exact arithmetic, without trailing zeros.
    pub fn to_decimal(self) -> rust_decimal::Decimal {
        self.0.normalize()
    }

    /// The nearest f64 (ties to even): by way of its text, since std's parser rounds correctly.
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let wrong = || DecimalError::Spelling(text.chars().take(MAX_LENGTH + 1).collect());
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((w, f)) => (w, Some(f)),
            None => (unsigned, None),
        };
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if !digits(whole) || whole.len() > 15 || leading_zero {
            return Err(wrong());
        }
        if fraction.is_some_and(|f| !digits(f) || f.len() > 12) {
            return Err(wrong());
        }
        let value = rust_decimal::Decimal::from_str_exact(text).map_err(|_| wrong())?;
        if value.is_zero() && text.starts_with('-') {
            return Err(DecimalError::MinusZero(text.to_owned()));
        }
        Ok(Decimal(value.normalize()))
    }
}

impl TryFrom<i64> for Decimal {
    type Error = DecimalError;

    fn try_from(n: i64) -> Result<Self, DecimalError> {
        if !(-MAX_INTEGER..=MAX_INTEGER).contains(&n) {
            return Err(DecimalError::Spelling(n.to_string()));
        }
        Ok(Decimal(n.into()))
    }
}

impl From<u32> for Decimal {
    fn from(n: u32) -> Self {
        Decimal(n.into())
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.normalize(), f)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Spelled;
        impl Visitor<'_> for Spelled {
            type Value = Decimal;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer or a quoted decimal")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Decimal, E> {
                n.try_into().map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Decimal, E> {
                let small = i64::try_from(n).map_err(|_| E::custom(DecimalError::Spelling(n.to_string())))?;
                small.try_into().map_err(E::custom)
            }
            fn visit_f64<E: de::Error>(self, x: f64) -> Result<Decimal, E> {
                let text = x.to_string();
                // What cannot be quoted either must not be told to be quoted.
                let quotable = text.parse::<Decimal>().is_ok();
                Err(E::custom(if quotable {
                    DecimalError::Float(text)
                } else {
                    DecimalError::Spelling(text)
                }))
            }
        }
        d.deserialize_any(Spelled)
    }
}

impl JsonSchema for Decimal {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Decimal".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-kubernetes-int-or-string": true, "maxLength": MAX_LENGTH, "pattern": PATTERN })
    }
}
