//! The end of a run as its final report has it. The report reaches the cluster by the stream and as the termination
//! message (`galapagos_protocol::last_words`); the result folder itself is the third road.

use std::path::Path;

use crate::process::exit::Exit;
use galapagos_protocol::last_words;
use galapagos_protocol::progress::{self as wire, Best, Final, Gene};
use galapagos_run::results::document::{Champion, ResultDocument};
use galapagos_run::results::validation::document::Validation;

/// The end of a run that succeeded. `folder` of the result, below the state folder `root`.
pub fn succeeded(result: &ResultDocument, folder: &Path, root: &Path) -> Final {
    Final {
        reason: result.stopped_by.clone(),
        succeeded: true,
        result_digest: result.result_digest.clone(),
        result_path: folder.strip_prefix(root).unwrap_or(folder).display().to_string(),
        message: String::new(),
        validation: result.validation.as_ref().map(|validation| verdict(validation, result.luck.trials)),
    }
}

/// What of a result's tests is told before anybody opens it.
fn verdict(validation: &Validation, trials: u64) -> wire::Validation {
    let confidence = validation.confidence.as_ref();
    let failed = validation.gates.iter().filter(|gate| gate.passed == Some(false));
    wire::Validation {
        validated: validation.validated.clone(),
        reason: validation.reason.clone(),
        summary: validation.summary.clone(),
        confidence: confidence.map(|c| c.value),
        required_sharpe: confidence.map(|c| c.required_sharpe),
        timing_sharpe: confidence.and_then(|c| c.timing_sharpe.training),
        trials,
        effective_trials: confidence.map_or(0, |c| c.effective_trials),
        failed: failed.map(|gate| gate.name.clone()).collect(),
    }
}

/// The end of a run that failed for good.
pub fn failed(exit: &Exit) -> Final {
    let message = format!("{:#}", exit.error).chars().take(1024).collect();
    last_words::failure(exit.reason, message).r#final.unwrap_or_default()
}

/// The best individual as a result has it.
pub fn best(champion: &Champion) -> Option<Best> {
    let values = |metrics: &galapagos_run::results::document::MetricMap| {
        metrics.iter().filter_map(|(name, value)| Some((name.clone(), (*value)?))).collect()
    };
    Some(Best {
        strategy: champion.strategy.clone(),
        genome: champion
            .genome
            .iter()
            .map(|(name, value)| Gene { name: name.clone(), value: value.to_string() })
            .collect(),
        fitness: champion.fitness?,
        metrics: values(&champion.training.metrics),
        holdout: champion.holdout.as_ref().map(|h| values(&h.metrics)).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use galapagos_protocol::ends;
    use galapagos_run::run::ended::Completion;
    use serde_json::json;

    #[test]
    fn the_last_words_have_the_verdict_of_the_result_and_the_gates_that_failed() {
        let gate = |name: &str, passed: Option<bool>| json!({"name": name, "value": 0.5, "threshold": 0.95, "passed": passed, "sentence": ""});
        let text = json!({
            "validated": "False", "reason": "LikelyLuck", "summary": "It is luck.", "digest": "blake3:00",
            "gates": [gate("confidence", Some(false)), gate("costs", Some(true)), gate("neighbourhood", None), gate("pbo", Some(false))],
            "confidence": {
                "value": 0.81, "z": 0.9, "p_training": 0.1, "timing_sharpe": {"training": 1.5, "holdout": 0.25},
                "beta": {}, "effective_trials": 256, "prior_trials": 0, "prior_looks": 0, "required_sharpe": 1.264,
            },
            "sharpe": {"probabilistic": {}}, "random_entry": {}, "costs": [],
        });
        let mut validation: Validation = serde_json::from_value(text).unwrap();
        let expected = wire::Validation {
            validated: "False".into(),
            reason: "LikelyLuck".into(),
            summary: "It is luck.".into(),
            confidence: Some(0.81),
            required_sharpe: Some(1.264),
            timing_sharpe: Some(1.5),
            trials: 38_412,
            effective_trials: 256,
            failed: vec!["confidence".into(), "pbo".into()],
        };
        assert_eq!(verdict(&validation, 38_412), expected);
        validation.confidence = None;
        let without = verdict(&validation, 38_412);
        assert_eq!((without.confidence, without.timing_sharpe, without.effective_trials), (None, None, 0));
    }

    #[test]
    fn whatever_ends_a_run_is_a_reason_of_the_wire_and_there_is_no_other() {
        let of_the_wire: Vec<_> = ends::Completion::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(Completion::ALL.map(Completion::as_str).to_vec(), of_the_wire);
    }
}
