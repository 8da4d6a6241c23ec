//! Names of conditions, of their reasons and of events: closed lists that dashboards and scripts may rely on.

/// The types that `status.conditions` may have.
pub mod condition {
    /// Job: succeeded. Pool: accepted, volume usable.
    pub const READY: &str = "Ready";
    /// Present only while the object is neither terminal nor stalled.
    pub const RECONCILING: &str = "Reconciling";
    /// Needs a person, or failed.
    pub const STALLED: &str = "Stalled";
    /// The dataset is published and its digest checked.
    pub const DATA_READY: &str = "DataReady";
    /// At least one worker is ready, the local one included.
    pub const WORKERS_READY: &str = "WorkersReady";
    /// Stopped until it is resumed.
    pub const SUSPENDED: &str = "Suspended";
    /// Ended with a result.
    pub const COMPLETE: &str = "Complete";
    /// Ended without a result.
    pub const FAILED: &str = "Failed";
    /// The best individual can be told from luck; `Unknown` before the end.
    pub const VALIDATED: &str = "Validated";
}

macro_rules! names {
    ($(#[$doc:meta])* $enum:ident { $($(#[$variant_doc:meta])* $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum { $($(#[$variant_doc])* $variant,)+ }

        impl $enum {
            /// All of them, in the order of their declaration.
            pub const ALL: &'static [$enum] = &[$($enum::$variant,)+];

            /// The name in Kubernetes objects.
            pub const fn as_str(self) -> &'static str {
                match self { $($enum::$variant => stringify!($variant),)+ }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

names! {
    /// Reasons of the condition `Ready`.
    ReadyReason {
        /// The result is there.
        Succeeded,
        /// Waits until the pool admits the job.
        Queued,
        /// Data are imported or pods start.
        Preparing,
        /// Generations are being evaluated.
        Running,
        /// Stopped until it is resumed.
        Suspended,
        /// Ended without a result.
        Failed,
        /// Pool: its template and volumes are usable.
        Accepted,
    }
}

names! {
    /// Reasons of the condition `Reconciling`.
    ReconcilingReason {
        /// Waits until the pool admits the job.
        Queued,
        /// The dataset is being imported.
        Preparing,
        /// The job's pods are starting.
        Starting,
        /// Generations are being evaluated.
        Running,
        /// Waits before the next attempt.
        Retrying,
        /// Pods are taken away.
        Suspending,
        /// The coordinator does not answer.
        CoordinatorUnreachable,
    }
}

names! {
    /// Reasons of `Stalled` and `Failed`.
    StalledReason {
        /// workerPoolName names no pool.
        PoolNotFound,
        /// A child's name belongs to another object.
        NameTaken,
        /// The pool's template is refused by the server.
        InvalidTemplate,
        /// No such strategy in this engine.
        UnknownStrategy,
        /// No such gene in the strategy.
        UnknownGene,
        /// The rules of a strategy do not check.
        InvalidStrategy,
        /// The manifest is wrong in a way that only the engine or the data show.
        InvalidSpec,
        /// A window of walk-forward would have too few rows.
        WindowTooShort,
        /// The data fail a check.
        DataInvalid,
        /// The data are not those the job started with.
        DataChanged,
        /// No such dataset, and no source.
        DatasetNotFound,
        /// No such volume or claim.
        VolumeNotFound,
        /// The state volume refuses writes.
        StateNotWritable,
        /// An image cannot be pulled.
        ImagePullFailed,
        /// A quota refuses pods.
        QuotaExceeded,
        /// The coordinator's pod fits on no node.
        Unschedulable,
        /// More faults than backoffLimit.
        BackoffLimitExceeded,
        /// Ran longer than activeDeadlineSeconds.
        DeadlineExceeded,
        /// Did not run within startDeadlineSeconds.
        StartDeadlineExceeded,
        /// Coordinator and workers have different engine numbers.
        EngineMismatch,
        /// An individual could not be evaluated and onFailure is Fail.
        EvaluationFailed,
        /// The coordinator reported a reason that this operator does not know; the message has it.
        Unknown,
    }
}

names! {
    /// Reasons of the condition `DataReady`.
    DataReadyReason {
        /// The dataset is published.
        Published,
        /// It is being imported.
        Importing,
        /// The data fail a check.
        DataInvalid,
        /// No such dataset, and no source.
        DatasetNotFound,
    }
}

names! {
    /// Reasons of the condition `WorkersReady`.
    WorkersReadyReason {
        /// The coordinator's own worker is enough.
        LocalOnly,
        /// All wanted workers are ready.
        AllReady,
        /// Some workers are starting.
        ScalingUp,
        /// Some fit on no node.
        Unschedulable,
        /// Some are refused by a quota.
        AwaitingQuota,
    }
}

names! {
    /// Reasons of the condition `Suspended`.
    SuspendedReason {
        /// The user set `spec.suspend`.
        ByUser,
        /// A queue suspends the child Job.
        ByQueue,
        /// The job is not suspended.
        NotSuspended,
    }
}

names! {
    /// Reasons of `Complete`: what ended the job.
    CompleteReason {
        /// All generations are done.
        GenerationsReached,
        /// The best feasible fitness reached `stop.target`.
        TargetReached,
        /// No better feasible individual was found for `stop.patience` generations.
        Patience,
        /// The job ran for `stop.maxDurationSeconds`.
        DurationReached,
        /// The job spent `stop.maxEvaluations` or `stop.maxCost`.
        BudgetSpent,
        /// Every point of every space was evaluated.
        SpaceExhausted,
        /// generations was lowered to the current one, or a run was interrupted for good.
        StoppedByUser,
        /// The coordinator reported a reason that this operator does not know; the message has it.
        Unknown,
    }
}

names! {
    /// Reasons of `Validated`: what decided about the best individual.
    ValidatedReason {
        /// It passes every gate of `validation.gates`.
        AllGatesPassed,
        /// A decision of it changes when the future is taken away.
        LookAhead,
        /// It trades too seldom for anything to be said.
        TooFewTrades,
        /// As many trials without skill find as much.
        LikelyLuck,
        /// It does not earn enough at higher costs.
        CostSensitive,
        /// Its neighbours among the genes keep too little of it.
        Fragile,
        /// Evolved anew and traded forward, it does not hold.
        WalkForwardFailed,
        /// It earned nothing beyond the market on the holdout.
        HoldoutFailed,
        /// The holdout keeps too little of its Sharpe ratio.
        Degraded,
        /// The search space overfits.
        Overfit,
        /// Its deflated Sharpe ratio is too low.
        DeflatedSharpeLow,
        /// A gate has no value, or there is no verdict.
        NotComputed,
        /// No individual was feasible.
        NoCandidate,
        /// The job has not ended.
        NotYet,
        /// The coordinator reported a reason that this operator does not know; `status.validation.reason` has it.
        Unknown,
    }
}

names! {
    /// Reasons of events, each sent once per transition.
    EventReason {
        /// Waits until the pool admits the job.
        Queued,
        /// The pool admitted the job: its coordinator may start.
        Admitted,
        /// The dataset is published.
        DataPublished,
        /// A coordinator was started.
        AttemptStarted,
        /// A coordinator was lost.
        AttemptLost,
        /// A checkpoint was damaged and the one before it is used.
        CheckpointFallback,
        /// A better individual was found; at most once a minute.
        GenerationBest,
        /// Workers were added to the job.
        ScaledUp,
        /// Workers were taken away.
        ScaledDown,
        /// An individual was set aside.
        Quarantined,
        /// The volume can be mounted on one node only.
        VolumeNotShared,
        /// The job was suspended.
        Suspended,
        /// The job was resumed.
        Resumed,
        /// The job ended with a result.
        Completed,
        /// Its best individual was tested against luck; with the verdict.
        Validated,
        /// The job ended without a result.
        Failed,
        /// The operator failed at the object by a mistake of its own.
        InternalError,
        /// Another operator runs the job.
        OtherOperator,
    }
}
