//! What an own strategy will cost and how it will be run, before it runs: `galapagos check`.
//!
//! * [`path`]: whether its individuals share a batch, and what keeps them from it.
//! * [`columns`]: its series, how many of each the genes make, and what each gene does.
//! * [`cost`]: what a series costs, measured here.
//! * [`truth`]: in which rows of the data its conditions are true, false and unknown.

pub mod columns;
pub mod cost;
pub mod path;
pub mod truth;

use crate::job::space::SpeciesSpace;
use columns::{Column, GeneUse};
use galapagos_engine::bars::Bars;
use galapagos_engine::rules::{calendar, stamps};
use galapagos_rules::lint::{Remark, lint};
use galapagos_rules::{At, Calendar, Genome, Strategy, WarmUp, needs_calendar};
use path::Path;
use std::collections::BTreeMap;

/// What is known of an own strategy.
#[derive(Clone, Debug)]
pub struct Examination {
    /// How its individuals are evaluated.
    pub path: Path,
    /// Its series, each once.
    pub columns: Vec<Column>,
    /// What its genes do.
    pub genes: Vec<GeneUse>,
    /// Nodes of the graph of the default genome: columns that are computed, conditions and constants among them.
    pub nodes: usize,
    /// Warm-up of all genomes together; `None`: only the data can tell.
    pub warm_up: Option<WarmUp>,
    /// Warm-up of the default genome.
    pub default_warm_up: Option<WarmUp>,
    /// What is allowed and hardly meant.
    pub remarks: Vec<Remark>,
}

/// Examines an own strategy, on data where there are some: the bars of a symbol, and those of the symbols it looks at.
pub fn examine(
    rules: &Strategy,
    species: &SpeciesSpace,
    genome: &Genome,
    data: Option<(&Bars<'_>, &[Bars<'_>])>,
) -> Examination {
    let calendar = data.map(|(bars, others)| calendar(bars, stamps(others)));
    let calendar = calendar.as_ref().map(|calendar| calendar as &dyn Calendar);
    let mut remarks = lint(rules);
    let columns = columns::columns(rules, species);
    remarks.extend(columns.iter().filter_map(columns::many));
    Examination {
        path: path::path(rules, species.strategy()),
        genes: columns::genes(rules, species, &columns),
        nodes: cost::nodes(rules, genome),
        columns,
        warm_up: rules.warm_up(At::Bounds, calendar),
        default_warm_up: rules.warm_up(At::Genome(genome), calendar),
        remarks,
    }
}

/// The default genome as the language reads it, moved where an order of the rules asks for it.
pub fn defaults(species: &SpeciesSpace) -> Option<Genome> {
    let indices = species.indices("genes", &BTreeMap::new()).ok()?;
    let named = species.named(&indices);
    Some(named.into_iter().map(|(name, value)| (name, value.to_string())).collect())
}

/// Whether only the data can tell the warm-up.
pub fn needs_data(rules: &Strategy) -> bool {
    rules.expressions.iter().any(|expression| needs_calendar(&expression.tree))
}
