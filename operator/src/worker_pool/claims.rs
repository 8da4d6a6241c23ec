//! Claims made from `claimTemplate`.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use galapagos_crds::WorkerPool;
use galapagos_crds::pool::{Reclaim, Storage};
use kube::{Resource, ResourceExt};
use serde_json::{Value, json};

use crate::labels::{self, Component};
use crate::names;

/// The claims that the pool wants made.
pub fn made(pool: &WorkerPool) -> Vec<Value> {
    let name = pool.name_any();
    let market_data = Some((&pool.spec.market_data, names::market_data_claim(&name)));
    let state = pool.spec.state.as_ref().map(|s| (s, names::state_claim(&name)));
    [market_data, state]
        .into_iter()
        .flatten()
        .filter_map(|(storage, claim)| made_for(pool, storage, &claim))
        .collect()
}

fn made_for(pool: &WorkerPool, storage: &Storage, name: &str) -> Option<Value> {
    if storage.volume.is_some() {
        return None;
    }
    let template = storage.claim_template.as_ref()?;
    // Data outlive the pool unless it says otherwise: without an owner nobody takes them away.
    let owners = match storage.reclaim {
        Reclaim::Retain => json!([]),
        Reclaim::Delete => json!([pool.controller_owner_ref(&())]),
    };
    Some(json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": name,
            "namespace": pool.namespace(),
            "labels": labels::versioned(labels::common(Component::Storage, &pool.name_any())),
            "ownerReferences": owners,
        },
        "spec": crate::template::merge(json!({}), Value::Object(template.0.clone())),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(spec: Value) -> WorkerPool {
        serde_json::from_value(json!({
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool",
            "metadata": {"name": "big", "namespace": "research", "uid": "p1"}, "spec": spec,
        }))
        .unwrap()
    }

    #[test]
    fn a_claim_is_made_from_a_template_and_outlives_its_pool_unless_told_otherwise() {
        let template =
            json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
        let made = made(&pool(json!({
            "marketData": {"claimTemplate": template},
            "state": {"claimTemplate": template, "reclaim": "Delete"},
        })));
        let [data, state] = &made[..] else { panic!("{made:?}") };
        assert_eq!(data["metadata"]["name"], "big-market-data");
        assert_eq!(data["spec"], template);
        assert_eq!(data["metadata"]["ownerReferences"], json!([]));
        assert_eq!(state["metadata"]["name"], "big-state");
        assert_eq!(state["metadata"]["ownerReferences"][0]["uid"], "p1");
    }

    #[test]
    fn volumes_that_exist_need_no_claim() {
        assert!(
            made(&pool(json!({"marketData": {"volume": {"nfs": {"server": "s", "path": "/"}}}}))).is_empty()
        );
    }
}
