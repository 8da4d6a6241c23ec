//! What is known of a strategy, as `-o json` prints it.

use crate::backtest::single::Done;
use crate::backtest::tested::Tested;
use crate::exit::{Blame, CommandError, CommandResult};
use galapagos_crds::{Catalogue, StrategySpec};
use galapagos_manifest::SearchSpace;
use galapagos_run::examine::columns::GeneUse;
use galapagos_run::examine::path::Path;
use galapagos_run::examine::truth::{Truth, add, truths};
use galapagos_run::examine::{cost, defaults, examine, needs_data};
use galapagos_run::job::space::SpeciesSpace;
use galapagos_run::rules::lint::Remark;
use galapagos_run::rules::{Genome, Market, Strategy};
use serde::Serialize;

/// A second: every timeframe is a multiple of it. Whether it is one of the bars was checked when the file was read.
const FINEST_MS: i64 = 1_000;

/// What is known of a strategy.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Its name.
    pub name: String,
    /// How its individuals are evaluated.
    pub path: Path,
    /// Its warm-up; `null`: only the data can tell.
    pub warm_up: Option<WarmUpReport>,
    /// Its genes, in the order of the genome.
    pub genes: Vec<GeneUse>,
    /// Its series.
    pub columns: Vec<ColumnReport>,
    /// Series over the whole grid, at most.
    pub series: u64,
    /// Nodes of the graph of the default genome.
    pub nodes: usize,
    /// Nanoseconds a bar of all columns of the default genome, measured here.
    pub nanoseconds: f64,
    /// What looks odd.
    pub remarks: Vec<Remark>,
    /// The default genome on the data, if there are some.
    pub data: Option<DataReport>,
}

/// A warm-up and its cause.
#[derive(Debug, Serialize)]
pub struct WarmUpReport {
    /// Rows before the first decision, for any genome.
    pub rows: i64,
    /// The expression.
    pub path: String,
    /// The part of it, canonical.
    pub cause: String,
    /// The same rows for the default genome.
    pub default_rows: Option<i64>,
}

/// A series.
#[derive(Debug, Serialize)]
pub struct ColumnReport {
    /// The first expression that holds it.
    pub path: String,
    /// Its expression.
    pub column: String,
    /// Genes that shape it.
    pub genes: Vec<String>,
    /// How many of it there are over the whole grid, at most.
    pub distinct: u64,
    /// Nanoseconds a bar with all that it needs, for the default genome, measured here.
    pub nanoseconds: Option<f64>,
}

/// The default genome on data.
#[derive(Debug, Serialize)]
pub struct DataReport {
    /// Name of the dataset, or of the files.
    pub name: String,
    /// Bars that count, of all symbols.
    pub bars: u64,
    /// Round trips.
    pub trades: u64,
    /// Rows of the warm-up, the longest of the symbols.
    pub warm_up: usize,
    /// Conditions of the market alone, counted from the last row of the warm-up on.
    pub conditions: Vec<Truth>,
}

/// What is known of a strategy, with a back-test of its default genome or without.
pub fn report(spec: &StrategySpec, done: Option<&Done>) -> CommandResult<Report> {
    let alone;
    let species = match done.map(|done| &done.strategy) {
        Some(Tested::Own(species)) => species.as_ref(),
        _ => {
            alone = without_data(spec)?;
            &alone
        }
    };
    let lost = || CommandError::invalid(format!("{}: no genome keeps its order", spec.name));
    let (rules, genome) = (species.rules().ok_or_else(lost)?, defaults(species).ok_or_else(lost)?);
    let bars = done.map(Done::bars).unwrap_or_default();
    let others = done.map(|done| done.data.others(rules.symbols())).unwrap_or_default();
    let known = examine(rules, species, &genome, bars.first().map(|bars| (bars, others.as_slice())));
    let trees: Vec<_> = known.columns.iter().map(|column| &column.tree).collect();
    let costs = cost::nanoseconds(rules, &trees, &genome);
    let columns = known.columns.iter().zip(costs).map(|(column, nanoseconds)| ColumnReport {
        path: column.path.clone(),
        column: column.text.clone(),
        genes: column.genes.iter().map(|(name, _)| name.clone()).collect(),
        distinct: column.distinct,
        nanoseconds: nanoseconds.map(rounded),
    });
    let warm_up = known.warm_up.map(|w| WarmUpReport {
        rows: w.rows,
        path: w.path,
        cause: w.cause,
        default_rows: known.default_warm_up.map(|w| w.rows),
    });
    Ok(Report {
        name: spec.name.clone(),
        path: known.path,
        warm_up: warm_up.filter(|_| done.is_some() || !needs_data(rules)),
        genes: known.genes,
        series: known.columns.iter().fold(0, |sum: u64, column| sum.saturating_add(column.distinct)),
        columns: columns.collect(),
        nodes: known.nodes,
        nanoseconds: rounded(cost::together(rules, &genome)),
        remarks: known.remarks,
        data: done.map(|done| on_data(rules, &genome, done)),
    })
}

/// The space of a strategy on data that have whatever it asks for.
fn without_data(spec: &StrategySpec) -> CommandResult<SpeciesSpace> {
    let (_, rules) = SearchSpace::own(0, spec, &Market::default(), Catalogue::embedded()).invalid()?;
    let symbols: Vec<String> = rules.symbols().into_iter().map(str::to_owned).collect();
    SpeciesSpace::own(0, spec, &symbols, true, FINEST_MS).invalid()
}

fn on_data(rules: &Strategy, genome: &Genome, done: &Done) -> DataReport {
    let (mut conditions, mut counted) = (Vec::new(), 0);
    let others = done.data.others(rules.symbols());
    for (bars, rows) in done.bars().iter().zip(&done.rows) {
        counted += bars.len().saturating_sub(rows.first) as u64;
        add(&mut conditions, truths(rules, genome, bars, &others, rows.first));
    }
    let trades = done.report.per_symbol.iter().map(|symbol| symbol.trace.trades.len() as u64).sum();
    DataReport { name: done.data.name.clone(), bars: counted, trades, warm_up: done.warm_up, conditions }
}

/// Two digits after the point: a measurement has no more.
fn rounded(nanoseconds: f64) -> f64 {
    (nanoseconds * 100.0).round() / 100.0
}
