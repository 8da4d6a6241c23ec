//! What a finished process left in the status of its container: the second road of the final result.

use std::collections::BTreeMap;

use galapagos_protocol::ends::{Completion, Reported};
use galapagos_protocol::progress::Final;
use serde_json::Value;

/// What Kubernetes keeps of a termination message, in bytes; longer texts are not looked at beyond.
const LIMIT: usize = 4096;
/// Of a text that is not JSON, the end is kept: there the error is.
const TAIL: usize = 512;

/// A termination message. Whatever is missing, of the wrong type or unknown is absent: it may come from another release
/// of the coordinator, from the runtime, or be cut.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LastWords {
    /// Reason of `Complete` or of `Failed`, or the name of an exit code.
    pub reason: String,
    /// Whether there is a result.
    pub succeeded: Option<bool>,
    /// What a person should know.
    pub message: String,
    /// Of the result.
    pub result_digest: Option<String>,
    /// Folder of the result on the state volume.
    pub result_path: Option<String>,
    /// Number of the attempt as the run folder counts.
    pub epoch: Option<u64>,
    /// Generations that are done.
    pub generation: Option<u64>,
    /// Generations that it was asked for.
    pub generations: Option<u32>,
    /// Of the best individual.
    pub strategy: Option<String>,
    /// Genes of the best individual by name.
    pub genome: BTreeMap<String, String>,
    /// Of the best individual.
    pub fitness: Option<f64>,
    /// Of the best individual.
    pub metrics: BTreeMap<String, f64>,
    /// Of the best individual.
    pub holdout: BTreeMap<String, f64>,
    /// completed, distinct, cached, failed, quarantined, where they are known.
    pub evaluations: Option<[u64; 5]>,
    /// Seconds of all workers together.
    pub worker_seconds: Option<f64>,
    /// Digest of everything that the result depends on.
    pub inputs_digest: Option<String>,
    /// Digest of the data.
    pub dataset_digest: Option<String>,
    /// Number of the engine.
    pub engine: Option<u64>,
    /// False if an individual was set aside.
    pub reproducible: Option<bool>,
}

/// What a person can read in a termination message, ours or not: of a text that is not ours, its end, where the error
/// is. `None`: nothing.
pub fn text(message: &str) -> Option<String> {
    let text =
        LastWords::parse(message).map_or_else(|| tail(message.trim()).to_owned(), |words| words.message);
    (!text.is_empty()).then_some(text)
}

impl LastWords {
    /// Reads a termination message; `None` unless it tells of an end as our processes do.
    pub fn parse(text: &str) -> Option<LastWords> {
        let text = text.trim();
        let value = (text.len() <= LIMIT).then(|| serde_json::from_str::<Value>(text).ok())??;
        let words = LastWords::read(&value);
        (words.succeeded.is_some() || !words.reason.is_empty()).then_some(words)
    }

    fn read(value: &Value) -> LastWords {
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let (best, counts) = (&value["best"], &value["evaluations"]);
        let count = |name: &str| counts[name].as_u64();
        LastWords {
            reason: text(&value["reason"]).unwrap_or_default(),
            succeeded: value["succeeded"].as_bool(),
            message: text(&value["message"]).unwrap_or_default(),
            result_digest: text(&value["resultDigest"]),
            result_path: text(&value["resultPath"]),
            epoch: value["epoch"].as_u64(),
            generation: value["generation"].as_u64(),
            generations: value["generations"].as_u64().and_then(|g| g.try_into().ok()),
            strategy: text(&best["strategy"]),
            genome: members(&best["genome"], text),
            fitness: best["fitness"].as_f64(),
            metrics: members(&best["metrics"], Value::as_f64),
            holdout: members(&best["holdout"], Value::as_f64),
            evaluations: ["completed", "distinct", "cached", "failed", "quarantined"]
                .map(count)
                .iter()
                .copied()
                .collect::<Option<Vec<u64>>>()
                .and_then(|counts| counts.try_into().ok()),
            worker_seconds: value["workerSeconds"].as_f64(),
            inputs_digest: text(&value["inputsDigest"]),
            dataset_digest: text(&value["datasetDigest"]),
            engine: value["engine"].as_u64().filter(|&engine| engine > 0),
            reproducible: value["reproducible"].as_bool(),
        }
    }

