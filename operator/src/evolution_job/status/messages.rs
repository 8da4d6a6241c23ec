//! What conditions say to people: what is, and what they can do about it.

use galapagos_crds::conditions::{CompleteReason, StalledReason};
use jiff::tz::TimeZone;

use super::Facts;
use super::fit::shorten;
use super::situation::{Situation, SuspendedBy};

/// Bytes of one message.
const LIMIT: usize = 1024;

/// The message of `Ready` and of the condition that goes with the situation.
pub(super) fn message(facts: &Facts<'_>) -> String {
    let text = match &facts.situation {
        Situation::Queued { position } => format!(
            "Waits at place {position} of the pool's queue until a running job ends. To start it earlier, raise its \
             priority or the pool's maxConcurrentJobs."
        ),
        Situation::Preparing { importing: true } => {
            "The market data are imported; see the log of the coordinator's container import.".to_owned()
        }
        Situation::Preparing { importing: false } => "The coordinator's pod is being made.".to_owned(),
        Situation::Starting => match &facts.awaited {
            Some(why) => sentence(&shorten(why, LIMIT * 3 / 4)),
            None => "The coordinator's pod starts.".to_owned(),
        },
        Situation::Running { reachable: true } => running(facts),
        Situation::Running { reachable: false } => "The coordinator does not answer; numbers are as last known. It is \
            dialled until it answers or its pod ends: if this lasts, look at that pod and at the network policies \
            between it and the operator."
            .to_owned(),
        Situation::Retrying { until, why } => {
            let until = until.to_zoned(TimeZone::UTC).strftime("%H:%M:%S");
            format!(
                "{} Attempt {} ended; the next one begins at {until} UTC and continues from the checkpoint.",
                sentence(why),
                facts.attempts.started
            )
        }
        Situation::Suspending(_) => "Pods are being taken away; the checkpoint stays.".to_owned(),
        Situation::Suspended(SuspendedBy::User) => {
            "Suspended by spec.suspend; set it to false to continue from the checkpoint.".to_owned()
        }
        Situation::Suspended(SuspendedBy::Queue) => {
            "The coordinator's Job is suspended by its queue, which will resume it.".to_owned()
        }
        Situation::Stalled { reason, message, .. } | Situation::Failed { reason, message } => {
            let advice = advice(*reason);
            if message.contains(advice) {
                // It was read back from a condition.
                return shorten(message, LIMIT);
            }
            // Room is kept for the advice: it is worth more than the end of a long error.
            format!("{} {}", sentence(&shorten(message, LIMIT * 3 / 4)), advice)
        }
        Situation::Succeeded { reason } => format!("The result is there: {}.", completed(*reason)),
    };
    shorten(&text, LIMIT)
}

fn running(facts: &Facts<'_>) -> String {
    let said = facts.report.map(|report| report.message.as_str()).filter(|text| !text.is_empty());
    match (said, facts.report) {
        (Some(said), _) => sentence(said),
        (None, Some(report)) if report.generation < facts.generations => {
            format!(
                "Generation {} of {} is evaluated.",
                report.generation.saturating_add(1),
                facts.generations
            )
        }
        (None, _) => "The coordinator works.".to_owned(),
    }
}

/// One sentence of a text that may or may not be one. A text that begins with the path of a field, as
/// `spec.strategies[0].name`, keeps its letters: people look for it as it is.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let first = text.split([' ', ':']).next().unwrap_or_default();
    let is_path = first.trim_end_matches('.').contains(['.', '[']);
    let mut letters = text.chars();
    let begun: String = match is_path {
        true => text.to_owned(),
        false => letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect(),
    };
    if begun.ends_with(['.', '!', '?']) || begun.is_empty() { begun } else { format!("{begun}.") }
}

fn completed(reason: CompleteReason) -> &'static str {
    match reason {
        CompleteReason::GenerationsReached => "all generations are done",
        CompleteReason::TargetReached => "stop.target is reached",
        CompleteReason::Patience => "nothing better was found for stop.patience generations",
        CompleteReason::DurationReached => "stop.maxDurationSeconds is over",
        CompleteReason::BudgetSpent => "stop.maxEvaluations or stop.maxCost is spent",
        CompleteReason::SpaceExhausted => "every individual of the space was evaluated",
        CompleteReason::StoppedByUser => "spec.generations was lowered to what is done",
    }
}

/// What a person can do.
pub(super) fn advice(reason: StalledReason) -> &'static str {
    match reason {
        StalledReason::PoolNotFound => "Create this WorkerPool, or change workerPoolName to one that exists.",
        StalledReason::NameTaken => "Delete or rename that object, or give the job another name.",
        StalledReason::InvalidTemplate => "Correct the template of the WorkerPool.",
        StalledReason::UnknownStrategy => {
            "Give a new job one of the strategies that `galapagos strategies` lists."
        }
        StalledReason::InvalidSpec => {
            "Correct the manifest under another name, or delete the job and apply it again."
        }
        StalledReason::UnknownGene => "Give a new job the genes that `galapagos strategies` lists.",
        StalledReason::DataInvalid => "Mend the data, import them again and create the job again.",
        StalledReason::DataChanged => {
            "Put the former dataset back, or create a job under another name for the present one."
        }
        StalledReason::DatasetNotFound => {
            "Import the dataset or give the job a marketData.source, and create the job again."
        }
        StalledReason::VolumeNotFound => "Create the claim, or correct the volumes of the WorkerPool.",
        StalledReason::StateNotWritable => {
            "Let user 65532 write to the state volume of the WorkerPool, and see that it has room."
        }
        StalledReason::ImagePullFailed => {
            "Correct the image or the imagePullSecrets in the template of the WorkerPool, or push the image."
        }
        StalledReason::QuotaExceeded => {
            "Raise the quota of the namespace, or ask for less in the WorkerPool."
        }
        StalledReason::Unschedulable => {
            "Add a node that it fits on, or correct the coordinatorTemplate of the WorkerPool."
        }
        StalledReason::BackoffLimitExceeded => {
            "See the log of the last attempt; a job created again continues from the checkpoint."
        }
        StalledReason::DeadlineExceeded => {
            "Raise activeDeadlineSeconds; a job created again continues from the checkpoint."
        }
        StalledReason::StartDeadlineExceeded => {
            "See the events of the coordinator's pod; raise startDeadlineSeconds if it needs longer."
        }
        StalledReason::EngineMismatch => {
            "Use one image for coordinator and workers, and create the job again."
        }
        StalledReason::EvaluationFailed => {
            "See exceptions.jsonl in the run folder; evaluation.onFailure: Skip sets such individuals aside."
        }
    }
}
