//! The definitions on a real API server: rules, defaults, strictness, scale, documentation.

use std::path::PathBuf;

use galapagos_crds::{EvolutionJob, WorkerPool};
use galapagos_e2e::program;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use serde_json::{Value, json};

use crate::harness::manifests::{pool, small, with};
use crate::harness::wait::{PATIENCE, until};
use crate::harness::{Space, case};

/// The cases of every rule, which `crds` judges locally.
fn rules() -> Value {
    let path = program::root().join("crds/tests/rules.yaml");
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// RFC 7386.
fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    for (key, value) in patch {
        match value {
            Value::Null => drop(into.as_object_mut().unwrap().remove(key)),
            value => merge(&mut into[key], value),
        }
    }
}

fn object(rules: &Value, case: &Value, which: &str) -> Value {
    let mut object = rules["shortest"][case["kind"].as_str().unwrap_or("EvolutionJob")].clone();
    merge(&mut object, &case[which]);
    object
}

#[track_caller]
fn check(case: &Value, answer: Result<Value, kube::core::Status>) {
    match (case["refused"].as_str(), answer) {
        (None, Ok(_)) => {}
        (Some(expected), Err(status)) if status.message.contains(expected) => {}
        (expected, answer) => {
            let answer = answer.map(|_| "accepted").map_err(|s| s.message);
            panic!("{case}: expected to be refused with {expected:?}, found {answer:?}")
        }
    }
}

// Contract K14.
#[test]
fn the_server_accepts_and_refuses_by_every_rule_as_we_do() {
    case("rules", async |space: &Space| {
        let rules = rules();
        let cases = rules["rules"].as_array().unwrap().iter().flat_map(|r| r["cases"].as_array().unwrap());
        let cases: Vec<&Value> = cases.collect();
        assert!(cases.len() > 150, "{}", cases.len());
        for (number, case) in cases.into_iter().enumerate() {
            let new = object(&rules, case, "manifest");
            if case.get("before").is_none() {
                check(case, space.send("POST", &new, true).await);
                continue;
            }
            let name = json!(format!("change-{number}"));
            let before = with(object(&rules, case, "before"), "/metadata/name", name.clone());
            space.send("POST", &before, false).await.unwrap();
            check(case, replaced(space, &with(new, "/metadata/name", name)).await);
        }
    });
}

/// Replaces a job whose status may change meanwhile.
async fn replaced(space: &Space, new: &Value) -> Result<Value, kube::core::Status> {
    loop {
        let job = space.jobs().get(new["metadata"]["name"].as_str().unwrap()).await.unwrap();
        let version = json!(job.metadata.resource_version);
        match space.send("PUT", &with(new.clone(), "/metadata/resourceVersion", version), true).await {
            Err(status) if status.code == 409 => {}
            answer => return answer,
        }
    }
}

#[test]
fn a_misspelt_field_is_refused() {
    case("strict", async |space: &Space| {
        for (object, field) in [
            (with(small("misspelt"), "/spec/marketdata", json!({})), "spec.marketdata"),
            (with(small("misspelt"), "/spec/population/sise", json!(3)), "spec.population.sise"),
            (with(pool("misspelt", 1), "/spec/maxworkers", json!(3)), "spec.maxworkers"),
        ] {
            let refused = space.send("POST", &object, true).await.unwrap_err();
            assert!(refused.message.contains(&format!("unknown field \"{field}\"")), "{}", refused.message);
            // kubectl may check it itself; it then names the field and its parent apart.
            let (done, said) = space.try_apply(&[object], &[]);
            let last = field.rsplit('.').next().unwrap();
            assert!(!done && said.contains("unknown field") && said.contains(last), "{said}");
        }
    });
}

#[test]
fn a_number_without_quotes_is_refused_with_the_field() {
    case("quotes", async |space: &Space| {
        let (done, said) =
            space.try_apply(&[with(small("float"), "/spec/execution/takerFee", json!(0.001))], &[]);
        assert!(!done && said.contains("spec.execution.takerFee"), "{said}");
    });
}

#[test]
fn what_nobody_has_looked_at_is_observed_at_minus_one() {
    case("fresh", async |space: &Space| {
        let other = with(small("fresh"), "/spec/managedBy", json!("example.org/other"));
        let made = space.send("POST", &other, false).await.unwrap();
        assert_eq!(made["status"]["observedGeneration"], -1);
        let made = space.send("POST", &pool("fresh", 3), true).await.unwrap();
        assert_eq!(made["status"]["observedGeneration"], -1);
        // Nobody else's controller is disturbed either: a job that is managed by another is left alone.
        let job = space.jobs().get("fresh").await.unwrap();
        assert_eq!(job.status.unwrap().phase, None);
    });
}

#[test]
fn defaults_are_written_out() {
    case("defaults", async |space: &Space| {
        let rules = rules();
        let made = space.send("POST", &rules["shortest"]["EvolutionJob"], true).await.unwrap();
        let spec = &made["spec"];
        for (pointer, value) in [
            ("/managedBy", json!("galapagos.dev/operator")),
            ("/workerPoolName", json!("default")),
            ("/generations", json!(50)),
            ("/objectives/0/metric", json!("sharpe")),
            ("/validation/holdout/fraction", json!("0.2")),
            ("/stop/minDelta", json!("0.000001")),
            ("/backoffLimit", json!(6)),
            ("/ttlPolicy", json!("Children")),
        ] {
            assert_eq!(spec.pointer(pointer), Some(&value), "{pointer}: {spec:#}");
        }
        assert_eq!(spec.get("suspend"), None);
    });
}

