//! A job on the cluster finds what `galapagos run` finds, and shows its way there.

use galapagos_crds::EvolutionJob;
use galapagos_crds::status::Phase;
use galapagos_e2e::outcome::Outcome;
use galapagos_e2e::program;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use k8s_openapi::api::events::v1::Event;
use serde_json::{Value, json};

use crate::harness::cluster::cluster;
use crate::harness::manifests::{job, long, pool, sample_strategies, small, with};
use crate::harness::reference::{expected, expected_outcome};
use crate::harness::wait::{
    PATIENCE, has_done, is_in, is_true, pool_is, status, until, until_all, until_gone,
};
use crate::harness::{Space, case};

/// Job `evolve` under so many workers of a pool that pins one worker for 8 individuals.
fn the_digest_is_that_of_one_process(name: &str, workers: u32, manifest: Value) {
    case(&format!("{name}-{workers}"), async |space: &Space| {
        let pinned = with(pool("default", workers), "/spec/individualsPerWorker", json!(8));
        space.apply(&[pinned, manifest.clone()]);
        let deployments = space.api::<Deployment>();
        if workers > 0 {
            let wanted = i32::try_from(workers).unwrap();
            let running =
                until(&deployments, "evolve-workers", PATIENCE, "has the workers of the plan", |d| {
                    d.spec.as_ref().and_then(|s| s.replicas) == Some(wanted)
                });
            running.await;
        }
        let expected = expected_outcome(&manifest);
        assert_eq!(space.digest("evolve").await, expected.digest);
        Outcome::read(&space.folder()).unwrap().assert_same(&expected, "on the volume");
        until_gone(&deployments, "evolve-workers", PATIENCE).await;
        let labels = "app.kubernetes.io/component=worker";
        space.none_left::<Pod>(labels).await;
    });
}

#[test]
fn without_workers_the_digest_is_that_of_one_process() {
    the_digest_is_that_of_one_process("digest", 0, job("evolve", 32, 8));
}

#[test]
fn with_one_worker_the_digest_is_that_of_one_process() {
    the_digest_is_that_of_one_process("digest", 1, job("evolve", 32, 8));
}

#[test]
fn with_four_workers_the_digest_is_that_of_one_process_and_so_are_the_windows_of_walk_forward() {
    let windows = json!({"walkForward": {"windows": 2}});
    the_digest_is_that_of_one_process("digest", 4, with(job("evolve", 32, 8), "/spec/validation", windows));
}

/// A strategy that the manifest writes itself, beside built-in ones.
#[test]
fn with_a_strategy_of_ones_own_the_digest_is_that_of_one_process() {
    let mut manifest = job("evolve", 48, 8);
    let strategies = manifest["spec"]["strategies"].as_array_mut().unwrap();
    strategies.extend(sample_strategies("rules/turtle.yaml"));
    the_digest_is_that_of_one_process("rules", 1, manifest);
}

