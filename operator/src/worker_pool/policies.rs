//! Who may talk to whom: the two NetworkPolicies of a pool.
//!
//! The local worker talks to its coordinator inside a pod, where no policy acts. Probes come from the node, which
//! policies let through.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use galapagos_crds::WorkerPool;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::{Resource, ResourceExt};
use serde_json::{Map, Value, json};

use crate::labels::{self, COMPONENT, Component, GALAPAGOS, NAME};
use crate::names;
use crate::ports::{HTTP_PORT, LOCAL_HTTP_PORT, PROGRESS_PORT, WORK_PORT};

/// What a namespace is selected by: its name, which the API server puts there.
const NAMESPACE: &str = "kubernetes.io/metadata.name";
/// Where DNS servers listen. Some run on the host or at a link-local address, so no peer is named.
const DNS: u16 = 53;
/// The same behind the Service of some distributions; policies see the pod's port.
const DNS_IN_PODS: u16 = 5353;
/// Where imports fetch from.
const HTTPS: u16 = 443;
/// Never fetched from: link-local (the metadata of clouds), private, shared and loopback addresses. The importer
/// refuses them as well.
const NOT_PUBLIC: [&str; 6] =
    ["169.254.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8"];
/// The same of IPv6: link-local, unique local.
const NOT_PUBLIC_6: [&str; 2] = ["fe80::/10", "fc00::/7"];

/// Both. `users`: jobs that have pods. They own the policies beside the pool, so that what its pods may do stays as it
/// was if the pool is deleted while they run: the garbage collector waits for the last owner. `fetches`: whether a job
/// of the pool imports over https. `metrics_namespace`: who may read metrics.
pub fn both(
    pool: &WorkerPool,
    users: &[OwnerReference],
    fetches: bool,
    metrics_namespace: Option<&str>,
) -> [Value; 2] {
    let mut policies = [coordinators(pool, fetches, metrics_namespace), workers(pool, metrics_namespace)];
    let owners = pool.controller_owner_ref(&()).into_iter().chain(users.iter().cloned());
    let owners = json!(owners.collect::<Vec<_>>());
    for policy in &mut policies {
        policy["metadata"]["ownerReferences"] = owners.clone();
    }
    policies
}

fn coordinators(pool: &WorkerPool, fetches: bool, metrics_namespace: Option<&str>) -> Value {
    let name = pool.name_any();
    let operator = json!({
        // In whatever namespace it is installed.
        "namespaceSelector": {},
        "podSelector": {"matchLabels": {NAME: GALAPAGOS, COMPONENT: Component::Operator.as_str()}},
    });
    let mut ingress = vec![
        json!({"from": [pods(labels::in_pool(Component::Worker, &name))], "ports": [tcp(WORK_PORT)]}),
        json!({"from": [operator], "ports": [tcp(PROGRESS_PORT)]}),
    ];
    ingress.extend(metrics(metrics_namespace, &[HTTP_PORT, LOCAL_HTTP_PORT]));
    let mut egress = Vec::new();
    if fetches {
        let block = |all: &str, except: &[&str]| json!({"ipBlock": {"cidr": all, "except": except}});
        let public = [block("0.0.0.0/0", &NOT_PUBLIC), block("::/0", &NOT_PUBLIC_6)];
        egress.push(json!({"to": public, "ports": [tcp(HTTPS)]}));
        egress.extend(dns());
    }
    policy(pool, &names::coordinator_policy(&name), Component::Coordinator, ingress, egress)
}

fn workers(pool: &WorkerPool, metrics_namespace: Option<&str>) -> Value {
    let name = pool.name_any();
    let ingress = metrics(metrics_namespace, &[HTTP_PORT]).into_iter().collect();
    let coordinators = pods(labels::in_pool(Component::Coordinator, &name));
    let mut egress = vec![json!({"to": [coordinators], "ports": [tcp(WORK_PORT)]})];
    egress.extend(dns());
    policy(pool, &names::worker_policy(&name), Component::Worker, ingress, egress)
}

fn policy(pool: &WorkerPool, name: &str, of: Component, ingress: Vec<Value>, egress: Vec<Value>) -> Value {
    let pool_name = pool.name_any();
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": name,
            "namespace": pool.namespace(),
            "labels": labels::versioned(labels::common(Component::Network, &pool_name)),
        },
        "spec": {
            "podSelector": {"matchLabels": labels::in_pool(of, &pool_name)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": ingress,
            "egress": egress,
        },
    })
}

fn pods(labels: Map<String, Value>) -> Value {
    json!({"podSelector": {"matchLabels": labels}})
}

fn metrics(namespace: Option<&str>, ports: &[u16]) -> Option<Value> {
    let ports: Vec<_> = ports.iter().copied().map(tcp).collect();
    namespace
        .map(|n| json!({"from": [{"namespaceSelector": {"matchLabels": {NAMESPACE: n}}}], "ports": ports}))
}

fn dns() -> [Value; 2] {
    let both = |port: u16| json!([{"port": port, "protocol": "UDP"}, {"port": port, "protocol": "TCP"}]);
    [json!({"ports": both(DNS)}), json!({"to": [{"namespaceSelector": {}}], "ports": both(DNS_IN_PODS)})]
}

fn tcp(port: u16) -> Value {
    json!({"port": port, "protocol": "TCP"})
}
