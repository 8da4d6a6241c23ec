//! The status of an EvolutionJob: always the whole of it, made from the status before and from what is known now.
//!
//! Pure: no client, no clock. What nobody tells any more (the coordinator is out of reach, or gone) stays as it was
//! last known. Not covered: the decision where a job stands ([`Situation`] is an input) and the write itself.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod change;
mod conditions;
mod costs;
mod draft;
pub mod end;
mod fit;
mod known;
mod messages;
mod situation;
#[cfg(test)]
mod tests;
mod told;
mod verdict;

use galapagos_crds::Decimal;
use galapagos_crds::status::{Attempts, Best, EvolutionJobStatus, Phase, Workers};
use galapagos_protocol::progress::Report;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

pub use change::{COST, Change, differs, wait};
pub use end::JobEnd;
pub use fit::LIMIT;
pub use situation::{Situation, SuspendedBy};

use crate::life::{Life, whole_seconds};
use known::Known;

/// What the schema takes; no job has as many windows and generations as would be longer.
const LONGEST_PROGRESS: usize = 32;

/// What is known of a job now.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// metadata.generation of the object that was looked at.
    pub generation: i64,
    /// Where the job stands.
    pub situation: Situation,
    /// Why a coordinator that starts does not: a sentence without its full stop.
    pub awaited: Option<String>,
    /// spec.generations.
    pub generations: u32,
    /// spec.population.size.
    pub population: u32,
    /// The last report of a coordinator of this job, of whatever attempt.
    pub report: Option<&'a Report>,
    /// What the coordinator left behind, a final report that may be short; used unless the report is already the final one.
    pub last_words: Option<&'a Report>,
    /// As it is to be written.
    pub attempts: Attempts,
    /// Workers of the Deployment, without the local one: that is added here.
    pub workers: RemoteWorkers,
    /// How long its pods live, the coordinator's among them, and lived of which that is not in the status before.
    pub lives: &'a [Life],
    /// When the first attempt was started; the first time that was written stays, until the job goes on after its end.
    pub started: Option<Timestamp>,
    /// When the last attempt ended; absent: a job that ends, ends now.
    pub ended: Option<Timestamp>,
    /// Image of the attempts; the first that was ever written stays.
    pub image: Option<&'a str>,
    /// The pool's price of a worker for an hour.
    pub price: Option<Decimal>,
}

/// Workers of the Deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteWorkers {
    /// Set by the plan.
    pub desired: u32,
    /// Ready.
    pub ready: u32,
    /// Why more do not come, if it is known.
    pub trouble: Option<WorkersTrouble>,
}

/// Why workers do not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkersTrouble {
    /// They fit on no node: what the scheduler says.
    Unschedulable(String),
    /// A quota refuses them: what the server says.
    AwaitingQuota(String),
}

/// The status of a job, at most [`LIMIT`] bytes of JSON, every time in whole seconds, every number finite.
pub fn build(old: Option<&EvolutionJobStatus>, facts: &Facts<'_>, now: Timestamp) -> EvolutionJobStatus {
    let (now, before) = (whole_seconds(now), old.cloned().unwrap_or_default());
    let known = Known::gather(&before, facts.report, facts.last_words);
    let situation = &facts.situation;
    let ends = situation.is_terminal();
    let waits = situation.phase() == Phase::Pending;
    let workers = workers(facts);
    let conditions = conditions::conditions(&before.conditions, facts, &workers, &known, now);
    let generation = known.generation;
    let (estimated_completion_time, eta_known) = (eta(&before, facts, now), situation.is_running());
    let cost = costs::cost(&before, ends, facts.lives, known.worker_seconds, facts.price, now);
    let provenance = known.provenance(facts.image, situation);
    let is_complete = matches!(situation, Situation::Succeeded { .. });
    let Known { evaluations, best, front, history, results, validation, .. } = known;
    fit::fit(EvolutionJobStatus {
        observed_generation: Some(facts.generation),
        phase: Some(situation.phase()),
        conditions,
        queue_position: situation.queue_position(),
        generation,
        generations: Some(small(facts.generations)),
        progress: Some(progress(&before, facts, generation)),
        population: Some(small(facts.population)),
        evaluations,
        workers: Some(workers),
        best: best.map(|best| Best {
            holdout: best.holdout.filter(|_| ends),
            rounded: best.fitness.map(rounded),
            ..best
        }),
        front,
        history,
        // A job that goes on after its end, or that is resumed, starts anew: its deadlines count from here.
        start_time: before
            .start_time
            .filter(|_| ends || before.completion_time.is_none() && !situation.is_suspended())
            .or(facts
                .started
                .filter(|_| !situation.is_suspended() && !waits)
                .map(|at| Time(whole_seconds(at)))),
        completion_time: completion(before.completion_time, facts, now),
        estimated_completion_time: estimated_completion_time.filter(|_| eta_known),
        cost,
        attempts: Some(facts.attempts.clone()),
        provenance: Some(provenance),
        results: results.filter(|_| ends),
        validation: validation.filter(|_| is_complete),
    })
}

