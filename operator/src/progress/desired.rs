//! What a manifest wants of a run, as the wire says it.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use galapagos_crds::EvolutionJob;
use galapagos_protocol::progress::Desired;

/// The fields of a job that may change while it runs, and what its limit of cost is judged by.
///
/// A new field that may change needs no line here: it is in `fields`. The others are for the release before.
pub fn desired(job: &EvolutionJob) -> Desired {
    let (spec, stop) = (&job.spec, &job.spec.stop);
    let cost = job.status.as_ref().and_then(|status| status.cost.as_ref());
    Desired {
        generations: spec.generations,
        patience: Some(stop.patience),
        min_delta: Some(stop.min_delta.to_string()),
        target: stop.target.map(|d| d.to_string()),
        max_evaluations: stop.max_evaluations,
        max_duration_seconds: stop.max_duration_seconds,
        max_cost: stop.max_cost.map(|d| d.to_string()),
        // It rises all the time: it is sent to those alone that it may end.
        worker_seconds: cost
            .filter(|_| stop.max_cost.is_some())
            .and_then(|c| c.worker_seconds.try_into().ok()),
        fields: galapagos_crds::Desired::from_spec(spec).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use galapagos_crds::EvolutionJobStatus;
    use galapagos_crds::status::Cost;
    use serde_json::json;

    fn job(stop: serde_json::Value, worker_seconds: i64) -> EvolutionJob {
        let mut job: EvolutionJob = serde_json::from_value(json!({
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob", "metadata": {"name": "a"},
            "spec": {"marketData": {"dataset": "d", "symbols": ["A"], "interval": "1h"}, "stop": stop,
                     "strategies": [{"name": "ema_crossover"}], "population": {"size": 100}},
        }))
        .unwrap();
        let cost = Some(Cost { worker_seconds, ..Cost::default() });
        job.status = Some(EvolutionJobStatus { cost, ..EvolutionJobStatus::default() });
        job
    }

    #[test]
    fn a_coordinator_is_told_all_that_may_change_whatever_it_is() {
        let told = desired(&job(json!({"maxCost": "20", "patience": 3}), 150));
        let fields: galapagos_crds::Desired = told.fields.parse().unwrap();
        assert_eq!(
            fields,
            galapagos_crds::Desired::from_spec(&job(json!({"maxCost": "20", "patience": 3}), 1).spec)
        );
    }

    #[test]
    fn what_was_spent_is_sent_to_a_job_that_it_may_end_and_to_no_other() {
        let limited = desired(&job(json!({"maxCost": "20"}), 150));
        assert_eq!((limited.max_cost.as_deref(), limited.worker_seconds), (Some("20"), Some(150)));
        assert_eq!(desired(&job(json!({"maxCost": "20"}), -1)).worker_seconds, None);
        assert_eq!(desired(&job(json!({}), 150)), desired(&job(json!({}), 9000)), "nothing to send anew");
    }
}
