//! `result.json`: numbers in their shortest round-trip form, `null` where undefined, with the reason beside it.

use std::collections::BTreeMap;

use galapagos_crds::GeneValue;
use serde::{Deserialize, Serialize};

pub use super::account::{AccountResult, MetricMap, Sums, metric_map};
use super::archive::CellArchive;
use super::excluded::Excluded;
use super::front::Front;
use super::validation::document::Validation;
use crate::run::state::GenerationReport;

/// Name and version of the schema. Fields are only ever added to a version.
pub const SCHEMA: &str = "galapagos.result/v1";

/// The whole result of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultDocument {
    /// Name and version of the layout: [`SCHEMA`].
    pub schema: String,
    /// Namespace and name of the job.
    pub job: JobName,
    /// Chain over all generations.
    pub result_digest: String,
    /// Digest of the market data.
    pub dataset_digest: String,
    /// Digest of the resolved inputs.
    pub inputs_digest: String,
    /// Number of the engine.
    pub engine: u32,
    /// Why the run ended.
    pub stopped_by: String,
    /// Whether any machine gets the same result: no individual had to be set aside.
    pub reproducible: bool,
    /// Fills at the deciding close are optimistic.
    pub optimistic: bool,
    /// The best individual; `None` if none was feasible.
    pub best: Option<Champion>,
    /// The best individual of each species, in the order of the manifest.
    pub species: Vec<Champion>,
    /// What no individual dominates; `None` with one objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front: Option<Front>,
    /// The best of each cell of behaviour; `None` of a job without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<CellArchive>,
    /// Counters of the run.
    pub evaluations: Evaluations,
    /// What kept individuals from being feasible, the most frequent first.
    #[serde(default)]
    pub excluded: Vec<Excluded>,
    /// How much of the best is luck.
    pub luck: Luck,
    /// Whether the find can be told from luck, and what would break it; `None` in results of earlier releases.
    #[serde(default)]
    pub validation: Option<Validation>,
    /// `spec.validation` of the job, with every default: how its winner was tested.
    #[serde(default)]
    pub tests: serde_json::Value,
    /// Holding the symbols over the same windows with the same costs.
    pub buy_and_hold: BuyAndHold,
    /// The rows that were used.
    pub data: DataWindow,
    /// One report for every generation, oldest first.
    pub generations: Vec<GenerationReport>,
    /// Individuals set aside, replayable.
    pub exceptions: Vec<NamedGenome>,
    /// Seconds of running over all attempts; not part of the digest.
    pub seconds: f64,
    /// Strategy-bars a second of the last attempt; not part of the digest.
    pub strategy_bars_per_second: f64,
    /// Command that repeats the best individual's back-test and compares every bit.
    pub reproduce: String,
}

/// Namespace and name of the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobName {
    /// Namespace of the job; `local` on one machine.
    pub namespace: String,
    /// Name of the job.
    pub name: String,
}

/// Counters of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluations {
    /// Distinct individuals evaluated: the number of trials.
    pub distinct: u64,
    /// Individuals whose result was known.
    pub cached: u64,
    /// Individuals without a meaningful account.
    pub failed: u64,
    /// Individuals that could not be evaluated.
    pub exceptions: u64,
}

/// A strategy and its genes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedGenome {
    /// Name of the strategy.
    pub strategy: String,
    /// The value of each gene, by its name.
    pub genome: BTreeMap<String, GeneValue>,
}

