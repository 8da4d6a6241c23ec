//! The range of one gene: the manifest's, or the gene's own, as a grid and as a manifest would write it in full.

use std::collections::BTreeSet;

use galapagos_crds::catalogue::{GeneEntry, GeneKind, RangeEntry};
use galapagos_crds::{Decimal, GeneSpec, GeneValue, Scale};
use galapagos_genetics::grid::MAX_LOG_STEPS;
use galapagos_genetics::{self as genetics, GeneSpace, Grid, GridError};
use rust_decimal::Decimal as Exact;

use crate::finding::Finding;
use crate::gene::{Value, multiple, number, off_grid, unit, value};

fn blank(name: &str) -> GeneSpec {
    GeneSpec {
        name: name.to_owned(),
        min: None,
        max: None,
        step: None,
        scale: None,
        steps: None,
        values: None,
        value: None,
        default: None,
        when: None,
    }
}

/// The range of a gene with one value.
pub(crate) fn fixed(name: &str, value: &GeneValue) -> GeneSpec {
    GeneSpec { value: Some(value.clone()), ..blank(name) }
}

/// The gene's own range.
pub(crate) fn own(entry: &GeneEntry) -> GeneSpec {
    let blank = blank(&entry.name);
    match &entry.range {
        &RangeEntry::Linear { min, max, step } => {
            GeneSpec { min: Some(min), max: Some(max), step: Some(step), ..blank }
        }
        &RangeEntry::Log { min, max, steps } => {
            GeneSpec { min: Some(min), max: Some(max), scale: Some(Scale::Log), steps: Some(steps), ..blank }
        }
        RangeEntry::Values(list) => {
            GeneSpec { values: Some(list.iter().copied().map(GeneValue::Number).collect()), ..blank }
        }
        RangeEntry::Categories(list) => {
            GeneSpec { values: Some(list.iter().cloned().map(GeneValue::Name).collect()), ..blank }
        }
    }
}

/// The gene as genetics sees it, and the range as a manifest would write it in full. `None` with at least one finding
/// that makes it impossible.
pub(crate) fn gene_space(
    path: &str,
    entry: &GeneEntry,
    given: &GeneSpec,
    findings: &mut Vec<Finding>,
) -> Option<(GeneSpace, GeneSpec)> {
    match grid(path, entry, given, findings) {
        Ok((grid, written)) => {
            let default = match value(path, entry, &entry.default) {
                Ok(Value::Number(x)) => grid.nearest(x),
                Ok(Value::Category(c)) => grid.index_of_category(c).or(Some(0)),
                Err(_) => None,
            };
            let default = match &given.default {
                Some(given) => Some(said_default(path, entry, &grid, given, findings)?),
                None => default,
            };
            let kind = match entry.kind {
                GeneKind::Integer => genetics::GeneKind::Integer,
                GeneKind::Real => genetics::GeneKind::Real,
                GeneKind::Categorical => genetics::GeneKind::Categorical,
            };
            Some((GeneSpace { name: entry.name.clone(), kind, grid, default }, written))
        }
        Err(wrong) => {
            findings.extend(wrong);
            None
        }
    }
}

/// The index of a default that the manifest says. `None` with a finding: it is not on the grid.
fn said_default(
    path: &str,
    entry: &GeneEntry,
    grid: &Grid,
    given: &GeneValue,
    findings: &mut Vec<Finding>,
) -> Option<u32> {
    let path = format!("{path}.default");
    let found = value(&path, entry, given).and_then(|wanted| {
        let index = match wanted {
            Value::Number(x) => grid.index_of(x),
            Value::Category(c) => grid.index_of_category(c),
        };
        let nearest = if let Value::Number(x) = wanted { grid.nearest(x) } else { None };
        index.ok_or_else(|| off_grid(&path, entry, grid, wanted, nearest))
    });
    found.map_err(|finding| findings.push(finding)).ok()
}