#[test]
fn the_status_tells_the_whole_result() {
    case("status", async |space: &Space| {
        let manifest = small("evolve");
        space.apply(&[pool("default", 0), manifest.clone()]);
        let digest = space.digest("evolve").await;
        let job = space.jobs().get("evolve").await.unwrap();
        let status = status(&job);
        assert_eq!(status.observed_generation, job.metadata.generation);
        assert_eq!(status.progress.as_deref(), Some("6/6"));
        assert_eq!((status.generation, status.generations, status.population), (Some(6), Some(6), Some(24)));
        assert_eq!(status.history.len(), 6);
        assert_eq!(status.workers.clone().unwrap_or_default().ready, 0, "nothing runs any more");
        assert_eq!(status.queue_position, None);
        assert_eq!(status.estimated_completion_time, None);
        assert!(status.start_time.unwrap().0 <= status.completion_time.unwrap().0);
        let attempts = status.attempts.unwrap();
        assert_eq!((attempts.started, attempts.faults, attempts.disruptions), (1, 0, 0));
        assert!(status.cost.unwrap().amount.is_some(), "the pool has a price");
        let provenance = status.provenance.unwrap();
        assert_eq!(provenance.reproducible, Some(true));
        assert_eq!(provenance.image.as_deref(), Some(crate::harness::operator::IMAGE));
        assert_eq!(provenance.generation_digest.as_deref(), Some(digest.as_str()));
        for digest in [provenance.inputs_digest, provenance.dataset_digest] {
            assert!(digest.is_some_and(|d| d.starts_with("blake3:")));
        }
        // What the status says is what lies on the volume.
        let path = space.folder().join(status.results.unwrap().path);
        let text =
            std::fs::read(path.join("result.json")).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let result: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(result["result_digest"], digest);
        let best = status.best.unwrap();
        assert_eq!(result["best"]["strategy"], best.strategy);
        assert!(best.fitness.is_some() && best.holdout.is_some(), "{best:?}");
        let told = status.validation.unwrap_or_else(|| panic!("a verdict: {:?}", status.conditions));
        let judged = &result["validation"];
        assert_eq!((&judged["validated"], &judged["reason"]), (&json!(told.validated), &json!(told.reason)));
        let gates = judged["gates"].as_array().unwrap().iter();
        let failed = gates.filter(|gate| gate["passed"] == false).map(|gate| gate["name"].as_str().unwrap());
        assert_eq!(told.failed, failed.collect::<Vec<_>>());
        assert_eq!(told.trials, result["luck"]["trials"].as_i64());
        let condition = status.conditions.iter().find(|c| c.type_ == "Validated").unwrap();
        assert_eq!((condition.status.as_str(), &condition.reason), (told.validated.as_str(), &told.reason));
        assert_eq!(Some(condition.message.as_str()), judged["summary"].as_str());
        let is_told = |e: &Event| {
            e.reason.as_deref() == Some("Validated")
                && e.note.as_ref().is_some_and(|note| note.ends_with(&condition.message))
        };
        until_all(&space.api::<Event>(), "", PATIENCE, "tell the verdict", |e| e.iter().any(is_told)).await;
        assert!(is_true("Complete", "GenerationsReached")(&job));
        assert!(is_true("Ready", "Succeeded")(&job));
        assert!(is_true("DataReady", "Published")(&job));
        // The volume holds the same evaluations, too.
        assert_eq!(Outcome::read(&space.folder()).unwrap().digest, digest);
    });
}

#[test]
fn a_job_costs_what_its_pod_lived_and_not_its_generations_alone() {
    case("cost", async |space: &Space| {
        space.apply(&[pool("default", 0), small("evolve")]);
        space.digest("evolve").await;
        let pods = space.pods("evolve", "coordinator").await;
        let [pod] = pods.as_slice() else { panic!("{} pods", pods.len()) };
        let phase = |pod: &Pod| pod.status.as_ref().and_then(|s| s.phase.clone());
        let name = pod.metadata.name.as_deref().unwrap();
        let over = |pod: &Pod| phase(pod).as_deref() == Some("Succeeded");
        let pod = until(&space.api::<Pod>(), name, PATIENCE, "ends", over).await.status.unwrap();
        let containers = pod.init_container_statuses.iter().chain(&pod.container_statuses).flatten();
        let ended = containers.filter_map(|c| c.state.as_ref()?.terminated.as_ref());
        let end = ended.map(|ended| ended.finished_at.as_ref().unwrap().0).max().unwrap();
        let lived = end.as_second() - pod.start_time.unwrap().0.as_second();
        // Clocks and news are seconds late: of its start one may be lost, of its end two may be too many.
        let counted = |job: &EvolutionJob| {
            let cost = status(job).cost.unwrap_or_default();
            (lived - 1..=lived + 2).contains(&cost.worker_seconds) && cost.counted_until.is_some()
        };
        let job = until(&space.jobs(), "evolve", PATIENCE, &format!("costs {lived} s"), counted).await;
        let generations: f64 = status(&job).history.iter().filter_map(|g| g.seconds).sum();
        assert!(status(&job).cost.unwrap().worker_seconds as f64 > generations, "{generations}");
    });
}

