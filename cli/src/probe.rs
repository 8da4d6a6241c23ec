//! What the first generations of a job take on this machine: the job itself runs, in a folder that vanishes. Nothing
//! else knows what individuals cost that share series within a batch, nor what a generation costs besides.

use galapagos_run::execute::{self, Options, RunOutcome};
use galapagos_run::job::market::Market;
use galapagos_run::job::problem::Problem;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::run::evaluator::{Evaluator, Task};
use galapagos_run::run::local::LocalEvaluator;
use galapagos_run::run::progress::RunEvent;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Generations at most: the first is drawn evenly, those after it are bred.
const GENERATIONS: u32 = 4;
/// How long the generations of the probe may take.
const LONGEST: Duration = Duration::from_secs(2);
/// The same of the run that is to end: where a few individuals take longer, so would the tests of the winner.
const SHORT: Duration = Duration::from_millis(500);
/// Individuals a species in the run that ends, where the first one could not: the fewest that several species allow.
const FEWEST: u32 = 8;
/// How often the flags are looked at.
const LOOK: Duration = Duration::from_millis(5);
/// How long each species is measured alone.
const MEASURE: Duration = Duration::from_millis(60);

/// Seconds of one generation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Generation {
    /// Evaluation, on the slots of the probe.
    pub evaluation: f64,
    /// Seconds for everything but evaluations: breeding, ledger, checkpoint.
    pub other: f64,
}

/// What the first generations of the job took.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Number of threads that evaluated.
    pub slots: usize,
    /// Seconds before the first generation and after the last: opening the folder, testing the winner, writing the result.
    pub fixed: f64,
    /// Seconds of generation 0, which is drawn and not bred.
    pub first: Generation,
    /// Seconds of each further generation, on average.
    pub later: Generation,
    /// The generation after which the job ended by itself, if it did.
    pub ended_after: Option<u32>,
}

/// Runs the first generations of a job without walk-forward; `alone` is what a generation's evaluation takes by the
/// measurement of each species, for a job whose first generation takes longer than the probe may. Such a job runs once
/// more with few individuals and all of its rows, which says what follows the last generation.
///
/// What rises with `asked` ends it, and the folder is removed.
pub fn run(
    job: &ResolvedJob,
    market: &Market,
    problem: &Problem<'_>,
    slots: usize,
    alone: f64,
    asked: &Arc<AtomicBool>,
) -> Probe {
    let mut short = job.clone();
    short.stop.generations = short.stop.generations.min(GENERATIONS);
    let on = |job: &ResolvedJob, limit| begin(job, market, problem, slots, &until(limit, asked));
    let first = on(&short, LONGEST);
    if let Some(Begun { generations, fixed: Some(fixed) }) = &first {
        let count = generations.len() as u32;
        let ended_after = (count < short.stop.generations).then_some(count);
        return Probe { ended_after, ..Probe::of(slots, generations, *fixed, alone) };
    }
    short.stop.generations = 1;
    short.initial.iter_mut().for_each(Vec::clear);
    // So few individuals may not be enough for all islands.
    short.config.islands = None;
    short.config.population = short.config.population.min(FEWEST * short.species.len().max(1) as u32);
    // A job that cannot be probed (no place for files, an individual that fails) can still be estimated.
    let fixed = on(&short, SHORT).and_then(|ended| ended.fixed).unwrap_or(0.0);
    Probe::of(slots, &first.map(|begun| begun.generations).unwrap_or_default(), fixed, alone)
}

impl Probe {
    fn of(slots: usize, generations: &[Generation], fixed: f64, alone: f64) -> Probe {
        let first = generations.first().copied().unwrap_or(Generation { evaluation: alone, other: 0.0 });
        let later = mean(generations.get(1..).unwrap_or_default()).unwrap_or(first);
        Probe { slots, fixed, first, later, ended_after: None }
    }
}

/// A run as far as it came.
struct Begun {
    /// Its generations.
    generations: Vec<Generation>,
    /// Seconds besides; `None`: it did not end.
    fixed: Option<f64>,
}

