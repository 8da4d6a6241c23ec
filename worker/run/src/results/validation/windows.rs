//! The member `walk_forward` of a result's `validation`.

use std::collections::BTreeMap;

use galapagos_crds::GeneValue;
use serde::{Deserialize, Serialize};

use crate::results::account::AccountResult;

/// What the procedure is worth: evolved anew on parts of the past, each champion traded on the rows that follow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WalkForward {
    /// The windows, oldest first.
    pub windows: Vec<WindowResult>,
    /// Their tests traded one after another.
    pub stitched: AccountResult,
    /// Chance of so high a timing Sharpe ratio of the tests, and the holdout if there is one, without skill.
    pub p: Option<f64>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_reason: Option<String>,
    /// Growth a year of the tests over the mean of that where the champions were trained.
    pub efficiency: Option<f64>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub efficiency_reason: Option<String>,
    /// The same of the Sharpe ratio.
    pub sharpe_efficiency: Option<f64>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharpe_efficiency_reason: Option<String>,
    /// For each strategy that is champion of two windows or more, the share of its range that a gene wanders.
    pub gene_stability: BTreeMap<String, BTreeMap<String, f64>>,
    /// Windows whose champion is of another strategy than that of the window before.
    pub species_changes: u32,
    /// Distinct individuals that the windows evaluated.
    pub evaluations: u64,
}

/// One window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowResult {
    /// Its number, from 0.
    pub index: u32,
    /// The rows that it trains on.
    pub train: Span,
    /// The rows that it is tested on, and what its champion did there.
    pub test: TestResult,
    /// Strategy of the champion; `null`: no individual was feasible, and the test is cash.
    pub strategy: Option<String>,
    /// Island of the window that asked for it first, from 0; absent where the population is not divided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub island: Option<u32>,
    /// The value of each of its genes, by name.
    pub genome: Option<BTreeMap<String, GeneValue>>,
    /// Value of the objective where it was trained.
    pub fitness: Option<f64>,
    /// Its account where it was trained.
    pub training: Option<AccountResult>,
    /// Distinct individuals that were evaluated.
    pub evaluations: u64,
    /// Chain over the generations of the window.
    pub digest: String,
}

/// First and last stamp of rows, RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Open of the first bar.
    pub from: String,
    /// Open of the last bar.
    pub to: String,
}

/// The test of a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// Its rows.
    #[serde(flatten)]
    pub rows: Span,
    /// The account of the champion; `null`: there is none.
    pub account: Option<AccountResult>,
}
