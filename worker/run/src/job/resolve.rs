//! A manifest resolved against its data: every default written out, every name checked. Nothing after this reads
//! the manifest.

use std::collections::BTreeSet;

use galapagos_crds::{
    self as crds, ArchiveSpec, CalendarType, Catalogue, EvolutionJob, EvolutionJobSpec, GeneValue,
    Goal as CrdGoal, OnFailure, Preset as CrdPreset, Searcher as CrdSearcher, StrategySpec,
};
use galapagos_engine::ENGINE;
use galapagos_engine::execution::{Execution, Funding};
use galapagos_genetics::{
    Breeding, Choice, Config, Genome, Goal, Islands, Preset, Searcher, Several, Species, StopRules, Topology,
};
use galapagos_manifest::{self as checks, Dates, Finding, check as check_manifest};
use galapagos_market::{Calendar, Interval};
use rust_decimal::Decimal as Exact;

use super::cells::CellAxis;
use super::closes;
use super::execution::to_engine;
use super::fitness::{FitnessFunction, MetricBound};
use super::inputs::{ExecutionInputs, Inputs, StrategyInputs, written_out};
use super::market::Facts;
use super::measure::Measure;
pub use super::resolve_error::ResolveError;
use super::signals;
use super::space::SpeciesSpace;
use crate::storage::digest::{Digest, PREFIX, inputs_digest};

/// Limits on time and money, looked at between generations only.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Budget {
    /// Seconds of running, over all attempts.
    pub max_duration_seconds: Option<f64>,
    /// Cost in the currency of the pool's price.
    pub max_cost: Option<f64>,
}

impl Budget {
    /// Of a manifest, or of what is wanted of its run now.
    pub fn from_stop(stop: &crds::Stop) -> Budget {
        Budget {
            max_duration_seconds: stop.max_duration_seconds.map(f64::from),
            max_cost: stop.max_cost.map(crds::Decimal::to_f64),
        }
    }
}

/// What happens when an individual cannot be evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailurePolicy {
    /// Tries before giving up.
    pub attempts: u32,
    /// Seconds one evaluation may take.
    pub timeout_seconds: u32,
    /// Whether giving up ends the job.
    pub fatal: bool,
}

/// A job ready to run.
#[derive(Clone, Debug)]
pub struct ResolvedJob {
    /// Namespace; `local` where the manifest has none.
    pub namespace: String,
    /// Name of the job.
    pub name: String,
    /// The species, in the order of the manifest.
    pub species: Vec<SpeciesSpace>,
    /// Symbols that rules look at beside those that are traded, in ascending order.
    pub others: Vec<String>,
    /// Warm-start genomes by species.
    pub initial: Vec<Vec<Genome>>,
    /// What steers breeding: seed, population, operators.
    pub config: Config,
    /// Objective and limits: what an evaluation is worth to the job.
    pub fitness: FitnessFunction,
    /// Options of the simulated account.
    pub execution: Execution,
    /// The stamps that count.
    pub dates: Dates,
    /// Share of the holdout.
    pub holdout: Exact,
    /// How the winner is tested, and the gates of its verdict.
    pub validation: crds::ValidationSpec,
    /// When to stop by results.
    pub stop: StopRules,
    /// When to stop by time and cost.
    pub budget: Budget,
    /// What to do about failures.
    pub failures: FailurePolicy,
    /// Fitness printed for failed individuals; it never ranks.
    pub failure_fitness: f64,
    /// The list that the digest covers.
    pub inputs: Inputs,
    /// Digest of inputs, dataset and engine.
    pub digest: Digest,
    /// Digest of the dataset, with prefix.
    pub dataset_digest: String,
    /// The manifest as resolved.
    pub manifest: EvolutionJob,
    /// What a person should know before running it.
    pub warnings: Vec<String>,
}

