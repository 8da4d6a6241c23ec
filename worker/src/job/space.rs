//! The one place where engine and genetics meet: a strategy's gene definitions and a manifest's overrides become a
//! search space, and a genome of grid indices becomes the engine's genome.

use galapagos_crds::{Decimal, GeneSpec, GeneValue, Scale, StrategySpec};
use galapagos_engine::genes::{
    self as engine, Constraint as Rule, GeneDef, GeneError, GeneKind, Range, STOP_GENE_DEFS, STOP_GENES,
    Stops,
};
use galapagos_engine::strategies::{self, Strategy, StrategyDef};
use galapagos_genetics::{Constraint, GeneSpace, Grid, GridError, Kind, Space, SpaceError, When};
use rust_decimal::Decimal as Exact;

/// Why a strategy of the manifest is not a species.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SpeciesError {
    /// No such strategy.
    #[error("strategy {name:?} is unknown; the strategies are {known}")]
    UnknownStrategy {
        /// What was asked for.
        name: String,
        /// All names.
        known: String,
    },
    /// The same strategy twice, perhaps under an alias.
    #[error("strategy {name} is listed twice (aliases count): keep one entry")]
    Twice {
        /// Its name.
        name: String,
    },
    /// A gene that does not exist, or a value it cannot have.
    #[error("strategy {strategy}: {source}")]
    Gene {
        /// The strategy.
        strategy: String,
        /// What is wrong.
        source: GeneError,
    },
    /// A range that cannot be used.
    #[error("strategy {strategy}, gene {gene}: {problem}")]
    Range {
        /// The strategy.
        strategy: String,
        /// The gene.
        gene: String,
        /// What is wrong and what to write.
        problem: String,
    },
    /// Values that do not make a grid.
    #[error("strategy {strategy}: {source}")]
    Grid {
        /// The strategy.
        strategy: String,
        /// What is wrong.
        source: GridError,
    },
    /// Genes and rules that do not make a space.
    #[error("strategy {strategy}: {source}")]
    Space {
        /// The strategy.
        strategy: String,
        /// What is wrong.
        source: SpaceError,
    },
}

/// A strategy with its search space.
#[derive(Clone)]
pub struct SpeciesSpace {
    /// The strategy.
    pub strategy: &'static dyn Strategy,
    /// Genes in the order of the genome: the strategy's own, then stop genes that the manifest names.
    pub space: Space,
    /// The same ranges as a manifest would say them, every default written out.
    pub genes: Vec<GeneSpec>,
    stops: Vec<usize>,
}

impl std::fmt::Debug for SpeciesSpace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpeciesSpace").field("name", &self.name()).field("genes", &self.genes).finish()
    }
}

impl SpeciesSpace {
    /// The space of a manifest's entry. `fixed` overrules it (a gene that the data allow one value only).
    ///
    /// # Errors
    /// Names the strategy, the gene and what to write.
    pub fn new(spec: &StrategySpec, fixed: &[(&str, &str)]) -> Result<SpeciesSpace, SpeciesError> {
        let found = strategies::find(&spec.name).ok_or_else(|| unknown(&spec.name))?;
        let def = found.strategy.def();
        let mut overrides = overrides(def, spec)?;
        for (name, text) in found.fixed.iter().chain(fixed) {
            if let Some(i) = def.genes.iter().position(|g| g.name == *name) {
                overrides[i] = Some(fixed_gene(name, text));
            }
        }
        let mut genes = Vec::new();
        let mut spaces = Vec::new();
        let mut stops = Vec::new();
        for (i, given) in overrides.into_iter().enumerate() {
            let gene = match (def.genes.get(i), given) {
                (Some(own), given) => (own, given.unwrap_or_else(|| default_range(own))),
                (None, Some(given)) => {
                    stops.push(i - def.genes.len());
                    (&STOP_GENE_DEFS[i - def.genes.len()], given)
                }
                (None, None) => continue,
            };
            let (space, written) = gene_space(def.name, gene.0, gene.1)?;
            spaces.push(space);
            genes.push(written);
        }
        let rules = def.constraints.iter().filter_map(|c| rule(def, c)).collect();
        let space = Space::new(spaces, rules)
            .map_err(|source| SpeciesError::Space { strategy: def.name.to_owned(), source })?;
        Ok(SpeciesSpace { strategy: found.strategy, space, genes, stops })
    }

