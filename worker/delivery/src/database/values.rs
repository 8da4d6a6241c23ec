//! Values as PostgreSQL takes them.

use std::collections::BTreeMap;

use galapagos_crds::GeneValue;
use galapagos_run::results::document::ResultDocument;
use serde_json::{Map, Value};

/// A count. PostgreSQL has no unsigned numbers.
pub fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A count that stays small.
pub fn small(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// A number in JSON, which knows nothing infinite: that is text, which PostgreSQL casts.
pub fn number(value: f64) -> Value {
    match serde_json::Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => Value::Null,
        None if value > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}

/// Metrics by name; null: undefined.
pub fn metrics<'a>(values: impl IntoIterator<Item = (&'a String, Option<f64>)>) -> Value {
    let pair = |(name, value): (&String, Option<f64>)| (name.clone(), value.map_or(Value::Null, number));
    Value::Object(values.into_iter().map(pair).collect::<Map<_, _>>())
}

/// Genes by name, as text: no digit is lost.
pub fn genome(genes: &BTreeMap<String, GeneValue>) -> Value {
    Value::Object(genes.iter().map(|(name, value)| (name.clone(), value.to_string().into())).collect())
}

/// `result.json` without what has a table of its own and is long.
pub fn document(document: &ResultDocument) -> Value {
    let mut value = serde_json::to_value(document).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("generations");
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_infinite_is_text_that_the_database_casts() {
        assert_eq!(number(1.5), serde_json::json!(1.5));
        assert_eq!(number(f64::INFINITY), serde_json::json!("Infinity"));
        assert_eq!(number(f64::NEG_INFINITY), serde_json::json!("-Infinity"));
        assert_eq!(number(f64::NAN), Value::Null);
    }

    #[test]
    fn a_gene_keeps_every_digit() {
        let genes = [("stop".to_owned(), "0.0105".parse::<GeneValue>().unwrap())].into_iter().collect();
        assert_eq!(genome(&genes).to_string(), r#"{"stop":"0.0105"}"#);
    }
}
