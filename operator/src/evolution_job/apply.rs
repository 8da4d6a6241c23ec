//! Makes what a decision asks for, and takes away what it does not. Every step may be repeated.

use galapagos_crds::conditions::StalledReason;
use galapagos_crds::{Desired, EvolutionJob};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, ResourceExt};
use serde_json::{Value, json};

use super::children::{self, Site};
use super::decide::{Children, Workers};
use super::observe::Observed;
use super::obstacle::{Obstacle, STALLED};
use super::site;
use crate::context::Context;
use crate::kinds::EVOLUTION_JOB;
use crate::origin::Origin;
use crate::runtime::ids::{Identity, ObjectKey, Uid};
use crate::runtime::kube_io::{Created, Kind, Propagation, Righted, WriteError};
use crate::worker_pool::privileges;
use crate::{annotations, names};

/// Makes and takes away.
///
/// # Errors
/// [`Obstacle`]; what was done before it stays.
pub async fn apply(ctx: &Context, observed: &Observed, children: &Children) -> Result<(), Obstacle> {
    let Children { attempt, remove, workers, job_too } = children;
    let (job, id) = (&*observed.job, &observed.id);
    for (name, uid) in remove {
        let object = ObjectKey { namespace: id.key.namespace.clone(), name: name.clone() };
        ctx.io.delete(Kind::Job, &object, uid, Propagation::Background).await?;
    }
    if let Some(number) = attempt {
        let pool = observed.pool.as_deref().ok_or_else(|| missing_pool(job))?;
        let current = observed.attempt(*number).map(|a| &*a.job);
        let origin = Origin::of(pool, &ctx.settings, *number);
        if makes_pods(current, observed.workers.as_deref(), *workers, &origin) {
            // Not by the pool's condition alone: whoever can write that could write anything into the template.
            privileges::check(pool, &ctx.settings)
                .map_err(|m| Obstacle::stalled(StalledReason::InvalidTemplate, format!("its pool: {m}")))?;
        }
        let site = site::resolve(ctx, id, job, pool, current).await?;
        start(ctx, observed, &site, *number, &origin).await?;
        if let Workers::Set(replicas) = workers {
            scale(ctx, observed, &site, *replicas, &origin).await?;
        }
    }
    if *workers == Workers::Remove {
        remove_workers(ctx, observed).await?;
    }
    if *job_too {
        ctx.io.delete(EVOLUTION_JOB, &id.key, &id.uid, Propagation::Background).await?;
    }
    Ok(())
}

/// Whether anything is made of the pool's templates as they are now. What runs was judged when it was made: it is scaled
/// also if an operator that allows less has come since.
fn makes_pods(
    coordinator: Option<&Job>,
    live: Option<&Deployment>,
    workers: Workers,
    origin: &Origin,
) -> bool {
    let stays = live.and_then(made_of).is_some_and(|made| made.is_of_the_attempt_of(origin));
    coordinator.is_none()
        || (!stays && matches!(workers, Workers::Set(replicas) if replicas > 0 || live.is_some()))
}

/// Of what the workers that are there were made.
fn made_of(workers: &Deployment) -> Option<Origin> {
    Origin::read(workers.annotations().get(annotations::ORIGIN)?)
}

fn missing_pool(job: &EvolutionJob) -> Obstacle {
    let name = &job.spec.worker_pool_name;
    Obstacle::stalled(StalledReason::PoolNotFound, format!("the WorkerPool {name} is gone"))
}