fn grid(
    path: &str,
    entry: &GeneEntry,
    given: &GeneSpec,
    findings: &mut Vec<Finding>,
) -> Result<(Grid, GeneSpec), Vec<Finding>> {
    let mut written = GeneSpec { name: entry.name.clone(), ..given.clone() };
    if given.step.is_none()
        && given.scale != Some(Scale::Log)
        && let (Some(min), Some(max)) = (given.min, given.max)
    {
        written = with_own_step(path, entry, written, min, max)?;
    }
    let grid = if let Some(only) = &written.value {
        match value(&format!("{path}.value"), entry, only).map_err(one)? {
            Value::Number(x) => Grid::Fixed(x),
            Value::Category(c) => listed(path, entry, &[Value::Category(c)])?,
        }
    } else if let Some(values) = &written.values {
        let checked = values.iter().enumerate().map(|(i, v)| value(&format!("{path}.values[{i}]"), entry, v));
        let checked = all(checked)?;
        let grid = listed(path, entry, &checked)?;
        findings.extend(disorder(path, values));
        grid
    } else if let (Some(min), Some(max)) = (written.min, written.max) {
        if entry.kind == GeneKind::Categorical {
            return Err(one(takes_names(path, entry)));
        }
        let bounds = [("min", min), ("max", max)];
        let bound = |(field, d): (&str, Decimal)| number(&format!("{path}.{field}"), entry, d.to_decimal());
        let checked = all(bounds.into_iter().map(bound))?;
        let (min, max) = (checked[0], checked[1]);
        match (written.scale, written.step, written.steps) {
            (Some(Scale::Log), _, Some(steps)) => {
                // Reals without a unit of their own are rounded to millionths (contract G8).
                let unit = unit(entry).unwrap_or(Exact::new(1, 6));
                Grid::log(&entry.name, min, max, unit, steps).map_err(|e| one(said(path, e, Some(max))))?
            }
            (None | Some(Scale::Linear), Some(step), _) => {
                let step_path = format!("{path}.step");
                let step = multiple(&step_path, entry, step.to_decimal()).map_err(one)?;
                let grid = Grid::linear(&entry.name, min, max, step).map_err(|e| one(said(path, e, None)))?;
                if min < max && step > max - min {
                    let text = format!("{step} is larger than max - min: min is the only value");
                    findings.push(Finding::misleading(step_path, text).advise("to fix the gene, set value"));
                }
                grid
            }
            (scale, ..) => {
                let (field, text) = match scale {
                    Some(Scale::Log) => ("steps", "scale Log needs steps"),
                    _ => ("step", "a linear scale needs step"),
                };
                return Err(one(Finding::invalid(format!("{path}.{field}"), text)));
            }
        }
    } else {
        return Err(one(Finding::invalid(path, "a gene needs min and max, values, or value")));
    };
    Ok((grid, written))
}

/// A linear range without a step has that of the gene's own range.
fn with_own_step(
    path: &str,
    entry: &GeneEntry,
    written: GeneSpec,
    min: Decimal,
    max: Decimal,
) -> Result<GeneSpec, Vec<Finding>> {
    let name = &entry.name;
    match &entry.range {
        &RangeEntry::Linear { step, .. } => Ok(GeneSpec { step: Some(step), ..written }),
        RangeEntry::Log { .. } => {
            let text = format!("gene {name:?} has no step of its own on a linear scale");
            Err(one(Finding::invalid(path, text).advise("set step, or scale: Log and steps")))
        }
        RangeEntry::Values(list) => {
            let kept = list.iter().copied().filter(|v| (min..=max).contains(v));
            let values: Vec<GeneValue> = kept.map(GeneValue::Number).collect();
            if values.is_empty() {
                let text = format!("none of the values of gene {name:?} lies from {min} to {max}");
                let all: Vec<_> = list.iter().map(Decimal::to_string).collect();
                let advice = format!("they are {}; others need a step", all.join(", "));
                return Err(one(Finding::invalid(path, text).advise(advice)));
            }
            Ok(GeneSpec { values: Some(values), when: written.when, ..blank(name) })
        }
        RangeEntry::Categories(_) => Err(one(takes_names(path, entry))),
    }
}

