//! The one place where engine and genetics meet: a strategy's gene definitions and a manifest's overrides become a
//! search space, and a genome of grid indices becomes the engine's genome.

use galapagos_crds::{GeneSpec, GeneValue, StrategySpec};
use galapagos_engine::genes::{
    self as engine, Constraint as Rule, GeneDef, GeneError, STOP_GENE_DEFS, STOP_GENES, Stops,
};
use galapagos_engine::strategies::{self, Strategy, StrategyDef};
use galapagos_genetics::{Constraint, GeneSpace, Space, When};

use super::range::{default_range, fixed_gene, gene_space, overrides};
use super::species_error::SpeciesError;

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
            .map_err(|source| SpeciesError::Space { strategy: def.name.to_owned(), source: source.into() })?;
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
        self.genome(indices).map(|genome| self.names(&genome)).unwrap_or_default()
    }

    /// The same of one that is decoded.
    pub fn names(&self, genome: &engine::Genome) -> Vec<(String, GeneValue)> {
        let pairs = genome.pairs(self.strategy.def());
        pairs.into_iter().filter_map(|(name, text)| Some((name, text.parse().ok()?))).collect()
    }

    /// The canonical indices of named values; genes not named take their defaults, or the nearest value of the grid.
    ///
    /// # Errors
    /// An unknown gene, or a value that is not on its grid.
    pub fn indices(&self, values: &[(String, GeneValue)]) -> Result<Box<[u32]>, SpeciesError> {
        let def = self.strategy.def();
        let at =
            |source: GeneError| SpeciesError::Gene { strategy: def.name.to_owned(), source: source.into() };
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
            .map_err(|source| SpeciesError::Space { strategy: def.name.to_owned(), source: source.into() })
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
