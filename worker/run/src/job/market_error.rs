//! Why a job cannot use its data.

use galapagos_manifest::Finding;

use super::dates::NoBars;

/// What a job asks of the data and does not fit it.
#[derive(Debug, thiserror::Error)]
pub enum MarketError {
    /// The dataset cannot be opened.
    #[error(transparent)]
    Data(#[from] galapagos_market::Error),
    /// The bars have another length.
    #[error("marketData.interval is {asked}, but dataset {dataset} has bars of {found}: change one of them")]
    Interval {
        /// Name of the dataset.
        dataset: String,
        /// What the job says.
        asked: String,
        /// What the dataset has.
        found: String,
    },
    /// The dates are none, or signals cannot be read as they are named.
    #[error(transparent)]
    Dates(#[from] Finding),
    /// A symbol has no bar between the dates.
    #[error(transparent)]
    NoBars(#[from] NoBars),
}