fn takes_names(path: &str, entry: &GeneEntry) -> Finding {
    let text = format!("gene {:?} is categorical: it has values, not min and max", entry.name);
    let finding = Finding::invalid(format!("{path}.min"), text);
    match &entry.range {
        RangeEntry::Categories(names) => finding.advise(format!("use one of {}", names.join(", "))),
        _ => finding,
    }
}

fn listed(path: &str, entry: &GeneEntry, values: &[Value]) -> Result<Grid, Vec<Finding>> {
    let mut seen = BTreeSet::new();
    let twice = values.iter().enumerate().filter(|(_, v)| !seen.insert(**v)).map(|(i, v)| {
        let shown = match (v, &entry.range) {
            (Value::Category(c), RangeEntry::Categories(names)) => names[*c as usize].clone(),
            (Value::Number(x), _) => x.normalize().to_string(),
            (Value::Category(c), _) => c.to_string(),
        };
        Finding::invalid(format!("{path}.values[{i}]"), format!("{shown} is listed twice"))
            .advise("keep one of them")
    });
    let twice: Vec<Finding> = twice.collect();
    if !twice.is_empty() {
        return Err(twice);
    }
    let numbers = values.iter().filter_map(|v| if let Value::Number(x) = v { Some(*x) } else { None });
    let categories = values.iter().filter_map(|v| if let Value::Category(c) = v { Some(*c) } else { None });
    let categories: Vec<u32> = categories.collect();
    let grid = if categories.is_empty() {
        Grid::values(&entry.name, numbers.collect())
    } else {
        Grid::category_values(&entry.name, categories)
    };
    grid.map_err(|e| one(said(path, e, None)))
}

/// Numbers that do not rise: they are sorted, which whoever wrote them may not expect.
fn disorder(path: &str, values: &[GeneValue]) -> Vec<Finding> {
    let falls = values.windows(2).enumerate().filter_map(|(i, pair)| match pair {
        [GeneValue::Number(before), GeneValue::Number(after)] if after < before => {
            let text = format!("{after} comes after {before}");
            Some(
                Finding::misleading(format!("{path}.values[{}]", i + 1), text)
                    .advise("list numbers in rising order"),
            )
        }
        _ => None,
    });
    falls.collect()
}

/// Why there is no grid, at the field that is to blame. `max`: of a range whose bounds are checked by their unit.
fn said(path: &str, error: GridError, max: Option<Exact>) -> Finding {
    let at = |field: &str, text: String| Finding::invalid(format!("{path}.{field}"), text);
    match error {
        GridError::Step { step, .. } => at("step", format!("{step} must be above 0")),
        GridError::Bounds { min, max, rule, .. } => at("min", format!("min {min} and max {max}: {rule}")),
        GridError::TooMany { .. } => {
            let text = format!("more than {} values between min and max", genetics::grid::MAX_VALUES);
            at("step", text).advise("use a larger step")
        }
        GridError::Unit { value, unit, .. } => {
            let field = if Some(value) == max { "max" } else { "min" };
            at(field, format!("{value} is not a multiple of {unit}, to which a log scale is rounded"))
        }
        GridError::Steps { steps, .. } => {
            at("steps", format!("{steps} steps; a log scale takes 1 to {MAX_LOG_STEPS}"))
        }
        GridError::Equal { steps, unit, .. } => {
            let text =
                format!("with {steps} steps two neighbouring values round to the same multiple of {unit}");
            at("steps", text).advise("use fewer steps or a higher min")
        }
        GridError::Empty { .. } => at("values", "must list at least one value".to_owned()),
        GridError::Twice { value, .. } => at("values", format!("{value} is listed twice")),
    }
}

fn one(finding: Finding) -> Vec<Finding> {
    vec![finding]
}

/// All values, or everything that is wrong with them.
fn all<T>(checked: impl Iterator<Item = Result<T, Finding>>) -> Result<Vec<T>, Vec<Finding>> {
    let (right, wrong): (Vec<_>, Vec<_>) = checked.partition(Result::is_ok);
    if wrong.is_empty() {
        Ok(right.into_iter().flatten().collect())
    } else {
        Err(wrong.into_iter().filter_map(Result::err).collect())
    }
}