    /// The canonical name of the strategy.
    pub fn name(&self) -> &'static str {
        self.strategy.def().name
    }

    /// Definitions of the genes, in the order of the genome.
    pub fn defs(&self) -> impl Iterator<Item = &'static GeneDef> + '_ {
        self.strategy.def().genes.iter().chain(self.stops.iter().map(|&i| &STOP_GENE_DEFS[i]))
    }

    /// The engine's genome of grid indices; indices outside their grids give `None`.
    pub fn genome(&self, indices: &[u32]) -> Option<engine::Genome> {
        let genes = self.space.genes();
        if indices.len() != genes.len() {
            return None;
        }
        let value = |(gene, &k): (&GeneSpace, &u32)| {
            let number = gene.grid.value(k).map(engine::GeneValue::Number);
            number.or_else(|| gene.grid.category(k).map(engine::GeneValue::Category))
        };
        let mut values = genes.iter().zip(indices).map(value).collect::<Option<Vec<_>>>()?;
        let mut stops = [None; STOP_GENES.len()];
        let own = self.strategy.def().genes.len();
        for (&stop, value) in self.stops.iter().zip(values.drain(own..)) {
            if let engine::GeneValue::Number(x) = value {
                stops[stop] = Some(x);
            }
        }
        let [stop_loss, take_profit, trailing_stop] = stops;
        Some(engine::Genome { values, stops: Stops { stop_loss, take_profit, trailing_stop } })
    }

    /// Names and values of a genome, as manifests write them.
    pub fn named(&self, indices: &[u32]) -> Vec<(String, GeneValue)> {
        let genome = self.genome(indices);
        let pairs = genome.map(|g| g.pairs(self.strategy.def())).unwrap_or_default();
        pairs.into_iter().filter_map(|(name, text)| Some((name, text.parse().ok()?))).collect()
    }

    /// The canonical indices of named values; genes not named take their defaults, or the nearest value of the grid.
    ///
    /// # Errors
    /// An unknown gene, or a value that is not on its grid.
    pub fn indices(&self, values: &[(String, GeneValue)]) -> Result<Box<[u32]>, SpeciesError> {
        let def = self.strategy.def();
        let at = |source| SpeciesError::Gene { strategy: def.name.to_owned(), source };
        let pairs: Vec<(String, String)> = values.iter().map(|(n, v)| (n.clone(), v.to_string())).collect();
        let texts: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        // Unknown names and impossible values first, with the engine's own words.
        for &(name, text) in &texts {
            match self.defs().find(|d| d.is_named(name)) {
                Some(gene) => gene.parse(text).map(|_| ()).map_err(at)?,
                None => engine::Genome::from_pairs(def, &[(name, text)]).map(|_| ()).map_err(at)?,
            }
        }
        let mut indices = Vec::new();
        for (gene, space) in self.defs().zip(self.space.genes()) {
            let given = texts.iter().find(|(n, _)| gene.is_named(n)).map(|&(_, text)| text);
            let value = gene.parse(given.unwrap_or(gene.default)).map_err(at)?;
            let exact = match value {
                engine::GeneValue::Number(x) => space.grid.index_of(x),
                engine::GeneValue::Category(c) => space.grid.index_of_category(c),
            };
            let index = match (exact, given, value) {
                (Some(k), _, _) => k,
                (None, None, engine::GeneValue::Number(x)) => space.grid.nearest(x).unwrap_or(0),
                (None, None, engine::GeneValue::Category(_)) => 0,
                (None, Some(text), _) => {
                    return Err(SpeciesError::Range {
                        strategy: def.name.to_owned(),
                        gene: gene.name.to_owned(),
                        problem: format!("{text} is not one of the values of this job"),
                    });
                }
            };
            indices.push(index);
        }
        self.space
            .canonical(&indices)
            .map_err(|source| SpeciesError::Space { strategy: def.name.to_owned(), source })
    }

    /// Genomes whose warm-up bounds that of every genome: numbers at their highest, one for each category.
    pub fn bounds(&self) -> Vec<engine::Genome> {
        let highest: Vec<u32> = self.space.lens().iter().map(|n| n - 1).collect();
        let mut out: Vec<engine::Genome> = self.genome(&highest).into_iter().collect();
        for i in (0..highest.len()).filter(|&i| self.space.is_categorical(i)) {
            for k in 0..highest[i] {
                let mut indices = highest.clone();
                indices[i] = k;
                out.extend(self.genome(&indices));
            }
        }
        out
    }
}

fn unknown(name: &str) -> SpeciesError {
    let known: Vec<&str> = strategies::all().iter().map(|s| s.def().name).collect();
    SpeciesError::UnknownStrategy { name: name.to_owned(), known: known.join(", ") }
}

/// The manifest's ranges by position: the strategy's genes, then the three stop genes.
fn overrides(def: &StrategyDef, spec: &StrategySpec) -> Result<Vec<Option<GeneSpec>>, SpeciesError> {
    let at = |source| SpeciesError::Gene { strategy: def.name.to_owned(), source };
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

fn fixed_gene(name: &str, text: &str) -> GeneSpec {
    GeneSpec { value: text.parse().ok(), ..blank(name) }
}

fn default_range(def: &GeneDef) -> GeneSpec {
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
fn gene_space(
    strategy: &str,
    def: &GeneDef,
    mut given: GeneSpec,
) -> Result<(GeneSpace, GeneSpec), SpeciesError> {
    given.name = def.name.to_owned();
    let at = |source| SpeciesError::Gene { strategy: strategy.to_owned(), source };
    let grid_error = |source| SpeciesError::Grid { strategy: strategy.to_owned(), source };
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
                // Reals without a unit of their own are rounded to millionths (3.8).
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
        GeneKind::Integer => Kind::Integer,
        GeneKind::Real => Kind::Real,
        GeneKind::Categorical => Kind::Categorical,
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

/// An engine rule by positions; a rule that names a gene the strategy lacks is none (a test of the engine excludes it).
fn rule(def: &StrategyDef, rule: &Rule) -> Option<Constraint> {
    let position = |name: &str| def.genes.iter().position(|g| g.name == name);
    let when = |(gene, value): (&str, &str)| {
        let i = position(gene)?;
        match def.genes[i].parse(value) {
            Ok(engine::GeneValue::Category(category)) => Some(When { gene: i, category }),
            _ => None,
        }
    };
    Some(match *rule {
        Rule::Ordered { low, high } => Constraint::Ordered { low: position(low)?, high: position(high)? },
        Rule::Capped { gene, cap, margin, when: condition } => Constraint::Capped {
            gene: position(gene)?,
            cap: position(cap)?,
            margin: margin.parse().ok()?,
            when: match condition {
                Some(c) => Some(when(c)?),
                None => None,
            },
        },
        Rule::ActiveWhen { gene, when: condition } => {
            Constraint::ActiveWhen { gene: position(gene)?, when: when(condition)? }
        }
        Rule::ZeroBelow { gene, below } => {
            Constraint::ZeroBelow { gene: position(gene)?, below: below.parse().ok()? }
        }
    })
}