#[test]
fn kubectl_shows_it_live() {
    case("watch", async |space: &Space| {
        space.apply(&[pool("default", 2)]);
        let manifest = long("evolve");
        space.apply(std::slice::from_ref(&manifest));
        let watch = space.watch(&["evojob"]);
        space.job_is("evolve", "shows progress", has_done(5)).await;
        space.ends_as_undisturbed(&manifest).await;
        let text = watch.end();
        let header: Vec<&str> = text.lines().next().unwrap().split_whitespace().collect();
        assert_eq!(
            header,
            ["NAME", "PHASE", "GEN", "BEST", "STRATEGY", "WORKERS", "FINISH", "REASON", "VALIDATED", "AGE"]
        );
        // kubectl sets its columns by the first row, which may be that of a job without a status.
        let rows: Vec<Vec<&str>> =
            text.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
        for phase in ["Preparing", "Running"] {
            assert!(rows.iter().any(|row| row.get(1) == Some(&phase)), "{text}");
        }
        let of = format!("/{}", manifest["spec"]["generations"]);
        let mut generations: Vec<&str> = rows.iter().filter_map(|row| row.get(2).copied()).collect();
        generations.retain(|done| done.ends_with(&of));
        generations.dedup();
        assert!(generations.len() >= 4, "progress is seen: {text}");
        let is_whole = |row: &Vec<&str>| match row.as_slice() {
            [_, "Running", _, best, "linear_svc_classifier", workers, finish, "Running", _] => {
                best.parse::<f64>().is_ok() && workers.parse::<u32>().is_ok() && finish.ends_with('Z')
            }
            _ => false,
        };
        assert!(rows.iter().any(is_whole), "best, strategy, workers, finish and reason are seen: {text}");
        assert!(!text.contains("<invalid>"), "{text}");
        let wide = space.kubectl(&["get", "evojob", "-o", "wide"]);
        for name in ["SEED", "EVAL/S", "COST", "DIGEST"] {
            assert!(!column(&wide, name)[0].is_empty(), "{name}: {wide}");
        }
    });
}

/// The values of a column of kubectl's table, whose places follow from its header.
fn column(table: &str, name: &str) -> Vec<String> {
    let mut lines = table.lines();
    let header = lines.next().unwrap();
    let from = header.find(name).unwrap_or_else(|| panic!("no column {name}: {header}"));
    let rest = &header[from..];
    let width = rest.len() - rest[name.len()..].trim_start().len();
    lines.map(|line| line.chars().skip(from).take(width).collect::<String>().trim().to_owned()).collect()
}

#[test]
fn the_coordinator_imports_the_data_of_a_source() {
    case("source", async |space: &Space| {
        let raw = space.folder().join("raw");
        std::fs::create_dir_all(&raw).unwrap();
        std::fs::copy(program::root().join("deploy/examples/data/IBM.csv"), raw.join("IBM.csv")).unwrap();
        let market_data = |source: Value| {
            json!({"dataset": "ibm", "symbols": ["IBM"], "interval": "1d", "source": source,
                   "calendar": {"type": "Sessions", "barsPerYear": 252}})
        };
        let path = json!({"path": "raw/IBM.csv", "gaps": {"maxShare": "1"}});
        let manifest = with(small("imports"), "/spec/marketData", market_data(path));
        space.apply(&[pool("default", 0), manifest.clone()]);
        let digest = space.digest("imports").await;
        // The same data, imported by hand.
        let scratch = galapagos_e2e::scratch::Scratch::new();
        let import = program::galapagos()
            .arg("import")
            .arg(raw.join("IBM.csv"))
            .args([
                "--dataset",
                "ibm",
                "--interval",
                "1d",
                "--calendar",
                "sessions:252",
                "--max-gap-share",
                "1",
            ])
            .arg("--data-dir")
            .arg(scratch.data())
            .output()
            .unwrap();
        assert!(import.status.success(), "{}", crate::harness::cluster::said(&import));
        let file =
            scratch.write("job.yaml", &with(manifest, "/spec/marketData/source", Value::Null).to_string());
        assert_eq!(digest, Outcome::undisturbed(&scratch, &file).digest);
    });
}

