//! What a pool reports.

use std::sync::Arc;

use galapagos_crds::WorkerPoolStatus;
use galapagos_crds::conditions::StalledReason;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{job, observed};
use crate::worker_pool::PoolFinding;
use crate::worker_pool::status::status;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn missing() -> PoolFinding {
    PoolFinding { reason: StalledReason::VolumeNotFound, message: "no claim".to_owned() }
}

/// Type, status, reason.
fn conditions(status: &WorkerPoolStatus) -> Vec<(&str, &str, &str)> {
    status.conditions.iter().map(|c| (c.type_.as_str(), c.status.as_str(), c.reason.as_str())).collect()
}

#[test]
fn a_fresh_pool_reports_zero_workers_so_that_autoscalers_can_read_it() {
    let status = status(&observed(json!({})), None, at(0));
    assert_eq!(
        (status.replicas, status.ready_replicas, status.desired_replicas),
        (Some(0), Some(0), Some(0))
    );
    assert_eq!((status.active_jobs, status.queued_jobs), (Some(0), Some(0)));
    assert_eq!(status.observed_generation, Some(4));
    assert_eq!(status.selector.as_deref(), Some("app.kubernetes.io/component=worker,galapagos.dev/pool=big"));
}

#[test]
fn workers_are_summed_over_the_jobs_and_jobs_counted_by_where_they_are() {
    let mut observed = observed(json!({}));
    let workers = |wanted: i32, status: Value| {
        let spec = json!({"replicas": wanted, "selector": {}, "template": {}});
        Arc::new(serde_json::from_value(json!({"spec": spec, "status": status})).unwrap())
    };
    observed.workers = vec![
        workers(4, json!({"replicas": 3, "readyReplicas": 2})),
        workers(5, json!({"replicas": 5, "readyReplicas": 5})),
        workers(1, json!({})),
    ];
    let phases = [
        None,
        Some("Pending"),
        Some("Preparing"),
        Some("Running"),
        Some("Running"),
        Some("Suspended"),
        Some("Failed"),
    ];
    observed.jobs = phases.map(|phase| Arc::new(job(phase, Value::Null))).to_vec();
    let status = status(&observed, None, at(0));
    assert_eq!(
        (status.replicas, status.ready_replicas, status.desired_replicas),
        (Some(8), Some(7), Some(10))
    );
    assert_eq!((status.active_jobs, status.queued_jobs), (Some(3), Some(2)));
}

#[test]
fn a_pool_is_ready_or_stalled_and_the_column_says_why() {
    let observed = observed(json!({}));
    assert_eq!(conditions(&status(&observed, None, at(0))), [("Ready", "True", "Accepted")]);
    let stalled = status(&observed, Some(&missing()), at(0));
    assert_eq!(
        conditions(&stalled),
        [("Ready", "False", "VolumeNotFound"), ("Stalled", "True", "VolumeNotFound"),]
    );
    assert!(stalled.conditions.iter().all(|c| c.observed_generation == Some(4) && c.message == "no claim"));
}

#[test]
fn nothing_is_written_again_when_nothing_changed() {
    let mut observed = observed(json!({}));
    let first = status(&observed, None, at(10));
    let mut pool = (*observed.pool).clone();
    pool.status = Some(first.clone());
    observed.pool = Arc::new(pool);
    assert_eq!(status(&observed, None, at(99)), first);
    let stalled = status(&observed, Some(&missing()), at(99));
    assert_eq!(stalled.conditions[0].last_transition_time.0, at(99));
}
