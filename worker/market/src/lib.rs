//! Market data: import, checks, the dataset format, digests and memory maps.
//!
//! [`import()`] turns files into a published dataset, [`Dataset::open`] maps it and checks its digest,
//! [`load_file`] reads a bare file for a single back-test. What a dataset is on disk stands in [`digest`] (the
//! canonical stream), [`manifest`] and [`publish()`]:
//!
//! ```text
//! <data>/galapagos/FORMAT                                     "1"
//! <data>/galapagos/datasets/<name>/LATEST                     digest of the version last imported
//! <data>/galapagos/datasets/<name>/<digest>/manifest.json
//! <data>/galapagos/datasets/<name>/<digest>/<symbol>.arrow
//! <data>/galapagos/datasets/<name>/<digest>/<symbol>.funding.arrow    where there is a funding series
//! ```
//!
//! ```
//! use galapagos_market::{Dataset, RandomWalk, publish_random_walk};
//!
//! let data = tempfile::tempdir()?;
//! let walk = RandomWalk::parse("bars=500,seed=7,interval=1h")?;
//! let (published, _) = publish_random_walk(data.path(), "walk", &walk)?;
//! // The latest version; a digest instead of `None` names one for good.
//! let dataset = Dataset::open(data.path(), "walk", None)?;
//! assert_eq!(dataset.digest(), published.digest);
//! assert_eq!(dataset.symbols().collect::<Vec<_>>(), ["RW"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Not covered: what the numbers mean to a strategy, and how gaps and empty volumes are traded (the engine's).

mod append;
mod arriving;
mod before;
mod blocks;
pub mod catalogue;
mod cells;
pub mod check;
mod choice;
mod columns;
mod counting;
pub mod dataset;
mod days;
mod decimal;
pub mod diff;
pub mod digest;
mod ends;
pub mod error;
pub mod export;
mod facts;
pub mod files;
mod frozen;
pub mod funding;
pub mod gaps;
mod grouped;
pub mod import;
mod ipc;
mod ipc_bars;
mod layout;
pub mod manifest;
pub mod map;
mod meanings;
mod median;
pub mod memory;
pub mod names;
mod order;
mod outliers;
mod owners;
pub mod parallel;
mod parts;
pub mod paths;
mod plan;
pub mod publish;
pub mod random;
mod raw;
mod read;
mod resample;
mod role;
mod rows;
pub mod series;
mod series_blocks;
mod session_opens;
mod sessions;
pub mod signals;
mod spelling;
mod spill;
mod stamp;
mod ticks;
mod unnamed;
mod volumes;
mod zone;

pub use check::{CheckOptions, SymbolReport};
pub use choice::ColumnChoice;
pub use dataset::Dataset;
pub use digest::dataset_digest;
pub use error::{Error, ErrorKind, Location, Result};
pub use gaps::Gaps;
pub use grouped::DecimalSign;
pub use import::{import, load_file};
pub use names::{Calendar, Interval};
pub use outliers::{Outlier, outliers};
pub use plan::{
    ImportEvent, ImportFailure, ImportPlan, ImportSummary, Input, LoadOptions, Observer, folder_entries,
};
pub use publish::{Origin, PublishOutcome, Published, publish, publish_as};
pub use random::{RandomWalk, publish_random_walk, random_walk};
pub use read::{EmptyCells, ReadOptions, Stamped};
pub use resample::Resampled;
pub use series::{FundingStamp, OwnedSeries, Series};
pub use signals::{SignalsImport, SignalsReport, SignalsVersion, import_signals};
pub use stamp::DayOrder;
pub use zone::Zone;
