//! The stream of a job's coordinator: opened once its pod has an address, closed once the job needs it no more.

use std::net::SocketAddr;

use galapagos_protocol::transport::PROGRESS_PORT;
use k8s_openapi::api::core::v1::Pod;

use super::decide::Decision;
use super::observe::{Attempt, Observed};
use super::{ending, pod_state};
use crate::believed;
use crate::context::Context;
use crate::names::COORDINATOR;
use crate::progress::desired;

/// Opens, changes or closes it.
pub fn follow(ctx: &Context, observed: &Observed, decision: &Decision) {
    let job = &observed.job;
    let number = u32::try_from(decision.attempts.started).unwrap_or(0);
    let current = observed.attempt(number).filter(|a| !a.is_leaving());
    match current.and_then(address) {
        Some(address) if !believed::is_over(job) => {
            ctx.hub.watch(&observed.id, address, number, desired(job));
        }
        // A coordinator that waits for its acknowledgement still needs it.
        Some(_) => {}
        None => {
            // What was reported last is still needed while the next attempt starts.
            if believed::is_over(job) || job.spec.suspend == Some(true) {
                ctx.hub.stop(&observed.id.uid);
            }
        }
    }
}

/// Where the coordinator of an attempt listens; none unless it runs.
fn address(attempt: &Attempt) -> Option<SocketAddr> {
    let pod: &Pod = attempt.pod.as_deref()?;
    if ending::of_attempt(&attempt.job, Some(pod)).is_some() {
        return None;
    }
    let status = pod.status.as_ref()?;
    let coordinator = status.container_statuses.iter().flatten().find(|s| s.name == COORDINATOR)?;
    coordinator.state.as_ref()?.running.as_ref()?;
    Some(SocketAddr::new(pod_state::address(pod)?, PROGRESS_PORT))
}