/// How far it is: in generations, and once those are done in windows of walk-forward and their generations.
fn progress(before: &EvolutionJobStatus, facts: &Facts<'_>, generation: Option<i32>) -> String {
    let done = || format!("{}/{}", generation.unwrap_or(0), facts.generations);
    if facts.situation.is_terminal() {
        return done();
    }
    match facts.report {
        Some(report) => {
            let windows = report.walk_forward;
            let text =
                windows.map(|w| format!("wf {}/{} {}/{}", w.done, w.windows, w.generation, w.generations));
            text.filter(|text| text.len() <= LONGEST_PROGRESS).unwrap_or_else(done)
        }
        // Nobody tells any more: as it was.
        None => before.progress.clone().filter(|p| p.starts_with("wf ")).unwrap_or_else(done),
    }
}

/// A fitness for a column of a table: four decimals, or four digits where these would show nothing.
fn rounded(fitness: f64) -> String {
    let size = fitness.abs();
    if size != 0.0 && !(1e-3..1e9).contains(&size) {
        format!("{fitness:.3e}")
    } else {
        format!("{fitness:.4}")
    }
}

/// A job that goes on after its end has none.
fn completion(before: Option<Time>, facts: &Facts<'_>, now: Timestamp) -> Option<Time> {
    let ended = || Time(facts.ended.map_or(now, whole_seconds));
    facts.situation.is_terminal().then(|| before.unwrap_or_else(ended))
}

/// When the last generation is expected to be done. The coordinator measures it at the end of each generation, so it
/// stays what it was until the next one: else the expected end would move with every look at it.
fn eta(before: &EvolutionJobStatus, facts: &Facts<'_>, now: Timestamp) -> Option<Time> {
    let report = facts.report?;
    let seconds = report.eta_seconds.filter(|s| s.is_finite() && *s >= 0.0 && *s < 1e10)?;
    let same = before.generation == Some(small(report.generation))
        && before.generations == Some(small(facts.generations));
    let kept = before.estimated_completion_time.clone().filter(|at| same && at.0 >= now);
    kept.or_else(|| {
        let at = now.as_second().checked_add(seconds.round() as i64)?;
        Timestamp::from_second(at).ok().map(Time)
    })
}

/// The Deployment's and the local one, which every attempt has.
fn workers(facts: &Facts<'_>) -> Workers {
    let attached = facts.report.and_then(|report| report.workers).is_some_and(|w| w.ready > 0);
    let (wanted, ready) = match facts.situation {
        Situation::Running { reachable } => (true, reachable && attached),
        Situation::Stalled { phase: Phase::Running, .. } => (true, attached),
        Situation::Preparing { .. } | Situation::Starting | Situation::Retrying { .. } => (true, false),
        Situation::Queued { .. }
        | Situation::Suspending(_)
        | Situation::Suspended(_)
        | Situation::Stalled { .. }
        | Situation::Failed { .. }
        | Situation::Succeeded { .. } => (false, false),
    };
    Workers {
        desired: small(facts.workers.desired.saturating_add(wanted.into())),
        ready: small(facts.workers.ready.saturating_add(ready.into())),
    }
}

/// A count as the API has it.
fn small(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A count as the API has it.
fn large(count: u64) -> i64 {
    // Numbers above 2^53 are not the same in every JSON parser.
    i64::try_from(count).unwrap_or(i64::MAX).min(1 << 53)
}