/// The coordinator of an attempt: its Secret and Service, then its Job.
async fn start(
    ctx: &Context,
    observed: &Observed,
    site: &Site,
    number: u32,
    origin: &Origin,
) -> Result<(), Obstacle> {
    let service = names::service(site.id.name());
    let known = ctx.caches.services.get(&ObjectRef::new(&service).within(site.id.namespace()));
    let known = known.as_ref().map(|s| &s.metadata).filter(|m| is_mine(m, &site.id.uid));
    if known.is_none() {
        let found = Api::<Service>::namespaced(ctx.io.client().clone(), site.id.namespace());
        let found = found.get_metadata_opt(&service).await.map_err(Obstacle::Read)?;
        found.map_or(Ok(()), |s| must_be_mine(&s.metadata, site, "Service"))?;
    }
    let body = children::service(site, number);
    let what = format!("its Service {service}");
    put_right(ctx, site, Kind::Service, &body, known, &what).await?;
    if observed.attempt(number).is_some() {
        return Ok(());
    }
    let certificates = ctx.ca.issue(&site.id.uid)?;
    let secret = children::secret(site, &certificates, &observed.job);
    // One that exists has the same content under the same authority: it is never read.
    ctx.io
        .create(Kind::Secret, &site.id.key.namespace, &secret)
        .await
        .map_err(|e| Obstacle::from_write(e, "its Secret"))?;
    let desired = Desired::from_spec(&observed.job.spec);
    let mut body = children::coordinator_job(site, number, &desired);
    body["metadata"]["annotations"][annotations::ORIGIN] = json!(origin.to_string());
    body["metadata"]["annotations"][annotations::OPERATOR] = json!(ctx.maker.to_string());
    let created = ctx.io.create(Kind::Job, &site.id.key.namespace, &body).await;
    match created.map_err(|e| Obstacle::from_write(e, "the Job of its coordinator"))? {
        Created::New(_) => {
            tracing::info!(
                namespace = site.id.namespace(),
                job = site.id.name(),
                attempt = number,
                "coordinator started"
            );
            Ok(())
        }
        Created::Exists => {
            let jobs = Api::<Job>::namespaced(ctx.io.client().clone(), site.id.namespace());
            let name = names::coordinator_job(site.id.name(), number);
            let Some(found) = jobs.get_metadata_opt(&name).await.map_err(Obstacle::Read)? else {
                return Ok(());
            };
            must_be_mine(&found.metadata, site, "Job")?;
            relabel(ctx, site, &found.metadata, &body).await
        }
    }
}

/// Puts the labels of a Job back by which it is watched: without them its end would never be seen.
async fn relabel(ctx: &Context, site: &Site, found: &ObjectMeta, body: &Value) -> Result<(), Obstacle> {
    let wanted = &body["metadata"]["labels"];
    let has = |(key, value): (&String, &Value)| {
        found.labels.as_ref().and_then(|labels| labels.get(key)).is_some_and(|found| value == found)
    };
    if wanted.as_object().is_some_and(|wanted| wanted.iter().all(has)) {
        return Ok(());
    }
    let name = found.name.as_deref().unwrap_or_default();
    tracing::info!(
        namespace = site.id.namespace(),
        job = site.id.name(),
        name,
        "labels of the coordinator's Job put back"
    );
    let patch = json!({"apiVersion": body["apiVersion"], "kind": body["kind"],
                       "metadata": {"name": name, "uid": found.uid, "labels": wanted}});
    let applied = ctx.io.apply(Kind::Job, &site.id.key.namespace, &patch, None).await;
    applied.map(drop).map_err(|e| Obstacle::from_write(e, "the labels of the Job of its coordinator"))
}

/// The workers of the job.
async fn scale(
    ctx: &Context,
    observed: &Observed,
    site: &Site,
    replicas: u32,
    origin: &Origin,
) -> Result<(), Obstacle> {
    let live = observed.workers.as_deref();
    if live.is_none() {
        if replicas == 0 {
            return Ok(());
        }
        let name = names::workers(site.id.name());
        let found = Api::<Deployment>::namespaced(ctx.io.client().clone(), site.id.namespace());
        let found = found.get_metadata_opt(&name).await.map_err(Obstacle::Read)?;
        found.map_or(Ok(()), |d| must_be_mine(&d.metadata, site, "Deployment"))?;
    }
    let body = workers(site, live, replicas, origin);
    let what = format!("the Deployment {} of its workers", names::workers(site.id.name()));
    put_right(ctx, site, Kind::Deployment, &body, live.map(|d| &d.metadata), &what).await?;
    ctx.memory.budget.set_replicas(&site.id.uid, replicas);
    Ok(())
}

/// Applies a child. One that others changed so that it cannot be merged is replaced. What is refused is not sent again
/// with every report of a coordinator.
async fn put_right(
    ctx: &Context,
    site: &Site,
    kind: Kind,
    body: &Value,
    known: Option<&ObjectMeta>,
    what: &str,
) -> Result<(), Obstacle> {
    if let Some((reason, message)) = ctx.memory.refusals.recent(&site.id.uid, kind, body, STALLED) {
        return Err(Obstacle::Stalled { reason, message });
    }
    match ctx.io.apply_or_replace(kind, &site.id.key.namespace, body, known).await {
        Ok(Righted::Applied(_)) => Ok(()),
        Ok(Righted::Deleted) => Err(Obstacle::Leaving(what.to_owned())),
        Err(error) => {
            let obstacle = match error {
                // Nothing of a template is in it: the object that is there is in the way.
                WriteError::Invalid { message } if kind == Kind::Service => Obstacle::stalled(
                    StalledReason::NameTaken,
                    format!("{what} was changed and cannot be put right: {message}"),
                ),
                error => Obstacle::from_write(error, what),
            };
            if let Obstacle::Stalled { reason, message } = &obstacle {
                ctx.memory.refusals.note(&site.id.uid, kind, body, *reason, message);
            }
            Err(obstacle)
        }
    }
}

