//! The explicit list of what may change a result (the resolved inputs), and the manifest that says it in full.

use std::collections::BTreeMap;

use galapagos_crds::{
    ArchiveSpec, Calendar, CalendarType, Decimal, EvolutionJobSpec, ExecutionSpec, GeneSpec, GeneValue,
    IslandsSpec, Limit, Objective, ResolvedBreeding, Searcher,
};
use galapagos_manifest::show_stamp;
use serde::Serialize;

/// What the inputs digest covers, besides the dataset's digest and ENGINE. Not in it: names of job, pool and
/// dataset, source, pin, priority, timeouts, deadlines, and everything that may change during a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inputs {
    /// Symbols in ascending order.
    pub symbols: Vec<String>,
    /// Length of a bar in milliseconds.
    pub interval_ms: i64,
    /// First stamp that counts. Absent ones are left out: the digests of jobs without dates are those of releases that knew none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<i64>,
    /// The stamp before which rows count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<i64>,
    /// Bars a year of the calendar (B).
    pub bars_per_year: f64,
    /// Every strategy with all its genes, in the order of the manifest.
    pub strategies: Vec<StrategyInputs>,
    /// Number of individuals of a generation.
    pub population_size: u32,
    /// Seed of all draws.
    pub seed: u64,
    /// How candidates are found.
    pub searcher: Searcher,
    /// How children are made.
    pub breeding: ResolvedBreeding,
    /// How the population is divided. Where it is not, it is left out, as of releases that knew no islands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub islands: Option<IslandsSpec>,
    /// Cells whose best breed. Without any left out, as of releases that knew none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive: Option<ArchiveSpec>,
    /// The metric that is improved.
    pub objectives: Vec<Objective>,
    /// The bounds that a feasible individual keeps.
    pub limits: Vec<Limit>,
    /// The account, with the defaults that depend on other fields filled in.
    pub execution: ExecutionInputs,
    /// Share of the holdout.
    pub holdout: Decimal,
}

/// A strategy as an input.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StrategyInputs {
    /// Canonical name of the strategy.
    pub name: String,
    /// All genes in the order of the genome.
    pub genes: Vec<GeneSpec>,
    /// Warm-start genomes, every gene named.
    pub initial: Vec<BTreeMap<String, GeneValue>>,
    /// Conditions over the genes, as they are written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<String>,
    /// Canonical rules of a strategy that the manifest writes itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<serde_json::Value>,
    /// Digest of the file of signals that it reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signals: Option<String>,
}

/// The account as an input.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionInputs {
    /// The block of the manifest.
    #[serde(flatten)]
    pub spec: ExecutionSpec,
    /// Margin after defaults; `None`: no liquidation.
    pub resolved_maintenance_margin: Option<Decimal>,
}

impl ExecutionInputs {
    /// Fills in `makerFee`; the margin stands beside the block because `liquidation` is a union.
    pub fn new(spec: &ExecutionSpec) -> ExecutionInputs {
        let resolved_maintenance_margin = spec.resolved_maintenance_margin();
        let mut spec = spec.clone();
        spec.maker_fee = Some(spec.maker_fee.unwrap_or(spec.taker_fee));
        spec.liquidation = None;
        ExecutionInputs { spec, resolved_maintenance_margin }
    }
}

/// The manifest's spec with what was found out written into it: running it again gives the same inputs digest.
pub fn written_out(
    spec: &EvolutionJobSpec,
    inputs: &Inputs,
    digest: &str,
    suggested: Option<galapagos_market::Calendar>,
) -> EvolutionJobSpec {
    let mut out = spec.clone();
    out.market_data.digest = Some(digest.to_owned());
    if out.market_data.calendar.is_none() {
        out.market_data.calendar = suggested.map(|calendar| match calendar {
            galapagos_market::Calendar::Continuous => {
                Calendar { type_: CalendarType::Continuous, bars_per_year: None }
            }
            galapagos_market::Calendar::Sessions { bars_per_year } => {
                Calendar { type_: CalendarType::Sessions, bars_per_year: Some(bars_per_year) }
            }
        });
    }
    out.market_data.from = inputs.from_ms.map(show_stamp);
    out.market_data.to = inputs.to_ms.map(show_stamp);
    out.market_data.symbols = inputs.symbols.clone();
    for (strategy, resolved) in out.strategies.iter_mut().zip(&inputs.strategies) {
        strategy.name.clone_from(&resolved.name);
        strategy.genes.clone_from(&resolved.genes);
    }
    for individual in &mut out.population.initial {
        if let Some(found) = galapagos_engine::strategies::find(&individual.strategy) {
            found.strategy.def().name.clone_into(&mut individual.strategy);
        }
    }
    out.execution.maker_fee = inputs.execution.spec.maker_fee;
    out
}
