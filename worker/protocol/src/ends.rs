//! How a process and a run end: exit codes, and the reasons in the final report and the termination message.
//! They stand here once, for those who report (coordinator, worker, import) and for those who read (operator, tests).

use std::fmt;

use crate::progress::Final;

macro_rules! names {
    ($(#[$doc:meta])* $enum:ident { $($(#[$variant_doc:meta])* $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $enum { $($(#[$variant_doc])* $variant,)+ }

        impl $enum {
            /// All of them, in the order of their declaration.
            pub const ALL: &'static [$enum] = &[$($enum::$variant,)+];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $($enum::$variant => stringify!($variant),)+ }
            }

            /// Reads a name as it was reported.
            pub fn parse(text: &str) -> Reported<$enum> {
                let known = $enum::ALL.iter().copied().find(|reason| reason.as_str() == text);
                known.map_or_else(|| Reported::Unknown(text.to_owned()), Reported::Known)
            }
        }

        impl fmt::Display for $enum {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

names! {
    /// What ended a run that has a result.
    Completion {
        /// All generations are done.
        GenerationsReached,
        /// The best feasible fitness reached `stop.target`.
        TargetReached,
        /// No better feasible individual was found for `stop.patience` generations.
        Patience,
        /// The run lasted `stop.maxDurationSeconds`.
        DurationReached,
        /// The run spent `stop.maxEvaluations` or `stop.maxCost`.
        BudgetSpent,
        /// Every point of every space was evaluated.
        SpaceExhausted,
        /// `generations` was lowered to what is done.
        StoppedByUser,
    }
}

names! {
    /// Why a process ended without a result.
    Failure {
        /// The job's manifest is wrong.
        InvalidSpec,
        /// A window of walk-forward has too few rows.
        WindowTooShort,
        /// The data fail a check.
        DataInvalid,
        /// The data are not those the job started with.
        DataChanged,
        /// The data are not there.
        DatasetNotFound,
        /// Coordinator and workers have different engine numbers.
        EngineMismatch,
        /// An individual could not be evaluated and the job says `onFailure: Fail`.
        EvaluationFailed,
        /// The state folder cannot be written.
        StateNotWritable,
        /// A newer attempt of the same job has taken over.
        OlderEpoch,
        /// Something else failed; the message says what.
        Internal,
        /// The process was stopped by SIGTERM.
        Terminated,
    }
}

/// A reason as somebody reported it, who may be of a later release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reported<T> {
    /// One that this release knows.
    Known(T),
    /// Any other, as it was reported.
    Unknown(String),
}

/// Exit codes of coordinator, worker and import alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// The job's manifest is wrong.
    Spec = 64,
    /// The data are damaged, changed while they were used, or do not fit the job.
    DataInvalid = 65,
    /// The data are not there.
    DataMissing = 66,
    /// Coordinator and worker have different engine numbers.
    EngineMismatch = 67,
    /// An individual could not be evaluated and the job says `onFailure: Fail`.
    EvaluationFailed = 68,
    /// The state folder cannot be written.
    StateNotWritable = 70,
    /// A newer attempt of the same job has taken over.
    OlderEpoch = 71,
    /// Something else failed; another attempt may help.
    Internal = 72,
    /// Stopped by SIGTERM; nothing is lost.
    Terminated = 143,
}

impl Code {
    /// All of them, by rising number.
    pub const ALL: [Code; 9] = [
        Code::Spec,
        Code::DataInvalid,
        Code::DataMissing,
        Code::EngineMismatch,
        Code::EvaluationFailed,
        Code::StateNotWritable,
        Code::OlderEpoch,
        Code::Internal,
        Code::Terminated,
    ];

    /// As the exit status has it.
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// The code of an exit status; `None` for one that no process of ours chooses.
    pub fn from_number(number: i32) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.number() == number)
    }

    /// Whether another attempt would end the same way.
    pub const fn is_permanent(self) -> bool {
        match self {
            Code::Spec
            | Code::DataInvalid
            | Code::DataMissing
            | Code::EngineMismatch
            | Code::EvaluationFailed => true,
            Code::StateNotWritable | Code::OlderEpoch | Code::Internal | Code::Terminated => false,
        }
    }

    /// The reason that it stands for, unless more is known.
    pub const fn reason(self) -> Failure {
        match self {
            Code::Spec => Failure::InvalidSpec,
            Code::DataInvalid => Failure::DataInvalid,
            Code::DataMissing => Failure::DatasetNotFound,
            Code::EngineMismatch => Failure::EngineMismatch,
            Code::EvaluationFailed => Failure::EvaluationFailed,
            Code::StateNotWritable => Failure::StateNotWritable,
            Code::OlderEpoch => Failure::OlderEpoch,
            Code::Internal => Failure::Internal,
            Code::Terminated => Failure::Terminated,
        }
    }
}

