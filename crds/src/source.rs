//! Where a dataset comes from that does not exist yet, and how its files are read.

use std::collections::BTreeMap;
use std::fmt;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::rules::{self, STAMP};

/// Where a dataset is imported from: `path`, `http` or `fetch`. What says how files are read is not for `fetch`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one(&["path", "http", "fetch"]))]
pub struct Source {
    /// A file or folder on the market data volume, relative to its root; or a pattern of files, as raw/*.csv.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    #[x_kube(validation = rules::below_the_root())]
    pub path: Option<String>,
    /// A file to fetch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpSource>,
    /// Public bars of an exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetch: Option<FetchSource>,
    /// Length of a bar there. Absent: that of the job. Shorter bars are joined to those of the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4), regex(pattern = "^[1-9][0-9]{0,2}(m|h|d)$"))]
    pub interval: Option<String>,
    /// How many bars may be missing.
    #[serde(default)]
    pub gaps: Gaps,
    /// Exact duplicates are dropped, single bars widened to their open and close, and any share of bars may be missing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub repair: bool,
    /// The files have closes only, or only those are read: open, high and low are the close. Jobs with stops or targets
    /// are refused on such data.
    #[serde(default, skip_serializing_if = "is_false")]
    pub close_only: bool,
    /// All prices are multiplied by adjusted close / close.
    #[serde(default, skip_serializing_if = "is_false")]
    pub adjust: bool,
    /// Names of columns by their meaning: time, clock, open, high, low, close, volume, symbol, adjusted. An empty name
    /// leaves one out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 9, "additionalProperties" = {"type": "string", "maxLength": 128}))]
    pub columns: BTreeMap<String, String>,
    /// Zone of times that are written without one, as America/New_York. Absent: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub timezone: Option<String>,
    /// What a time names. Absent: the open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<StampedEnd>,
    /// Order of day and month in dates as 01/02/2020. Absent: what the file tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<DateOrder>,
    /// The sign before a fraction. Absent: what the file tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<DecimalSign>,
    /// Rows that lack prices. Absent: those without any value are dropped, others refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub na: Option<EmptyRows>,
    /// Series of funding payments with columns time, rate and perhaps mark, as files on the volume.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub funding: Vec<FundingFile>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// A file to fetch over https.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HttpSource {
    /// Its address; https only, no private networks.
    #[schemars(length(max = 2048), regex(pattern = "^https://[^ ]+$"))]
    pub url: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    #[schemars(length(max = 64), regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: String,
}

/// Public bars of an exchange, as `galapagos fetch` asks for them. Needs no account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::earlier("from", "to"))]
pub struct FetchSource {
    /// Which exchange.
    pub exchange: Exchange,
    /// What the symbols are traded as. Absent: Spot at Binance and Kraken, Perpetual at Hyperliquid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<Traded>,
    /// What the exchange calls symbols of the dataset, where it calls them otherwise: BTC: BTCUSDT. Those of the job and
    /// these are fetched.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64, "additionalProperties" = {"type": "string", "maxLength": 32}))]
    pub symbols: BTreeMap<String, String>,
    /// First stamp to fetch; see marketData.from, which needs bars before it to warm up.
    #[schemars(length(max = 29), regex(pattern = STAMP))]
    pub from: String,
    /// The stamp before which bars are fetched. Absent: marketData.to, else to the last bar that has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 29), regex(pattern = STAMP))]
    pub to: Option<String>,
    /// Whether to fetch the funding of perpetuals too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub funding: bool,
    /// Another host that speaks the same; https only, no private networks but for `galapagos run`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253), regex(pattern = "^https?://[^ ?@]+$"))]
    pub endpoint: Option<String>,
}

/// An exchange whose public bars can be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Exchange {
    /// Spot and USD-M perpetuals.
    Binance,
    /// Perpetuals and spot, the newest 5,000 bars.
    Hyperliquid,
    /// Spot, the newest 720 bars, and perpetuals.
    Kraken,
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Exchange::Binance => "binance",
            Exchange::Hyperliquid => "hyperliquid",
            Exchange::Kraken => "kraken",
        })
    }
}

/// What a symbol is traded as: the same letters often name both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Traded {
    /// The asset itself.
    Spot,
    /// A perpetual contract, which pays funding.
    Perpetual,
}

impl fmt::Display for Traded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Traded::Spot => "spot",
            Traded::Perpetual => "perpetual",
        })
    }
}

/// A series of funding payments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FundingFile {
    /// Whose it is. Absent: that of a job with one symbol, else the name of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    pub symbol: Option<String>,
    /// A file on the market data volume, relative to its root.
    #[schemars(length(min = 1, max = 512))]
    #[x_kube(validation = rules::below_the_root())]
    pub path: String,
}

/// Which end of a bar a time names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StampedEnd {
    /// The open.
    Open,
    /// The close, one interval later.
    Close,
}

/// Order of day and month in a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DateOrder {
    /// 31/12/2020.
    DayMonth,
    /// 12/31/2020.
    MonthDay,
}

/// The sign before a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DecimalSign {
    /// 1,234.56.
    Point,
    /// 1.234,56.
    Comma,
}

/// What to do with rows that lack prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EmptyRows {
    /// They are left out and counted.
    Drop,
    /// The file is refused.
    Refuse,
}

/// How many bars may be missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Gaps {
    /// Largest share of missing bars that is imported. 1 allows any.
    #[serde(default = "one_percent")]
    #[x_kube(validation = rules::between("0.0", "1.0"))]
    pub max_share: Decimal,
}

fn one_percent() -> Decimal {
    Decimal::new(1, 2)
}

impl Default for Gaps {
    fn default() -> Self {
        Gaps { max_share: one_percent() }
    }
}
