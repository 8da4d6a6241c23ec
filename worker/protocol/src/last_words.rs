//! The last words of a process: a [`Report`] with its end, as the short JSON that Kubernetes keeps in the status of a
//! finished container. A coordinator writes in them what its stream reports, an import or a worker why it failed.
//!
//! The members are flat and named as in the status; whatever is empty is left out. Releases read each other's: a member
//! may be added, none may change its meaning.

mod verdict;

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::ends::{Completion, Failure, Reported};
use crate::progress::{Best, Evaluations, Final, Gene, Provenance, Report, Workers};

/// What Kubernetes keeps of a termination message, in bytes.
pub const LIMIT: usize = 4096;

/// The report of a process that ends without a result.
pub fn failure(reason: Failure, message: String) -> Report {
    let end = Final { reason: reason.as_str().to_owned(), succeeded: false, message, ..Final::default() };
    Report { r#final: Some(end), ..Report::default() }
}

/// A final report as JSON of at most [`LIMIT`] bytes. What is left out if it is too long: the metrics of the best
/// individual, then the verdict about it, then its genes, then the end of the message.
pub fn write(report: &Report) -> String {
    let mut best = report.best.clone();
    let mut text = json(report, best.as_ref(), usize::MAX);
    if let Some(best) = best.as_mut().filter(|_| text.len() > LIMIT) {
        best.metrics.clear();
        best.holdout.clear();
        text = json(report, Some(&*best), usize::MAX);
    }
    let mut report = std::borrow::Cow::Borrowed(report);
    if text.len() > LIMIT && report.r#final.as_ref().is_some_and(|end| end.validation.is_some()) {
        if let Some(end) = &mut report.to_mut().r#final {
            end.validation = None;
        }
        text = json(&report, best.as_ref(), usize::MAX);
    }
    let report = report.as_ref();
    if let Some(best) = best.as_mut().filter(|_| text.len() > LIMIT) {
        best.genome.clear();
        text = json(report, Some(&*best), usize::MAX);
    }
    // Escapes may make a message six times as long.
    let mut length = LIMIT;
    while text.len() > LIMIT && length > 0 {
        length = length * 3 / 4;
        text = json(report, best.as_ref(), length);
    }
    if text.len() > LIMIT {
        // Names and paths without end: none of ours.
        let end = report.r#final.clone().unwrap_or_default();
        let short = |text: &str| cut(text, LIMIT / 16).to_owned();
        let known = json!({
            "reason": short(&end.reason), "succeeded": end.succeeded, "resultDigest": short(&end.result_digest),
        });
        text = known.to_string();
    }
    text
}

/// Reads last words; `None` unless they tell of an end as our processes do. Whatever is missing, of the wrong type or
/// unknown is absent: they may come from another release, or be cut.
pub fn read(text: &str) -> Option<Report> {
    let text = text.trim();
    let value = (text.len() <= LIMIT).then(|| serde_json::from_str::<Value>(text).ok())??;
    let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let reason = string(&value["reason"]);
    let succeeded = value["succeeded"].as_bool();
    if reason.is_empty() && succeeded.is_none() {
        return None;
    }
    // The shortest ones of the release before do not say whether there is a result: their reason does.
    let has_result = || matches!(Completion::parse(&reason), Reported::Known(_));
    let end = Final {
        succeeded: succeeded.unwrap_or_else(has_result),
        result_digest: string(&value["resultDigest"]),
        result_path: string(&value["resultPath"]),
        message: string(&value["message"]),
        validation: verdict::read(&value["validation"]),
        reason,
    };
    let whole = |name: &str| value[name].as_u64().unwrap_or_default();
    let small = |name: &str| u32::try_from(whole(name)).unwrap_or(u32::MAX);
    let provenance = Provenance {
        inputs_digest: string(&value["inputsDigest"]),
        dataset_digest: string(&value["datasetDigest"]),
        engine: small("engine"),
        reproducible: value["reproducible"].as_bool().unwrap_or_default(),
        ..Provenance::default()
    };
    let worker_seconds = value["workerSeconds"].as_f64();
    Some(Report {
        epoch: whole("epoch"),
        generation: small("generation"),
        generations: small("generations"),
        evaluations: evaluations(&value["evaluations"]),
        workers: worker_seconds.map(|worker_seconds| Workers { worker_seconds, ..Workers::default() }),
        best: best(&value["best"]),
        provenance: Some(provenance),
        r#final: Some(end),
        ..Report::default()
    })
}

