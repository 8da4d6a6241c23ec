//! What is wrong with a cluster, and what to do about it: pure, from what the API answered.

use galapagos_crds::conditions::{ReconcilingReason, WorkersReadyReason, condition};
use galapagos_crds::{EvolutionJob, GROUP, VERSION, WorkerPool};
use serde_json::Value;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Works, but somebody should look at it.
    Warning,
    /// Does not work until somebody mends it.
    Error,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What was looked at.
    pub about: String,
    /// What was found.
    pub found: String,
    /// What to do; empty where nothing is to be done.
    pub remedy: String,
}

impl Finding {
    /// All is well.
    pub fn ok(about: impl Into<String>, found: impl Into<String>) -> Finding {
        Finding { level: Level::Ok, about: about.into(), found: found.into(), remedy: String::new() }
    }

    /// Somebody should look at it.
    pub fn warning(about: impl Into<String>, found: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { level: Level::Warning, about: about.into(), found: found.into(), remedy: remedy.into() }
    }

    /// Somebody has to mend it.
    pub fn error(about: impl Into<String>, found: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { level: Level::Error, about: about.into(), found: found.into(), remedy: remedy.into() }
    }
}

/// Least version of Kubernetes, as (major, minor).
const LEAST: (u32, u32) = (1, 33);

/// The server, from `kubectl version`.
pub fn server(version: &Value) -> Finding {
    let part = |name: &str| {
        let text = version["serverVersion"][name].as_str().unwrap_or_default();
        text.trim_end_matches('+').parse::<u32>().unwrap_or(0)
    };
    let found = version["serverVersion"]["gitVersion"].as_str().unwrap_or("unknown").to_owned();
    if (part("major"), part("minor")) < LEAST {
        let remedy = format!("upgrade the cluster to {}.{} or newer", LEAST.0, LEAST.1);
        return Finding::error("Kubernetes", found, remedy);
    }
    Finding::ok("Kubernetes", found)
}