/// The Deployment as it should be. Within one attempt its pods stay as they were made, though the pool was edited or
/// the operator upgraded: running jobs are not touched by either. What is changed by hand is changed back, as long as
/// neither happened.
fn workers(site: &Site, live: Option<&Deployment>, replicas: u32, origin: &Origin) -> Value {
    let mut body = children::workers(site, replicas);
    let made = live.and_then(|d| Some((made_of(d)?, d.spec.as_ref()?)));
    let stays = made.filter(|(made, _)| made != origin && made.is_of_the_attempt_of(origin));
    if let Some((_, spec)) = &stays {
        body["spec"]["template"] = serde_json::to_value(&spec.template).unwrap_or_default();
    }
    let origin = stays.map_or_else(|| origin.to_string(), |(made, _)| made.to_string());
    body["metadata"]["annotations"][annotations::ORIGIN] = json!(origin);
    body
}

async fn remove_workers(ctx: &Context, observed: &Observed) -> Result<(), Obstacle> {
    let Some(workers) = &observed.workers else { return Ok(()) };
    if workers.metadata.deletion_timestamp.is_none() {
        let Identity { key, uid } = Identity::of(&workers.metadata)?;
        ctx.io.delete(Kind::Deployment, &key, &uid, Propagation::Background).await?;
    }
    Ok(())
}

fn is_mine(meta: &ObjectMeta, uid: &Uid) -> bool {
    meta.owner_references.iter().flatten().any(|o| o.uid == uid.as_str() && o.controller == Some(true))
}

/// An object of a child's name is used only if this job owns it.
fn must_be_mine(meta: &ObjectMeta, site: &Site, kind: &str) -> Result<(), Obstacle> {
    let name = meta.name.clone().unwrap_or_default();
    if is_mine(meta, &site.id.uid) {
        return match meta.deletion_timestamp {
            // Somebody deletes it; it is made again once it is gone.
            Some(_) => Err(Obstacle::Leaving(format!("{kind} {name}"))),
            None => Ok(()),
        };
    }
    // The job of this name that was there before: the garbage collector is about to take its children.
    let of_predecessor = meta
        .owner_references
        .iter()
        .flatten()
        .any(|o| o.kind == "EvolutionJob" && o.name == site.id.name() && o.controller == Some(true));
    if meta.deletion_timestamp.is_some() || of_predecessor {
        return Err(Obstacle::Leaving(format!("{kind} {name}")));
    }
    let message = format!("{kind} {name} belongs to somebody else: delete it, or give the job another name");
    Err(Obstacle::stalled(StalledReason::NameTaken, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_scaled_without_being_judged_again_and_what_is_made_is_not() {
        let read = |text: &str| Origin::read(text).unwrap();
        let (origin, later) = ("1 of pool a for attempt 2", "2 of pool b for attempt 2");
        let of = |origin: &str| -> Deployment {
            let annotations = json!({annotations::ORIGIN: origin});
            serde_json::from_value(json!({"metadata": {"annotations": annotations}})).unwrap()
        };
        let (job, live) = (Job::default(), of(origin));
        for now in &[origin, later].map(read) {
            assert!(!makes_pods(Some(&job), Some(&live), Workers::Set(3), now), "its template stays");
            assert!(makes_pods(None, Some(&live), Workers::Set(3), now));
            assert!(makes_pods(Some(&job), None, Workers::Set(1), now));
            assert!(!makes_pods(Some(&job), None, Workers::Set(0), now));
            assert!(makes_pods(Some(&job), Some(&of("1 of pool a for attempt 1")), Workers::Set(0), now));
            assert!(makes_pods(Some(&job), Some(&Deployment::default()), Workers::Set(3), now));
            assert!(!makes_pods(Some(&job), Some(&of("x for attempt 1")), Workers::Keep, now));
        }
    }
}
