//! Walk-forward: the job evolved anew on parts of the past, each traded on the rows that follow.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::rules;

/// Windows on which the evolution is repeated once the job's own has ended. It takes several times as long as the job
/// without it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalkForward {
    /// Number of windows.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 50))]
    pub windows: u32,
    /// Where the training rows of a window begin.
    #[serde(default)]
    pub train: Train,
    /// Share of the job's training rows that the first window trains on; the rest is tested, in equal parts.
    #[serde(default = "three_fifths")]
    #[x_kube(validation = rules::inside_one())]
    pub train_fraction: Decimal,
    /// Rows at the end of a window's training that are left out. Absent: as far as the labels of the job's strategies
    /// look ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub purge_bars: Option<u32>,
    /// Rows at the start of a window's test that are left out.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub embargo_bars: u32,
}

/// Where the training rows of a window begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Train {
    /// Later in each window: all train on as many rows.
    #[default]
    Rolling,
    /// At the first row of the job: each window trains on more rows than the one before.
    Anchored,
}

fn five() -> u32 {
    5
}

fn three_fifths() -> Decimal {
    Decimal::new(6, 1)
}

impl Default for WalkForward {
    fn default() -> Self {
        WalkForward {
            windows: five(),
            train: Train::Rolling,
            train_fraction: three_fifths(),
            purge_bars: None,
            embargo_bars: 0,
        }
    }
}
