//! Genes that count only while another one has certain values, as a manifest writes it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use galapagos_crds::catalogue::{Catalogue, ConstraintEntry, GeneEntry, StrategyEntry};
use galapagos_crds::{GeneSpec, GeneWhen};
use galapagos_genetics::{Constraint, GeneSpace, Grid};

use crate::finding::Finding;
use crate::gene::{Value, gene, off_grid, value};
use crate::suggest::meant_or_all;

/// The rules that a search keeps. `given` are the genes of the manifest by name with their paths, `genes` and `spaces` all
/// those of the genome in its order. `None` with at least one finding.
pub(crate) fn read(
    given: &BTreeMap<&str, (String, &GeneSpec)>,
    strategy: &StrategyEntry,
    genes: &[Cow<'_, GeneEntry>],
    spaces: &[GeneSpace],
    catalogue: &Catalogue,
    findings: &mut Vec<Finding>,
) -> Option<Vec<Constraint>> {
    let before = findings.len();
    let mut out = Vec::new();
    for (at, entry) in genes.iter().enumerate() {
        let Some((path, spec)) = given.get(entry.name.as_str()) else { continue };
        let Some(when) = &spec.when else { continue };
        let path = format!("{path}.when");
        let sometimes = |name: &str| {
            given.get(name).is_some_and(|(_, spec)| spec.when.is_some())
                || strategy
                    .constraints
                    .iter()
                    .any(|rule| matches!(rule, ConstraintEntry::ActiveWhen { gene, .. } if gene == name))
        };
        let on = match other(&path, &entry.name, when, strategy, genes, catalogue, sometimes) {
            Ok(on) => on,
            Err(finding) => {
                findings.push(finding);
                continue;
            }
        };
        if catalogue.common_genes.iter().any(|g| g.name == entry.name) {
            let text = format!("gene {:?} has no value without effect, so it always counts", entry.name);
            findings.push(Finding::invalid(path, text).advise("leave when out"));
            continue;
        }
        if let Err(finding) = beside_its_order(&path, &entry.name, when, given, strategy) {
            findings.push(finding);
            continue;
        }
        findings.extend(without_default(&path, entry, &spaces[at].grid).err());
        let mut values = Vec::new();
        for (i, wanted) in when.values.iter().enumerate() {
            match index(&format!("{path}.in[{i}]"), &genes[on], &spaces[on].grid, wanted) {
                Ok(index) => values.push(index),
                Err(finding) => findings.push(finding),
            }
        }
        values.sort_unstable();
        values.dedup();
        out.push(Constraint::ActiveIn { gene: at, on, values });
    }
    (findings.len() == before).then_some(out)
}

/// The place of the gene that decides.
fn other(
    path: &str,
    name: &str,
    when: &GeneWhen,
    strategy: &StrategyEntry,
    genes: &[Cow<'_, GeneEntry>],
    catalogue: &Catalogue,
    sometimes: impl Fn(&str) -> bool,
) -> Result<usize, Finding> {
    let path = format!("{path}.gene");
    let other = &gene(&path, &when.gene, strategy, catalogue)?.name;
    let Some(on) = genes.iter().position(|g| g.name == *other) else {
        let known = genes.iter().map(|g| g.name.as_str()).filter(|known| *known != name);
        let text = format!("gene {other:?} is not one of those that evolve here");
        return Err(Finding::invalid(path, text).advise(meant_or_all(other, known, "they are")));
    };
    if other == name {
        let text = format!("gene {name:?} cannot decide whether it counts itself");
        return Err(Finding::invalid(path, text).advise("name another gene"));
    }
    if sometimes(other) {
        let text = format!("gene {other:?} itself counts only sometimes");
        return Err(Finding::invalid(path, text).advise("name a gene that always counts"));
    }
    Ok(on)
}

/// The default of a gene that rests is what the strategy reads, and no rule moves it: its partner in an order of the strategy
/// must rest at the same times, or the order would be broken.
fn beside_its_order(
    path: &str,
    name: &str,
    when: &GeneWhen,
    given: &BTreeMap<&str, (String, &GeneSpec)>,
    strategy: &StrategyEntry,
) -> Result<(), Finding> {
    for rule in &strategy.constraints {
        let (one, other) = match rule {
            ConstraintEntry::Ordered { low, high } => (low, high),
            ConstraintEntry::Capped { gene, cap, .. } => (gene, cap),
            _ => continue,
        };
        let partner = match name {
            _ if name == one => other,
            _ if name == other => one,
            _ => continue,
        };
        let rests = given.get(partner.as_str()).and_then(|(_, spec)| spec.when.as_ref());
        if rests != Some(when) {
            let text =
                format!("gene {name:?} stands in an order with {partner:?}, which would not rest with it");
            let advice = format!("give {partner:?} the same when, or leave it out");
            return Err(Finding::invalid(path, text).advise(advice));
        }
    }
    Ok(())
}

/// A gene that does not count has its default, which must be there.
fn without_default(path: &str, entry: &GeneEntry, grid: &Grid) -> Result<(), Finding> {
    let default = &entry.default;
    let is_there = match value(path, entry, default) {
        Ok(Value::Number(x)) => grid.index_of(x).is_some(),
        Ok(Value::Category(c)) => grid.index_of_category(c).is_some(),
        Err(_) => false,
    };
    if is_there {
        return Ok(());
    }
    let name = &entry.name;
    let text = format!("while gene {name:?} does not count it is {default}, which is none of its values");
    Err(Finding::invalid(path, text).advise(format!("add {default} to them")))
}

fn index(
    path: &str,
    entry: &GeneEntry,
    grid: &Grid,
    wanted: &galapagos_crds::GeneValue,
) -> Result<u32, Finding> {
    let wanted = value(path, entry, wanted)?;
    let (index, nearest) = match wanted {
        Value::Number(x) => (grid.index_of(x), grid.nearest(x)),
        Value::Category(c) => (grid.index_of_category(c), None),
    };
    index.ok_or_else(|| off_grid(path, entry, grid, wanted, nearest))
}