#[test]
fn a_state_volume_of_its_own_and_claims_made_from_templates() {
    case("claims", async |space: &Space| {
        // The claim that the operator makes binds to a second volume of the same storage.
        let name = format!("{}-state", space.namespace);
        let folder = cluster().shared(&name);
        std::fs::create_dir_all(&folder).unwrap();
        crate::harness::cluster::give_to_pods(&folder);
        space.apply(&[
            json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {
                "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "",
                "claimRef": {"namespace": space.namespace, "name": "default-state"},
                "hostPath": {"path": folder, "type": "Directory"},
            }}),
        ]);
        let template = json!({"accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeName": name,
                              "resources": {"requests": {"storage": "1Gi"}}});
        let pool = with(pool("default", 1), "/spec/state", json!({"claimTemplate": template}));
        let pool = with(pool, "/spec/minWorkersPerJob", json!(1));
        let manifest = small("evolve");
        space.apply(&[pool, manifest.clone()]);
        until(&space.pools(), "default", PATIENCE, "is accepted", pool_is("Ready", "Accepted")).await;
        assert_eq!(space.digest("evolve").await, expected(&manifest));
        let events = space.kubectl(&["events", "--for", "wpool/default"]);
        assert!(events.contains("VolumeNotShared") && events.contains("ReadWriteMany"), "{events}");
        assert!(Outcome::read(&folder).is_some(), "the run lies on the state volume");
        assert!(Outcome::read(&space.folder()).is_none(), "and not on that of the data");
        // What is made from a template stays when the pool goes.
        space.kubectl(&["delete", "wpool", "default"]);
        let claim = space.api::<PersistentVolumeClaim>().get("default-state").await.unwrap();
        assert_eq!(claim.metadata.deletion_timestamp, None);
        space.kubectl(&["delete", "pvc", "default-state", "--wait=false"]);
        cluster().kubectl().args(["delete", "pv", &name, "--wait=false"]).output().unwrap();
    });
}

#[test]
fn workers_come_with_the_population_and_leave_with_the_work() {
    case("workers", async |space: &Space| {
        let pinned = with(pool("default", 3), "/spec/individualsPerWorker", json!(16));
        let manifest = long("evolve");
        space.apply(&[pinned, manifest.clone()]);
        let pools = space.pools();
        let all = until(&pools, "default", PATIENCE, "has three workers for 48 individuals", |p| {
            let status = p.status.clone().unwrap_or_default();
            (status.replicas, status.desired_replicas, status.ready_replicas) == (Some(3), Some(3), Some(3))
        });
        let pool = all.await;
        let status = pool.status.unwrap();
        assert_eq!((status.active_jobs, status.queued_jobs), (Some(1), Some(0)));
        let selector = status.selector.unwrap();
        let found = space.kubectl(&["get", "pods", "-l", &selector, "-o", "name"]);
        assert_eq!(found.lines().count(), 3, "the selector of the scale finds the workers: {found}");
        let scale = pools.get_scale("default").await.unwrap().status.unwrap();
        assert_eq!((scale.replicas, scale.selector.as_deref()), (3, Some(selector.as_str())));
        space
            .job_is("evolve", "shows its workers and its own", |j| {
                j.status.as_ref().and_then(|s| s.workers.clone()).unwrap_or_default().ready == 4
            })
            .await;
        // A lower ceiling takes them away, none are left at 0, and the job goes on.
        space.kubectl(&["scale", "wpool/default", "--replicas=1"]);
        let workers = "app.kubernetes.io/component=worker";
        space.are_left::<Pod>(workers, 1).await;
        space.kubectl(&["scale", "wpool/default", "--replicas=0"]);
        space.none_left::<Pod>(workers).await;
        space.ends_as_undisturbed(&manifest).await;
        until(&pools, "default", PATIENCE, "is idle", |p| {
            let status = p.status.clone().unwrap_or_default();
            (status.replicas, status.active_jobs, status.queued_jobs) == (Some(0), Some(0), Some(0))
        })
        .await;
    });
}

#[test]
fn work_of_a_few_seconds_starts_no_worker() {
    case("local", async |space: &Space| {
        space.apply(&[pool("default", 4)]);
        let workers = space.witness("app.kubernetes.io/component=worker");
        space.apply(&[small("evolve")]);
        space.digest("evolve").await;
        assert_eq!(workers.seen(), [""; 0]);
        let phase = space.jobs().get("evolve").await.unwrap();
        assert!(has_done(6)(&phase) && is_in(Phase::Succeeded)(&phase));
    });
}
