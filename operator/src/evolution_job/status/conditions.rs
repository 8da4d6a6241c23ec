//! The conditions of a job. Which there are, by what the job does:
//!
//! | | Ready | Reconciling | Stalled | DataReady | WorkersReady | Suspended | Complete | Failed | Validated |
//! |---|---|---|---|---|---|---|---|---|---|
//! | queued, suspending | no | yes | | as known | | | | | unknown |
//! | preparing to running | no | yes | | as known | yes or no | | | | unknown |
//! | suspended | no | | | as known | | yes | | | unknown |
//! | needs a person | no | | yes | as known | | | | | unknown |
//! | failed | no | | yes | as known | | | | yes | unknown |
//! | succeeded | yes | | | as known | | | yes | | as told |
//!
//! `Suspended` stays with `False` once a job was suspended, as in Job. An empty field: the condition is absent.

use galapagos_crds::conditions::{
    DataReadyReason, ReadyReason, StalledReason, SuspendedReason, WorkersReadyReason, condition,
};
use galapagos_crds::status::{Phase, Workers};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::draft::{Draft, find};
use super::fit::shorten;
use super::known::Known;
use super::messages::message;
use super::situation::Situation;
use super::{Facts, WorkersTrouble, verdict};

/// Bytes of a message that the scheduler or the server wrote.
const FOREIGN: usize = 512;

/// The conditions, in the order of the table.
pub(super) fn conditions(
    before: &[Condition],
    facts: &Facts<'_>,
    workers: &Workers,
    known: &Known,
    now: Timestamp,
) -> Vec<Condition> {
    let situation = &facts.situation;
    let text = message(facts);
    let with = |type_, reason| Draft { type_, holds: Some(true), reason, message: text.clone() };
    let drafts = [
        Some(Draft {
            holds: Some(situation.phase() == Phase::Succeeded),
            ..with(condition::READY, ready(situation))
        }),
        situation.reconciling().map(|reason| with(condition::RECONCILING, reason.as_str())),
        situation.stalled().map(|reason| with(condition::STALLED, reason.as_str())),
        data_ready(situation, known.data_published()),
        workers_ready(facts, workers),
        suspended(situation, before),
        match situation {
            Situation::Succeeded { reason, .. } => Some(with(condition::COMPLETE, reason.as_str())),
            _ => None,
        },
        match situation {
            Situation::Failed { reason, .. } => Some(with(condition::FAILED, reason.as_str())),
            _ => None,
        },
        Some(verdict::validated(situation, known, before)),
    ];
    let mut conditions: Vec<_> =
        drafts.into_iter().flatten().map(|draft| set(before, draft, facts.generation, now)).collect();
    // Nobody tells whether the data are there before a coordinator has looked: what was known stays.
    if let Some(kept) = find(before, condition::DATA_READY)
        && find(&conditions, condition::DATA_READY).is_none()
    {
        let kept = Condition { observed_generation: Some(facts.generation), ..kept.clone() };
        let at = conditions.iter().take_while(|c| order(&c.type_) < order(condition::DATA_READY)).count();
        conditions.insert(at, kept);
    }
    conditions
}

/// The time of the last transition changes with the condition's status only.
fn set(before: &[Condition], draft: Draft, generation: i64, now: Timestamp) -> Condition {
    let status = match draft.holds {
        Some(true) => "True",
        Some(false) => "False",
        None => "Unknown",
    };
    let since =
        find(before, draft.type_).filter(|c| c.status == status).map(|c| c.last_transition_time.clone());
    Condition {
        type_: draft.type_.to_owned(),
        status: status.to_owned(),
        reason: draft.reason.to_owned(),
        message: draft.message,
        observed_generation: Some(generation),
        last_transition_time: since.unwrap_or(Time(now)),
    }
}

fn order(type_: &str) -> usize {
    let all = [condition::READY, condition::RECONCILING, condition::STALLED, condition::DATA_READY];
    all.iter().position(|known| *known == type_).unwrap_or(all.len())
}

