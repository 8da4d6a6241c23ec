//! What the Kubernetes API says a NetworkPolicy means, as far as ours use it: the clusters of the tests enforce none.

use std::collections::BTreeMap;
use std::net::IpAddr;

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

type Labels = BTreeMap<String, String>;

/// One end of a connection.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its namespace; none: it is no pod.
    pub namespace: Option<String>,
    pub labels: Labels,
    pub address: IpAddr,
}

/// A pod with some labels.
pub fn pod(namespace: &str, labels: &[(&str, &str)]) -> Peer {
    let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Peer { namespace: Some(namespace.to_owned()), labels, address: "10.88.1.9".parse().unwrap() }
}

/// Something outside.
pub fn outside(address: &str) -> Peer {
    Peer { namespace: None, labels: Labels::new(), address: address.parse().unwrap() }
}

/// Whether the policies of namespace `home` let it through: out of the one and into the other. An end that no policy
/// selects is open.
pub fn allowed(
    policies: &[NetworkPolicy],
    home: &str,
    from: &Peer,
    to: &Peer,
    protocol: &str,
    port: u16,
) -> bool {
    let of = |end: &Peer, direction: &str| -> Vec<&NetworkPolicy> {
        let selects = |p: &&NetworkPolicy| {
            let spec = p.spec.as_ref().unwrap();
            end.namespace.as_deref() == Some(home)
                && spec.policy_types.iter().flatten().any(|t| t == direction)
                && spec.pod_selector.as_ref().is_none_or(|s| selected(s, &end.labels))
        };
        policies.iter().filter(selects).collect()
    };
    let (out, into) = (of(from, "Egress"), of(to, "Ingress"));
    let leaves = out.iter().flat_map(|p| p.spec.as_ref().unwrap().egress.iter().flatten());
    let enters = into.iter().flat_map(|p| p.spec.as_ref().unwrap().ingress.iter().flatten());
    let may_leave = out.is_empty()
        || leaves.into_iter().any(|r| peers(&r.to, home, to) && ports(&r.ports, protocol, port));
    let may_enter = into.is_empty()
        || enters.into_iter().any(|r| peers(&r.from, home, from) && ports(&r.ports, protocol, port));
    may_leave && may_enter
}

/// No peer named: every peer.
fn peers(peers: &Option<Vec<NetworkPolicyPeer>>, home: &str, end: &Peer) -> bool {
    let named = peers.as_deref().unwrap_or_default();
    named.is_empty() || named.iter().any(|p| peer(p, home, end))
}

fn peer(peer: &NetworkPolicyPeer, home: &str, end: &Peer) -> bool {
    if let Some(block) = &peer.ip_block {
        let out = block.except.iter().flatten().any(|e| within(e, end.address));
        return within(&block.cidr, end.address) && !out;
    }
    let Some(namespace) = &end.namespace else { return false };
    let of_namespace: Labels = [("kubernetes.io/metadata.name".to_owned(), namespace.clone())].into();
    let there = match &peer.namespace_selector {
        Some(selector) => selected(selector, &of_namespace),
        None => namespace == home,
    };
    there && peer.pod_selector.as_ref().is_none_or(|s| selected(s, &end.labels))
}

fn selected(selector: &LabelSelector, labels: &Labels) -> bool {
    assert!(selector.match_expressions.is_none(), "not used by ours");
    selector.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value))
}

fn ports(ports: &Option<Vec<NetworkPolicyPort>>, protocol: &str, port: u16) -> bool {
    let named = ports.as_deref().unwrap_or_default();
    named.is_empty()
        || named.iter().any(|p| {
            p.protocol.as_deref().unwrap_or("TCP") == protocol
                && p.port == Some(IntOrString::Int(port.into()))
        })
}

fn within(block: &str, address: IpAddr) -> bool {
    let (network, length) = block.split_once('/').unwrap();
    let length: u32 = length.parse().unwrap();
    let bits = |a: IpAddr| match a {
        IpAddr::V4(a) => (32, u128::from(a.to_bits())),
        IpAddr::V6(a) => (128, a.to_bits()),
    };
    let ((size, network), (other, address)) = (bits(network.parse().unwrap()), bits(address));
    size == other && (network ^ address).checked_shr(size - length).unwrap_or(0) == 0
}
