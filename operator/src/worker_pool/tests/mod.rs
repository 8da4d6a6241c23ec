//! Pools as they are observed, and what follows from it.

mod flows;
mod policies;
mod privileges;
mod status;
mod validate;

use std::sync::Arc;

use galapagos_crds::WorkerPool;
use serde_json::{Value, json};

use super::observe::Observed;

/// A pool `big` in `research` with nothing but the given spec.
fn pool(spec: Value) -> WorkerPool {
    let mut all = json!({"marketData": {"volume": {"nfs": {"server": "s", "path": "/"}}}});
    all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    serde_json::from_value(json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool",
        "metadata": {"name": "big", "namespace": "research", "uid": "p1", "generation": 4}, "spec": all,
    }))
    .unwrap()
}

fn observed(spec: Value) -> Observed {
    Observed {
        id: crate::runtime::ids::example::identity("research", "big", "p1"),
        pool: Arc::new(pool(spec)),
        market_data: None,
        state: None,
        policies: Default::default(),
        jobs: Vec::new(),
        workers: Vec::new(),
    }
}

fn job(phase: Option<&str>, source: Value) -> galapagos_crds::EvolutionJob {
    serde_json::from_value(json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob", "metadata": {"name": "btc"},
        "spec": {
            "workerPoolName": "big", "population": {"size": 100}, "strategies": [{"name": "ema_crossover"}],
            "marketData": {"dataset": "d", "symbols": ["A"], "interval": "1h", "source": source},
        },
        "status": phase.map(|p| json!({"phase": p})),
    }))
    .unwrap()
}