impl ResolvedJob {
    /// Resolves a manifest against what is known of its data. What the check of manifests calls misleading is run as
    /// earlier releases ran it: new jobs of that kind are refused before they come here.
    ///
    /// # Errors
    /// [`ResolveError`] names the field and what to write.
    pub fn new(job: &EvolutionJob, facts: &Facts) -> Result<ResolvedJob, ResolveError> {
        let spec = &job.spec;
        let name = job.metadata.name.clone().filter(|n| !n.is_empty()).ok_or(ResolveError::NoName)?;
        if let Some(finding) =
            check_manifest(job, Catalogue::embedded()).into_iter().find(Finding::is_impossible)
        {
            return Err(finding.into());
        }
        let interval_ms = Interval::parse(&spec.market_data.interval)?.ms();
        let bars_per_year = bars_per_year(spec, facts, interval_ms)?;
        let execution = to_engine(&spec.execution, bars_per_year)?;
        let mut warnings = Vec::new();
        let spec = &with_signals(spec, facts)?;
        let species = species(spec, facts, &execution, &mut warnings)?;
        let others = others(&species);
        let initial = initial(spec, &species)?;
        let fitness = fitness(spec)?;
        let config = config(spec, &fitness);
        config.check(species.len())?;
        let dates = galapagos_manifest::dates(&spec.market_data)?;
        let inputs = inputs(spec, interval_ms, dates, bars_per_year, &species, &initial);
        let dataset_digest = format!("{PREFIX}{}", facts.digest);
        let digest = inputs_digest(&inputs, &dataset_digest, ENGINE)?;
        let manifest = EvolutionJob {
            metadata: job.metadata.clone(),
            spec: written_out(spec, &inputs, &dataset_digest, facts.calendar),
            status: None,
        };
        let evaluation = &spec.evaluation;
        Ok(ResolvedJob {
            namespace: job.metadata.namespace.clone().unwrap_or_else(|| LOCAL.to_owned()),
            name,
            species,
            others,
            initial,
            config,
            fitness,
            execution,
            dates,
            holdout: spec.validation.holdout.fraction.to_decimal(),
            validation: spec.validation.clone(),
            stop: stop_rules(spec.generations, &spec.stop),
            budget: Budget::from_stop(&spec.stop),
            failures: FailurePolicy {
                attempts: evaluation.attempts,
                timeout_seconds: evaluation.timeout_seconds,
                fatal: evaluation.on_failure == OnFailure::Fail,
            },
            failure_fitness: evaluation.failure_fitness.to_f64(),
            inputs,
            digest,
            dataset_digest,
            manifest,
            warnings,
        })
    }

    /// The species as genetics wants them.
    pub fn genetic_species(&self) -> Vec<Species> {
        self.species
            .iter()
            .zip(&self.initial)
            .map(|(s, initial)| Species {
                name: s.name().to_owned(),
                space: s.space().clone(),
                initial: initial.clone(),
            })
            .collect()
    }
}

/// Namespace of jobs without one.
pub const LOCAL: &str = "local";

/// Bars of a year: 365 days where the market trades all the time, else what the calendar says.
fn bars_per_year(spec: &EvolutionJobSpec, facts: &Facts, interval_ms: i64) -> Result<f64, ResolveError> {
    const YEAR_MS: i64 = 365 * 86_400_000;
    let continuous = YEAR_MS as f64 / interval_ms as f64;
    match (&spec.market_data.calendar, facts.calendar) {
        (Some(calendar), _) => match (calendar.type_, calendar.bars_per_year) {
            (CalendarType::Continuous, _) => Ok(continuous),
            (CalendarType::Sessions, Some(n)) if n > 0 => Ok(f64::from(n)),
            (CalendarType::Sessions, _) => Err(ResolveError::NoCalendar),
        },
        (None, Some(Calendar::Continuous)) => Ok(continuous),
        (None, Some(Calendar::Sessions { bars_per_year })) => Ok(f64::from(bars_per_year)),
        (None, None) => Err(ResolveError::NoCalendar),
    }
}

fn species(
    spec: &EvolutionJobSpec,
    facts: &Facts,
    execution: &Execution,
    warnings: &mut Vec<String>,
) -> Result<Vec<SpeciesSpace>, ResolveError> {
    let funded = facts.funding || matches!(execution.funding, Funding::Constant { .. });
    let mut out: Vec<SpeciesSpace> = Vec::new();
    for (i, strategy) in spec.strategies.iter().enumerate() {
        if strategy.is_own() {
            out.push(own(i, strategy, spec, facts, warnings)?);
            continue;
        }
        let mut species = SpeciesSpace::new(i, strategy, &[])?;
        let Some(def) = species.strategy().built_in() else { continue };
        let missing = |what| ResolveError::NeedsData { strategy: def.name.to_owned(), what };
        if def.needs_volume && !facts.volume {
            return Err(missing("volume, which the data do not have: import it, or leave the strategy out"));
        }
        if def.needs_funding && !funded {
            let what = "a funding series: import one with --funding, or set execution.funding.constant";
            return Err(missing(what));
        }
        if !facts.volume && def.genes.iter().any(|g| g.name == VOLUME_GENE) {
            let zero = GeneValue::Number(crds::Decimal::ZERO);
            species = SpeciesSpace::new(i, strategy, &[(VOLUME_GENE, zero)])?;
            warnings
                .push(format!("{}: {VOLUME_GENE} is fixed at 0, since the data have no volume", def.name));
        }
        out.push(species);
    }
    if facts.close_only {
        for (index, species) in out.iter().enumerate() {
            let genes = species.genes().iter().map(|gene| gene.name.as_str());
            let checked = closes::check(species.name(), species.rules(), genes);
            checked.map_err(|error| ResolveError::NeedsBars { index, error })?;
        }
    }
    Ok(out)
}

