//! Manifests, data and volumes that cannot work: told at once, in words that say what to do.

use galapagos_crds::status::Phase;
use k8s_openapi::api::core::v1::{Pod, Service};
use serde_json::json;

use crate::harness::cluster::{give_to_pods, text};
use crate::harness::manifests::{long, pool, small, with};
use crate::harness::reference::expected;
use crate::harness::wait::{PATIENCE, is_in, is_true, pool_is, status, until};
use crate::harness::{Space, case};

#[track_caller]
fn says(job: &galapagos_crds::EvolutionJob, expected: &[&str]) {
    let conditions = status(job).conditions;
    let stalled = conditions.iter().find(|c| c.type_ == "Stalled").expect("it is stalled");
    for part in expected {
        assert!(stalled.message.contains(part), "{part}: {}", stalled.message);
    }
}

#[test]
fn unknown_strategies_and_genes_fail_a_job_without_a_pod() {
    case("names", async |space: &Space| {
        let strategy = with(small("strategy"), "/spec/strategies/0", json!({"name": "sma_crosover"}));
        let genes = json!([{"name": "fast_perod", "min": 2, "max": 9}]);
        let gene = with(small("gene"), "/spec/strategies/0/genes", genes);
        let metric = with(small("metric"), "/spec/objectives", json!([{"metric": "sharp"}]));
        space.apply(&[pool("default", 0), strategy, gene, metric]);
        let found =
            until(&space.jobs(), "strategy", PATIENCE, "has failed", is_true("Failed", "UnknownStrategy"))
                .await;
        says(&found, &["sma_crosover", "sma_crossover"]);
        let found =
            until(&space.jobs(), "gene", PATIENCE, "has failed", is_true("Failed", "UnknownGene")).await;
        says(&found, &["fast_perod", "fast_period"]);
        let found =
            until(&space.jobs(), "metric", PATIENCE, "has failed", is_true("Failed", "InvalidSpec")).await;
        says(&found, &["sharp", "sharpe"]);
        assert_eq!(space.made::<Pod>("strategy").await, [""; 0]);
        assert_eq!(space.made::<Service>("gene").await, [""; 0]);
    });
}

// Contract K2.
#[test]
fn a_name_that_belongs_to_somebody_else_is_never_taken() {
    case("taken", async |space: &Space| {
        space.apply(&[
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "evolve-coordinator"},
                   "spec": {"selector": {"app": "other"}, "ports": [{"port": 80}]}}),
            pool("default", 0),
            small("evolve"),
        ]);
        let found = space.job_is("evolve", "is told", is_true("Stalled", "NameTaken")).await;
        says(&found, &["Service evolve-coordinator"]);
        let service = space.api::<Service>().get("evolve-coordinator").await.unwrap();
        assert_eq!(service.spec.unwrap().selector.unwrap()["app"], "other", "untouched");
        space.kubectl(&["delete", "service", "evolve-coordinator"]);
        assert_eq!(space.digest("evolve").await, expected(&small("evolve")));
    });
}

#[test]
fn data_that_fail_a_check_fail_the_job() {
    case("invalid", async |space: &Space| {
        let raw = space.folder().join("raw");
        std::fs::create_dir_all(&raw).unwrap();
        // The high is below the low.
        let rows = "time,open,high,low,close,volume\n2024-01-01T00:00:00Z,10,9,11,10,1\n2024-01-01T01:00:00Z,10,11,9,10,1\n";
        std::fs::write(raw.join("BAD.csv"), rows).unwrap();
        let data = json!({"dataset": "bad", "symbols": ["BAD"], "interval": "1h",
                          "calendar": {"type": "Continuous"}, "source": {"path": "raw/BAD.csv"}});
        space.apply(&[pool("default", 0), with(small("bad"), "/spec/marketData", data)]);
        let message = space.failure("bad", "DataInvalid").await;
        assert!(message.contains("BAD"), "{message}");
        let attempts = status(&space.jobs().get("bad").await.unwrap()).attempts.unwrap();
        assert_eq!(attempts.started, 1, "another attempt would not help");
    });
}

#[test]
fn data_that_are_missing_fail_the_job() {
    case("missing", async |space: &Space| {
        let data = json!({"dataset": "nowhere", "symbols": ["WALK"], "interval": "1h"});
        let no_symbol = with(small("symbol"), "/spec/marketData/symbols", json!(["ABSENT"]));
        space.apply(&[pool("default", 0), with(small("dataset"), "/spec/marketData", data), no_symbol]);
        let message = space.failure("dataset", "DatasetNotFound").await;
        assert!(message.contains("nowhere"), "{message}");
        let symbol = until(&space.jobs(), "symbol", PATIENCE, "fails", is_in(Phase::Failed)).await;
        let conditions = status(&symbol).conditions;
        let failed = conditions.iter().find(|c| c.type_ == "Failed").unwrap();
        assert!(failed.message.contains("ABSENT"), "{}", failed.message);
    });
}

