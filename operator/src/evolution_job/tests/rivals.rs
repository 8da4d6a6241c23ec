//! Two operators over the same namespaces.

use std::time::Duration;

use tokio::time::sleep;

use super::cluster::{Cluster, job, phase, pool};

#[tokio::test(start_paused = true)]
async fn of_two_operators_one_runs_a_job_and_the_other_leaves_it_alone_and_says_so() {
    let cluster = Cluster::default();
    cluster.apply("workerpools", pool(5));
    for i in 0..5 {
        cluster.apply("evolutionjobs", job(&format!("job-{i}")));
    }
    let done = async {
        for _ in 0..600 {
            sleep(Duration::from_secs(1)).await;
            if cluster.all("evolutionjobs").iter().all(|job| phase(job) == "Succeeded") {
                return;
            }
        }
        panic!("it does not end");
    };
    tokio::select! {
        () = cluster.operator_of("first") => panic!("an operator ended"),
        () = cluster.operator_of("second") => panic!("an operator ended"),
        () = done => {}
    }
    for job in cluster.all("evolutionjobs") {
        assert_eq!(job["status"]["attempts"]["started"], 1, "{}", job["status"]);
    }
    let events = cluster.all("events");
    let told: Vec<_> = events.iter().filter(|event| event["reason"] == "OtherOperator").collect();
    assert_eq!(told.len(), 5, "one of the two tells of each job");
    for event in told {
        let note = event["message"].as_str().unwrap();
        assert!(note.contains("of namespace first") && note.contains("of namespace second"), "{note}");
    }
}
