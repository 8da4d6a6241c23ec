//! The catalogue of strategies, made from the engine: what operator, `validate` and docs know without running anything.

use galapagos_crds::catalogue::{
    Catalogue, ConstraintEntry, GeneEntry, GeneKind, Needs, PathEntry, RangeEntry, StrategyAlias,
    StrategyEntry,
};
use galapagos_engine::ENGINE;
use galapagos_engine::evaluation::Metric;
use galapagos_engine::genes::{self as engine, Constraint, GeneDef, Range, STOP_GENE_DEFS};
use galapagos_engine::strategies::{self, Path, StrategyDef};

/// Names that are not a strategy's own. The engine resolves them; a test asks it for each.
const ALIASES: [&str; 1] = ["rsi_mean_reversion"];

/// Why a definition of the engine cannot be written down; a test excludes it.
#[derive(Debug, thiserror::Error)]
#[error("definition of {name}: {text:?} is not a value of the manifest")]
pub struct CatalogueError {
    /// The strategy or gene.
    pub name: String,
    /// The text of the definition that cannot be read.
    pub text: String,
}

/// All strategies of this engine.
///
/// # Errors
/// A definition that a manifest could not express.
pub fn catalogue() -> Result<Catalogue, CatalogueError> {
    Ok(Catalogue {
        engine: ENGINE,
        strategies: strategies::all().iter().map(|s| strategy(s.def())).collect::<Result<_, _>>()?,
        metrics: Metric::ALL.iter().map(|m| m.name().to_owned()).collect(),
        common_genes: STOP_GENE_DEFS.iter().map(gene).collect::<Result<_, _>>()?,
    })
}

fn strategy(def: &StrategyDef) -> Result<StrategyEntry, CatalogueError> {
    let StrategyDef { name, summary, rule, genes, constraints, needs_funding, needs_volume, trains, .. } =
        *def;
    let mut aliases = Vec::new();
    for alias in ALIASES {
        let Some(found) = strategies::find(alias).filter(|f| f.strategy.def().name == name) else { continue };
        let fixed = found.fixed.iter().map(|(g, v)| Ok(((*g).to_owned(), value(name, v)?)));
        aliases.push(StrategyAlias {
            name: alias.to_owned(),
            fixed: fixed.collect::<Result<_, CatalogueError>>()?,
        });
    }
    Ok(StrategyEntry {
        name: name.to_owned(),
        aliases,
        summary: summary.to_owned(),
        rule: rule.to_owned(),
        genes: genes.iter().map(gene).collect::<Result<_, _>>()?,
        constraints: constraints.iter().map(|c| constraint(name, c)).collect::<Result<_, _>>()?,
        path: match def.path() {
            Path::Batch => PathEntry::Batch,
            Path::Simulator => PathEntry::Simulator,
        },
        needs: Needs { funding: needs_funding, volume: needs_volume },
        trains,
    })
}

fn gene(def: &GeneDef) -> Result<GeneEntry, CatalogueError> {
    let GeneDef { name, kind, range, default, hard, unit, aliases, help } = *def;
    let all = |list: &[&str]| list.iter().map(|v| value(name, v)).collect::<Result<Vec<_>, _>>();
    Ok(GeneEntry {
        name: name.to_owned(),
        aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
        kind: match kind {
            engine::GeneKind::Integer => GeneKind::Integer,
            engine::GeneKind::Real => GeneKind::Real,
            engine::GeneKind::Categorical => GeneKind::Categorical,
        },
        range: match range {
            Range::Linear { min, max, step } => RangeEntry::Linear {
                min: value(name, min)?,
                max: value(name, max)?,
                step: value(name, step)?,
            },
            Range::Log { min, max, steps } => {
                RangeEntry::Log { min: value(name, min)?, max: value(name, max)?, steps }
            }
            Range::Values(list) => RangeEntry::Values(all(list)?),
            Range::Categories(list) => RangeEntry::Categories(list.iter().map(|c| (*c).to_owned()).collect()),
        },
        default: value(name, default)?,
        hard: hard.map(|(low, high)| Ok((value(name, low)?, value(name, high)?))).transpose()?,
        unit: unit.map(|u| value(name, u)).transpose()?,
        help: help.to_owned(),
    })
}

fn constraint(name: &str, rule: &Constraint) -> Result<ConstraintEntry, CatalogueError> {
    let pair = |(gene, value): (&str, &str)| (gene.to_owned(), value.to_owned());
    Ok(match *rule {
        Constraint::Ordered { low, high } => {
            ConstraintEntry::Ordered { low: low.to_owned(), high: high.to_owned() }
        }
        Constraint::Capped { gene, cap, margin, when } => ConstraintEntry::Capped {
            gene: gene.to_owned(),
            cap: cap.to_owned(),
            margin: value(name, margin)?,
            when: when.map(pair),
        },
        Constraint::ActiveWhen { gene, when } => {
            ConstraintEntry::ActiveWhen { gene: gene.to_owned(), when: pair(when) }
        }
        Constraint::ZeroBelow { gene, below } => {
            ConstraintEntry::ZeroBelow { gene: gene.to_owned(), below: value(name, below)? }
        }
    })
}

fn value<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, CatalogueError> {
    text.parse().map_err(|_| CatalogueError { name: name.to_owned(), text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_catalogue_is_that_of_this_engine() {
        let current = &catalogue().unwrap() == Catalogue::embedded();
        assert!(current, "run: cargo run -p galapagos-run --bin catalogue");
    }

    #[test]
    fn every_alias_belongs_to_a_strategy() {
        let made = catalogue().unwrap();
        for alias in ALIASES {
            assert!(made.strategy(alias).is_some_and(|n| n.alias.is_some()), "{alias}");
        }
    }
}