/// A kind, from its CustomResourceDefinition; `None` if there is none.
pub fn kind(plural: &str, definition: Option<&Value>) -> Finding {
    let about = format!("{plural}.{GROUP}");
    let install = "kubectl apply -k crds/generated, or install the chart";
    let Some(definition) = definition else { return Finding::error(about, "is not installed", install) };
    let versions = definition["spec"]["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let served: Vec<&str> =
        versions.iter().filter(|v| v["served"] == true).filter_map(|v| v["name"].as_str()).collect();
    if !served.contains(&VERSION) {
        let found = format!("serves {} and not {VERSION}", served.join(", "));
        return Finding::error(about, found, format!("{install} of this release"));
    }
    let conditions = definition["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    match conditions.iter().find(|c| c["type"] == "Established") {
        Some(c) if c["status"] == "True" => Finding::ok(about, format!("serves {VERSION}")),
        _ => Finding::error(about, "is not established", "kubectl describe crd tells which name collides"),
    }
}

/// The operators, from their Deployments in all namespaces. `version`: of this program.
pub fn operators(deployments: &[Value], version: &str) -> Vec<Finding> {
    if deployments.is_empty() {
        let remedy =
            "install it: helm install galapagos charts/galapagos --namespace galapagos --create-namespace";
        return vec![Finding::error("operator", "there is none that you may see", remedy)];
    }
    let one = |deployment: &Value| {
        let text = |at: &Value| at.as_str().unwrap_or_default().to_owned();
        let (name, namespace) =
            (text(&deployment["metadata"]["name"]), text(&deployment["metadata"]["namespace"]));
        let about = format!("operator {namespace}/{name}");
        let ready = deployment["status"]["readyReplicas"].as_u64().unwrap_or(0);
        let wanted = deployment["spec"]["replicas"].as_u64().unwrap_or(1);
        let image = text(&deployment["spec"]["template"]["spec"]["containers"][0]["image"]);
        if ready == 0 {
            let found = format!("0 of {wanted} pods are ready ({image})");
            let remedy = format!(
                "kubectl -n {namespace} logs deployment/{name}; its probe /ready names what is missing"
            );
            return Finding::error(about, found, remedy);
        }
        let labelled = deployment["metadata"]["labels"]["app.kubernetes.io/version"].as_str();
        match labelled {
            Some(theirs) if theirs != version => Finding::warning(
                about,
                format!("{ready} of {wanted} ready, version {theirs}; this program is {version}"),
                "results are compared bit by bit only between programs of one release",
            ),
            _ => Finding::ok(about, format!("{ready} of {wanted} ready ({image})")),
        }
    };
    deployments.iter().map(one).collect()
}

/// The pools of a namespace.
pub fn pools(found: &[WorkerPool], namespace: &str) -> Vec<Finding> {
    if found.is_empty() {
        let remedy =
            "kubectl apply -f deploy/examples/pools/shared-claims.yaml, or pool.create=true in the chart";
        return vec![Finding::error(format!("pools in {namespace}"), "there are none", remedy)];
    }
    let one = |pool: &WorkerPool| {
        let about = format!("pool {}", pool.metadata.name.as_deref().unwrap_or_default());
        let conditions = pool.status.as_ref().map(|s| s.conditions.as_slice()).unwrap_or_default();
        match conditions.iter().find(|c| c.type_ == condition::READY) {
            None => Finding::error(
                about,
                "no operator has looked at it",
                "is its namespace watched? see the operator's log",
            ),
            Some(c) if c.status == "True" => {
                Finding::ok(about, format!("accepted, at most {} workers", pool.spec.max_workers))
            }
            Some(c) => Finding::error(about, c.reason.clone(), c.message.clone()),
        }
    };
    found.iter().map(one).collect()
}

/// The claims that the pools of a namespace use, from those that are there.
pub fn claims(pools: &[WorkerPool], claims: &[Value]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pool in pools {
        let name = pool.metadata.name.as_deref().unwrap_or_default();
        let data = (&pool.spec.market_data, galapagos_crds::pool::market_data_claim(name), true);
        let state = pool.spec.state.as_ref().map(|s| (s, galapagos_crds::pool::state_claim(name), false));
        for (storage, made, shared) in [Some(data), state].into_iter().flatten() {
            let claim = match &storage.volume {
                Some(volume) => volume.0.get("persistentVolumeClaim").and_then(|c| c["claimName"].as_str()),
                None => Some(made.as_str()),
            };
            findings.extend(claim.map(|claim| self::claim(name, claim, shared, claims)));
        }
    }
    findings.sort_by(|a, b| a.about.cmp(&b.about));
    findings.dedup();
    findings
}

fn claim(pool: &str, name: &str, shared: bool, claims: &[Value]) -> Finding {
    let about = format!("claim {name} of pool {pool}");
    let Some(found) = claims.iter().find(|c| c["metadata"]["name"] == name) else {
        return Finding::error(about, "is not there", "create it; jobs of the pool go on by themselves then");
    };
    let phase = found["status"]["phase"].as_str().unwrap_or("Unknown");
    let modes: Vec<&str> =
        found["spec"]["accessModes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let text = format!("{phase}, {}", modes.join(" "));
    match phase {
        "Bound" if shared && !modes.iter().any(|m| matches!(*m, "ReadWriteMany" | "ReadOnlyMany")) => {
            Finding::warning(
                about,
                text,
                "workers run on one node only: a claim with ReadWriteMany lets them run on all",
            )
        }
        "Bound" => Finding::ok(about, text),
        // With WaitForFirstConsumer it is bound with the first pod.
        "Pending" => Finding::warning(
            about,
            text,
            format!("kubectl describe pvc {name}; a class that waits for the first pod is bound with it"),
        ),
        _ => Finding::error(about, text, format!("kubectl describe pvc {name}")),
    }
}

/// The jobs that need a person, and those whose coordinator cannot be reached.
pub fn jobs(jobs: &[EvolutionJob]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for job in jobs {
        let about = format!("job {}", job.metadata.name.as_deref().unwrap_or_default());
        let Some(status) = &job.status else {
            let remedy = "is its namespace watched? see the operator's log";
            findings.push(Finding::error(about, "no operator has looked at it", remedy));
            continue;
        };
        for c in status.conditions.iter().filter(|c| c.status == "True") {
            let unreachable = c.type_ == condition::RECONCILING
                && c.reason == ReconcilingReason::CoordinatorUnreachable.as_str();
            if c.type_ == condition::STALLED {
                findings.push(Finding::error(about.clone(), c.reason.clone(), c.message.clone()));
            } else if unreachable {
                let remedy = "the operator's namespace must be let out to port 7401 of coordinators";
                findings.push(Finding::error(about.clone(), c.reason.clone(), remedy));
            }
        }
        let workers =
            status.conditions.iter().find(|c| c.type_ == condition::WORKERS_READY && c.status == "False");
        let short = [WorkersReadyReason::AwaitingQuota, WorkersReadyReason::Unschedulable]
            .map(WorkersReadyReason::as_str);
        if let Some(c) = workers.filter(|c| short.contains(&c.reason.as_str())) {
            findings.push(Finding::warning(about, c.reason.clone(), c.message.clone()));
        }
    }
    if findings.is_empty() && !jobs.is_empty() {
        findings.push(Finding::ok("jobs", format!("{}, none needs a person", jobs.len())));
    }
    findings
}

/// A right, from what `kubectl auth can-i` answers.
pub fn right(verb: &str, resource: &str, purpose: &str, allowed: bool) -> Finding {
    let about = format!("you may {verb} {resource}");
    if allowed {
        Finding::ok(about, "yes")
    } else {
        Finding::warning(about, "no", format!("needed to {purpose}: ask for the role edit in this namespace"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::example;
    use serde_json::json;

    fn pool(data: Value, status: Value) -> WorkerPool {
        serde_json::from_value(json!({
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool",
            "metadata": {"name": "default"}, "spec": {"marketData": data}, "status": status,
        }))
        .unwrap()
    }

    #[test]
    fn an_old_server_and_kinds_of_another_version_are_errors() {
        let version =
            |minor: &str| json!({"serverVersion": {"major": "1", "minor": minor, "gitVersion": "v"}});
        assert_eq!(server(&version("33")).level, Level::Ok);
        assert_eq!(server(&version("34+")).level, Level::Ok);
        assert_eq!(server(&version("29")).level, Level::Error);
        assert_eq!(server(&json!({})).level, Level::Error);
        let definition = |version: &str, established: &str| {
            json!({"spec": {"versions": [{"name": version, "served": true}]},
                   "status": {"conditions": [{"type": "Established", "status": established}]}})
        };
        let level = |d: Option<&Value>| kind("evolutionjobs", d).level;
        assert_eq!(level(Some(&definition(VERSION, "True"))), Level::Ok);
        assert_eq!(level(Some(&definition("v1", "True"))), Level::Error);
        assert_eq!(level(Some(&definition(VERSION, "False"))), Level::Error);
        assert_eq!(level(None), Level::Error);
    }

    #[test]
    fn an_operator_without_a_ready_pod_is_an_error_and_one_of_another_release_a_warning() {
        let deployment = |ready: u64, version: &str| {
            json!({"metadata": {"name": "o", "namespace": "n", "labels": {"app.kubernetes.io/version": version}},
                   "spec": {"replicas": 1}, "status": {"readyReplicas": ready}})
        };
        let levels = |all: &[Value]| operators(all, "1").iter().map(|f| f.level).collect::<Vec<_>>();
        assert_eq!(levels(&[]), [Level::Error]);
        assert_eq!(
            levels(&[deployment(0, "1"), deployment(1, "2"), deployment(1, "1")]),
            [Level::Error, Level::Warning, Level::Ok]
        );
    }

    #[test]
    fn a_claim_has_to_be_there_be_bound_and_be_shared_by_the_nodes() {
        let pools = [pool(json!({"volume": {"persistentVolumeClaim": {"claimName": "data"}}}), Value::Null)];
        let found = |phase: &str, mode: &str| json!({"metadata": {"name": "data"}, "spec": {"accessModes": [mode]}, "status": {"phase": phase}});
        let level = |all: &[Value]| claims(&pools, all)[0].level;
        assert_eq!(level(&[]), Level::Error);
        assert_eq!(level(&[found("Bound", "ReadWriteMany")]), Level::Ok);
        assert_eq!(level(&[found("Bound", "ReadWriteOnce")]), Level::Warning);
        assert_eq!(level(&[found("Pending", "ReadWriteMany")]), Level::Warning);
        assert_eq!(level(&[found("Lost", "ReadWriteMany")]), Level::Error);
        let nfs = [pool(json!({"volume": {"nfs": {"server": "s", "path": "/"}}}), Value::Null)];
        assert_eq!(claims(&nfs, &[]), []);
        let made = [pool(json!({"claimTemplate": {}}), Value::Null)];
        assert!(claims(&made, &[])[0].about.contains("default-market-data"));
    }

    #[test]
    fn the_words_of_a_stalled_pool_or_job_are_the_remedy() {
        let condition = |type_: &str, status: &str, reason: &str| {
            json!({"type": type_, "status": status, "reason": reason, "message": "do this",
                   "lastTransitionTime": "2026-01-01T00:00:00Z"})
        };
        let data = json!({"claimTemplate": {}});
        let stalled =
            pool(data.clone(), json!({"conditions": [condition("Ready", "False", "VolumeNotFound")]}));
        let accepted = pool(data.clone(), json!({"conditions": [condition("Ready", "True", "Accepted")]}));
        let found = pools(&[stalled, accepted, pool(data, Value::Null)], "n");
        assert_eq!(
            found.iter().map(|f| f.level).collect::<Vec<_>>(),
            [Level::Error, Level::Ok, Level::Error]
        );
        assert_eq!((found[0].found.as_str(), found[0].remedy.as_str()), ("VolumeNotFound", "do this"));
        assert_eq!(pools(&[], "n")[0].level, Level::Error);
        let job = example(
            "btc",
            &json!({"conditions": [
                condition("Reconciling", "True", "CoordinatorUnreachable"),
                condition("WorkersReady", "False", "AwaitingQuota"),
            ]}),
        );
        let found = jobs(&[job]);
        assert_eq!(found.iter().map(|f| f.level).collect::<Vec<_>>(), [Level::Error, Level::Warning]);
        assert!(found[0].remedy.contains("7401"));
        assert_eq!(jobs(&[]), []);
    }
}