#[test]
fn the_scale_of_a_pool_works_from_the_first_moment_and_with_0() {
    case("scale", async |space: &Space| {
        space.send("POST", &pool("fresh", 7), false).await.unwrap();
        let scale = space.pools().get_scale("fresh").await.unwrap();
        assert_eq!(scale.spec.unwrap().replicas, Some(7));
        for wanted in [0, 3] {
            space.kubectl(&["scale", "wpool/fresh", &format!("--replicas={wanted}")]);
            let scale = space.pools().get_scale("fresh").await.unwrap();
            assert_eq!(scale.spec.unwrap().replicas.unwrap_or_default(), wanted);
            let pool = space.pools().get("fresh").await.unwrap();
            assert_eq!(pool.spec.max_workers, u32::try_from(wanted).unwrap());
        }
    });
}

#[test]
fn every_field_is_explained() {
    case("explain", async |space: &Space| {
        for (path, expected) in [
            ("evojob.spec", "immutable"),
            ("evojob.spec.population.seed", "Random seed"),
            ("evojob.spec.execution", "takerFee"),
            ("evojob.status.provenance.resultDigest", "Digest of the final result"),
            ("wpool.spec.maxWorkers", "scale subresource"),
            ("wpool.spec.marketData", "volume"),
        ] {
            let text = space.kubectl(&["explain", path]);
            assert!(text.contains(expected), "{path}: {text}");
        }
        let all = space.kubectl(&["explain", "evojob", "--recursive"]);
        assert!(all.lines().count() > 150, "{all}");
    });
}

#[test]
fn an_autoscaler_moves_the_ceiling_of_a_pool() {
    case("hpa", async |space: &Space| {
        let target = json!({"apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool", "name": "default"});
        let cpu = json!({"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}});
        space.apply(&[
            pool("default", 1),
            // Nobody measures here: the autoscaler only keeps the pool between its own limits.
            json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
                   "metadata": {"name": "default"},
                   "spec": {"scaleTargetRef": target, "minReplicas": 3, "maxReplicas": 5,
                            "metrics": [{"type": "Resource", "resource": cpu}]}}),
        ]);
        let raised = "has the least that the autoscaler allows";
        until(&space.pools(), "default", PATIENCE, raised, |p| p.spec.max_workers == 3).await;
    });
}

#[test]
fn the_definitions_fit_a_client_side_apply() {
    case("apply", async |space: &Space| {
        for name in ["evolutionjobs", "workerpools"] {
            let path = program::root().join("crds/generated").join(format!("{name}.yaml"));
            assert!(std::fs::metadata(&path).unwrap().len() <= 100_000, "{}", path.display());
            // A whole copy goes into the annotation of the last apply, which has a limit.
            let path = path.display().to_string();
            space.kubectl(&["apply", "--dry-run=server", "-f", &path]);
            let create = ["create", "--dry-run=client", "--save-config", "-o", "json", "-f", &path];
            let made: Value = serde_json::from_str(&space.kubectl(&create)).unwrap();
            let last = &made["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"];
            assert!(last.as_str().is_some_and(|text| (5_000..262_144).contains(&text.len())), "{last}");
        }
        let all = Api::<CustomResourceDefinition>::all(space.client.clone());
        for name in ["evolutionjobs.galapagos.dev", "workerpools.galapagos.dev"] {
            let conditions = all.get(name).await.unwrap().status.unwrap().conditions.unwrap_or_default();
            for condition in conditions {
                let expected = match condition.type_.as_str() {
                    "Established" | "NamesAccepted" => "True",
                    "NonStructuralSchema" => "False",
                    _ => continue,
                };
                assert_eq!(condition.status, expected, "{name}: {condition:?}");
            }
        }
    });
}

#[test]
fn all_sample_manifests_are_accepted_strictly() {
    case("samples", async |space: &Space| {
        let mut files = Vec::new();
        manifests_below(&program::root().join("deploy/examples"), &mut files);
        assert!(files.len() >= 5, "{files:?}");
        for file in files {
            let path = file.display().to_string();
            // Their names are those that the namespace of this test has already.
            let there = ["-n", "default", "apply", "--dry-run=server", "--validate=strict", "-f", &path];
            let said = space.kubectl(&there);
            let kinds = ["evolutionjob", "workerpool", "pod/galapagos-results", "deployment.apps/signals"];
            assert!(kinds.iter().any(|kind| said.contains(kind)), "{path}: {said}");
        }
    });
}

fn manifests_below(folder: &std::path::Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            manifests_below(&path, found);
        } else if path.extension().is_some_and(|e| e == "yaml") && !path.ends_with("kustomization.yaml") {
            found.push(path);
        }
    }
}

#[test]
fn fields_can_be_selected() {
    case("select", async |space: &Space| {
        let other = |job| with(job, "/spec/managedBy", json!("example.org/other"));
        for (name, pool) in [("one", "big"), ("two", "little")] {
            let job = with(other(small(name)), "/spec/workerPoolName", json!(pool));
            space.send("POST", &job, false).await.unwrap();
        }
        let found =
            space.kubectl(&["get", "evojob", "--field-selector=spec.workerPoolName=big", "-o", "name"]);
        assert_eq!(found.trim(), "evolutionjob.galapagos.dev/one");
        let all = space.kubectl(&["get", "evolution", "-o", "name"]);
        assert_eq!(all.lines().count(), 2, "the category holds both kinds: {all}");
        let names: Vec<_> =
            [space.api::<EvolutionJob>().resource_url(), space.api::<WorkerPool>().resource_url()]
                .iter()
                .map(|url| url.rsplit('/').next().unwrap().to_owned())
                .collect();
        assert_eq!(names, ["evolutionjobs", "workerpools"]);
    });
}
