//! The end of a run as its final report has it. The report reaches the cluster by the stream and as the termination
//! message (`galapagos_protocol::last_words`); the result folder itself is the third road.

use std::path::Path;

use crate::process::exit::Exit;
use galapagos_protocol::last_words;
use galapagos_protocol::progress::{Best, Final, Gene};
use galapagos_run::results::document::{Champion, ResultDocument};

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
    use galapagos_protocol::ends;
    use galapagos_run::run::ended::Completion;

    #[test]
    fn whatever_ends_a_run_is_a_reason_of_the_wire_and_there_is_no_other() {
        let of_the_wire: Vec<_> = ends::Completion::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(Completion::ALL.map(Completion::as_str).to_vec(), of_the_wire);
    }
}
