//! The final report and the termination message: two of the three roads by which the end of a run reaches the
//! cluster. The third is the result folder itself.

use std::path::Path;

use galapagos_protocol::progress::{Best, Final, Gene, Report};
use galapagos_run::results::document::{Champion, ResultDocument};
use serde_json::json;

use crate::process::exit::Exit;
use crate::process::termination::LIMIT;

/// The end of a run that succeeded. `folder` of the result, below the state folder `root`.
pub fn succeeded(result: &ResultDocument, folder: &Path, root: &Path) -> Final {
    Final {
        reason: result.stopped_by.clone(),
        succeeded: true,
        result_digest: result.result_digest.clone(),
        result_path: folder.strip_prefix(root).unwrap_or(folder).display().to_string(),
        message: String::new(),
    }
}

/// The end of a run that failed for good.
pub fn failed(exit: &Exit) -> Final {
    Final {
        reason: exit.reason().as_str().to_owned(),
        succeeded: false,
        message: format!("{:#}", exit.error).chars().take(1024).collect(),
        ..Final::default()
    }
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

/// The final report as text of at most 4 KiB. What is left out if it is too long: metrics, then genes.
pub fn message(report: &Report) -> String {
    let end = report.r#final.clone().unwrap_or_default();
    let text = |metrics: bool, genome: bool| {
        let best = report.best.as_ref().map(|b| {
            let mut best = json!({"strategy": b.strategy, "fitness": b.fitness});
            if genome {
                let genes: serde_json::Map<_, _> =
                    b.genome.iter().map(|g| (g.name.clone(), g.value.clone().into())).collect();
                best["genome"] = genes.into();
            }
            if metrics {
                best["metrics"] = json!(b.metrics);
                best["holdout"] = json!(b.holdout);
            }
            best
        });
        let counts = report.evaluations.unwrap_or_default();
        let provenance = report.provenance.clone().unwrap_or_default();
        let workers = report.workers.unwrap_or_default();
        json!({
            "reason": end.reason,
            "succeeded": end.succeeded,
            "message": end.message,
            "resultDigest": end.result_digest,
            "resultPath": end.result_path,
            "epoch": report.epoch,
            "generation": report.generation,
            "generations": report.generations,
            "best": best,
            "evaluations": {
                "completed": counts.completed, "distinct": counts.distinct, "cached": counts.cached,
                "failed": counts.failed, "quarantined": counts.quarantined,
            },
            "workerSeconds": workers.worker_seconds,
            "inputsDigest": provenance.inputs_digest,
            "datasetDigest": provenance.dataset_digest,
            "engine": provenance.engine,
            "reproducible": provenance.reproducible,
        })
        .to_string()
    };
    [(true, true), (false, true), (false, false)]
        .into_iter()
        .map(|(metrics, genome)| text(metrics, genome))
        .find(|text| text.len() <= LIMIT)
        .unwrap_or_else(|| json!({"reason": end.reason, "resultDigest": end.result_digest}).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use galapagos_protocol::ends;
    use galapagos_run::run::ended::Completion;

    #[test]
    fn whatever_ends_a_run_is_a_reason_of_the_wire_and_there_is_no_other() {
        let of_the_wire: Vec<_> = ends::Completion::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(Completion::ALL.map(Completion::as_str).to_vec(), of_the_wire);
    }

    #[test]
    fn the_message_fits_whatever_the_champion_has() {
        let genome =
            |n: usize| (0..n).map(|i| Gene { name: format!("gene_{i}"), value: "1".repeat(20) }).collect();
        let metrics: std::collections::HashMap<String, f64> =
            (0..30).map(|i| (format!("metric_{i}"), 1.0 / 3.0)).collect();
        for genes in [3, 40, 400] {
            let best = Best {
                strategy: "s".into(),
                genome: genome(genes),
                metrics: metrics.clone(),
                holdout: metrics.clone(),
                ..Best::default()
            };
            let end =
                Final { reason: "Patience".into(), result_digest: "blake3:00".into(), ..Final::default() };
            let report = Report { best: Some(best), r#final: Some(end), ..Report::default() };
            let text = message(&report);
            assert!(text.len() <= LIMIT);
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["reason"], "Patience");
            assert_eq!(value["best"]["genome"].is_object(), genes < 400);
        }
    }
}