fn ready(situation: &Situation) -> &'static str {
    // The reason of Ready is what people see in the table: why nothing goes on is worth more there than the phase.
    if let Some(reason) = situation.stalled() {
        return reason.as_str();
    }
    let reason = match situation.phase() {
        Phase::Pending => ReadyReason::Queued,
        Phase::Preparing => ReadyReason::Preparing,
        Phase::Running => ReadyReason::Running,
        Phase::Suspended => ReadyReason::Suspended,
        Phase::Succeeded => ReadyReason::Succeeded,
        Phase::Failed => ReadyReason::Failed,
    };
    reason.as_str()
}

fn data_ready(situation: &Situation, published: bool) -> Option<Draft> {
    let (holds, reason, text) = match (situation, situation.stalled()) {
        (_, Some(StalledReason::DataInvalid | StalledReason::DataChanged)) => {
            (false, DataReadyReason::DataInvalid, "The data cannot be used; see the condition Stalled.")
        }
        (_, Some(StalledReason::DatasetNotFound)) => {
            (false, DataReadyReason::DatasetNotFound, "There is no such dataset; see the condition Stalled.")
        }
        (Situation::Preparing { importing: true }, _) => {
            (false, DataReadyReason::Importing, "The market data are imported.")
        }
        (Situation::Running { .. } | Situation::Succeeded { .. }, _) => {
            (true, DataReadyReason::Published, "The dataset is published and its digest checked.")
        }
        _ if published => {
            (true, DataReadyReason::Published, "The dataset is published and its digest checked.")
        }
        _ => return None,
    };
    let (reason, message) = (reason.as_str(), text.to_owned());
    Some(Draft { type_: condition::DATA_READY, holds: Some(holds), reason, message })
}

fn workers_ready(facts: &Facts<'_>, workers: &Workers) -> Option<Draft> {
    match facts.situation {
        Situation::Preparing { .. }
        | Situation::Starting
        | Situation::Running { .. }
        | Situation::Stalled { phase: Phase::Running, .. }
        | Situation::Retrying { .. } => {}
        _ => return None,
    }
    let Workers { desired, ready } = *workers;
    let count = format!("{ready} of {desired} workers are ready");
    let (reason, text) = match &facts.workers.trouble {
        _ if facts.workers.desired == 0 && ready > 0 => {
            (WorkersReadyReason::LocalOnly, "The coordinator's own worker is enough.".to_owned())
        }
        _ if ready >= desired && ready > 0 => (WorkersReadyReason::AllReady, format!("{count}.")),
        Some(WorkersTrouble::Unschedulable(why)) => (
            WorkersReadyReason::Unschedulable,
            format!(
                "{count}; some fit on no node: {}. Add nodes, ask for less in the pool's template, or lower maxWorkers.",
                plain(why)
            ),
        ),
        // A webhook or Pod Security: no quota could be raised.
        Some(WorkersTrouble::AwaitingQuota(why)) if !why.contains("quota") => (
            WorkersReadyReason::AwaitingQuota,
            format!(
                "{count}; some are refused: {}. Correct the pool's template, or have what refuses them changed.",
                plain(why)
            ),
        ),
        Some(WorkersTrouble::AwaitingQuota(why)) => (
            WorkersReadyReason::AwaitingQuota,
            format!(
                "{count}; some are refused by a quota: {}. Raise it, or lower the pool's maxWorkers.",
                plain(why)
            ),
        ),
        None => (WorkersReadyReason::ScalingUp, format!("{count}; the others start.")),
    };
    let message = shorten(&text, 2 * FOREIGN);
    Some(Draft {
        type_: condition::WORKERS_READY,
        holds: Some(ready > 0 && ready >= desired),
        reason: reason.as_str(),
        message,
    })
}

fn plain(text: &str) -> String {
    shorten(text, FOREIGN).trim_end_matches('.').to_owned()
}

fn suspended(situation: &Situation, before: &[Condition]) -> Option<Draft> {
    let draft = |holds, reason: SuspendedReason, text: &str| {
        let (type_, reason, message) = (condition::SUSPENDED, reason.as_str(), text.to_owned());
        Some(Draft { type_, holds: Some(holds), reason, message })
    };
    match situation {
        Situation::Suspended(by) => draft(true, by.reason(), "No pods of this job run."),
        Situation::Suspending(_) => draft(false, SuspendedReason::NotSuspended, "Pods are being taken away."),
        _ => {
            find(before, condition::SUSPENDED)?;
            draft(false, SuspendedReason::NotSuspended, "The job is not suspended.")
        }
    }
}