fn json(report: &Report, best: Option<&Best>, message: usize) -> String {
    let end = report.r#final.clone().unwrap_or_default();
    let mut words = Map::new();
    let mut put = |name: &str, value: Value| {
        let is_empty = match &value {
            Value::String(text) => text.is_empty(),
            Value::Number(number) => number.as_u64() == Some(0),
            other => other.is_null(),
        };
        if !is_empty {
            words.insert(name.to_owned(), value);
        }
    };
    put("reason", end.reason.into());
    put("succeeded", end.succeeded.into());
    put("message", cut(&end.message, message).into());
    put("resultDigest", end.result_digest.into());
    put("resultPath", end.result_path.into());
    put("validation", end.validation.as_ref().map(verdict::json).into());
    put("epoch", report.epoch.into());
    put("generation", report.generation.into());
    put("generations", report.generations.into());
    put("best", best.map(best_json).into());
    put("evaluations", report.evaluations.as_ref().map(evaluations_json).into());
    put("workerSeconds", report.workers.map(|workers| workers.worker_seconds).into());
    if let Some(provenance) = report.provenance.clone() {
        put("inputsDigest", provenance.inputs_digest.into());
        put("datasetDigest", provenance.dataset_digest.into());
        if provenance.engine > 0 {
            put("engine", provenance.engine.into());
            put("reproducible", provenance.reproducible.into());
        }
    }
    Value::Object(words).to_string()
}

fn best_json(best: &Best) -> Value {
    let mut value = json!({"strategy": best.strategy, "fitness": best.fitness});
    if !best.genome.is_empty() {
        let genes = best.genome.iter().map(|gene| (gene.name.clone(), gene.value.clone().into()));
        value["genome"] = genes.collect::<Map<_, _>>().into();
    }
    for (name, metrics) in [("metrics", &best.metrics), ("holdout", &best.holdout)] {
        if !metrics.is_empty() {
            value[name] = json!(metrics);
        }
    }
    value
}

fn best(value: &Value) -> Option<Best> {
    let strategy = value["strategy"].as_str().filter(|name| !name.is_empty())?.to_owned();
    let gene = |(name, value): (&String, &Value)| {
        Some(Gene { name: name.clone(), value: value.as_str()?.to_owned() })
    };
    let values = |value: &Value| -> HashMap<String, f64> {
        let members = value.as_object().into_iter().flatten();
        members.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect()
    };
    Some(Best {
        strategy,
        genome: value["genome"].as_object().into_iter().flatten().filter_map(gene).collect(),
        fitness: value["fitness"].as_f64().unwrap_or(f64::NAN),
        metrics: values(&value["metrics"]),
        holdout: values(&value["holdout"]),
    })
}

fn evaluations_json(counts: &Evaluations) -> Value {
    json!({
        "completed": counts.completed, "distinct": counts.distinct, "cached": counts.cached,
        "failed": counts.failed, "quarantined": counts.quarantined,
    })
}

/// Counts are believed together or not at all.
fn evaluations(value: &Value) -> Option<Evaluations> {
    let count = |name: &str| value[name].as_u64();
    Some(Evaluations {
        completed: count("completed")?,
        distinct: count("distinct")?,
        cached: count("cached")?,
        failed: count("failed")?,
        quarantined: count("quarantined")?,
        per_second: 0.0,
    })
}