/// The best individual of a species.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Champion {
    /// Name of the strategy.
    pub strategy: String,
    /// Island that asked for it first, from 0; absent where the population is not divided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub island: Option<u32>,
    /// The value of each gene, by its name.
    pub genome: BTreeMap<String, GeneValue>,
    /// feasible, infeasible or failed.
    pub class: String,
    /// Value of the objective on the training rows.
    pub fitness: Option<f64>,
    /// Name of the metric that is the objective.
    pub objective: String,
    /// Sum of relative violations of the limits.
    pub violation: f64,
    /// What stands against it: each limit that it does not keep and why, or a reason; empty if it is feasible.
    #[serde(default)]
    pub objections: Vec<String>,
    /// On the training rows.
    #[serde(flatten)]
    pub training: AccountResult,
    /// On the holdout; `None` without one.
    pub holdout: Option<AccountResult>,
    /// The accounts of each symbol alone, by its name.
    pub per_symbol: BTreeMap<String, SymbolAccounts>,
    /// Probability that the training Sharpe ratio is not luck, given all trials; `None` if undefined.
    pub deflated_sharpe: Option<f64>,
    /// Distinct evaluations of its species.
    pub trials: u64,
}

/// Training and holdout of one symbol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SymbolAccounts {
    /// On the training rows.
    #[serde(flatten)]
    pub training: AccountResult,
    /// The account on the holdout; `None` without one.
    pub holdout: Option<AccountResult>,
}

/// How much of the best is luck.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Luck {
    /// Distinct evaluations of all species.
    pub trials: u64,
    /// Different strategies among the feasible trials: those that are no copy of a better one by their 16 block returns.
    pub effective_trials: Option<f64>,
    /// Larger of the variances of the per-bar Sharpe ratio over all trials that have one, infeasible ones included, and
    /// over those of generation 0.
    pub sharpe_variance: f64,
    /// Per-bar Sharpe ratio that the best of as many skill-less trials is expected to show.
    pub expected_best_sharpe: f64,
    /// Deflated Sharpe ratio of the best.
    pub deflated_sharpe: Option<f64>,
    /// Times that an individual's holdout was shown: once for the best of each species, and again whenever the run
    /// went on after a result. Not part of the digest.
    pub holdout_looks: u32,
    /// Results of any job that have shown some of the holdout's rows, this one included, as far as the data folder knows;
    /// `None`: there is no holdout, or that folder cannot be written. Not part of any digest.
    #[serde(default)]
    pub dataset_holdout_looks: Option<u32>,
}

/// What holding the symbols from the first to the last row is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuyAndHold {
    /// On the training rows.
    pub training: AccountResult,
    /// The account on the holdout; `None` without one.
    pub holdout: Option<AccountResult>,
}

/// The rows that were used. Times are UTC at bar open, RFC 3339.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataWindow {
    /// Name of the dataset.
    pub dataset: String,
    /// Bars a year of the calendar.
    pub bars_per_year: f64,
    /// First date of the job; `None` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The date before which its rows end; `None` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// First stamp of the holdout.
    pub holdout_from: Option<String>,
    /// Stamps in the holdout.
    pub holdout_stamps: u64,
    /// Extreme moves, at most 20 of each symbol, the earliest first.
    #[serde(default)]
    pub outliers: Vec<DataOutlier>,
    /// The rows of each symbol.
    pub symbols: Vec<SymbolWindow>,
}

/// A move from close to close that is over 20 times the median move of its symbol: a real one, or a bad price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataOutlier {
    /// Name of the symbol.
    pub symbol: String,
    /// The open of its bar, RFC 3339.
    pub time: String,
    /// Its close over that before it, less 1.
    pub change: f64,
}

/// The rows of one symbol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SymbolWindow {
    /// Name of the symbol.
    pub symbol: String,
    /// Rows before the job's first date, which only warm up; absent if there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub history: u64,
    /// Number of all rows between the job's dates, warm-up and holdout included.
    pub rows: u64,
    /// Open of the first row, RFC 3339.
    pub from: String,
    /// Open of the last row, RFC 3339.
    pub to: String,
    /// Those of them before the first counted one.
    pub warm_up: u64,
    /// The species that needs them.
    pub warm_up_species: Option<String>,
    /// Those of them before the holdout.
    pub training_rows: u64,
}

fn is_zero(rows: &u64) -> bool {
    *rows == 0
}
