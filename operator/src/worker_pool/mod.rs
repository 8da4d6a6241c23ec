//! The controller of WorkerPools. A pool runs nothing by itself: it says what workers are and how many there may be.
//! What it has of its own are network policies and, with `claimTemplate`, claims.
//!
//! [`reconcile`] is the list of its steps. Pure: [`validate`](mod@validate), [`privileges`], [`policies`], [`claims`], [`colocation`](mod@colocation),
//! [`status`](mod@status). With the client: [`observe`](mod@observe), [`apply`](mod@apply).

pub mod apply;
pub mod claims;
pub mod colocation;
pub mod observe;
pub mod policies;
pub mod privileges;
pub mod status;
pub mod validate;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use galapagos_crds::WorkerPool;
use galapagos_crds::conditions::StalledReason;
use jiff::Timestamp;
use kube::runtime::controller::Action;
use serde_json::Value;

use crate::context::Context;
use crate::runtime::ids::Unidentified;
use crate::runtime::kube_io::WriteError;
use crate::settings::Settings;
use apply::{Obstacle, apply};
use observe::{Observed, observe};
use validate::validate;

pub use colocation::colocation;

/// Everything is looked at again after this time, whatever the watches say.
const RESYNC: Duration = Duration::from_secs(600);
/// Claims are not watched: one that is missing is asked for again.
const STALLED: Duration = Duration::from_secs(15);
/// A name that is going away is asked for again.
const LEAVING: Duration = Duration::from_secs(1);

/// Why a pool cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolFinding {
    /// The reason of the condition.
    pub reason: StalledReason,
    /// What is wrong, where, and what would be right.
    pub message: String,
}

/// Why a reconcile has to be repeated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server gave it no name.
    #[error(transparent)]
    Unidentified(#[from] Unidentified),
    /// A claim or a policy cannot be read.
    #[error("cannot read {0}")]
    Read(String, #[source] kube::Error),
    /// A write failed.
    #[error("cannot write {0}")]
    Write(String, #[source] WriteError),
}

/// Brings one pool nearer to what its manifest says.
///
/// # Errors
/// [`Error`]: it is repeated with the back-off of this object.
pub async fn reconcile(pool: Arc<WorkerPool>, ctx: Arc<Context>) -> Result<Action, Error> {
    if pool.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let observed = observe(pool, &ctx).await?;
    let problem = problem(&observed, &ctx.settings);
    let wanted = Wanted::of(&observed, problem.as_ref(), &ctx.settings);
    let (problem, again) = match apply(&ctx, &observed, &wanted.policies, &wanted.claims).await {
        Ok(()) => (problem, RESYNC),
        Err(Obstacle::Problem(obstacle)) => (problem.or(Some(obstacle)), STALLED),
        Err(Obstacle::Leaving(what)) => {
            tracing::debug!(pool = %observed.id.name(), what, "waits until it is gone");
            return Ok(Action::requeue(LEAVING));
        }
        Err(Obstacle::Nobody) => return Ok(Action::await_change()),
        Err(Obstacle::Error(error)) => return Err(error),
    };
    let again = if problem.is_some() { again.min(STALLED) } else { again };
    let status = status::status(&observed, problem.as_ref(), Timestamp::now());
    let wait = apply::report(&ctx, &observed, &status).await?;
    apply::warn_of_one_node(&ctx, &observed);
    ctx.memory.backoff.succeeded(&observed.id.uid);
    Ok(Action::requeue(wait.unwrap_or(again)))
}

/// The first thing that is wrong with the pool, as far as it can be told without the server.
fn problem(observed: &Observed, settings: &Settings) -> Option<PoolFinding> {
    validate(observed).err().or_else(|| {
        let refused = privileges::check(&observed.pool, settings).err()?;
        Some(PoolFinding { reason: StalledReason::InvalidTemplate, message: refused })
    })
}

/// What the pool should have of its own.
struct Wanted {
    policies: [Value; 2],
    claims: Vec<Value>,
}

impl Wanted {
    /// Policies do not depend on what is wrong with a template.
    fn of(observed: &Observed, problem: Option<&PoolFinding>, settings: &Settings) -> Wanted {
        let metrics = settings.metrics_namespace.as_deref();
        let policies = policies::both(&observed.pool, &observed.users(), observed.fetches(), metrics);
        let claims = if problem.is_none() { claims::made(&observed.pool) } else { Vec::new() };
        Wanted { policies, claims }
    }
}