#[test]
fn a_state_folder_that_cannot_be_written_is_told_and_healed() {
    case("readonly", async |space: &Space| {
        text(
            std::process::Command::new("chown")
                .args(["0:0"])
                .args([space.folder(), space.folder().join("galapagos")]),
        );
        space.apply(&[
            pool("default", 0),
            small("evolve"),
            with(small("once"), "/spec/backoffLimit", json!(0)),
        ]);
        let found = space.job_is("evolve", "is told", is_true("Stalled", "StateNotWritable")).await;
        says(&found, &["65532"]);
        space.failure("once", "BackoffLimitExceeded").await;
        give_to_pods(&space.folder());
        assert_eq!(space.digest("evolve").await, expected(&small("evolve")));
        let attempts = status(&space.jobs().get("evolve").await.unwrap()).attempts.unwrap();
        assert!(attempts.faults >= 1 && attempts.started == attempts.faults + 1, "{attempts:?}");
    });
}

#[test]
fn a_volume_that_is_missing_is_told() {
    case("volume", async |space: &Space| {
        let missing = json!({"persistentVolumeClaim": {"claimName": "nowhere"}});
        space.apply(&[with(pool("default", 0), "/spec/marketData/volume", missing), small("evolve")]);
        let pools = space.pools();
        until(&pools, "default", PATIENCE, "is told", pool_is("Stalled", "VolumeNotFound")).await;
        let found = space.job_is("evolve", "is told", is_true("Stalled", "VolumeNotFound")).await;
        says(&found, &["nowhere"]);
        space.apply(&[pool("default", 0)]);
        assert_eq!(space.digest("evolve").await, expected(&small("evolve")));
    });
}

#[test]
fn a_template_that_the_server_refuses_is_told() {
    case("template", async |space: &Space| {
        let misspelt =
            with(pool("default", 0), "/spec/coordinatorTemplate/spec/nodeSelektor", json!({"a": "b"}));
        space.apply(&[misspelt, small("evolve")]);
        let found = space.job_is("evolve", "is told", is_true("Stalled", "InvalidTemplate")).await;
        says(&found, &["nodeSelektor"]);
        space.kubectl(&["delete", "wpool", "default"]);
        space.apply(&[pool("default", 0)]);
        assert_eq!(space.digest("evolve").await, expected(&small("evolve")));
    });
}

#[test]
fn a_quota_that_is_exceeded_is_told_and_waited_for() {
    case("quota", async |space: &Space| {
        let quota = |pods: u32| {
            json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"},
                   "spec": {"hard": {"count/jobs.batch": pods.to_string()}}})
        };
        space.apply(&[quota(0)]);
        space.kubectl(&["wait", "resourcequota/few", "--for=jsonpath={.status.hard}", "--timeout=30s"]);
        space.apply(&[pool("default", 0), small("evolve")]);
        space.job_is("evolve", "is told", is_true("Stalled", "QuotaExceeded")).await;
        space.apply(&[quota(5)]);
        assert_eq!(space.digest("evolve").await, expected(&small("evolve")));
    });
}

#[test]
fn workers_that_fit_on_no_node_are_told_and_the_job_goes_on_without() {
    case("nowhere", async |space: &Space| {
        let nowhere = json!({"kubernetes.io/hostname": "nowhere"});
        let pool = with(pool("default", 1), "/spec/template/spec/nodeSelector", nowhere);
        let manifest = long("evolve");
        space.apply(&[with(pool, "/spec/minWorkersPerJob", json!(1)), manifest.clone()]);
        let told = space
            .job_is("evolve", "tells of its workers", |j| {
                let found = status(j).conditions;
                found.iter().any(|c| c.type_ == "WorkersReady" && c.reason == "Unschedulable")
            })
            .await;
        let conditions = status(&told).conditions;
        let workers = conditions.iter().find(|c| c.type_ == "WorkersReady").unwrap();
        assert!(workers.message.contains("0/2 nodes"), "{}", workers.message);
        space.ends_as_undisturbed(&manifest).await;
    });
}

#[test]
fn a_coordinator_that_gets_no_pod_or_no_node_is_told_and_waited_for() {
    case("unmade", async |space: &Space| {
        let nowhere = json!({"kubernetes.io/hostname": "nowhere"});
        let elsewhere = with(pool("elsewhere", 0), "/spec/coordinatorTemplate/spec/nodeSelector", nowhere);
        let placed = with(small("placed"), "/spec/workerPoolName", json!("elsewhere"));
        let placed = with(placed, "/spec/startDeadlineSeconds", json!(20));
        let quota = |pods: u32| {
            json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"},
                   "spec": {"hard": {"pods": pods.to_string()}}})
        };
        space.apply(&[elsewhere, pool("default", 0), placed]);
        let message = space.failure("placed", "StartDeadlineExceeded").await;
        assert!(message.contains("fits on no node") && message.contains("0/2 nodes"), "{message}");
        space.apply(&[quota(0)]);
        space.kubectl(&["wait", "resourcequota/few", "--for=jsonpath={.status.hard}", "--timeout=30s"]);
        space.apply(&[small("evolve")]);
        let found = space.job_is("evolve", "is told", is_true("Stalled", "QuotaExceeded")).await;
        says(&found, &["evolve-coordinator-1", "exceeded quota: few"]);
        space.apply(&[quota(5)]);
        assert_eq!(space.digest("evolve").await, expected(&small("evolve")));
    });
}
