//! On which data a job evolves.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{self, STAMP};
use crate::source::Source;

/// The data of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::earlier("from", "to"))]
pub struct MarketData {
    /// Name of the dataset on the volume.
    #[schemars(length(min = 1, max = 63), regex(pattern = "^[a-z0-9]([-a-z0-9_.]*[a-z0-9])?$"))]
    pub dataset: String,
    /// Pins one published version. Absent: the latest at the first attempt, which is then kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 71), regex(pattern = "^blake3:[0-9a-f]{64}$"))]
    pub digest: Option<String>,
    /// Symbols of the dataset to trade. One genome trades all of them.
    #[schemars(
        length(min = 1, max = 64),
        inner(length(max = 32), regex(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub symbols: Vec<String>,
    /// Length of a bar: minutes, hours or days, as in 15m, 1h, 1d.
    #[schemars(length(max = 4), regex(pattern = "^[1-9][0-9]{0,2}(m|h|d)$"))]
    pub interval: String,
    /// First stamp that counts: a date (00:00 UTC), or a time such as 2024-01-01T09:30:00Z. Bars before it warm
    /// indicators up. Absent: from the first bar on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 29), regex(pattern = STAMP))]
    pub from: Option<String>,
    /// The stamp before which bars count: the bar that opens at it is not read, nor is any after. Absent: to the last bar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 29), regex(pattern = STAMP))]
    pub to: Option<String>,
    /// Where to import from if the dataset does not exist. Absent: it must exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// How many bars make a year. Absent: what the dataset suggests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
}

/// How many bars make a year: needed for every annual figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("(self.type == 'Sessions') == has(self.barsPerYear)")
    .message("barsPerYear is required with type Sessions and not allowed without"))]
pub struct Calendar {
    /// Whether the market trades all the time.
    #[serde(rename = "type")]
    pub type_: CalendarType,
    /// Bars a year of a market with sessions, as 252 for daily bars of stocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub bars_per_year: Option<u32>,
}

/// Whether a market trades all the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CalendarType {
    /// All the time: a year has 365 days.
    Continuous,
    /// In sessions: barsPerYear says how many bars a year has.
    Sessions,
}