/// A strategy that the manifest writes itself, checked with what is known of the data.
fn own(
    index: usize,
    strategy: &StrategySpec,
    spec: &EvolutionJobSpec,
    facts: &Facts,
    warnings: &mut Vec<String>,
) -> Result<SpeciesSpace, ResolveError> {
    let interval_ms = Interval::parse(&spec.market_data.interval)?.ms();
    let species = SpeciesSpace::own(index, strategy, &facts.symbols, facts.volume, interval_ms)?;
    for name in species.rules().iter().flat_map(|rules| &rules.unused_lets) {
        warnings.push(format!("{}: nothing uses the let {name}", strategy.name));
    }
    Ok(species)
}

/// The spec with what its files of signals turned out to be.
fn with_signals(spec: &EvolutionJobSpec, facts: &Facts) -> Result<EvolutionJobSpec, Finding> {
    let mut out = spec.clone();
    for (i, strategy) in spec.strategies.iter().enumerate() {
        out.strategies[i] = signals::written_out(i, strategy, &facts.signals)?;
    }
    Ok(out)
}

fn others(species: &[SpeciesSpace]) -> Vec<String> {
    let seen = species.iter().filter_map(SpeciesSpace::rules).flat_map(|rules| rules.symbols());
    seen.collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
}

const VOLUME_GENE: &str = "volume_confirmation";

fn initial(spec: &EvolutionJobSpec, species: &[SpeciesSpace]) -> Result<Vec<Vec<Genome>>, ResolveError> {
    let mut out = vec![Vec::new(); species.len()];
    for (k, individual) in spec.population.initial.iter().enumerate() {
        let built_in = galapagos_engine::strategies::find(&individual.strategy);
        let name = built_in.map_or(individual.strategy.as_str(), |f| f.strategy.def().name);
        // One of a strategy that the job does not have is refused by the check of manifests.
        let Some(i) = species.iter().position(|s| s.name() == name) else { continue };
        out[i].push(species[i].indices(&format!("spec.population.initial[{k}].genome"), &individual.genome)?);
    }
    Ok(out)
}

/// The metrics of a catalogue are those of the engine, so none is lost here.
fn measures(found: Vec<checks::Measure>) -> Vec<Measure> {
    found.into_iter().filter_map(Measure::new).collect()
}

fn fitness(spec: &EvolutionJobSpec) -> Result<FitnessFunction, Finding> {
    let catalogue = Catalogue::embedded();
    let bound = |(measure, limit): (Measure, &crds::Limit)| MetricBound {
        measure,
        at_most: limit.at_most.map(crds::Decimal::to_f64),
        at_least: limit.at_least.map(crds::Decimal::to_f64),
        times: 1.0,
    };
    let limits =
        measures(checks::limits(spec, catalogue)?).into_iter().zip(&spec.limits).map(bound).collect();
    let goals = spec.objectives.iter().map(|given| match given.goal {
        CrdGoal::Maximize => Goal::Maximise,
        CrdGoal::Minimize => Goal::Minimise,
    });
    let mut objectives = measures(checks::objectives(spec, catalogue)?).into_iter().zip(goals);
    let Some((objective, goal)) = objectives.next() else {
        return Err(Finding::invalid("spec.objectives", "must name what is improved"));
    };
    let cells = checks::cells::cells(spec, catalogue)?.into_iter().filter_map(|(measure, edges)| {
        let edges = edges.into_iter().map(crds::Decimal::to_f64).collect();
        Some(CellAxis { measure: Measure::new(measure)?, edges, times: 1.0 })
    });
    Ok(FitnessFunction { objective, goal, further: objectives.collect(), limits, cells: cells.collect() })
}

