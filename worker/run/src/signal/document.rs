//! A signal as it is printed and served. Fields are only ever added to a version of the schema.

use std::collections::BTreeMap;

use galapagos_crds::GeneValue;
use serde::{Deserialize, Serialize};

/// Name and version of the schema.
pub const SCHEMA: &str = "galapagos.signal/v1";

/// What a champion wants of each symbol after the last closed bar. Times are UTC, RFC 3339.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalDocument {
    /// Name and version of the layout: [`SCHEMA`].
    pub schema: String,
    /// Name of the job that found the champion.
    pub job: String,
    /// Rank among the champions of its result, 1 the best.
    pub rank: u32,
    /// Name of the strategy.
    pub strategy: String,
    /// The value of each gene, by its name.
    pub genome: BTreeMap<String, GeneValue>,
    /// Digest of engine, strategy (its rules, if it is one of its owner's) and genome: the same digest decides the same.
    pub genome_digest: String,
    /// Digest of the run that found it.
    pub result_digest: String,
    /// Digest of the data, bar by bar.
    pub dataset_digest: String,
    /// Name of the dataset or of the files.
    pub dataset: String,
    /// Number of the engine.
    pub engine: u32,
    /// Whether orders are filled at the close that decides them, which nobody can.
    pub optimistic: bool,
    /// Open of the last bar of all symbols.
    pub stamp: String,
    /// When that bar closed.
    pub closed: String,
    /// The same in UTC milliseconds.
    pub closed_ms: i64,
    /// Milliseconds of a bar.
    pub interval_ms: i64,
    /// Whether the market never closes; else it has sessions.
    pub continuous: bool,
    /// One entry a symbol, in ascending order.
    pub signals: Vec<SymbolSignal>,
}

/// What is wanted of one symbol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SymbolSignal {
    /// Name of the symbol.
    pub symbol: String,
    /// Open of its last bar.
    pub stamp: String,
    /// When that bar closed.
    pub closed: String,
    /// Its close.
    pub price: f64,
    /// long, short or flat: the sign of the target.
    pub side: Side,
    /// The position that is wanted, as a signed share of the symbol's account, which begins with an equal part of the capital.
    pub target: f64,
    /// Whether the target differs from that of the close before: an order is due at the next open.
    pub changed: bool,
    /// Open of the bar at whose close the target became what it is.
    pub since: String,
    /// What the simulated account holds at the close, as a signed share of its equity. It is 0 where a stop or take-profit
    /// has closed the position: it is not entered again before the target changes.
    pub held: f64,
    /// Price of the stop that rules set for the open position; `None`: none.
    pub stop: Option<f64>,
    /// Price of the take-profit that rules set for the open position; `None`: none.
    pub take_profit: Option<f64>,
    /// Distance of the stop of an entry from its fill; `None`: none.
    pub stop_distance: Option<f64>,
    /// Distance of its trailing stop from the peak; `None`: none.
    pub trailing_distance: Option<f64>,
}

/// Which side a target is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Above 0.
    Long,
    /// Below 0.
    Short,
    /// Exactly 0.
    Flat,
}

impl Side {
    /// The side of a target.
    pub fn of(target: f64) -> Side {
        if target > 0.0 {
            Side::Long
        } else if target < 0.0 {
            Side::Short
        } else {
            Side::Flat
        }
    }

    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Side::Long => "long",
            Side::Short => "short",
            Side::Flat => "flat",
        }
    }
}
