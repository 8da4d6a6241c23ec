//! The strategy of a back-test: a built-in one, or one of a file.

use super::arguments::Arguments;
use super::data::Data;
use crate::exit::{Blame, CommandError, CommandResult};
use crate::manifest_text;
use crate::strategy_files;
use crate::validate::place_in_strategy;
use galapagos_crds::{GeneValue, StrategySpec};
use galapagos_run::engine::genes::Genome;
use galapagos_run::engine::strategies::{BuiltIn, Strategy};
use galapagos_run::job::space::SpeciesSpace;
use std::collections::BTreeMap;
use std::path::Path;

/// The strategy of a back-test.
pub enum Tested {
    /// One that `galapagos strategies` lists.
    BuiltIn(&'static dyn BuiltIn),
    /// One of a file.
    Own(Box<SpeciesSpace>),
}

impl Tested {
    /// The strategy as the engine knows it.
    pub fn strategy(&self) -> &dyn Strategy {
        match self {
            Tested::BuiltIn(strategy) => *strategy,
            Tested::Own(species) => species.strategy(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.strategy().name()
    }

    /// Names and texts of the values of a genome.
    pub fn pairs(&self, genome: &Genome) -> Vec<(String, String)> {
        match self {
            Tested::BuiltIn(strategy) => genome.pairs(strategy.def()),
            Tested::Own(species) => {
                species.names(genome).into_iter().map(|(name, value)| (name, value.to_string())).collect()
            }
        }
    }

    /// The symbols that it looks at beside the traded ones.
    pub fn symbols(&self) -> impl Iterator<Item = &str> {
        let rules = match self {
            Tested::BuiltIn(_) => None,
            Tested::Own(species) => species.rules(),
        };
        rules.into_iter().flat_map(|rules| rules.symbols())
    }
}

/// A strategy of a file with its genome, on data.
pub fn own(
    file: &Path,
    spec: &StrategySpec,
    genes: &[String],
    data: &Data,
) -> CommandResult<(Tested, Genome)> {
    let bars = data.bars();
    let volume = bars.iter().all(|bars| bars.has_volume());
    let interval_ms = bars.first().map_or(0, |bars| bars.interval_ms);
    let species = SpeciesSpace::own(0, spec, &data.symbols(), volume, interval_ms).map_err(|finding| {
        let text = manifest_text::read_manifest(file).ok();
        match text.and_then(|text| place_in_strategy(&text, finding.clone())) {
            Some(found) => CommandError::invalid(manifest_text::lines(file, &[found]).trim_end().to_owned()),
            None => CommandError::invalid(format!("{}: {finding}", file.display())),
        }
    })?;
    let given = values(genes)?;
    let indices = species.indices("--gene", &given).map_err(|finding| {
        CommandError::invalid(finding.to_string().replace("--gene.", "--gene ").replace(" in this job", ""))
    })?;
    let genome = species.genome(&indices).ok_or_else(|| CommandError::invalid("--gene: no such genome"))?;
    let moved: Vec<String> = species
        .names(&genome)
        .into_iter()
        .filter(|(name, value)| given.get(name).is_some_and(|given| given != value))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if !moved.is_empty() {
        let text = format!("--gene: by the order of the rules it would be {}", moved.join(" "));
        return Err(CommandError::invalid(text));
    }
    Ok((Tested::Own(Box::new(species)), genome))
}

/// The strategy of the file of `--rules`.
pub fn read(file: &Path, arguments: &Arguments) -> CommandResult<StrategySpec> {
    strategy_files::read(file, None, arguments.interval.as_deref())
}

fn values(genes: &[String]) -> CommandResult<BTreeMap<String, GeneValue>> {
    let mut out = BTreeMap::new();
    for gene in genes {
        let wrong =
            || CommandError::invalid(format!("--gene {gene:?}: write NAME=VALUE, as --gene fast_period=10"));
        let (name, value) = gene.split_once('=').ok_or_else(wrong)?;
        let value = value.parse::<GeneValue>().invalid()?;
        if out.insert(name.to_owned(), value).is_some() {
            return Err(CommandError::invalid(format!("--gene {name} is given twice; keep one of them")));
        }
    }
    Ok(out)
}
