//! What steers breeding. Everything here is fixed for the life of a run: what may change during one
//! (generations, stop rules) lives in [`mod@crate::stop`] and cannot reach a genome.

use crate::front::MOST_OBJECTIVES;
use crate::islands::Islands;
use crate::rank::Goal;

/// How candidates are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Searcher {
    /// Survivors breed children; the population improves from generation to generation.
    #[default]
    Evolution,
    /// Uniform draws, a baseline.
    Random,
    /// Every genome in mixed-radix order, the last gene the fastest.
    Grid,
    /// Points that fill the space evenly, scrambled by the seed.
    Sobol,
    /// Where the best genomes are dense and the others are not.
    Tpe,
    /// A normal distribution that moves to the better candidates and takes their shape.
    Cmaes,
}

impl Searcher {
    /// Whether outcomes decide what is asked next.
    pub fn learns(self) -> bool {
        match self {
            Searcher::Evolution | Searcher::Tpe | Searcher::Cmaes => true,
            Searcher::Random | Searcher::Grid | Searcher::Sobol => false,
        }
    }
}

/// A named set of operators.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Preset {
    /// SBX, uniform crossover and differential evolution with polynomial mutation.
    #[default]
    Default,
    /// Like the seed programs on Ray: top half kept, mean of two parents, relative mutation at rate .1. The other
    /// fields of [`Breeding`] except the species' rules are not used.
    Ray,
    /// Population based training (Jaderberg and others 2017) without a state to train: three quarters kept, copies of the
    /// best quarter with every gene moved. The other fields of [`Breeding`] except the species' rules are not used.
    Pbt {
        /// Probability that a gene is drawn anew in place of being moved.
        resample: f64,
    },
}

/// How survivors breed. Shares need not sum to 1: they are weighed against each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Breeding {
    /// Which operators make a child of its parents.
    pub preset: Preset,
    /// Survivors kept per species (mu); `None`: max(min(quota, 100), quota/5).
    pub parents: Option<u32>,
    /// Survivors drawn for one parent, the best wins; at least 1.
    pub tournament_size: u32,
    /// Share of children by simulated binary crossover.
    pub sbx_share: f64,
    /// Distribution index of that crossover: larger stays nearer to the parents.
    pub sbx_eta: f64,
    /// Probability that it crosses at all; else the child is a mutated copy.
    pub sbx_probability: f64,
    /// Share of children by uniform crossover.
    pub uniform_share: f64,
    /// Share of children by differential evolution.
    pub differential_share: f64,
    /// Distribution index of polynomial mutation: larger stays nearer to the value.
    pub mutation_eta: f64,
    /// Share of each quota drawn uniformly.
    pub immigrants: f64,
    /// A species whose best has not risen for this many generations gets half of its quota as immigrants once;
    /// 0: never.
    pub restart_after_generations: u32,
    /// No quota falls below this share of an equal one.
    pub min_share: f64,
    /// A species without an individual among the best half for this many generations gets no quota any more; 0:
    /// never.
    pub extinct_after_generations: u32,
}

impl Default for Breeding {
    fn default() -> Breeding {
        Breeding {
            preset: Preset::Default,
            parents: None,
            tournament_size: 3,
            sbx_share: 0.35,
            sbx_eta: 15.0,
            sbx_probability: 0.9,
            uniform_share: 0.35,
            differential_share: 0.3,
            mutation_eta: 20.0,
            immigrants: 0.02,
            restart_after_generations: 5,
            min_share: 0.25,
            extinct_after_generations: 0,
        }
    }
}

/// Which individual of a front counts as the best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The one farthest below the plane through the ends of the front.
    #[default]
    Knee,
    /// The one nearest to the best values of all objectives at once.
    Ideal,
    /// The one with the best weighted sum.
    Utility,
}

/// What a run has beside its first objective.
#[derive(Clone, Debug, PartialEq)]
pub struct Several {
    /// Directions of the second objective and those behind it; one to three.
    pub further: Vec<Goal>,
    /// The point that volumes are measured against, in the order of all objectives; `None`: the worst feasible values of the
    /// first generation that has some.
    pub reference: Option<Vec<f64>>,
    /// Which individual of the front counts as the best. It steers nothing.
    pub choice: Choice,
}

