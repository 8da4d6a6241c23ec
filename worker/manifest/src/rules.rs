//! Rules between genes by position, as genetics keeps them, and what is said where no genome can keep them.

use galapagos_crds::catalogue::{ConstraintEntry, GeneEntry, RangeEntry, StrategyEntry};
use galapagos_genetics::{Constraint, GeneSpace, Space, SpaceError, When};
use rust_decimal::Decimal;

use crate::conditions;
use crate::finding::Finding;

/// The space of these genes, the strategy's own first, under the strategy's rules, and the conditions of the manifest on when
/// genes count and over their values.
pub(crate) fn space(
    path: &str,
    entry: &StrategyEntry,
    texts: &[String],
    whens: Vec<Constraint>,
    genes: Vec<GeneSpace>,
) -> Result<Space, Finding> {
    let (orders, others) = conditions::read(path, texts, &genes)?;
    let own = entry.constraints.iter().filter_map(|c| rule(entry, &genes, c));
    let rules = own.chain(whens).chain(orders).collect();
    let space = Space::new(genes.clone(), rules).map_err(|error| said(path, entry, &genes, &error))?;
    space.under(others).map_err(|error| Finding::invalid(format!("{path}.constraints"), error.to_string()))
}

/// A rule that names a gene the strategy lacks is none (a test of the engine excludes it).
fn rule(entry: &StrategyEntry, genes: &[GeneSpace], rule: &ConstraintEntry) -> Option<Constraint> {
    let position = |name: &str| genes.iter().position(|g| g.name == name);
    let when = |(gene, value): &(String, String)| {
        let i = position(gene)?;
        Some(When { gene: i, category: category(entry.genes.get(i)?, value)? })
    };
    Some(match rule {
        ConstraintEntry::Ordered { low, high } => {
            Constraint::Ordered { low: position(low)?, high: position(high)? }
        }
        ConstraintEntry::Capped { gene, cap, margin, when: condition } => Constraint::Capped {
            gene: position(gene)?,
            cap: position(cap)?,
            margin: margin.to_decimal(),
            when: match condition {
                Some(c) => Some(when(c)?),
                None => None,
            },
        },
        ConstraintEntry::ActiveWhen { gene, when: condition } => {
            Constraint::ActiveWhen { gene: position(gene)?, when: when(condition)? }
        }
        ConstraintEntry::ZeroBelow { gene, below } => {
            Constraint::ZeroBelow { gene: position(gene)?, below: below.to_decimal() }
        }
    })
}

fn category(gene: &GeneEntry, name: &str) -> Option<u32> {
    match &gene.range {
        RangeEntry::Categories(names) => names.iter().position(|n| n == name).map(|i| i as u32),
        _ => None,
    }
}

fn said(path: &str, entry: &StrategyEntry, genes: &[GeneSpace], error: &SpaceError) -> Finding {
    let path = format!("{path}.genes");
    match error {
        SpaceError::Impossible { low, high } => {
            let must = must(entry, low, high);
            let text = match (ends(genes, low), ends(genes, high)) {
                (Some((least, _)), Some((_, most))) => {
                    format!("{must}, but the lowest {low} is {least} and the highest {high} is {most}")
                }
                _ => format!("{must}, which no values of the genes can be"),
            };
            Finding::invalid(path, text).advise(format!("lower min of {low} or raise max of {high}"))
        }
        SpaceError::Digits { gene } => {
            let text =
                format!("gene {gene:?} has values of more digits than can be compared with other genes");
            Finding::invalid(path, text).advise("round them")
        }
        SpaceError::Circle { gene } => {
            let text = format!("the orders of genes form a circle through {gene}");
            Finding::invalid(path, text).advise("take one of constraints out")
        }
        SpaceError::Rule { gene, problem } => {
            let name = genes.get(*gene).map_or("", |g| g.name.as_str());
            Finding::invalid(path, format!("gene {name:?}: {problem}"))
        }
        // Of the catalogue's definitions; a test excludes them.
        other => Finding::invalid(path, other.to_string()),
    }
}

/// The rule that is broken, in words.
fn must(entry: &StrategyEntry, low: &str, high: &str) -> String {
    let margin = entry.constraints.iter().find_map(|c| match c {
        ConstraintEntry::Capped { gene, cap, margin, .. } if gene == low && cap == high => Some(*margin),
        _ => None,
    });
    match margin {
        None => format!("{low} must be less than {high}"),
        Some(margin) if margin.to_decimal().is_zero() => format!("{low} must be at most {high}"),
        Some(margin) => format!("{low} must be at most {high} - {margin}"),
    }
}

fn ends(genes: &[GeneSpace], name: &str) -> Option<(Decimal, Decimal)> {
    let grid = &genes.iter().find(|g| g.name == name)?.grid;
    grid.value(0).zip(grid.value(grid.len() - 1))
}
