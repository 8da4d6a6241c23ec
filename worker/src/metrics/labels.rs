//! The values that labels may have: closed lists, so that the number of series is known.

/// A label with a closed list of values.
pub trait Label: Copy + Send + Sync + std::fmt::Debug + 'static {
    /// Name of the label.
    const NAME: &'static str;
    /// All values, in the order of [`Label::index`].
    const ALL: &'static [Self];
    /// The value as text.
    fn as_str(self) -> &'static str;
    /// Its position in [`Label::ALL`].
    fn index(self) -> usize;
}

macro_rules! label {
    ($(#[$doc:meta])* $type:ident($name:literal) { $($(#[$value_doc:meta])* $value:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$value_doc])* $value,)+ }

        impl Label for $type {
            const NAME: &'static str = $name;
            const ALL: &'static [$type] = &[$($type::$value,)+];

            fn as_str(self) -> &'static str {
                match self { $($type::$value => $text,)+ }
            }

            fn index(self) -> usize {
                self as usize
            }
        }
    };
}

label! {
    /// How an individual came out.
    Outcome("outcome") {
        /// A score that counts.
        Feasible = "feasible",
        /// Evaluated, but outside the job's limits or without a score.
        Infeasible = "infeasible",
        /// Evaluated, and ruined or beyond exact arithmetic.
        Failed = "failed",
        /// Known from the ledger: not evaluated again.
        Cached = "cached",
        /// No attempt could evaluate it.
        Exception = "exception",
    }
}

label! {
    /// What a request for signals was answered with.
    Answer("answer") {
        /// A signal, or what is served.
        Ok = "ok",
        /// The data are too old.
        Stale = "stale",
        /// The request was wrong.
        Refused = "refused",
    }
}

label! {
    /// Why individuals are handed out again.
    Retry("reason") {
        /// Their worker went silent.
        Lost = "lost",
        /// Their lease ended before the results came.
        Expired = "expired",
        /// The evaluation ended in a panic.
        Panicked = "panicked",
        /// Evaluating took longer than `evaluation.timeoutSeconds`.
        TimedOut = "timed_out",
        /// Their worker left in order.
        HandedBack = "handed_back",
    }
}

label! {
    /// Why a result was not used.
    Ignored("reason") {
        /// Its lease had ended.
        Late = "late",
        /// It was there already.
        Duplicate = "duplicate",
        /// It belongs to an earlier attempt of the job.
        Stale = "stale",
    }
}