fn begin(
    job: &ResolvedJob,
    market: &Market,
    problem: &Problem<'_>,
    slots: usize,
    interrupt: &AtomicBool,
) -> Option<Begun> {
    let folder = tempfile::tempdir().ok()?;
    let options = Options { slots, seen: false, ..Options::new(folder.path()) };
    let mut evaluator = LocalEvaluator::new(problem, slots).ok()?;
    let bars = problem.counted_bars() as f64;
    let (mut generations, mut evaluated) = (Vec::new(), 0.0);
    let began = Instant::now();
    let mut observer = |event: RunEvent<'_>| {
        if let RunEvent::Generation { report, pace, .. } = event {
            // The pace is that of all generations so far.
            let speed = pace.strategy_bars_per_second;
            let sum = if speed > 0.0 { report.distinct as f64 * bars / speed } else { 0.0 };
            let evaluation = (sum - evaluated).clamp(0.0, report.seconds);
            evaluated = sum;
            generations.push(Generation { evaluation, other: report.seconds - evaluation });
        }
    };
    let outcome = execute::run_with(job, market, problem, &options, &mut evaluator, &mut observer, interrupt);
    let seconds = began.elapsed().as_secs_f64();
    let spent: f64 = generations.iter().map(|g| g.evaluation + g.other).sum();
    // What an interrupted generation took is not of the start.
    let finished = matches!(outcome, Ok(RunOutcome::Finished { .. }));
    Some(Begun { generations, fixed: finished.then_some((seconds - spent).max(0.0)) })
}

/// A flag that rises after `limit`, or soon after `asked`, also while an individual is evaluated.
fn until(limit: Duration, asked: &Arc<AtomicBool>) -> Arc<AtomicBool> {
    let (flag, asked, end) = (Arc::new(AtomicBool::new(false)), Arc::clone(asked), Instant::now() + limit);
    let weak = Arc::downgrade(&flag);
    std::thread::spawn(move || {
        while let Some(flag) = weak.upgrade() {
            if asked.load(Ordering::Relaxed) || Instant::now() >= end {
                return flag.store(true, Ordering::Relaxed);
            }
            drop(flag);
            std::thread::sleep(LOOK);
        }
    });
    flag
}

fn mean(of: &[Generation]) -> Option<Generation> {
    let n = of.len() as f64;
    let sum = |value: fn(&Generation) -> f64| of.iter().map(value).sum::<f64>() / n;
    (!of.is_empty()).then(|| Generation { evaluation: sum(|g| g.evaluation), other: sum(|g| g.other) })
}

/// How many of the measured individuals share series with their neighbours; the others are simulated on their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// All individuals share series with their neighbours.
    All,
    /// Some individuals do, others are simulated on their own.
    Some,
    /// Each individual is simulated on its own.
    None,
}

/// What was measured of one species alone.
#[derive(Clone, Copy, Debug)]
pub struct Alone {
    /// Seconds of one slot that an individual takes.
    pub seconds: f64,
    /// The path they took.
    pub shared: Shared,
}

/// Measures a species among `most` of its kind, spread over its space.
pub fn alone(problem: &Problem<'_>, species: usize, most: usize, asked: &AtomicBool) -> Alone {
    let Ok(mut evaluator) = LocalEvaluator::new(problem, 1) else {
        return Alone { seconds: 0.0, shared: Shared::None };
    };
    let mut count = 1;
    loop {
        let tasks: Vec<Task> = (0..count).filter_map(|i| spread(problem, species, i)).collect();
        let began = Instant::now();
        let ended = evaluator.evaluate(&tasks, asked, &mut |_| ControlFlow::Continue(()));
        let seconds = began.elapsed().as_secs_f64();
        if ended.is_err()
            || asked.load(Ordering::Relaxed)
            || count >= most
            || seconds * 8.0 > MEASURE.as_secs_f64()
        {
            let shared = match tasks.iter().filter(|task| evaluator.shares(task)).count() {
                0 => Shared::None,
                n if n == tasks.len() => Shared::All,
                _ => Shared::Some,
            };
            return Alone { seconds: seconds / tasks.len().max(1) as f64, shared };
        }
        count = (count * 4).min(most);
    }
}

/// The golden ratio spreads any number of points evenly; each gene has its own multiple of it.
fn spread(problem: &Problem<'_>, species: usize, index: usize) -> Option<Task> {
    let space = problem.job().species[species].space();
    let place = |(i, &n): (usize, &u32)| {
        let x = ((index + 1) as f64 * 0.618_033_988_749_895 * (i + 1) as f64).fract();
        (x * f64::from(n)) as u32 % n.max(1)
    };
    let indices: Vec<u32> = space.lens().iter().enumerate().map(place).collect();
    let genome = space.canonical(&indices).ok()?;
    Some(Task { index, species, genome })
}
