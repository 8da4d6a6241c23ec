//! What a pool must not give its pods: more than their own containers. Whoever may write a WorkerPool has the operator
//! make pods, and must not come by it to a node or to a service account.
//!
//! The list is that of Pod Security `baseline`, and in addition service accounts and privilege escalation. It is looked
//! at here since a namespace need not enforce any Pod Security.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use galapagos_crds::WorkerPool;
use galapagos_crds::pool::{Schemaless, Storage};
use kube::ResourceExt;
use serde_json::{Map, Value};

use crate::settings::Settings;

/// Lists of containers in a pod.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];
/// What may call another host than the pod itself.
const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];
const HOOKS: [&str; 2] = ["postStart", "preStop"];
/// SELinux types that container runtimes give to containers anyway.
const SELINUX_TYPES: [&str; 4] = ["container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
/// How AppArmor was chosen before there was a field for it.
const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Whether the pool stays within what pools may have.
///
/// # Errors
/// The first field that does not, and who can allow it.
pub fn check(pool: &WorkerPool, settings: &Settings) -> Result<(), String> {
    if settings.allow_privileged_templates {
        return Ok(());
    }
    let spec = &pool.spec;
    let state = spec.state.as_ref().and_then(|state| storage("spec.state", state));
    if let Some(found) = home(pool, settings) {
        return Err(found);
    }
    let found = template("spec.template", &spec.template)
        .or_else(|| template("spec.coordinatorTemplate", &spec.coordinator_template))
        .or_else(|| storage("spec.marketData", &spec.market_data))
        .or(state);
    found.map_or(Ok(()), |found| {
        Err(format!(
            "{found}. Leave it out, or have the operator started with --allow-privileged-templates (chart: allowPrivilegedTemplates)"
        ))
    })
}

/// An operator for all namespaces has the key of every job's certificates in its own.
fn home(pool: &WorkerPool, settings: &Settings) -> Option<String> {
    let namespace = pool.namespace()?;
    (settings.namespace.is_none() && settings.own_namespace.as_ref() == Some(&namespace)).then(|| {
        format!(
            "metadata.namespace: pools are not allowed in {namespace}, the operator's own namespace, whose Secrets their pods could mount: make the pool and its jobs in another one"
        )
    })
}

fn storage(field: &str, storage: &Storage) -> Option<String> {
    let volume = storage.volume.as_ref()?;
    source(&format!("{field}.volume"), &volume.0)
}

fn template(field: &str, template: &Schemaless) -> Option<String> {
    let annotations =
        template.0.get("metadata").and_then(|m| m.get("annotations")).and_then(Value::as_object);
    let unconfined = |(key, value): (&String, &Value)| {
        (key.starts_with(APPARMOR) && value == "unconfined").then(|| {
            refused(&format!("{field}.metadata.annotations[{key}]"), "lets a container out of AppArmor")
        })
    };
    let annotated = annotations.into_iter().flatten().find_map(unconfined);
    annotated.or_else(|| pod(&format!("{field}.spec"), template.0.get("spec")?.as_object()?))
}

fn pod(field: &str, spec: &Map<String, Value>) -> Option<String> {
    for key in ["serviceAccountName", "serviceAccount"] {
        if is_set(spec.get(key)) {
            return Some(refused(&format!("{field}.{key}"), "gives pods the rights of a service account"));
        }
    }
    for (key, why) in [
        ("automountServiceAccountToken", "gives pods the rights of a service account"),
        ("hostNetwork", "puts pods into the network of their node"),
        ("hostPID", "shows pods the processes of their node"),
        ("hostIPC", "opens the memory of their node's processes to pods"),
    ] {
        if is_true(spec.get(key)) {
            return Some(refused(&format!("{field}.{key}"), why));
        }
    }
    if let Some(found) = bared(field, spec) {
        return Some(found);
    }
    let security = spec.get("securityContext").and_then(Value::as_object);
    security
        .and_then(|security| confinement(&format!("{field}.securityContext"), security))
        .or_else(|| items(spec.get("volumes")).find_map(|(i, v)| source(&format!("{field}.volumes[{i}]"), v)))
        .or_else(|| {
            CONTAINERS.iter().find_map(|list| {
                items(spec.get(*list)).find_map(|(i, c)| container(&format!("{field}.{list}[{i}]"), c))
            })
        })
}

/// Of a volume.
fn source(field: &str, volume: &Map<String, Value>) -> Option<String> {
    if volume.get("hostPath").is_some_and(|v| !v.is_null()) {
        let why = "gives pods a folder of their node: put it behind a PersistentVolume and its claim";
        return Some(refused(&format!("{field}.hostPath"), why));
    }
    let sources = volume.get("projected").and_then(|p| p.get("sources"));
    items(sources).find(|(_, s)| s.get("serviceAccountToken").is_some_and(|t| !t.is_null())).map(|(i, _)| {
        let why = "gives pods the rights of a service account";
        refused(&format!("{field}.projected.sources[{i}].serviceAccountToken"), why)
    })
}

fn container(field: &str, container: &Map<String, Value>) -> Option<String> {
    for (i, port) in items(container.get("ports")) {
        if port.get("hostPort").is_some_and(|p| !p.is_null() && p != &Value::from(0)) {
            let why = "takes a port of the node";
            return Some(refused(&format!("{field}.ports[{i}].hostPort"), why));
        }
    }
    let lifecycle = container.get("lifecycle");
    let probes = PROBES.iter().map(|p| (format!("{field}.{p}"), container.get(*p)));
    let hooks =
        HOOKS.iter().map(|h| (format!("{field}.lifecycle.{h}"), lifecycle.and_then(|all| all.get(*h))));
    for (at, handler) in probes.chain(hooks) {
        for action in ["httpGet", "tcpSocket"] {
            if is_set(handler.and_then(|h| h.get(action)).and_then(|a| a.get("host"))) {
                return Some(refused(&format!("{at}.{action}.host"), "has the node call any host"));
            }
        }
    }
    if let Some(found) = bared(field, container) {
        return Some(found);
    }
    let security = container.get("securityContext")?.as_object()?;
    let field = format!("{field}.securityContext");
    for (key, why) in [
        ("privileged", "opens the node to its container"),
        ("allowPrivilegeEscalation", "lets its processes gain rights"),
    ] {
        if is_true(security.get(key)) {
            return Some(refused(&format!("{field}.{key}"), why));
        }
    }
    let added = security.get("capabilities").and_then(|c| c.get("add")).and_then(Value::as_array);
    if added.is_some_and(|added| !added.is_empty()) {
        return Some(refused(&format!("{field}.capabilities.add"), "gives its processes rights of root"));
    }
    if security.get("procMount").is_some_and(|m| !m.is_null() && m != "Default") {
        return Some(refused(&format!("{field}.procMount"), "unmasks /proc"));
    }
    confinement(&field, security)
}

/// A `null` takes away what is usual, and with it what confines the pods of this operator.
fn bared(field: &str, of: &Map<String, Value>) -> Option<String> {
    let security = of.get("securityContext")?;
    let field = format!("{field}.securityContext");
    let null = |key: &str| security.get(key).is_some_and(Value::is_null).then(|| format!("{field}.{key}"));
    let taken = match security {
        Value::Null => Some(field.clone()),
        _ => null("allowPrivilegeEscalation").or_else(|| null("seccompProfile")),
    };
    taken.map(|field| refused(&field, "takes away by null what confines its processes"))
}

/// What the security contexts of pods and of containers have in common.
fn confinement(field: &str, security: &Map<String, Value>) -> Option<String> {
    for (key, what) in [("seccompProfile", "seccomp"), ("appArmorProfile", "AppArmor")] {
        if security.get(key).and_then(|p| p.get("type")).is_some_and(|t| t == "Unconfined") {
            return Some(refused(&format!("{field}.{key}.type"), &format!("lets processes out of {what}")));
        }
    }
    let selinux = security.get("seLinuxOptions").and_then(Value::as_object);
    for (key, value) in selinux.into_iter().flatten().filter(|(_, value)| is_set(Some(value))) {
        let usual = value.as_str().is_some_and(|value| SELINUX_TYPES.contains(&value));
        if matches!(key.as_str(), "user" | "role") || key == "type" && !usual {
            return Some(refused(
                &format!("{field}.seLinuxOptions.{key}"),
                "changes what SELinux lets processes do",
            ));
        }
    }
    if security.get("sysctls").and_then(Value::as_array).is_some_and(|all| !all.is_empty()) {
        return Some(refused(&format!("{field}.sysctls"), "changes settings of the kernel"));
    }
    let windows = security.get("windowsOptions").and_then(|w| w.get("hostProcess"));
    is_true(windows).then(|| {
        refused(&format!("{field}.windowsOptions.hostProcess"), "runs its container as a process of the node")
    })
}

fn refused(field: &str, why: &str) -> String {
    format!("{field} is not allowed: it {why}")
}

/// Of another type than boolean is judged by the server.
fn is_true(value: Option<&Value>) -> bool {
    value == Some(&Value::Bool(true))
}

fn is_set(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !value.is_null() && value != "")
}

/// The objects of a list, with their places.
fn items(list: Option<&Value>) -> impl Iterator<Item = (usize, &Map<String, Value>)> {
    let all = list.and_then(Value::as_array).into_iter().flatten().enumerate();
    all.filter_map(|(i, item)| Some((i, item.as_object()?)))
}
