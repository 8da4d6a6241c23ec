//! Where a job stands: what the reconcile decides, and what follows from it alone.

use galapagos_crds::conditions::{CompleteReason, ReconcilingReason, StalledReason, SuspendedReason};
use galapagos_crds::status::Phase;
use jiff::Timestamp;

/// The life of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Situation {
    /// Waits until its pool admits it.
    Queued {
        /// From 1.
        position: u32,
    },
    /// It is admitted; the coordinator's pod is made, or its data are imported.
    Preparing {
        /// The import runs.
        importing: bool,
    },
    /// The coordinator's pod is there and does not work yet.
    Starting,
    /// The coordinator works.
    Running {
        /// Whether it reports.
        reachable: bool,
    },
    /// An attempt has ended and the next one waits for its time.
    Retrying {
        /// When that is.
        until: Timestamp,
        /// How the attempt ended: a sentence without its full stop.
        why: String,
    },
    /// Pods are taken away.
    Suspending(SuspendedBy),
    /// Stopped until it is resumed.
    Suspended(SuspendedBy),
    /// Cannot go on until a person changes something; goes on by itself then.
    Stalled {
        /// What it is.
        reason: StalledReason,
        /// What was found: a sentence without its full stop. What to do is added.
        message: String,
        /// The phase it is in: Pending until it is admitted, Preparing, or Running if only its workers are
        /// in trouble.
        phase: Phase,
    },
    /// Ended without a result.
    Failed {
        /// Why.
        reason: StalledReason,
        /// What was found: a sentence without its full stop. What to do is added.
        message: String,
    },
    /// Ended with a result.
    Succeeded {
        /// What ended it.
        reason: CompleteReason,
        /// What the coordinator reported instead, if `reason` is `Unknown`.
        reported: Option<String>,
    },
}

/// Who stopped a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuspendedBy {
    /// spec.suspend.
    User,
    /// A queue holds the coordinator's Job back.
    Queue,
}

impl SuspendedBy {
    pub(super) fn reason(self) -> SuspendedReason {
        match self {
            SuspendedBy::User => SuspendedReason::ByUser,
            SuspendedBy::Queue => SuspendedReason::ByQueue,
        }
    }
}

impl Situation {
    /// The phase that it is shown as.
    pub fn phase(&self) -> Phase {
        match self {
            Situation::Queued { .. } => Phase::Pending,
            Situation::Preparing { .. } | Situation::Starting | Situation::Retrying { .. } => {
                Phase::Preparing
            }
            Situation::Running { .. } => Phase::Running,
            Situation::Suspending(_) | Situation::Suspended(_) => Phase::Suspended,
            Situation::Stalled { phase, .. } => *phase,
            Situation::Failed { .. } => Phase::Failed,
            Situation::Succeeded { .. } => Phase::Succeeded,
        }
    }

    /// Whether it is an end.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Situation::Failed { .. } | Situation::Succeeded { .. })
    }

    /// Whether its pods were taken away, or are about to be.
    pub fn is_suspended(&self) -> bool {
        matches!(self, Situation::Suspending(_) | Situation::Suspended(_))
    }

    /// Whether the coordinator works, or worked when it was last heard.
    pub fn is_running(&self) -> bool {
        self.phase() == Phase::Running
    }

    pub(super) fn queue_position(&self) -> Option<i32> {
        match self {
            Situation::Queued { position } => Some(super::small(*position)),
            _ => None,
        }
    }

    /// The reason of `Reconciling`, which is absent when nothing is being done or can be.
    pub(super) fn reconciling(&self) -> Option<ReconcilingReason> {
        Some(match self {
            Situation::Queued { .. } => ReconcilingReason::Queued,
            Situation::Preparing { .. } => ReconcilingReason::Preparing,
            Situation::Starting => ReconcilingReason::Starting,
            Situation::Running { reachable: true } => ReconcilingReason::Running,
            Situation::Running { reachable: false } => ReconcilingReason::CoordinatorUnreachable,
            Situation::Retrying { .. } => ReconcilingReason::Retrying,
            Situation::Suspending(_) => ReconcilingReason::Suspending,
            Situation::Suspended(_)
            | Situation::Stalled { .. }
            | Situation::Failed { .. }
            | Situation::Succeeded { .. } => return None,
        })
    }

    /// The reason of `Stalled`.
    pub(super) fn stalled(&self) -> Option<StalledReason> {
        match self {
            Situation::Stalled { reason, .. } | Situation::Failed { reason, .. } => Some(*reason),
            _ => None,
        }
    }

    /// What ended the job, as the provenance names it.
    pub(super) fn stopped_by(&self) -> Option<&str> {
        match self {
            Situation::Succeeded { reason, reported } => Some(reported.as_deref().unwrap_or(reason.as_str())),
            Situation::Failed { reason, .. } => Some(reason.as_str()),
            _ => None,
        }
    }
}
