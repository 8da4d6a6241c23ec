//! Why this worker cannot take part, or not any more: what is reported to the coordinator and how the process ends.

use galapagos_market::ErrorKind;
use galapagos_protocol::work::refusal::Reason;
use galapagos_run::job::market::MarketError;
use galapagos_run::job::problem::ProblemError;
use galapagos_run::job::resolve::ResolveError;
use galapagos_run::job::walk_forward::WalkForwardError;
use galapagos_run::storage::digest::Digest;

use crate::process::exit::Code;

/// What ends this worker for good.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The data are missing or damaged, or were changed while they were used.
    #[error(transparent)]
    Data(#[from] galapagos_market::Error),
    /// The data have bars of another length than the job.
    #[error(transparent)]
    Market(MarketError),
    /// The job is wrong on these data.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The job does not fit its data.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The job is another one.
    #[error(
        "this worker's job resolves to inputs {found}, the coordinator's to {expected}: give both the same job file"
    )]
    OtherJob { found: Digest, expected: Digest },
    /// The windows of walk-forward cannot be laid.
    #[error(transparent)]
    WalkForward(#[from] WalkForwardError),
    /// The job has no such window of walk-forward.
    #[error(
        "this worker's job has no window {index} of walk-forward that is the coordinator's: give both the same job file"
    )]
    OtherWindow {
        /// Its number.
        index: u32,
    },
    /// One of them does not fit the data.
    #[error("window {index} of walk-forward: {why}")]
    Window {
        /// Its number.
        index: u32,
        /// What does not fit.
        why: String,
    },
    /// The coordinator is of another version.
    #[error(
        "this worker has engine {ours}, its coordinator {theirs}: results would differ; run both from the same image"
    )]
    Engine { ours: u32, theirs: u32 },
    /// The coordinator says so itself.
    #[error("the coordinator is of another version: {0}; run both from the same image")]
    Dismissed(String),
    /// The system gives no threads.
    #[error("no threads: {0}")]
    Threads(std::io::Error),
    /// A fault of this program.
    #[error("panic: {0}")]
    Panicked(String),
}

impl From<MarketError> for Trouble {
    fn from(error: MarketError) -> Trouble {
        match error {
            MarketError::Data(error) => Trouble::Data(error),
            error => Trouble::Market(error),
        }
    }
}

impl Trouble {
    /// What is reported to the coordinator; `None` where another attempt may go well.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Trouble::Data(error) => match error.kind() {
                ErrorKind::Spec => Some(Reason::OtherJob),
                ErrorKind::Invalid => Some(Reason::DataInvalid),
                ErrorKind::Missing => Some(Reason::DataMissing),
                ErrorKind::Io => None,
            },
            Trouble::Market(_)
            | Trouble::Resolve(_)
            | Trouble::Problem(_)
            | Trouble::OtherJob { .. }
            | Trouble::WalkForward(_)
            | Trouble::OtherWindow { .. }
            | Trouble::Window { .. } => Some(Reason::OtherJob),
            Trouble::Engine { .. } | Trouble::Dismissed(_) => Some(Reason::EngineMismatch),
            Trouble::Threads(_) | Trouble::Panicked(_) => None,
        }
    }

    /// How the process ends.
    pub fn code(&self) -> Code {
        match self.reason() {
            Some(Reason::DataMissing) => Code::DataMissing,
            Some(Reason::DataInvalid) => Code::DataInvalid,
            Some(Reason::OtherJob) => Code::Spec,
            Some(Reason::EngineMismatch) => Code::EngineMismatch,
            Some(Reason::Unspecified) | None => Code::Internal,
        }
    }
}