/// How a run ended, as its final report says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With a result. A reason that is not known stands here only if there is a digest of the result.
    Succeeded(Reported<Completion>),
    /// The run ended without a result.
    Failed(Reported<Failure>),
}

impl End {
    /// Reads a final report. Who says that it succeeded for a reason that nobody knows is believed if it names the
    /// result; else the run has failed, for that reason.
    pub fn from_report(report: &Final) -> End {
        match Completion::parse(&report.reason) {
            reason @ Reported::Known(_) if report.succeeded => End::Succeeded(reason),
            reason @ Reported::Unknown(_) if report.succeeded && !report.result_digest.is_empty() => {
                End::Succeeded(reason)
            }
            _ => End::Failed(Failure::parse(&report.reason)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(reason: &str, succeeded: bool, result_digest: &str) -> Final {
        Final { reason: reason.into(), succeeded, result_digest: result_digest.into(), ..Final::default() }
    }

    #[test]
    fn names_and_numbers_are_read_as_they_are_written() {
        for &reason in Completion::ALL {
            assert_eq!(Completion::parse(reason.as_str()), Reported::Known(reason));
        }
        for &reason in Failure::ALL {
            assert_eq!(Failure::parse(reason.as_str()), Reported::Known(reason));
        }
        for code in Code::ALL {
            assert_eq!(Code::from_number(code.number()), Some(code));
        }
        assert_eq!(Code::from_number(69), None);
        assert_eq!(Completion::parse("FullMoon"), Reported::Unknown("FullMoon".into()));
    }

    /// Kubernetes keeps these numbers in Jobs of the release before.
    #[test]
    fn the_numbers_of_exit_codes_and_which_are_permanent_never_change() {
        let permanent: Vec<i32> =
            Code::ALL.into_iter().filter(|c| c.is_permanent()).map(Code::number).collect();
        let faults: Vec<i32> =
            Code::ALL.into_iter().filter(|c| !c.is_permanent()).map(Code::number).collect();
        assert_eq!(permanent, [64, 65, 66, 67, 68]);
        assert_eq!(faults, [70, 71, 72, 143]);
    }

    #[test]
    fn a_reason_that_nobody_knows_is_a_success_only_with_a_result() {
        let unknown = || Reported::Unknown("FullMoon".to_owned());
        assert_eq!(End::from_report(&report("FullMoon", true, "blake3:00")), End::Succeeded(unknown()));
        assert_eq!(
            End::from_report(&report("FullMoon", true, "")),
            End::Failed(Reported::Unknown("FullMoon".into()))
        );
        assert_eq!(
            End::from_report(&report("FullMoon", false, "blake3:00")),
            End::Failed(Reported::Unknown("FullMoon".into()))
        );
    }

    #[test]
    fn what_is_known_is_what_it_was_reported_as() {
        assert_eq!(
            End::from_report(&report("Patience", true, "")),
            End::Succeeded(Reported::Known(Completion::Patience))
        );
        assert_eq!(
            End::from_report(&report("DataChanged", false, "")),
            End::Failed(Reported::Known(Failure::DataChanged))
        );
        assert_eq!(
            End::from_report(&report("Patience", false, "")),
            End::Failed(Reported::Unknown("Patience".into())),
            "no failure has this reason"
        );
    }
}
