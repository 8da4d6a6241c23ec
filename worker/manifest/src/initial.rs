//! The genome of an individual to start with, by names.

use std::collections::BTreeMap;

use galapagos_crds::GeneValue;
use galapagos_crds::catalogue::{Catalogue, GeneEntry, StrategyEntry};
use galapagos_genetics::Genome;

use crate::finding::{Finding, first};
use crate::gene::{Value, gene, off_grid, value};
use crate::space::SearchSpace;

impl SearchSpace<'_> {
    /// The canonical genome of named values, which stand at `path`; genes not named take their defaults, or the nearest
    /// value of the grid.
    ///
    /// # Errors
    /// An unknown gene, or a value that is not on its grid.
    pub fn indices(&self, path: &str, values: &BTreeMap<String, GeneValue>) -> Result<Genome, Finding> {
        let mut findings = Vec::new();
        indices(path, self, values, &mut findings).ok_or_else(|| first(path, findings))
    }
}

/// Definition, path and value of each named gene that can have its value. Findings on the others.
pub(crate) fn known<'a>(
    path: &str,
    strategy: &'a StrategyEntry,
    catalogue: &'a Catalogue,
    values: &BTreeMap<String, GeneValue>,
    findings: &mut Vec<Finding>,
) -> Vec<(&'a GeneEntry, String, Value)> {
    let mut out: Vec<(&GeneEntry, String, Value)> = Vec::new();
    for (name, given) in values {
        let path = format!("{path}.{name}");
        let checked = gene(&path, name, strategy, catalogue)
            .and_then(|entry| value(&path, entry, given).map(|v| (entry, v)));
        match checked {
            Ok((entry, _)) if out.iter().any(|(other, ..)| other.name == entry.name) => {
                let text = format!("the gene {:?} is given twice", entry.name);
                findings.push(Finding::misleading(path, text).advise("keep one of them"));
            }
            Ok((entry, v)) => out.push((entry, path, v)),
            Err(finding) => findings.push(finding),
        }
    }
    out
}

/// The canonical genome of named values. `None` with at least one finding that makes it impossible.
pub(crate) fn indices(
    path: &str,
    of: &SearchSpace<'_>,
    values: &BTreeMap<String, GeneValue>,
    findings: &mut Vec<Finding>,
) -> Option<Genome> {
    let before = findings.iter().filter(|f| f.is_impossible()).count();
    let named = known(path, &of.strategy, of.catalogue, values, findings);
    for (entry, path, _) in &named {
        if !of.genes.iter().any(|g| g.name == entry.name) {
            let text = format!("the job has no range for gene {:?}, so no individual has it", entry.name);
            let advice = "name it among the genes of the strategy, or leave it out";
            findings.push(Finding::misleading(path, text).advise(advice));
        }
    }
    let mut indices = Vec::with_capacity(of.genes.len());
    for (entry, space) in of.genes.iter().zip(of.space.genes()) {
        let Some((_, path, wanted)) = named.iter().find(|(g, ..)| g.name == entry.name) else {
            indices.push(space.default.unwrap_or(0));
            continue;
        };
        let (exact, nearest) = match *wanted {
            Value::Number(x) => (space.grid.index_of(x), space.grid.nearest(x)),
            Value::Category(c) => (space.grid.index_of_category(c), None),
        };
        match exact {
            Some(k) => indices.push(k),
            None => findings.push(off_grid(path, entry, &space.grid, *wanted, nearest)),
        }
    }
    if findings.iter().filter(|f| f.is_impossible()).count() > before {
        return None;
    }
    match of.space.canonical(&indices) {
        Ok(genome) => Some(genome),
        Err(error) => {
            findings.push(Finding::invalid(path, error.to_string()));
            None
        }
    }
}