fn config(spec: &EvolutionJobSpec, fitness: &FitnessFunction) -> Config {
    let b = spec.breeding.resolved();
    let several = (!fitness.further.is_empty()).then(|| Several {
        further: fitness.further.iter().map(|(_, goal)| *goal).collect(),
        reference: b.reference_point.map(|values| values.into_iter().map(crds::Decimal::to_f64).collect()),
        choice: match b.choose.unwrap_or_default() {
            crds::Choose::Knee => Choice::Knee,
            crds::Choose::Ideal => Choice::Ideal,
        },
    });
    Config {
        seed: spec.population.seed,
        population: spec.population.size,
        searcher: match spec.searcher {
            CrdSearcher::Evolution => Searcher::Evolution,
            CrdSearcher::Random => Searcher::Random,
            CrdSearcher::Grid => Searcher::Grid,
            CrdSearcher::Sobol => Searcher::Sobol,
            CrdSearcher::Tpe => Searcher::Tpe,
            CrdSearcher::Cmaes => Searcher::Cmaes,
        },
        breeding: Breeding {
            preset: match b.preset {
                CrdPreset::Default => Preset::Default,
                CrdPreset::Ray => Preset::Ray,
                CrdPreset::Pbt => {
                    Preset::Pbt { resample: b.resample_probability.map_or(0.0, crds::Decimal::to_f64) }
                }
            },
            parents: b.parents,
            tournament_size: b.tournament_size,
            sbx_share: b.sbx_share.to_f64(),
            sbx_eta: b.sbx_eta.to_f64(),
            sbx_probability: b.sbx_probability.to_f64(),
            uniform_share: b.uniform_share.to_f64(),
            differential_share: b.differential_share.to_f64(),
            mutation_eta: b.mutation_eta.to_f64(),
            immigrants: b.immigrants.to_f64(),
            restart_after_generations: b.restart_after_generations,
            min_share: b.species_min_share.to_f64(),
            extinct_after_generations: b.species_extinct_after_generations,
        },
        goal: fitness.goal,
        several,
        cells: checks::cells::share(spec).map(crds::Decimal::to_f64),
        islands: spec.islands.as_ref().map(|given| Islands {
            count: given.count,
            migrate_every: given.migrate_every,
            migrants: given.migrants,
            topology: match given.topology {
                crds::Topology::Ring => Topology::Ring,
                crds::Topology::Full => Topology::Full,
            },
        }),
    }
}

/// The limits by results of a manifest, or of what is wanted of its run now.
pub fn stop_rules(generations: u32, stop: &crds::Stop) -> StopRules {
    StopRules {
        generations,
        patience: (stop.patience > 0).then_some(stop.patience),
        min_delta: stop.min_delta.to_f64(),
        target: stop.target.map(crds::Decimal::to_f64),
        max_evaluations: stop.max_evaluations,
    }
}

fn inputs(
    spec: &EvolutionJobSpec,
    interval_ms: i64,
    dates: Dates,
    bars_per_year: f64,
    species: &[SpeciesSpace],
    initial: &[Vec<Genome>],
) -> Inputs {
    let mut symbols = spec.market_data.symbols.clone();
    symbols.sort();
    symbols.dedup();
    let strategies =
        species.iter().zip(initial).zip(&spec.strategies).map(|((s, initial), given)| StrategyInputs {
            name: s.name().to_owned(),
            genes: s.genes().to_vec(),
            initial: initial.iter().map(|genome| s.named(genome).into_iter().collect()).collect(),
            rules: s.rules().map(galapagos_rules::Strategy::canonical),
            constraints: given.constraints.clone(),
            signals: given.signals.as_ref().and_then(|signals| signals.digest.clone()),
        });
    Inputs {
        symbols,
        interval_ms,
        from_ms: dates.from_ms,
        to_ms: dates.to_ms,
        bars_per_year,
        strategies: strategies.collect(),
        population_size: spec.population.size,
        seed: spec.population.seed,
        searcher: spec.searcher,
        breeding: spec.breeding.resolved(),
        islands: spec.islands.clone(),
        archive: spec.archive.clone().map(|given| ArchiveSpec { share: checks::cells::share(spec), ..given }),
        objectives: spec.objectives.clone(),
        limits: spec.limits.clone(),
        execution: ExecutionInputs::new(&spec.execution),
        holdout: spec.validation.holdout.fraction,
    }
}
