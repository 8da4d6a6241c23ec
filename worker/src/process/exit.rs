//! How a role of this binary ends. The codes are part of the cluster's contract: those below 70 are permanent (another
//! attempt would end the same way), the others are faults.

use std::fmt;

use galapagos_market::ErrorKind;

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
    /// Something else failed.
    Internal = 72,
    /// Stopped by SIGTERM; nothing is lost.
    Terminated = 143,
}

impl Code {
    /// Whether another attempt would end the same way.
    pub fn is_permanent(self) -> bool {
        (Code::Spec as u8..=Code::EvaluationFailed as u8).contains(&(self as u8))
    }

    /// The reason of a condition that this end leads to.
    pub fn reason(self) -> &'static str {
        match self {
            Code::Spec => "InvalidSpec",
            Code::DataInvalid => "DataInvalid",
            Code::DataMissing => "DatasetNotFound",
            Code::EngineMismatch => "EngineMismatch",
            Code::EvaluationFailed => "EvaluationFailed",
            Code::StateNotWritable => "StateNotWritable",
            Code::OlderEpoch => "OlderEpoch",
            Code::Internal => "Internal",
            Code::Terminated => "Terminated",
        }
    }
}

impl From<ErrorKind> for Code {
    fn from(kind: ErrorKind) -> Code {
        match kind {
            ErrorKind::Spec => Code::Spec,
            ErrorKind::Invalid => Code::DataInvalid,
            ErrorKind::Missing => Code::DataMissing,
            ErrorKind::Io => Code::Internal,
        }
    }
}

/// An end that is not success.
#[derive(Debug)]
pub struct Exit {
    /// The exit code of the process.
    pub code: Code,
    /// Why, for logs and the termination message.
    pub error: anyhow::Error,
}

impl Exit {
    /// The reason of a condition that this end leads to: that of its code, unless more is known.
    pub fn reason(&self) -> &'static str {
        match self.error.downcast_ref::<galapagos_market::Error>() {
            Some(galapagos_market::Error::Damaged { .. }) => "DataChanged",
            _ => self.code.reason(),
        }
    }

    /// An end with a code and its error.
    pub fn new(code: Code, error: impl Into<anyhow::Error>) -> Exit {
        Exit { code, error: error.into() }
    }

    /// Stopped by a signal.
    pub fn terminated() -> Exit {
        Exit {
            code: Code::Terminated,
            error: anyhow::anyhow!("stopped by a signal; the next attempt continues"),
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:#}", self.reason(), self.error)
    }
}

/// An error with its causes in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
