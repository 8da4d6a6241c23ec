//! Many jobs for few places.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use galapagos_crds::status::Phase;
use serde_json::{Value, json};

use crate::harness::cluster::cluster;
use crate::harness::manifests::{pool, small, with};
use crate::harness::wait::is_in;
use crate::harness::{Space, case};

const JOBS: usize = 24;
/// Writes of the status of one job, from its creation to its result, over all jobs.
const WRITES: usize = 12;
/// Writes of any one job: ten places at the head of the queue if the jobs before it end one by one, what is told behind
/// the head once a minute, the phases, and what it has cost.
const MOST: usize = 20;

/// Writes of statuses in a namespace by name of the job, as the API server keeps them in its audit log.
fn status_writes(namespace: &str) -> BTreeMap<String, usize> {
    let file = std::fs::File::open(cluster().audit_log()).unwrap();
    let mut writes = BTreeMap::new();
    for line in BufReader::new(file).lines().map(Result::unwrap).filter(|line| line.contains(namespace)) {
        let Ok(entry) = serde_json::from_str::<Value>(&line) else { continue };
        let of = |part: &str| entry["objectRef"][part].as_str().unwrap_or_default();
        let is_status = of("resource") == "evolutionjobs" && of("subresource") == "status";
        if is_status && of("namespace") == namespace && entry["stage"] == "ResponseComplete" {
            *writes.entry(of("name").to_owned()).or_default() += 1;
        }
    }
    writes
}

#[test]
fn a_job_that_waits_behind_many_others_costs_a_dozen_writes() {
    case("many", async |space: &Space| {
        let places = with(pool("default", 0), "/spec/maxConcurrentJobs", json!(3));
        let brief = |n: usize| with(small(&format!("job-{n:02}")), "/spec/generations", json!(1));
        let jobs: Vec<_> = (0..JOBS).map(brief).collect();
        space.apply(&[vec![places], jobs].concat());
        for n in 0..JOBS {
            space.digest(&format!("job-{n:02}")).await;
        }
        let ended = space.jobs().list(&kube::api::ListParams::default()).await.unwrap();
        assert!(ended.items.iter().all(is_in(Phase::Succeeded)));
        let writes = status_writes(&space.namespace);
        assert_eq!(writes.len(), JOBS, "{writes:?}");
        let all: usize = writes.values().sum();
        assert!(all <= WRITES * JOBS, "{all} writes for {JOBS} jobs: {writes:?}");
        let most = writes.values().max().copied().unwrap_or_default();
        assert!(most <= MOST, "a job was written {most} times: {writes:?}");
    });
}
