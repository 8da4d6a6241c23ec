//! The verdict about the best individual within last words.

use serde_json::{Value, json};

use crate::progress::Validation;

pub(super) fn json(verdict: &Validation) -> Value {
    let mut value =
        json!({"validated": verdict.validated, "reason": verdict.reason, "summary": verdict.summary});
    for (name, number) in [
        ("confidence", verdict.confidence),
        ("requiredSharpe", verdict.required_sharpe),
        ("timingSharpe", verdict.timing_sharpe),
    ] {
        if let Some(number) = number {
            value[name] = number.into();
        }
    }
    for (name, count) in [("trials", verdict.trials), ("effectiveTrials", verdict.effective_trials)] {
        if count > 0 {
            value[name] = count.into();
        }
    }
    if !verdict.failed.is_empty() {
        value["failed"] = json!(verdict.failed);
    }
    value
}

/// `None` unless it tells whether the find passes. Whatever else is missing or of the wrong type is absent.
pub(super) fn read(value: &Value) -> Option<Validation> {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let count = |name: &str| value[name].as_u64().unwrap_or_default();
    let names = value["failed"].as_array().into_iter().flatten();
    Some(Validation {
        validated: Some(text("validated")).filter(|status| !status.is_empty())?,
        reason: text("reason"),
        summary: text("summary"),
        confidence: value["confidence"].as_f64(),
        required_sharpe: value["requiredSharpe"].as_f64(),
        timing_sharpe: value["timingSharpe"].as_f64(),
        trials: count("trials"),
        effective_trials: count("effectiveTrials"),
        failed: names.filter_map(|name| Some(name.as_str()?.to_owned())).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::last_words;

    #[test]
    fn of_a_verdict_what_is_odd_is_absent() {
        let verdict = |text: &str| {
            let words = format!(r#"{{"reason":"Patience","succeeded":true,"validation":{text}}}"#);
            last_words::read(&words).unwrap().r#final.unwrap().validation
        };
        for none in ["null", "[]", "7", "{}", r#"{"validated":true,"reason":"LikelyLuck"}"#] {
            assert_eq!(verdict(none), None, "{none}");
        }
        let odd =
            r#"{"validated":"Unknown","confidence":"high","trials":-1,"failed":["costs",7,"pbo"],"new":1}"#;
        let expected = Validation {
            validated: "Unknown".into(),
            failed: vec!["costs".into(), "pbo".into()],
            ..Validation::default()
        };
        assert_eq!(verdict(odd), Some(expected));
    }
}
