//! The other way to install: `kubectl apply -k`, for one namespace, without any right outside of it.

use galapagos_e2e::program;
use galapagos_e2e::scratch;
use k8s_openapi::api::apps::v1::Deployment;
use kube::Api;

use crate::harness::manifests::{pool, small};
use crate::harness::reference::expected;
use crate::harness::wait::{PATIENCE, until};
use crate::harness::{Space, alone, operator};

#[test]
fn applied_with_kubectl_it_runs_the_jobs_of_its_own_namespace() {
    alone("kustomize", async |space: &Space| {
        // Two operators would both run the jobs of this namespace.
        operator::scale(&space.client, 0).await;
        // As its users do it: a copy with their namespace and image.
        let folder = tempfile::tempdir().unwrap();
        scratch::copy(&program::root().join("deploy/kustomize"), folder.path());
        let file = folder.path().join("namespaced/kustomization.yaml");
        let text = std::fs::read_to_string(&file).unwrap();
        let own = text
            .replace("namespace: galapagos\n", &format!("namespace: {}\n", space.namespace))
            .replace("newTag: 0.1.0", "newTag: dev");
        assert_eq!(own.matches(&space.namespace).count() + own.matches("newTag: dev").count(), 2, "{own}");
        std::fs::write(&file, own).unwrap();
        let all = folder.path().join("namespaced").display().to_string();
        let applied = space.kubectl(&["apply", "-k", &all]);
        assert!(!applied.contains("clusterrole"), "{applied}");
        let deployments = Api::<Deployment>::namespaced(space.client.clone(), &space.namespace);
        until(&deployments, operator::NAME, PATIENCE, "is ready", |d| {
            d.status.as_ref().and_then(|s| s.ready_replicas) == Some(1)
        })
        .await;
        space.apply(&[pool("default", 1), small("evolve")]);
        let digest = space.digest("evolve").await;
        space.kubectl(&["delete", "-k", &all]);
        operator::scale(&space.client, 1).await;
        assert_eq!(digest, expected(&small("evolve")));
    });
}
