//! Where a job runs: what its children have in common.

use std::sync::Arc;

use galapagos_crds::{EvolutionJob, WorkerPool};
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Resource;
use serde_json::Value;

use super::children::{JOB_VOLUME, Site};
use super::obstacle::Obstacle;
use crate::context::Context;
use crate::names;
use crate::runtime::ids::Identity;
use crate::worker_pool::colocation::colocation;

/// The image of the job's pods: fixed by its first attempt that worked, else that of the pool's template, else the operator's.
pub fn image(job: &EvolutionJob, pool: &WorkerPool, usual: &str) -> String {
    let fixed = job.status.as_ref().and_then(|s| s.provenance.as_ref()?.image.clone());
    fixed.or_else(|| of_template(pool, "image")).unwrap_or_else(|| usual.to_owned())
}

/// A text of the container `worker` in the pool's template.
fn of_template(pool: &WorkerPool, field: &str) -> Option<String> {
    let containers = pool.spec.template.0.get("spec")?.get("containers")?.as_array()?;
    let worker = containers.iter().find(|c| c.get("name").and_then(Value::as_str) == Some("worker"))?;
    worker.get(field)?.as_str().map(str::to_owned)
}

/// The image that an attempt was started with.
pub fn image_of(attempt: &Job) -> Option<String> {
    let pod = attempt.spec.as_ref()?.template.spec.as_ref()?;
    pod.containers.iter().find(|c| c.name == names::COORDINATOR)?.image.clone()
}

/// The Secret that an attempt was started with: its certificates are of one authority, also if that was replaced since.
fn secret_of(attempt: &Job) -> Option<String> {
    let pod = attempt.spec.as_ref()?.template.spec.as_ref()?;
    // By its name: a template may bring Secrets of its own.
    let ours = pod.volumes.iter().flatten().find(|v| v.name == JOB_VOLUME)?;
    ours.secret.as_ref()?.secret_name.clone()
}

/// Half-years since 1970. Attempts of another half-year have another Secret, so that certificates are always far from
/// their end, also those of a job that is resumed after years.
fn period(now: Timestamp) -> i64 {
    now.as_second() / (182 * 24 * 3600)
}

/// Gathers it.
///
/// # Errors
/// The claims of the pool cannot be read.
pub async fn resolve(
    ctx: &Context,
    id: &Identity,
    job: &EvolutionJob,
    pool: &WorkerPool,
    attempt: Option<&Job>,
) -> Result<Site, Obstacle> {
    let secret = || names::secret(id.name(), id.uid.as_str(), ctx.ca.fingerprint(), period(Timestamp::now()));
    let usual = ctx.settings.image_pull_policy.map(|p| p.as_str().to_owned());
    Ok(Site {
        id: id.clone(),
        secret: attempt.and_then(secret_of).unwrap_or_else(secret),
        // Blocking its deletion takes rights on finalizers, which the operator does not have.
        owner: OwnerReference {
            block_owner_deletion: None,
            ..job.controller_owner_ref(&()).unwrap_or_default()
        },
        pool: Arc::new(pool.clone()),
        image: attempt.and_then(image_of).unwrap_or_else(|| image(job, pool, &ctx.settings.image)),
        pull_policy: of_template(pool, "imagePullPolicy").or(usual),
        colocation: colocation(ctx, pool).await.map_err(Obstacle::Read)?,
        dataset_digest: job.status.as_ref().and_then(|s| s.provenance.as_ref()?.dataset_digest.clone()),
        source: job.spec.market_data.source.is_some(),
        run_as_user: ctx.settings.run_as_user,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_secret_of_an_attempt_is_ours_and_not_one_of_its_template() {
        let volume = |name: &str, secret: &str| json!({"name": name, "secret": {"secretName": secret}});
        let volumes = [volume("x", "theirs"), volume(JOB_VOLUME, "ours"), volume("y", "theirs")];
        let spec = json!({"template": {"spec": {"containers": [], "volumes": volumes}}});
        let job: Job = serde_json::from_value(json!({"metadata": {}, "spec": spec})).unwrap();
        assert_eq!(secret_of(&job).as_deref(), Some("ours"));
    }

    #[test]
    fn a_period_is_half_a_year() {
        let at = |text: &str| period(text.parse().unwrap());
        assert_eq!(at("2026-02-01T00:00:00Z") + 2, at("2027-02-01T00:00:00Z"));
    }
}
