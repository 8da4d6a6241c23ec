//! What others write into objects of a job that runs.

use galapagos_crds::status::Phase;
use serde_json::json;

use crate::harness::manifests::{long, pool};
use crate::harness::wait::{has_done, status};
use crate::harness::{Space, case};

#[test]
fn phases_and_labels_that_somebody_edits_change_no_attempt() {
    case("foreign", async |space: &Space| {
        let manifest = long("evolve");
        space.apply(&[pool("default", 1), manifest.clone()]);
        space.job_is("evolve", "is on its way", has_done(1)).await;
        // Without the label by which it is watched, and without the one that tells its number.
        let taken = [
            "label",
            "job.batch",
            "evolve-coordinator-1",
            "app.kubernetes.io/managed-by-",
            "galapagos.dev/attempt-",
        ];
        space.kubectl(&taken);
        for phase in ["Failed", "Succeeded", "Pending", "Suspended"] {
            let patch = json!({"status": {"phase": phase}}).to_string();
            space.kubectl(&[
                "patch",
                "evolutionjob/evolve",
                "--subresource=status",
                "--type=merge",
                "-p",
                &patch,
            ]);
            let runs = |j: &galapagos_crds::EvolutionJob| status(j).phase == Some(Phase::Running);
            crate::harness::wait::until(
                &space.jobs(),
                "evolve",
                crate::harness::wait::PATIENCE,
                "runs",
                runs,
            )
            .await;
        }
        space.ends_as_undisturbed(&manifest).await;
        let attempts = space.jobs().get("evolve").await.unwrap().status.unwrap().attempts.unwrap();
        assert_eq!((attempts.started, attempts.faults, attempts.disruptions), (1, 0, 0));
        let told = space.kubectl(&["get", "events", "-o", "jsonpath={.items[*].reason}"]);
        // What `kubectl describe` sorts by.
        let selector = ["--field-selector", "involvedObject.kind=EvolutionJob"];
        let times =
            ["get", "events", "-o", "jsonpath={range .items[*]}{.lastTimestamp} {.count}{\"\\n\"}{end}"];
        let times = space.kubectl(&[&times[..], &selector[..]].concat());
        let is_whole = |line: &str| line.split(' ').filter(|part| !part.is_empty()).count() == 2;
        assert!(times.lines().count() > 2 && times.lines().all(is_whole), "{times}");
        assert!(!told.contains("Resumed") && !told.contains("Suspended"), "{told}");
    });
}
