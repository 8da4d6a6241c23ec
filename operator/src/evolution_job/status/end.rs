//! How a job ended, in the words of the API: what a coordinator told, by its stream or by its last words, and what the
//! operator found itself. Here alone the reasons of the wire become those of conditions.

use galapagos_crds::conditions::{CompleteReason, StalledReason};
use galapagos_protocol::ends::{self, Code, Completion, Failure, Reported};
use galapagos_protocol::progress::Final;

use super::Situation;
use super::fit::MAX_NAME;

/// The end of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum JobEnd {
    /// With a result.
    Succeeded {
        /// What ended it.
        reason: CompleteReason,
        /// What the coordinator told instead, if `reason` is `Unknown`.
        reported: Option<String>,
    },
    /// For good, without one.
    Failed {
        /// Why.
        reason: StalledReason,
        /// What a person should know.
        message: String,
    },
}

impl JobEnd {
    /// The end that a final report tells of.
    pub fn from_report(report: &Final) -> JobEnd {
        let shown = || report.reason.chars().take(MAX_NAME).collect::<String>();
        match ends::End::from_report(report) {
            ends::End::Succeeded(Reported::Known(reason)) => {
                JobEnd::Succeeded { reason: completed(reason), reported: None }
            }
            ends::End::Succeeded(Reported::Unknown(_)) => {
                JobEnd::Succeeded { reason: CompleteReason::Unknown, reported: Some(shown()) }
            }
            ends::End::Failed(reason) => {
                let known = match reason {
                    Reported::Known(reason) => failed(reason),
                    Reported::Unknown(_) => None,
                };
                if let Some(reason) = known {
                    return JobEnd::Failed { reason, message: report.message.clone() };
                }
                let said = match report.message.trim_end_matches('.') {
                    "" => String::new(),
                    message => format!("{message}; "),
                };
                let reason = shown();
                let message = format!(
                    "{said}the coordinator gave the reason {reason:?}, which this operator does not know for a failure"
                );
                JobEnd::Failed { reason: StalledReason::Unknown, message }
            }
        }
    }
}

impl From<JobEnd> for Situation {
    fn from(end: JobEnd) -> Situation {
        match end {
            JobEnd::Succeeded { reason, reported } => Situation::Succeeded { reason, reported },
            JobEnd::Failed { reason, message } => Situation::Failed { reason, message },
        }
    }
}

/// The reason that an exit code stands for, if it is a permanent one.
pub fn permanent(code: i32) -> Option<StalledReason> {
    Code::from_number(code).filter(|code| code.is_permanent()).and_then(|code| failed(code.reason()))
}

fn completed(reason: Completion) -> CompleteReason {
    match reason {
        Completion::GenerationsReached => CompleteReason::GenerationsReached,
        Completion::TargetReached => CompleteReason::TargetReached,
        Completion::Patience => CompleteReason::Patience,
        Completion::DurationReached => CompleteReason::DurationReached,
        Completion::BudgetSpent => CompleteReason::BudgetSpent,
        Completion::SpaceExhausted => CompleteReason::SpaceExhausted,
        Completion::StoppedByUser => CompleteReason::StoppedByUser,
    }
}

/// `None`: it ends an attempt, never a job.
fn failed(reason: Failure) -> Option<StalledReason> {
    Some(match reason {
        Failure::InvalidSpec => StalledReason::InvalidSpec,
        Failure::WindowTooShort => StalledReason::WindowTooShort,
        Failure::DataInvalid => StalledReason::DataInvalid,
        Failure::DataChanged => StalledReason::DataChanged,
        Failure::DatasetNotFound => StalledReason::DatasetNotFound,
        Failure::EngineMismatch => StalledReason::EngineMismatch,
        Failure::EvaluationFailed => StalledReason::EvaluationFailed,
        Failure::StateNotWritable => StalledReason::StateNotWritable,
        Failure::OlderEpoch | Failure::Internal | Failure::Terminated => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_one_name_on_the_wire_and_in_the_api() {
        for &reason in Completion::ALL {
            assert_eq!(completed(reason).as_str(), reason.as_str());
        }
        for &reason in Failure::ALL {
            assert!(failed(reason).is_none_or(|api| api.as_str() == reason.as_str()), "{reason}");
        }
        // Every reason of Complete is one that a coordinator may tell.
        assert_eq!(CompleteReason::ALL.len(), Completion::ALL.len() + 1, "and the one for all others");
    }

    #[test]
    fn every_permanent_exit_code_has_a_reason_of_the_api_and_no_other_has() {
        for code in Code::ALL {
            assert_eq!(permanent(code.number()).is_some(), code.is_permanent(), "{code:?}");
        }
        assert_eq!(permanent(66), Some(StalledReason::DatasetNotFound));
        assert_eq!((permanent(0), permanent(1), permanent(137)), (None, None, None));
    }

    #[test]
    fn a_reason_that_this_operator_does_not_know_is_shown_and_named_unknown() {
        let told = |succeeded, digest: &str, message: &str| {
            JobEnd::from_report(&Final {
                reason: "FullMoon".into(),
                succeeded,
                result_digest: digest.into(),
                message: message.into(),
                ..Final::default()
            })
        };
        assert_eq!(
            told(true, "blake3:00", ""),
            JobEnd::Succeeded { reason: CompleteReason::Unknown, reported: Some("FullMoon".into()) }
        );
        for end in [told(true, "", "row 7."), told(false, "blake3:00", "row 7.")] {
            let JobEnd::Failed { reason: StalledReason::Unknown, message } = end else { panic!("{end:?}") };
            assert!(message.starts_with("row 7; ") && message.contains("\"FullMoon\""), "{message}");
        }
    }

    #[test]
    fn what_only_an_attempt_ends_by_is_no_reason_of_a_job() {
        let told = Final { reason: "Internal".into(), message: "a bug".into(), ..Final::default() };
        let JobEnd::Failed { reason, message } = JobEnd::from_report(&told) else { panic!() };
        assert_eq!(reason, StalledReason::Unknown);
        assert!(message.contains("a bug") && message.contains("Internal"), "{message}");
    }
}
