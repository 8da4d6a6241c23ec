//! The operator under test: installed once for all cases by the project's chart and the real helm.

use std::sync::OnceLock;
use std::time::Duration;

use galapagos_e2e::program;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams};
use kube::{Api, Client, Resource, ResourceExt};

use super::cluster::{cluster, text};
use super::wait::{PATIENCE, until, until_all};

/// Where it is installed.
pub const NAMESPACE: &str = "galapagos-system";
/// The release.
const RELEASE: &str = "galapagos";
/// Its Deployment, service account and roles.
pub const NAME: &str = "galapagos-operator";
/// Its pods.
pub const SELECTOR: &str = "app.kubernetes.io/name=galapagos,app.kubernetes.io/component=operator";
/// The image that is installed first, imported on all nodes by `e2e/run.sh`.
pub const IMAGE: &str = "galapagos:dev";
/// The same programs under another tag, to upgrade to.
pub const NEXT_TAG: &str = "next";

/// Installs it, unless this process did. What an earlier run left is removed first, so that every case sees what a
/// new user sees, and every right of the operator is needed once.
pub fn installed() {
    INSTALLED_AT.get_or_init(|| {
        let release = ["--namespace", NAMESPACE];
        text(cluster().helm().args(["uninstall", RELEASE, "--ignore-not-found", "--wait"]).args(release));
        let kinds = ["evolutionjobs.galapagos.dev", "workerpools.galapagos.dev"];
        text(cluster().kubectl().args(["delete", "crd", "--ignore-not-found"]).args(kinds));
        text(cluster().kubectl().args(["delete", "namespace", NAMESPACE, "--ignore-not-found"]));
        let now = k8s_openapi::jiff::Timestamp::now().to_string();
        helm("install", &["--create-namespace"]);
        now
    });
}

/// When that was, as the audit log writes times.
pub fn installed_at() -> &'static str {
    INSTALLED_AT.get().expect("a case runs")
}

static INSTALLED_AT: OnceLock<String> = OnceLock::new();

/// Installs or upgrades the release with more values.
pub fn helm(verb: &str, more: &[&str]) {
    text(
        cluster()
            .helm()
            .args([verb, RELEASE])
            .arg(program::root().join("charts/galapagos"))
            .args(["--namespace", NAMESPACE, "--wait", "--timeout", "120s"])
            .args(["--set", "image.repository=galapagos,image.tag=dev,image.pullPolicy=Never"])
            // The node that is killed is the other one.
            .args(["--set", r"nodeSelector.kubernetes\.io/hostname=node1"])
            .args(more),
    );
}

/// Its pods that are not on their way out.
pub async fn pods(client: &Client) -> Vec<Pod> {
    let api = Api::<Pod>::namespaced(client.clone(), NAMESPACE);
    let all = api.list(&ListParams::default().labels(SELECTOR)).await.unwrap();
    all.items.into_iter().filter(|p| p.metadata.deletion_timestamp.is_none()).collect()
}

/// Starts or stops it, and waits until it is so.
pub async fn scale(client: &Client, replicas: i32) {
    let arguments = ["scale", "deployment", NAME, "-n", NAMESPACE, "--replicas", &replicas.to_string()];
    text(cluster().kubectl().args(arguments));
    let pods = Api::<Pod>::namespaced(client.clone(), NAMESPACE);
    let count = usize::try_from(replicas).unwrap();
    until_all(&pods, SELECTOR, PATIENCE, "are as many as wanted", |all| all.len() == count).await;
    ready(client).await;
}

/// Starts it again if a case that failed had stopped it, for those that follow.
pub fn restore() {
    let arguments = ["scale", "deployment", NAME, "-n", NAMESPACE, "--replicas", "1"];
    drop(cluster().kubectl().args(arguments).output());
}

/// Waits until it is ready with all its replicas.
pub async fn ready(client: &Client) {
    let deployments = Api::<Deployment>::namespaced(client.clone(), NAMESPACE);
    until(&deployments, NAME, PATIENCE, "is rolled out", |d| {
        let wanted = d.spec.as_ref().and_then(|s| s.replicas).unwrap_or(1);
        let status = d.status.clone().unwrap_or_default();
        status.observed_generation == d.meta().generation
            && status.updated_replicas.unwrap_or(0) == wanted
            && status.replicas.unwrap_or(0) == wanted
            && status.ready_replicas.unwrap_or(0) == wanted
    })
    .await;
}

/// Kills it without a chance to say anything, and waits for its successor.
pub async fn kill(client: &Client) {
    let api = Api::<Pod>::namespaced(client.clone(), NAMESPACE);
    let old = pods(client).await;
    for pod in &old {
        let now = DeleteParams::default().grace_period(0);
        api.delete(&pod.name_any(), &now).await.unwrap();
    }
    let is_old = |p: &Pod| old.iter().any(|o| o.uid() == p.uid());
    until_all(&api, SELECTOR, PATIENCE, "have a successor", |all| !all.is_empty() && !all.iter().any(is_old))
        .await;
    ready(client).await;
}

/// The pod that holds the lease.
pub async fn leader(client: &Client) -> Option<String> {
    let lease = Api::<Lease>::namespaced(client.clone(), NAMESPACE).get_opt(NAME).await.unwrap()?;
    lease.spec?.holder_identity.filter(|holder| !holder.is_empty())
}

/// Kills the pod that holds the lease.
pub async fn kill_leader(client: &Client) {
    let holder = leader(client).await.expect("somebody leads");
    // The name of its pod, and what tells one life of the process from the next.
    let name = holder.split('_').next().unwrap_or_default();
    let now = DeleteParams::default().grace_period(0);
    Api::<Pod>::namespaced(client.clone(), NAMESPACE).delete(name, &now).await.unwrap();
}

/// Waits until somebody else holds the lease.
pub async fn next_leader(client: &Client, before: &str) -> String {
    let leases = Api::<Lease>::namespaced(client.clone(), NAMESPACE);
    let holder = |lease: &Lease| lease.spec.as_ref()?.holder_identity.clone().filter(|h| !h.is_empty());
    // The duration of the lease, and the time to see that it is over.
    let limit = Duration::from_secs(30);
    let lease =
        until(&leases, NAME, limit, "has another holder", |l| holder(l).is_some_and(|h| h != before)).await;
    holder(&lease).unwrap_or_default()
}
