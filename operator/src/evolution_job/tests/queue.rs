//! What a long queue costs, over a whole run of it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::cluster::{Cluster, job, phase, pool};

const JOBS: u32 = 300;
const PLACES: u32 = 5;

#[tokio::test(start_paused = true)]
async fn a_queue_of_three_hundred_costs_each_job_a_dozen_writes_and_no_look_at_every_other() {
    let cluster = Cluster::default();
    cluster.apply("workerpools", pool(PLACES));
    for i in 0..JOBS {
        cluster.apply("evolutionjobs", job(&format!("job-{i:03}")));
    }
    let begun = Instant::now();
    let done = async {
        while cluster.all("evolutionjobs").iter().any(|job| phase(job) != "Succeeded") {
            sleep(Duration::from_secs(1)).await;
            assert!(begun.elapsed() < Duration::from_secs(7200), "it does not end");
        }
    };
    tokio::select! {
        () = cluster.operator() => panic!("the operator ended"),
        () = done => {}
    }
    let patches = cluster.status_patches("evolutionjobs");
    assert!(patches <= 12 * JOBS, "{patches} patches for {JOBS} jobs");
    // Twelve writes, and eight changes of its Job, its pod and its Service, wake a job, each of them twice at most. If
    // every job that ends woke all that wait, it would be 45,000 more.
    let reconciles = cluster.reconciles();
    assert!(
        reconciles > u64::from(JOBS) && reconciles <= 40 * u64::from(JOBS),
        "{reconciles} for {JOBS} jobs"
    );
}
