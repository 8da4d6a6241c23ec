//! The square of two genes, evaluated.

use super::arguments::Arguments;
use crate::exit::{Blame, CommandError, CommandResult};
use crate::interrupt;
use crate::names::unknown;
use crate::opened::{Opened, decoded, ranked};
use crate::terminal::{BARS, is_watched};
use galapagos_run::engine::evaluation::Metric;
use galapagos_run::job::measure::Measure;
use galapagos_run::job::problem::Problem;
use galapagos_run::job::space::SpeciesSpace;
use galapagos_run::storage::record::Class;
use galapagos_run::validate::evaluate::evaluate;
use galapagos_run::validate::heat_map::{Axis, square};
use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// Cells at most: each is a back-test.
const MOST: usize = 100_000;
/// How often a log line tells how far it is.
const EVERY: Duration = Duration::from_secs(10);

/// A map of two genes.
pub struct Map {
    /// Name of the strategy.
    pub strategy: String,
    /// The genes of the individual in the middle, with their values.
    pub genome: Vec<(String, String)>,
    /// What is shown.
    pub measure: Measure,
    /// The gene that goes down: its name, and its values as texts.
    pub rows: Values,
    /// The gene that goes across.
    pub columns: Values,
    /// Row by row.
    pub cells: Vec<Cell>,
}

/// One gene of a map.
pub struct Values {
    /// Its name.
    pub gene: String,
    /// Its values.
    pub values: Vec<String>,
    /// Which of them the individual has.
    pub own: usize,
}

/// One pair of values.
pub enum Cell {
    /// The rules between genes allow none with them.
    None,
    /// It could not be evaluated.
    Failed,
    /// What it is worth.
    Worth {
        /// The value of the metric; `None` if undefined.
        value: Option<f64>,
        /// Its class under the job's limits.
        class: Class,
    },
}

/// Evaluates the map that is asked for.
pub fn make(arguments: &Arguments) -> CommandResult<Map> {
    let (opened, rank) = Opened::named(&arguments.result, &arguments.data_dir.data_dir)?;
    let champion = ranked(&opened.document, rank)?;
    let problem = opened.problem()?;
    let (at, individual) = decoded(&problem, champion)?;
    let species = individual.species;
    let indices = species.indices("genome", &champion.genome).invalid()?;
    let measure = asked_for(arguments, &problem)?;
    let [down, across] = genes(arguments, species)?;
    let space = species.space();
    let axis = |gene: usize| Axis::new(space, gene, indices[gene], arguments.radius);
    let (rows, columns) = (axis(down), axis(across));
    let count = rows.positions.len() * columns.positions.len();
    if count > MOST {
        return Err(CommandError::invalid(format!(
            "--radius {}: the map has {count} cells; it may have {MOST}, so choose a smaller radius",
            arguments.radius
        )));
    }
    let square = square(space, &indices, &rows, &columns);
    let genomes: Vec<_> = square.iter().flatten().cloned().collect();
    let slots = arguments.slots.map_or_else(galapagos_worker::import::source::cores, usize::from);
    let asked = interrupt::watch("stopping")?;
    let mut progress = Progress::start(genomes.len() as u64);
    let answers =
        evaluate(&problem, at, &genomes, slots, &asked, |done| progress.at(done as u64)).internal()?;
    progress.finish();
    if answers.iter().any(Option::is_none) {
        return Err(CommandError::Interrupted("interrupted: nothing was printed".to_owned()));
    }
    let fitness = &problem.job().fitness;
    let mut answers = answers.into_iter().flatten();
    let cells = square.iter().map(|genome| match genome.as_ref().and_then(|_| answers.next()) {
        None => Cell::None,
        Some(Err(_)) => Cell::Failed,
        Some(Ok(evaluation)) => {
            let value = measure.value(&evaluation.metrics);
            Cell::Worth { value, class: fitness.verdict(Some(evaluation)).class }
        }
    });
    let cells = cells.collect();
    let named = individual.named().into_iter().map(|(name, value)| (name, value.to_string()));
    Ok(Map {
        strategy: species.name().to_owned(),
        genome: named.collect(),
        measure,
        rows: values(species, &indices, &rows),
        columns: values(species, &indices, &columns),
        cells,
    })
}

/// What is to be shown: the objective, or a metric that the job computes of each individual.
fn asked_for(arguments: &Arguments, problem: &Problem<'_>) -> CommandResult<Measure> {
    let Some(name) = &arguments.metric else { return Ok(problem.job().fitness.objective.clone()) };
    let asked = problem.metrics();
    let known: Vec<&str> = Metric::ALL.into_iter().filter(|&m| asked.contains(m)).map(Metric::name).collect();
    let found = Metric::from_name(name).filter(|&m| asked.contains(m));
    found
        .map(Measure::Metric)
        .ok_or_else(|| CommandError::invalid(format!("--metric: {}", unknown("metric", name, known))))
}

/// The places of the two genes.
fn genes(arguments: &Arguments, species: &SpeciesSpace) -> CommandResult<[usize; 2]> {
    let space = species.space();
    let movable = || (0..space.genes().len()).filter(|&g| space.lens()[g] > 1);
    let names: Vec<&str> = movable().map(|g| space.genes()[g].name.as_str()).collect();
    let place = |name: &String| {
        let found = space.genes().iter().position(|gene| gene.name == *name);
        match found {
            Some(gene) if space.lens()[gene] > 1 => Ok(gene),
            Some(_) => Err(CommandError::invalid(format!(
                "--genes: {name} has one value only in this job; choose two of {}",
                names.join(", ")
            ))),
            None => {
                let text = unknown("gene", name, names.iter().copied());
                Err(CommandError::invalid(format!("--genes: {text}")))
            }
        }
    };
    let places = arguments.genes.iter().map(place).collect::<CommandResult<Vec<usize>>>()?;
    match places[..] {
        [a, b] if a != b => Ok([a, b]),
        [_, _] => Err(CommandError::invalid(format!(
            "--genes: {} is given twice; choose two of {}",
            arguments.genes[0],
            names.join(", ")
        ))),
        _ => Err(CommandError::invalid(format!(
            "--genes: {} given; write two, of {}, as in --genes A,B",
            places.len(),
            names.join(", ")
        ))),
    }
}

fn values(species: &SpeciesSpace, indices: &[u32], axis: &Axis) -> Values {
    let text = |&at: &u32| {
        let mut moved = indices.to_vec();
        moved[axis.gene] = at;
        let named = species.named(&moved).into_iter().find(|(name, _)| *name == axis.name);
        named.map(|(_, value)| value.to_string()).unwrap_or_default()
    };
    Values {
        gene: axis.name.clone(),
        values: axis.positions.iter().map(text).collect(),
        own: axis.positions.iter().position(|&at| at == indices[axis.gene]).unwrap_or_default(),
    }
}

/// How far the evaluations are: a bar at a terminal, else a log line now and then.
struct Progress {
    bar: Option<ProgressBar>,
    all: u64,
    said: Instant,
}

impl Progress {
    fn start(all: u64) -> Progress {
        let bar = is_watched().then(|| {
            let bar = BARS.add(ProgressBar::new(all));
            let style = ProgressStyle::with_template("neighbours {bar:24} {pos}/{len}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Progress { bar, all, said: Instant::now() }
    }

    fn at(&mut self, done: u64) {
        match &self.bar {
            Some(bar) => bar.set_position(done),
            None if self.said.elapsed() >= EVERY => {
                self.said = Instant::now();
                tracing::info!(done, all = self.all, "evaluated");
            }
            None => {}
        }
    }

    fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
