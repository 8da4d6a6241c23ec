//! Why a manifest cannot be run, in words that name the field and what to write.

use galapagos_genetics::ConfigError;
use galapagos_manifest::Finding;

use super::closes::NeedsBars;

/// Why a manifest cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The manifest has no name.
    #[error("metadata.name is missing: give the job a name")]
    NoName,
    /// What the check of manifests finds: names, ranges, the account's options.
    #[error(transparent)]
    Manifest(#[from] Finding),
    /// Population or breeding are out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Neither job nor dataset say how many bars a year has.
    #[error(
        "how many bars a year has is not known: set marketData.calendar to {{type: Continuous}} or {{type: Sessions, barsPerYear: N}}, or import the data with --calendar"
    )]
    NoCalendar,
    /// A strategy needs data that are not there.
    #[error("strategy {strategy} needs {what}")]
    NeedsData {
        /// Name of the strategy.
        strategy: String,
        /// What is missing and how to give it.
        what: &'static str,
    },
    /// A strategy has a stop or a target, and the data have closes only.
    #[error("spec.strategies[{index}]: {error}")]
    NeedsBars {
        /// Position of the strategy in the manifest.
        index: usize,
        /// What cannot be tested.
        error: NeedsBars,
    },
    /// The inputs cannot be written as JSON.
    #[error("the resolved inputs cannot be written")]
    Json(#[from] serde_json::Error),
    /// An interval or another name of the data is wrong.
    #[error(transparent)]
    Market(#[from] galapagos_market::Error),
}
