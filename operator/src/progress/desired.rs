//! What a manifest wants of a run, as the wire says it.

use galapagos_crds::job::EvolutionJobSpec;
use galapagos_protocol::progress::Desired;

/// The fields of a job that may change while it runs.
pub fn desired(spec: &EvolutionJobSpec) -> Desired {
    let stop = &spec.stop;
    Desired {
        generations: spec.generations,
        patience: Some(stop.patience),
        min_delta: Some(stop.min_delta.to_string()),
        target: stop.target.map(|d| d.to_string()),
        max_evaluations: stop.max_evaluations,
        max_duration_seconds: stop.max_duration_seconds,
        max_cost: stop.max_cost.map(|d| d.to_string()),
    }
}
