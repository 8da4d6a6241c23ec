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
            "Waits at position {position} of the pool's queue until a running job ends. To start it earlier, raise its \
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
            let advice = advice(*reason, message);
            if is_advised(message) || message.contains(advice) {
                // It was read back from a condition, or tells of one, whose advice is nearer to the cause.
                return sentence(&shorten(message, LIMIT - 1));
            }
            // Room is kept for the advice: it is worth more than the end of a long error.
            format!("{} {}", sentence(&shorten(message, LIMIT * 3 / 4)), advice)
        }
        Situation::Succeeded { reported: Some(told), .. } => {
            format!("The result is there: the run ended for the reason {told:?}, which this operator does not know.")
        }
        Situation::Succeeded { reason, reported: None } => {
            format!("The result is there: {}.", completed(*reason))
        }
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
        CompleteReason::Unknown => "what ended the run is not known",
    }
}

/// Whether a message says already what a person can do.
fn is_advised(message: &str) -> bool {
    let mut usual = StalledReason::ALL.iter().map(|reason| usual_advice(*reason));
    usual.any(|advice| message.contains(advice))
        || WORDS.iter().any(|(_, _, advice)| message.contains(advice))
        || PRIVILEGES.iter().any(|words| message.contains(words))
}

/// Of refusals of a pool's privileges: they say where to turn.
const PRIVILEGES: [&str; 2] = ["--allow-privileged-templates", "the operator's own namespace"];

/// Words of those who refuse that call for another advice than the reason does.
const WORDS: [(StalledReason, &str, &str); 5] = {
    use StalledReason::{InvalidTemplate, QuotaExceeded, StartDeadlineExceeded};
    const POLICY: &str = "Satisfy that policy by the templates of the WorkerPool, or have it changed.";
    [
        // There is room: it is not said how much of it is wanted.
        (
            QuotaExceeded,
            "must specify",
            "Set them in the coordinatorTemplate of the WorkerPool, or give the namespace a LimitRange with defaults.",
        ),
        (
            InvalidTemplate,
            "failed calling webhook",
            "Nothing is wrong with the WorkerPool: see why that webhook does not answer.",
        ),
        (InvalidTemplate, "admission webhook", POLICY),
        (InvalidTemplate, "ValidatingAdmissionPolicy", POLICY),
        (StartDeadlineExceeded, "kubectl describe job", "Raise startDeadlineSeconds if it needs longer."),
    ]
};

/// What a person can do about what a message tells.
fn advice(reason: StalledReason, told: &str) -> &'static str {
    let other = WORDS.iter().find(|(of, words, _)| *of == reason && told.contains(words));
    other.map_or_else(|| usual_advice(reason), |(_, _, advice)| advice)
}

fn usual_advice(reason: StalledReason) -> &'static str {
    match reason {
        StalledReason::PoolNotFound => "Create this WorkerPool, or change workerPoolName to one that exists.",
        StalledReason::NameTaken => "Delete or rename that object, or give the job another name.",
        StalledReason::InvalidTemplate => "Correct the template of the WorkerPool.",
        StalledReason::UnknownStrategy => {
            "Give a new job one of the strategies that `galapagos strategies` lists."
        }
        StalledReason::InvalidStrategy => {
            "Correct the rules, as `galapagos validate` shows them line by line, in a job of another name."
        }
        StalledReason::InvalidSpec => {
            "Correct the manifest under another name, or delete the job and apply it again."
        }
        StalledReason::WindowTooShort => {
            "Give a new job fewer windows in validation.walkForward, or more data."
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
        StalledReason::Unknown => {
            "See the log of the coordinator; an operator of the coordinator's release knows the reason."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evolution_job::status::tests::facts::facts;
    use crate::settings::Settings;
    use crate::worker_pool::privileges;
    use galapagos_crds::WorkerPool;
    use galapagos_crds::status::Phase;
    use serde_json::json;

    fn stalled(reason: StalledReason, message: &str) -> String {
        message_of(Situation::Stalled { reason, message: message.to_owned(), phase: Phase::Preparing })
    }

    fn message_of(situation: Situation) -> String {
        message(&facts(situation))
    }

    #[test]
    fn the_advice_is_about_what_those_say_who_refuse() {
        use StalledReason::{InvalidTemplate, QuotaExceeded};
        let refused = "the pod of the Job j-coordinator-1 is refused";
        for (reason, why, right, wrong) in [
            (QuotaExceeded, "exceeded quota: few, requested: pods=1", "Raise the quota", "LimitRange"),
            (
                QuotaExceeded,
                "failed quota: q: must specify limits.cpu",
                "coordinatorTemplate",
                "Raise the quota",
            ),
            (
                InvalidTemplate,
                "Internal error occurred: failed calling webhook 'a.b': connection refused",
                "webhook does not answer",
                "Correct the template",
            ),
            (
                InvalidTemplate,
                "admission webhook 'a.b' denied the request: no",
                "that policy",
                "Correct the template",
            ),
            (
                InvalidTemplate,
                "ValidatingAdmissionPolicy 'p' with binding 'b' denied",
                "that policy",
                "Correct the",
            ),
            (InvalidTemplate, "violates PodSecurity 'restricted:latest'", "Correct the template", "webhook"),
        ] {
            let told = stalled(reason, &format!("{refused}: {why}"));
            assert!(told.contains(why) && told.contains(right) && !told.contains(wrong), "{told}");
            assert_eq!(stalled(reason, &told), told, "it is read back from its condition");
        }
    }

    #[test]
    fn a_pool_that_would_give_too_much_is_told_once_what_to_do() {
        let settings =
            <Settings as clap::Parser>::parse_from(["operator", "--image", "i", "--own-namespace", "home"]);
        for (namespace, spec) in [
            ("home", json!({"marketData": {"volume": {"emptyDir": {}}}})),
            ("lab", json!({"marketData": {"volume": {"hostPath": {"path": "/"}}}})),
        ] {
            let pool: WorkerPool = serde_json::from_value(json!({
                "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool",
                "metadata": {"name": "p", "namespace": namespace}, "spec": spec,
            }))
            .unwrap();
            let refused = privileges::check(&pool, &settings).unwrap_err();
            let told = stalled(StalledReason::InvalidTemplate, &format!("its pool: {refused}"));
            assert_eq!(told, format!("Its pool: {refused}."));
        }
    }

    #[test]
    fn a_deadline_that_passed_gives_the_advice_of_its_cause_and_no_other() {
        let quota = stalled(StalledReason::QuotaExceeded, "the pod is refused: exceeded quota: few");
        let late = |why: &str| {
            let message = format!("it did not run within spec.startDeadlineSeconds 20: {why}");
            message_of(Situation::Failed { reason: StalledReason::StartDeadlineExceeded, message })
        };
        assert!(late(&quota).ends_with(usual_advice(StalledReason::QuotaExceeded)), "{}", late(&quota));
        let unknown = late("Kubernetes has made no pod; `kubectl describe job j` tells");
        assert!(
            unknown.contains("Raise startDeadlineSeconds") && !unknown.contains("See the events"),
            "{unknown}"
        );
        assert!(late("The coordinator's pod fits on no node: 0/2").contains("See the events"));
    }
}
