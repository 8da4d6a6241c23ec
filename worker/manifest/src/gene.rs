//! One value of one gene against the gene's definition.

use galapagos_crds::GeneValue;
use galapagos_crds::catalogue::{Catalogue, GeneEntry, GeneKind, RangeEntry, StrategyEntry};
use galapagos_crds::conditions::StalledReason;
use galapagos_genetics::Grid;
use rust_decimal::Decimal;

use crate::finding::Finding;
use crate::suggest::meant_or_all;

/// The gene of a name or alias.
pub(crate) fn gene<'a>(
    path: &str,
    name: &str,
    strategy: &'a StrategyEntry,
    catalogue: &'a Catalogue,
) -> Result<&'a GeneEntry, Finding> {
    catalogue.gene(strategy, name).ok_or_else(|| {
        let known: Vec<&str> =
            strategy.genes.iter().chain(&catalogue.common_genes).map(|g| g.name.as_str()).collect();
        Finding::invalid(path, format!("strategy {:?} has no gene {name:?}", strategy.name))
            .reason(StalledReason::UnknownGene)
            .advise(meant_or_all(name, known, "it has"))
    })
}

/// A value that a gene can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    /// An exact decimal.
    Number(Decimal),
    /// Position in the gene's list of names.
    Category(u32),
}

/// The value at `path`, if the gene can have it.
pub(crate) fn value(path: &str, entry: &GeneEntry, value: &GeneValue) -> Result<Value, Finding> {
    let name = &entry.name;
    match (&entry.range, value) {
        (RangeEntry::Categories(known), GeneValue::Name(given)) => {
            let position = known.iter().position(|k| k == given);
            position.map(|i| Value::Category(i as u32)).ok_or_else(|| {
                let advice = meant_or_all(given, known.iter().map(String::as_str), "use one of");
                Finding::invalid(path, format!("gene {name:?} has no value {given:?}")).advise(advice)
            })
        }
        (RangeEntry::Categories(known), GeneValue::Number(n)) => {
            Err(Finding::invalid(path, format!("gene {name:?} is categorical: {n} is none of its values"))
                .advise(format!("use one of {}", known.join(", "))))
        }
        (_, GeneValue::Number(n)) => number(path, entry, n.to_decimal()).map(Value::Number),
        (_, GeneValue::Name(given)) => {
            Err(Finding::invalid(path, format!("gene {name:?} is a number, not {given:?}"))
                .advise(format!("write for example {}", entry.default)))
        }
    }
}

/// The number at `path`, if it is whole where it must be, inside the gene's bounds and a multiple of its unit.
pub(crate) fn number(path: &str, entry: &GeneEntry, n: Decimal) -> Result<Decimal, Finding> {
    let name = &entry.name;
    if entry.kind == GeneKind::Integer && !n.fract().is_zero() {
        return Err(Finding::invalid(path, format!("{n} is not a whole number, as gene {name:?} needs")));
    }
    if let Some((low, high)) = entry.hard
        && !(low.to_decimal()..=high.to_decimal()).contains(&n)
    {
        let nearest = if n < low.to_decimal() { low } else { high };
        let text = format!("{n} is outside the bounds {low} to {high} of gene {name:?}");
        return Err(Finding::invalid(path, text).advise(format!("the nearest is {nearest}")));
    }
    multiple(path, entry, n)
}

/// The number at `path`, if it is a multiple of the gene's unit.
pub(crate) fn multiple(path: &str, entry: &GeneEntry, n: Decimal) -> Result<Decimal, Finding> {
    let Some(unit) = unit(entry) else { return Ok(n) };
    if n.checked_rem(unit).is_none_or(|rest| rest.is_zero()) {
        return Ok(n);
    }
    let text = format!("{n} is not a multiple of {unit}, the unit of gene {:?}", entry.name);
    let nearest = n.checked_div(unit).and_then(|q| q.round().checked_mul(unit));
    let finding = Finding::invalid(path, text);
    Err(match nearest {
        Some(nearest) => finding.advise(format!("the nearest is {}", nearest.normalize())),
        None => finding,
    })
}

/// What the values of a gene are multiples of.
pub(crate) fn unit(entry: &GeneEntry) -> Option<Decimal> {
    match entry.kind {
        GeneKind::Integer => Some(Decimal::ONE),
        _ => entry.unit.map(|u| u.to_decimal()),
    }
}

/// What is said of a value that the gene could have, but not on this grid.
pub(crate) fn off_grid(
    path: &str,
    entry: &GeneEntry,
    grid: &Grid,
    value: Value,
    nearest: Option<u32>,
) -> Finding {
    let names = match &entry.range {
        RangeEntry::Categories(names) => names.as_slice(),
        _ => &[],
    };
    let name = |c: u32| names.get(c as usize).map_or("", String::as_str);
    let shown = match value {
        Value::Number(x) => x.normalize().to_string(),
        Value::Category(c) => name(c).to_owned(),
    };
    let text = format!("{shown} is not one of the values that gene {:?} has in this job", entry.name);
    let finding = Finding::invalid(path, text);
    match nearest.and_then(|k| grid.value(k)) {
        Some(nearest) => finding.advise(format!("the nearest is {nearest}")),
        None => {
            let all: Vec<_> = (0..grid.len()).filter_map(|k| grid.category(k)).map(name).collect();
            finding.advise(format!("use one of {}", all.join(", ")))
        }
    }
}
