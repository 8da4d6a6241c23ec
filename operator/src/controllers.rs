//! The loops that call the reconciles: one for each kind, with the back-off of each object.

use std::any::Any;
use std::collections::BTreeSet;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{FutureExt, Stream, StreamExt};
use galapagos_crds::conditions::EventReason;
use kube::runtime::controller::{self, Action, applier};
use kube::runtime::events::EventType;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Resource, ResourceExt};
use tokio_stream::wrappers::UnboundedReceiverStream;

use crate::context::Context;
use crate::metrics::{Controller, Outcome};
use crate::runtime::backoff;
use crate::runtime::ids::Uid;
use crate::watches::{EVOLUTION_JOBS, WORKER_POOLS};
use crate::{believed, evolution_job, worker_pool};

#[cfg(test)]
mod tests;

/// A reconcile that takes longer has lost an answer; it is repeated.
const DEADLINE: Duration = Duration::from_secs(60);
/// Time between looks for what is remembered of objects that are gone.
const SWEEP: Duration = Duration::from_secs(30);
/// So many conflicts in a row are no other writer: the watch has not told what the object is now.
const STALE: u32 = 3;
/// Time between counts of what there is.
const COUNT: Duration = Duration::from_secs(5);

/// Why a reconcile failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Of a job.
    #[error(transparent)]
    Job(#[from] evolution_job::Error),
    /// Of a pool.
    #[error(transparent)]
    Pool(#[from] worker_pool::Error),
    /// It did not end.
    #[error("no end after {} s", DEADLINE.as_secs())]
    Deadline,
    /// A mistake of the operator's own.
    #[error("the operator panicked: {0}")]
    Panic(String),
}

impl Error {
    /// Whether somebody else wrote first: normal, and told by the next event.
    fn is_conflict(&self) -> bool {
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = source {
            if let Some(crate::runtime::kube_io::WriteError::Conflict { .. }) = error.downcast_ref() {
                return true;
            }
            source = error.source();
        }
        matches!(
            self,
            Error::Job(evolution_job::Error::Write(crate::runtime::kube_io::WriteError::Conflict { .. }))
        )
    }
}

/// Runs both controllers for ever.
pub async fn run(ctx: Arc<Context>) {
    let requests = ctx.triggers.connect(&ctx.caches);
    let jobs = control(
        Controller::EvolutionJob,
        ctx.caches.jobs.clone(),
        UnboundedReceiverStream::new(requests.jobs),
        Arc::clone(&ctx),
        |job, ctx| async move { Ok(evolution_job::reconcile(job, ctx).await?) },
    );
    let pools = control(
        Controller::WorkerPool,
        ctx.caches.pools.clone(),
        UnboundedReceiverStream::new(requests.pools),
        Arc::clone(&ctx),
        |pool, ctx| async move {
            evolution_job::place::replan(&ctx, &pool);
            Ok(worker_pool::reconcile(pool, ctx).await?)
        },
    );
    tokio::join!(jobs, pools, sweep(&ctx), count(&ctx), evolution_job::queue::tell(&ctx));
}

async fn control<K, F>(
    kind: Controller,
    store: Store<K>,
    requests: impl Stream<Item = ObjectRef<K>> + Send + 'static,
    ctx: Arc<Context>,
    reconcile: impl Fn(Arc<K>, Arc<Context>) -> F + Copy + Send + Sync + 'static,
) where
    K: Resource<DynamicType = ()> + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Action, Error>> + Send + 'static,
{
    let config = controller::Config::default().concurrency(ctx.settings.concurrency);
    let once = move |object: Arc<K>, ctx: Arc<Context>| {
        Box::pin(async move {
            let began = Instant::now();
            let reconciling = reconcile(Arc::clone(&object), Arc::clone(&ctx));
            // All reconciles share a task: a panic that left it would end the process, which would meet the same object
            // when it starts again. What it held is whole: locks are taken over from those who panic.
            let ended = AssertUnwindSafe(tokio::time::timeout(DEADLINE, reconciling)).catch_unwind().await;
            let ended = match ended {
                Ok(ended) => ended.unwrap_or(Err(Error::Deadline)),
                Err(panic) => Err(panicked(&ctx, &*object, &*panic)),
            };
            let outcome = match &ended {
                Ok(_) => Outcome::Completed,
                Err(Error::Panic(_)) => Outcome::Panicked,
                Err(error) if error.is_conflict() => Outcome::Conflict,
                Err(_) => Outcome::Failed,
            };
            ctx.metrics.reconciled(kind, outcome, began.elapsed());
            ended
        })
    };
    let again = move |object: Arc<K>, error: &Error, ctx: Arc<Context>| {
        // What is in a cache has one; what had none would be looked at again like what fails for the last time.
        let uid = Uid::of(object.meta());
        let wait = uid.as_ref().map_or(backoff::LONGEST, |uid| ctx.memory.backoff.failed(uid));
        let (namespace, name) = (object.namespace(), object.name_any());
        let causes = causes(error);
        if error.is_conflict() && uid.is_some_and(|uid| ctx.memory.backoff.failures(&uid) >= STALE) {
            ctx.caches.doubts.raise(match kind {
                Controller::EvolutionJob => EVOLUTION_JOBS,
                Controller::WorkerPool => WORKER_POOLS,
            });
        }
        match error.is_conflict() {
            true => {
                tracing::debug!(kind = kind.as_str(), namespace, name, causes, "another writer was faster")
            }
            false => {
                tracing::warn!(
                    kind = kind.as_str(),
                    namespace,
                    name,
                    causes,
                    again_seconds = wait.as_secs_f64(),
                    "reconcile failed"
                );
            }
        }
        Action::requeue(wait)
    };
    let queue = requests.map(Ok::<_, std::convert::Infallible>);
    applier(once, again, ctx, store, Box::pin(queue), config)
        // Both ends of a reconcile are reported above; an object that is gone needs none.
        .for_each(|_| std::future::ready(()))
        .await;
}

/// What a panic said, told on the object at which it happened.
fn panicked<K: Resource<DynamicType = ()>>(ctx: &Context, object: &K, panic: &(dyn Any + Send)) -> Error {
    let said = panic.downcast_ref::<&str>().copied();
    let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    let note = format!(
        "the operator failed at this object by a mistake of its own and tries again: {said}; please report it with the object"
    );
    ctx.events.record(object.object_ref(&()), EventType::Warning, EventReason::InternalError, note);
    Error::Panic(said.to_owned())
}

/// An error with its causes.
fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// Counts what there is, for the metrics.
async fn count(ctx: &Context) {
    let mut every = tokio::time::interval(COUNT);
    loop {
        every.tick().await;
        let (mut phases, mut stalled, mut queued) = (Vec::new(), Vec::new(), 0);
        for job in ctx.caches.jobs.state() {
            stalled.extend(believed::stalled(&job));
            let Some(status) = &job.status else { continue };
            phases.extend(believed::phase(status).map(|phase| (phase, 1)));
            queued += usize::from(status.queue_position.is_some());
        }
        let (mut desired, mut ready) = (0, 0);
        for workers in ctx.caches.workers.state() {
            desired += workers.spec.as_ref().and_then(|s| s.replicas).map_or(0, i64::from);
            ready += workers.status.as_ref().and_then(|s| s.ready_replicas).map_or(0, i64::from);
        }
        ctx.metrics.jobs(&phases);
        ctx.metrics.stalled(&stalled);
        ctx.metrics.queued(queued);
        ctx.metrics.workers(desired, ready);
        ctx.metrics.streams(ctx.hub.counts().0);
    }
}

/// Forgets what is remembered of objects that are gone: nothing tells a reconcile that an object was deleted.
async fn sweep(ctx: &Context) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let jobs = ctx.caches.jobs.state();
        let pools = ctx.caches.pools.state();
        let there = jobs.iter().filter_map(|job| Uid::of(&job.metadata));
        let there: BTreeSet<Uid> =
            there.chain(pools.iter().filter_map(|pool| Uid::of(&pool.metadata))).collect();
        ctx.memory.all.keep(|uid| there.contains(uid));
    }
}
