//! How a find is told from luck: the holdout, the tests that follow the last generation, and the gates of the verdict.
//! Nothing here but the holdout steers what is bred.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::gate::Gate;
use crate::rules;
use crate::walk_forward::WalkForward;

/// How the winner is checked against luck.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidationSpec {
    /// The last rows, which evolution never sees.
    #[serde(default)]
    pub holdout: Holdout,
    /// Evolves anew on parts of the past and trades each on the rows that follow. Absent: it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_forward: Option<WalkForward>,
    /// Whether the best half of the data says anything about the other half.
    #[serde(default)]
    pub pbo: PboSpec,
    /// The winner's returns drawn again in blocks.
    #[serde(default)]
    pub bootstrap: BootstrapSpec,
    /// The winner's trades at other places.
    #[serde(default)]
    pub random_entry: RandomEntrySpec,
    /// The winner's neighbours among the genes.
    #[serde(default)]
    pub neighbourhood: NeighbourhoodSpec,
    /// The winner again at costs times these factors; rising, 1 to 10.
    #[serde(default = "cost_stress")]
    #[schemars(length(min = 1, max = 8), extend("x-kubernetes-list-type" = "atomic"))]
    pub cost_stress: Vec<Decimal>,
    /// Different strategies tried on these data before this job.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000_000_000_000_i64))]
    pub prior_trials: u64,
    /// Finds whose holdout on these data was looked at before this job.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub prior_looks: u32,
    /// What a find must reach to be called validated.
    #[serde(default)]
    pub gates: Gates,
}

impl Default for ValidationSpec {
    fn default() -> Self {
        ValidationSpec {
            holdout: Holdout::default(),
            walk_forward: None,
            pbo: PboSpec::default(),
            bootstrap: BootstrapSpec::default(),
            random_entry: RandomEntrySpec::default(),
            neighbourhood: NeighbourhoodSpec::default(),
            cost_stress: cost_stress(),
            prior_trials: 0,
            prior_looks: 0,
            gates: Gates::default(),
        }
    }
}

impl ValidationSpec {
    /// The gate of walk-forward: as it is written, else 0.5 for a job with windows.
    pub fn walk_forward_gate(&self) -> Gate {
        let windows = self.walk_forward.as_ref().map(|_| Gate::At(Decimal::new(5, 1)));
        self.gates.walk_forward.or(windows).unwrap_or(Gate::Disabled)
    }
}

fn cost_stress() -> Vec<Decimal> {
    vec![Decimal::new(15, 1), Decimal::new(2, 0)]
}

/// Rows at the end of the data that are used once, after the last generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Holdout {
    /// Share of the rows; 0: no holdout.
    #[serde(default = "fifth")]
    #[x_kube(validation = rules::below_one())]
    pub fraction: Decimal,
}

fn fifth() -> Decimal {
    Decimal::new(2, 1)
}

impl Default for Holdout {
    fn default() -> Self {
        Holdout { fraction: fifth() }
    }
}

/// The probability of backtest overfitting: splits of the training rows into halves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PboSpec {
    /// Blocks of rows that are split; 16 only.
    #[serde(default = "sixteen")]
    #[schemars(range(min = 16, max = 16))]
    pub blocks: u32,
    /// Most individuals that are compared; those of generation 0, which no selection has touched.
    #[serde(default = "thousand")]
    #[schemars(range(min = 20, max = 10_000))]
    pub trials: u32,
}

impl Default for PboSpec {
    fn default() -> Self {
        PboSpec { blocks: sixteen(), trials: thousand() }
    }
}

/// The stationary bootstrap of the winner's returns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BootstrapSpec {
    /// How often the returns are drawn again.
    #[serde(default = "thousand")]
    #[schemars(range(min = 100, max = 100_000))]
    pub samples: u32,
    /// Mean length of a block in bars. Absent: the cube root of the number of returns, rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000_000))]
    pub mean_block_bars: Option<u32>,
}

impl Default for BootstrapSpec {
    fn default() -> Self {
        BootstrapSpec { samples: thousand(), mean_block_bars: None }
    }
}

/// The winner's trades, as many and as long, at random places.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RandomEntrySpec {
    /// How often they are placed anew.
    #[serde(default = "thousand")]
    #[schemars(range(min = 100, max = 100_000))]
    pub samples: u32,
}

impl Default for RandomEntrySpec {
    fn default() -> Self {
        RandomEntrySpec { samples: thousand() }
    }
}

/// The individuals beside the winner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NeighbourhoodSpec {
    /// Steps of a gene's grid to each side; 1 only.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1))]
    pub steps: u32,
}

impl Default for NeighbourhoodSpec {
    fn default() -> Self {
        NeighbourhoodSpec { steps: one() }
    }
}

fn one() -> u32 {
    1
}

fn sixteen() -> u32 {
    16
}

fn thousand() -> u32 {
    1000
}

/// What a find must reach to be called validated, in the order in which the gates are looked at. Each is a threshold, or
/// `Disabled`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Gates {
    /// Whether the winner must decide the same when the future is taken away.
    #[serde(default = "yes")]
    pub look_ahead: bool,
    /// Least number of closed trades on the training rows.
    #[serde(default = "ten_trades")]
    pub trades: Gate,
    /// Least confidence that the find is not the luck of its trials, 0 to 1.
    #[serde(default = "confidence")]
    pub confidence: Gate,
    /// The Sharpe ratio at the largest factor of costStress must be above it.
    #[serde(default = "costs")]
    pub costs: Gate,
    /// Least share of the winner's Sharpe ratio that its neighbours keep (median).
    #[serde(default = "neighbourhood")]
    pub neighbourhood: Gate,
    /// Least probability, 0 to 1, that what the walk-forward windows earned beyond the market is not chance. Absent: 0.5
    /// where validation.walkForward is given, else Disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_forward: Option<Gate>,
    /// The Sharpe ratio of the timing returns on the holdout must be above it.
    #[serde(default = "disabled")]
    pub holdout: Gate,
    /// Least share of the training Sharpe ratio that the holdout keeps.
    #[serde(default = "disabled")]
    pub holdout_ratio: Gate,
    /// Highest probability of backtest overfitting, 0 to 1.
    #[serde(default = "disabled")]
    pub pbo: Gate,
    /// Least deflated Sharpe ratio, 0 to 1.
    #[serde(default = "disabled")]
    pub deflated_sharpe: Gate,
}

impl Default for Gates {
    fn default() -> Self {
        Gates {
            look_ahead: yes(),
            trades: ten_trades(),
            confidence: confidence(),
            costs: costs(),
            neighbourhood: neighbourhood(),
            walk_forward: None,
            holdout: disabled(),
            holdout_ratio: disabled(),
            pbo: disabled(),
            deflated_sharpe: disabled(),
        }
    }
}

fn yes() -> bool {
    true
}

fn ten_trades() -> Gate {
    Gate::At(Decimal::new(10, 0))
}

fn confidence() -> Gate {
    Gate::At(Decimal::new(95, 2))
}

fn costs() -> Gate {
    Gate::At(Decimal::ZERO)
}

fn neighbourhood() -> Gate {
    Gate::At(Decimal::new(8, 1))
}

fn disabled() -> Gate {
    Gate::Disabled
}
