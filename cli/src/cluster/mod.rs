//! Jobs on a cluster: shown, steered and brought home. All of it goes through `kubectl`, so that contexts, credentials and
//! their helpers are those that a person uses anyway.
//!
//! * [`kubectl`]: runs it.
//! * [`view`]: jobs as tables and pages.
//! * [`chart`]: the fitness of a job as a chart.
//! * [`outlook`]: what is left of a job, from the rate that was measured.
//! * [`short_pod`]: a pod that lives for one question.
//! * [`reader`]: the pod through which a result leaves its volume.
//! * [`fetch`]: copies it.
//! * [`findings`]: what is wrong with a cluster, and what to do about it.
//! * [`probe`]: what a pod can do there.

pub mod chart;
pub mod fetch;
pub mod findings;
pub mod kubectl;
pub mod outlook;
pub mod probe;
pub mod reader;
pub mod short_pod;
pub mod view;

/// A job as the API answers it.
#[cfg(test)]
pub(crate) fn example(name: &str, status: &serde_json::Value) -> galapagos_crds::EvolutionJob {
    let job = serde_json::json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob",
        "metadata": {"name": name, "namespace": "research"},
        "spec": {
            "marketData": {"dataset": "d", "symbols": ["S"], "interval": "1h"},
            "strategies": [{"name": "rsi_filter"}], "population": {"size": 100, "seed": 1},
        },
        "status": status,
    });
    serde_json::from_value(job).expect("it is as the API answers it")
}