/// The beginning of a text, of at most `bytes` bytes.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ends::End;
    use crate::progress::Validation;

    fn ended(genes: usize) -> Report {
        let metrics: HashMap<String, f64> =
            (0..30).map(|i| (format!("metric_{i}"), f64::from(i) / 3.0)).collect();
        let genome = (0..genes).map(|i| Gene { name: format!("gene_{i:03}"), value: "1".repeat(20) });
        Report {
            epoch: 2,
            generation: 31,
            generations: 50,
            evaluations: Some(Evaluations {
                completed: 310,
                distinct: 300,
                cached: 1,
                failed: 2,
                quarantined: 0,
                per_second: 0.0,
            }),
            workers: Some(Workers { worker_seconds: 12.5, ..Workers::default() }),
            best: Some(Best {
                strategy: "ema_crossover".into(),
                genome: genome.collect(),
                fitness: 0.1 + 0.2,
                metrics: metrics.clone(),
                holdout: metrics,
            }),
            provenance: Some(Provenance {
                inputs_digest: "blake3:cd".into(),
                dataset_digest: "blake3:ef".into(),
                engine: 2,
                reproducible: true,
                ..Provenance::default()
            }),
            r#final: Some(Final {
                reason: "Patience".into(),
                succeeded: true,
                result_digest: "blake3:ab".into(),
                result_path: "galapagos/runs/x".into(),
                message: String::new(),
                validation: Some(Validation {
                    validated: "False".into(),
                    reason: "LikelyLuck".into(),
                    summary: "A search of 256 different strategies finds this much by luck.".into(),
                    confidence: Some(0.81),
                    required_sharpe: Some(0.1 + 0.2),
                    timing_sharpe: Some(-0.5),
                    trials: 38_412,
                    effective_trials: 256,
                    failed: vec!["confidence".into(), "costs".into()],
                }),
            }),
            ..Report::default()
        }
    }

    #[test]
    fn a_final_report_is_read_as_it_was_written() {
        let report = ended(3);
        assert_eq!(read(&write(&report)), Some(report));
    }

    #[test]
    fn the_words_fit_whatever_the_best_individual_has() {
        for (genes, has_metrics, has_verdict, has_genome) in [
            (3, true, true, true),
            (75, false, true, true),
            (104, false, false, true),
            (400, false, false, false),
        ] {
            let mut report = ended(genes);
            let text = write(&report);
            assert!(text.len() <= LIMIT, "{}", text.len());
            let heard = read(&text).unwrap();
            let best = heard.best.unwrap();
            assert_eq!((!best.metrics.is_empty(), !best.genome.is_empty()), (has_metrics, has_genome));
            if !has_verdict {
                report.r#final.as_mut().unwrap().validation = None;
            }
            assert_eq!((heard.r#final, heard.evaluations), (report.r#final, report.evaluations));
        }
        let endless = Final { reason: "x".repeat(9000), ..Final::default() };
        let text = write(&Report { r#final: Some(endless), ..Report::default() });
        assert!(text.len() <= LIMIT && read(&text).is_some());
    }

    #[test]
    fn a_failure_of_any_length_is_whole_and_keeps_its_reason_and_the_start_of_its_message() {
        for message in ["short".to_owned(), "é\n\u{1}".repeat(5000)] {
            let text = write(&failure(Failure::DataInvalid, message.clone()));
            assert!(text.len() <= LIMIT, "{}", text.len());
            let end = read(&text).unwrap().r#final.unwrap();
            assert_eq!(End::from_report(&end), End::Failed(Reported::Known(Failure::DataInvalid)));
            assert!(message.starts_with(&end.message) && !end.message.is_empty());
        }
    }

    #[test]
    fn the_words_of_the_release_before_are_read() {
        let words = read(
            r#"{"reason":"Patience","succeeded":true,"message":"","resultDigest":"blake3:ab","resultPath":"galapagos/runs/x",
            "epoch":2,"generation":31,"generations":50,"best":{"strategy":"ema_crossover","fitness":1.25,"genome":{"fast":"5"},
            "metrics":{"sharpe":1.25,"odd":null},"holdout":{}},"evaluations":{"completed":310,"distinct":300,"cached":1,"failed":0,
            "quarantined":0},"workerSeconds":12.5,"inputsDigest":"blake3:cd","datasetDigest":"blake3:ef","engine":1,"reproducible":true}"#,
        )
        .unwrap();
        let best = words.best.unwrap();
        assert_eq!((words.generation, best.fitness, best.genome[0].value.as_str()), (31, 1.25, "5"));
        assert_eq!(best.metrics.len(), 1, "an undefined metric is absent");
        assert_eq!(words.evaluations.map(|e| (e.completed, e.distinct)), Some((310, 300)));
        let shortest = read(r#"{"reason":"GenerationsReached","resultDigest":"blake3:ab"}"#).unwrap();
        let end = shortest.r#final.unwrap();
        assert_eq!(End::from_report(&end), End::Succeeded(Reported::Known(Completion::GenerationsReached)));
        assert_eq!((end.result_digest.as_str(), end.validation), ("blake3:ab", None));
        let failed = read(r#"{"reason":"DataInvalid","message":"row 7"}"#).unwrap().r#final.unwrap();
        assert_eq!(End::from_report(&failed), End::Failed(Reported::Known(Failure::DataInvalid)));
    }

    #[test]
    fn what_tells_of_no_end_is_none() {
        let long = format!(r#"{{"reason":"{}"}}"#, "x".repeat(LIMIT));
        let odd = r#"{"reason":7,"best":[],"evaluations":"no","engine":-1}"#;
        for strange in ["", "null", "[]", "7", "{", "{}", odd, &long, "panicked at src/main.rs"] {
            assert_eq!(read(strange), None, "{strange}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic_and_half_of_one_is_none(
            text in proptest::prelude::any::<String>(), cut in 0..600_usize
        ) {
            let _ = read(&text);
            let whole = r#"{"reason":"Patience","succeeded":true,"best":{"strategy":"s","genome":{"a":"1"}}}"#;
            let part: String = whole.chars().take(cut).collect();
            proptest::prop_assert_eq!(read(&part).is_some(), part.len() == whole.len());
        }
    }
}
