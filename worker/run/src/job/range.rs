//! The range of one gene: the manifest's, or the strategy's own, as a grid and as a manifest would write it in full.

use galapagos_crds::{Decimal, GeneSpec, GeneValue, Scale, StrategySpec};
use galapagos_engine::genes::{self as engine, GeneDef, GeneError, GeneKind, Range, STOP_GENES};
use galapagos_engine::strategies::StrategyDef;
use galapagos_genetics::{self as genetics, GeneSpace, Grid, GridError};
use rust_decimal::Decimal as Exact;

use super::species_error::SpeciesError;

/// The manifest's ranges by position: the strategy's genes, then the three stop genes.
pub(super) fn overrides(
    def: &StrategyDef,
    spec: &StrategySpec,
) -> Result<Vec<Option<GeneSpec>>, SpeciesError> {
    let at = |source: GeneError| SpeciesError::Gene { strategy: def.name.to_owned(), source: source.into() };
    let mut out = vec![None; def.genes.len() + STOP_GENES.len()];
    for gene in &spec.genes {
        let own = def.genes.iter().position(|g| g.is_named(&gene.name));
        let stop = STOP_GENES.iter().position(|&s| s == gene.name).map(|i| def.genes.len() + i);
        let Some(i) = own.or(stop) else {
            // The engine words this error, with a suggestion.
            return match engine::Genome::from_pairs(def, &[(&gene.name, "0")]) {
                Err(source) => Err(at(source)),
                Ok(_) => Ok(out),
            };
        };
        if out[i].replace(gene.clone()).is_some() {
            return Err(at(GeneError::Twice { strategy: def.name.into(), gene: gene.name.clone() }));
        }
    }
    Ok(out)
}

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
    }
}

pub(super) fn fixed_gene(name: &str, text: &str) -> GeneSpec {
    GeneSpec { value: text.parse().ok(), ..blank(name) }
}

pub(super) fn default_range(def: &GeneDef) -> GeneSpec {
    let decimal = |text: &str| text.parse::<Decimal>().ok();
    let blank = blank(def.name);
    match def.range {
        Range::Linear { min, max, step } => {
            GeneSpec { min: decimal(min), max: decimal(max), step: decimal(step), ..blank }
        }
        Range::Log { min, max, steps } => GeneSpec {
            min: decimal(min),
            max: decimal(max),
            scale: Some(Scale::Log),
            steps: Some(steps),
            ..blank
        },
        Range::Values(list) | Range::Categories(list) => {
            GeneSpec { values: Some(list.iter().filter_map(|v| v.parse().ok()).collect()), ..blank }
        }
    }
}

/// The gene as genetics sees it, and the range as a manifest would write it in full.
pub(super) fn gene_space(
    strategy: &str,
    def: &GeneDef,
    mut given: GeneSpec,
) -> Result<(GeneSpace, GeneSpec), SpeciesError> {
    given.name = def.name.to_owned();
    let at = |source: GeneError| SpeciesError::Gene { strategy: strategy.to_owned(), source: source.into() };
    let grid_error =
        |source: GridError| SpeciesError::Grid { strategy: strategy.to_owned(), source: source.into() };
    let range = |problem: String| SpeciesError::Range {
        strategy: strategy.to_owned(),
        gene: def.name.to_owned(),
        problem,
    };
    if given.step.is_none()
        && given.scale != Some(Scale::Log)
        && let (Some(min), Some(max)) = (given.min, given.max)
    {
        match def.range {
            Range::Linear { step, .. } => given.step = step.parse().ok(),
            Range::Log { .. } => {
                return Err(range(
                    "its own range is logarithmic: give a step, or scale: Log and steps".into(),
                ));
            }
            Range::Values(list) => {
                let inside = |v: &Decimal| (min..=max).contains(v);
                let kept = list.iter().filter_map(|v| v.parse::<Decimal>().ok()).filter(inside);
                let values: Vec<GeneValue> = kept.map(GeneValue::Number).collect();
                if values.is_empty() {
                    return Err(range(format!(
                        "none of its values {} lies from {min} to {max}",
                        list.join(", ")
                    )));
                }
                given = GeneSpec { values: Some(values), ..blank(def.name) };
            }
            Range::Categories(list) => {
                return Err(range(format!("takes names: write values: [{}]", list.join(", "))));
            }
        }
    }
    let check = |d: Decimal| def.check(d.to_decimal()).map(|()| d.to_decimal()).map_err(at);
    let parse = |v: &GeneValue| def.parse(&v.to_string()).map_err(at);
    let grid = if let Some(value) = &given.value {
        match parse(value)? {
            engine::GeneValue::Number(x) => Grid::Fixed(x),
            engine::GeneValue::Category(c) => Grid::category_values(def.name, vec![c]).map_err(grid_error)?,
        }
    } else if let Some(values) = &given.values {
        listed(def.name, values.iter().map(parse).collect::<Result<_, _>>()?).map_err(grid_error)?
    } else if let (Some(min), Some(max)) = (given.min, given.max) {
        if def.kind == GeneKind::Categorical {
            return Err(range("takes names: write values".into()));
        }
        let (min, max) = (check(min)?, check(max)?);
        match (given.scale, given.step, given.steps) {
            (Some(Scale::Log), _, Some(steps)) => {
                // Reals without a unit of their own are rounded to millionths (contract G8).
                let unit = def.unit.unwrap_or("0.000001").parse().unwrap_or(Exact::new(1, 6));
                Grid::log(def.name, min, max, unit, steps).map_err(grid_error)?
            }
            (None | Some(Scale::Linear), Some(step), _) => {
                let step = step.to_decimal();
                if let Some(unit) = def.unit.and_then(|u| u.parse::<Exact>().ok())
                    && !(step % unit).is_zero()
                {
                    return Err(range(format!("step {step} must be a multiple of {unit}")));
                }
                Grid::linear(def.name, min, max, step).map_err(grid_error)?
            }
            _ => return Err(range("scale Log needs steps, a linear scale needs step".into())),
        }
    } else {
        return Err(range("needs min and max, values, or value".into()));
    };
    let default = match def.default_value().map_err(at)? {
        engine::GeneValue::Number(x) => grid.nearest(x),
        engine::GeneValue::Category(c) => grid.index_of_category(c).or(Some(0)),
    };
    let kind = match def.kind {
        GeneKind::Integer => genetics::GeneKind::Integer,
        GeneKind::Real => genetics::GeneKind::Real,
        GeneKind::Categorical => genetics::GeneKind::Categorical,
    };
    Ok((GeneSpace { name: def.name.to_owned(), kind, grid, default }, given))
}

fn listed(gene: &str, values: Vec<engine::GeneValue>) -> Result<Grid, GridError> {
    let mut numbers = Vec::new();
    let mut categories = Vec::new();
    for value in values {
        match value {
            engine::GeneValue::Number(x) => numbers.push(x),
            engine::GeneValue::Category(c) => categories.push(c),
        }
    }
    if categories.is_empty() { Grid::values(gene, numbers) } else { Grid::category_values(gene, categories) }
}
