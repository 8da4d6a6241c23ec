//! Market data: import, checks, the dataset format, digests and memory maps.

pub mod dataset;
pub mod digest;
pub mod error;
mod ipc;
mod layout;
pub mod manifest;
pub mod map;
pub mod names;
pub mod publish;
pub mod series;

pub use dataset::Dataset;
pub use digest::dataset_digest;
pub use error::{Error, ErrorKind, Place, Result};
pub use names::{Calendar, Interval};
pub use publish::{Outcome, Published, publish};
pub use series::{FundingStamp, OwnedSeries, Series};