    /// The final report that they stand for. The shortest ones do not say whether there is a result: their reason does.
    pub fn told(&self) -> Final {
        let has_result = || matches!(Completion::parse(&self.reason), Reported::Known(_));
        Final {
            reason: self.reason.clone(),
            succeeded: self.succeeded.unwrap_or_else(has_result),
            result_digest: self.result_digest.clone().unwrap_or_default(),
            result_path: self.result_path.clone().unwrap_or_default(),
            message: self.message.clone(),
        }
    }
}

fn members<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> BTreeMap<String, T> {
    let members = value.as_object().into_iter().flatten();
    members.filter_map(|(name, value)| Some((name.clone(), read(value)?))).collect()
}

fn tail(text: &str) -> &str {
    let mut start = text.len().saturating_sub(TAIL);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evolution_job::status::End;
    use galapagos_crds::conditions::{CompleteReason, StalledReason};

    fn succeeded(reason: CompleteReason) -> End {
        End::Succeeded { reason, told: None }
    }

    #[test]
    fn a_whole_message_is_read() {
        let words = LastWords::parse(
            r#"{"reason":"Patience","succeeded":true,"message":"","resultDigest":"blake3:ab","resultPath":"galapagos/runs/x",
            "epoch":2,"generation":31,"generations":50,"best":{"strategy":"ema_crossover","fitness":1.25,"genome":{"fast":"5"},
            "metrics":{"sharpe":1.25,"odd":null},"holdout":{}},"evaluations":{"completed":310,"distinct":300,"cached":1,"failed":0,
            "quarantined":0},"workerSeconds":12.5,"inputsDigest":"blake3:cd","datasetDigest":"blake3:ef","engine":1,"reproducible":true}"#,
        )
        .unwrap();
        assert_eq!(End::of(&words.told()), succeeded(CompleteReason::Patience));
        assert_eq!((words.generation, words.fitness, words.engine), (Some(31), Some(1.25), Some(1)));
        assert_eq!(words.genome["fast"], "5");
        assert_eq!(words.metrics.len(), 1, "an undefined metric is absent");
        assert_eq!(words.evaluations, Some([310, 300, 1, 0, 0]));
    }

    #[test]
    fn the_shortest_message_is_still_a_success() {
        let words =
            LastWords::parse(r#"{"reason":"GenerationsReached","resultDigest":"blake3:ab"}"#).unwrap();
        assert_eq!(End::of(&words.told()), succeeded(CompleteReason::GenerationsReached));
        assert_eq!(words.result_digest.as_deref(), Some("blake3:ab"));
    }

    #[test]
    fn a_failure_keeps_its_reason_and_message() {
        let end = |text: &str| End::of(&LastWords::parse(text).unwrap().told());
        assert_eq!(
            end(r#"{"reason":"DataInvalid","message":"row 7"}"#),
            End::Failed { reason: StalledReason::DataInvalid, message: "row 7".to_owned() }
        );
        for other in [r#"{"reason":"Internal"}"#, r#"{"reason":"Patience","succeeded":false}"#] {
            assert!(matches!(end(other), End::Failed { reason: StalledReason::Unknown, .. }), "{other}");
        }
    }

    #[test]
    fn what_is_not_ours_can_be_read_and_is_no_end() {
        let panic = format!("{}panicked at src/main.rs", "é".repeat(5000));
        assert_eq!(LastWords::parse(&panic), None);
        let read = text(&panic).unwrap();
        assert!(read.ends_with("panicked at src/main.rs") && read.len() <= TAIL);
        for strange in
            ["", "null", "[]", "7", "{", "{}", r#"{"reason":7,"best":[],"evaluations":"no","engine":-1}"#]
        {
            assert_eq!(LastWords::parse(strange), None, "{strange}");
        }
        assert_eq!(text("  "), None);
        assert_eq!(text(r#"{"reason":"Internal","message":"row 7"}"#).as_deref(), Some("row 7"));
        assert_eq!(text(r#"{"reason":"Internal"}"#), None, "a name is nothing to read");
    }
}