/// What a run is, apart from its species.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Seed of all draws.
    pub seed: u64,
    /// Individuals alive together, over all species; 8 per species where there are several.
    pub population: u32,
    /// How candidates are found.
    pub searcher: Searcher,
    /// How survivors breed; read by [`Searcher::Evolution`] alone.
    pub breeding: Breeding,
    /// Direction of the first objective.
    pub goal: Goal,
    /// The other objectives; `None`: there is only one.
    pub several: Option<Several>,
    /// Share of the children of the default operators whose parents are the best of cells; `None`: there are no cells.
    pub cells: Option<f64>,
    /// How the population is divided; `None`: it is one.
    pub islands: Option<Islands>,
}

/// A setting outside its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{field} = {value}: must be {rule}")]
pub struct ConfigError {
    /// Path of the field in the manifest, as `breeding.tournamentSize`.
    pub field: &'static str,
    /// The value that was given.
    pub value: f64,
    /// The range that the value must lie in, in words.
    pub rule: &'static str,
}

impl Config {
    /// The operators that are bred with: those of another searcher than evolution are not used.
    pub(crate) fn preset(&self) -> Preset {
        if self.searcher == Searcher::Evolution { self.breeding.preset } else { Preset::Default }
    }

    /// Number of objectives.
    pub fn objectives(&self) -> usize {
        1 + self.several.as_ref().map_or(0, |several| several.further.len())
    }

    /// Checks every field's range.
    pub fn check(&self, species: usize) -> Result<(), ConfigError> {
        let Breeding {
            preset,
            parents,
            tournament_size,
            sbx_share,
            sbx_eta,
            sbx_probability,
            uniform_share,
            differential_share,
            mutation_eta,
            immigrants,
            restart_after_generations: _,
            min_share,
            extinct_after_generations: _,
        } = self.breeding;
        let need = |holds: bool, field, value, rule| {
            if holds { Ok(()) } else { Err(ConfigError { field, value, rule }) }
        };
        let share = |field, value: f64| need((0.0..=1.0).contains(&value), field, value, "between 0 and 1");
        let eta =
            |field, value: f64| need((0.0..=1000.0).contains(&value), field, value, "between 0 and 1000");
        let population = self.population;
        need(
            (2..=1_000_000).contains(&population),
            "population",
            population.into(),
            "between 2 and 1000000",
        )?;
        let enough = species == 1 || population as usize >= 8 * species;
        need(enough, "population", population.into(), "at least 8 times the number of species")?;
        let mu = parents.unwrap_or(2);
        need((2..=1_000_000).contains(&mu), "breeding.parents", mu.into(), "between 2 and 1000000")?;
        let size = tournament_size;
        need((1..=100).contains(&size), "breeding.tournamentSize", size.into(), "between 1 and 100")?;
        share("breeding.crossover.sbx.share", sbx_share)?;
        share("breeding.crossover.sbx.probability", sbx_probability)?;
        share("breeding.crossover.uniform.share", uniform_share)?;
        share("breeding.crossover.differential.share", differential_share)?;
        let sum = sbx_share + uniform_share + differential_share;
        need(sum > 0.0, "sum of breeding.crossover shares", sum, "above 0")?;
        eta("breeding.crossover.sbx.eta", sbx_eta)?;
        eta("breeding.mutation.polynomial.eta", mutation_eta)?;
        share("breeding.immigrants", immigrants)?;
        if let Preset::Pbt { resample } = preset {
            share("breeding.resampleProbability", resample)?;
        }
        if let Some(several) = &self.several {
            let objectives = self.objectives();
            let count = objectives as f64;
            need((2..=MOST_OBJECTIVES).contains(&objectives), "objectives", count, "between 1 and 4 items")?;
            let values = several.reference.as_deref().unwrap_or_default();
            let given = values.len() as f64;
            let fits = values.is_empty() || values.len() == objectives;
            need(fits, "breeding.referencePoint", given, "one value for each objective")?;
            let wrong = values.iter().find(|v| !v.is_finite());
            need(wrong.is_none(), "breeding.referencePoint", *wrong.unwrap_or(&0.0), "finite")?;
        }
        share("archive.share", self.cells.unwrap_or(0.0))?;
        self.islands.map_or(Ok(()), |islands| islands.check(population, species))?;
        share("breeding.species.minShare", min_share)
    }
}
