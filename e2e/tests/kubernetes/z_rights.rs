//! What the operator asked the API for during the whole run, against what it was granted. Tests are started by name:
//! this one is the last, and it runs alone.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};

use k8s_openapi::api::rbac::v1::{ClusterRole, PolicyRule, Role};
use kube::Api;
use serde_json::Value;

use crate::harness::cluster::cluster;
use crate::harness::faults::was_withheld;
use crate::harness::{Space, alone, operator};

/// One right, as `patch evolutionjobs.galapagos.dev/status`.
type Rights = BTreeSet<String>;

fn right(verb: &str, group: &str, resource: &str) -> String {
    let (resource, sub) =
        resource.split_once('/').map_or((resource, String::new()), |(r, s)| (r, format!("/{s}")));
    let group = if group.is_empty() { String::new() } else { format!(".{group}") };
    format!("{verb} {resource}{group}{sub}")
}

fn granted(rules: &[PolicyRule]) -> Rights {
    let mut rights = Rights::new();
    for rule in rules {
        let groups = rule.api_groups.clone().unwrap_or_default();
        let resources = rule.resources.clone().unwrap_or_default();
        assert_eq!(rule.non_resource_urls, None);
        for verb in &rule.verbs {
            for group in &groups {
                for resource in &resources {
                    for word in [verb, group, resource] {
                        assert!(!word.contains('*'), "a wildcard: {rule:?}");
                    }
                    rights.insert(right(verb, group, resource));
                }
            }
        }
    }
    rights
}

/// Requests of the operator's service account since it was installed.
struct Used {
    everywhere: Rights,
    own_namespace: Rights,
    refused: Vec<String>,
    secrets: Vec<String>,
}

fn used(account: &str) -> Used {
    let mut used = Used {
        everywhere: Rights::new(),
        own_namespace: Rights::new(),
        refused: Vec::new(),
        secrets: Vec::new(),
    };
    let file = std::fs::File::open(cluster().audit_log()).unwrap();
    for line in BufReader::new(file).lines().map(Result::unwrap).filter(|line| line.contains(account)) {
        let Ok(entry) = serde_json::from_str::<Value>(&line) else { continue };
        let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let began = text("/requestReceivedTimestamp");
        if text("/user/username") != account
            || began < operator::installed_at()
            || text("/stage") == "ResponseStarted"
        {
            continue;
        }
        let Some(object) = entry.get("objectRef") else { continue };
        let part = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let resource = match part("subresource") {
            "" => part("resource").to_owned(),
            sub => format!("{}/{sub}", part("resource")),
        };
        let right = right(text("/verb"), part("apiGroup"), &resource);
        let told = format!("{right} {}/{}", part("namespace"), part("name"));
        if entry.pointer("/responseStatus/code").and_then(Value::as_u64) == Some(403)
            && text("/annotations/authorization.k8s.io~1decision") == "forbid"
            && !was_withheld(began)
        {
            used.refused.push(told.clone());
        }
        if part("resource") == "secrets" && text("/verb") != "create" {
            used.secrets.push(told);
        }
        let own =
            ["leases", "secrets"].contains(&part("resource")) && part("namespace") == operator::NAMESPACE;
        if own {
            used.own_namespace.insert(right)
        } else {
            used.everywhere.insert(right)
        };
    }
    used
}

#[test]
fn the_operator_has_no_right_that_it_does_not_need() {
    alone("rights", async |space: &Space| {
        let account = format!("system:serviceaccount:{}:{}", operator::NAMESPACE, operator::NAME);
        let roles = Api::<ClusterRole>::all(space.client.clone());
        let own = Api::<Role>::namespaced(space.client.clone(), operator::NAMESPACE);
        let everywhere = granted(&roles.get(operator::NAME).await.unwrap().rules.unwrap_or_default());
        let own_rules = own.get(&format!("{}-own", operator::NAME)).await.unwrap().rules.unwrap_or_default();
        let own_namespace = granted(&own_rules);
        let used = used(&account);
        assert_eq!(used.refused, [""; 0], "the operator asked for what it may not");
        let authority = format!("get secrets {}/galapagos-ca", operator::NAMESPACE);
        let strange: Vec<_> = used.secrets.iter().filter(|s| **s != authority).collect();
        assert!(strange.is_empty(), "secrets are read: {strange:?}");
        for rule in own_rules.iter().filter(|r| r.resources.iter().flatten().any(|r| r == "secrets")) {
            let named = rule.resource_names.as_deref().unwrap_or_default();
            assert!(rule.verbs == ["create"] || named == ["galapagos-ca"], "{rule:?}");
        }
        // What is applied is a patch for the log, and the server asks for `create` as well when it makes the object.
        let is_applied = |right: &str| {
            right
                .strip_prefix("create ")
                .is_some_and(|what| used.everywhere.contains(&format!("patch {what}")))
        };
        let unused: Vec<_> = everywhere.difference(&used.everywhere).filter(|r| !is_applied(r)).collect();
        let unused_own: Vec<_> = own_namespace.difference(&used.own_namespace).collect();
        let whole = std::env::args().skip(1).all(|a| a.starts_with('-') || a.parse::<u32>().is_ok());
        if whole {
            assert!(
                unused.is_empty() && unused_own.is_empty(),
                "granted, never used: {unused:?} {unused_own:?}"
            );
        } else {
            println!("only a part of the tests was run; not used by it: {unused:?} {unused_own:?}");
        }
    });
}
