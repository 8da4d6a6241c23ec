//! The driver knows nothing of how evaluation happens: any evaluator, any order of answers.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use common::{manifest, publish_walk, resolve};
use galapagos_crds::EvolutionJob;
use galapagos_engine::ENGINE;
use galapagos_run::job::problem::Problem;
use galapagos_run::run::driver::{Driver, Ended, RunError};
use galapagos_run::run::evaluator::{Answer, Evaluator, EvaluatorError, Exception, Sink, Task};
use galapagos_run::run::progress::{RunEvent, Silent};
use galapagos_run::storage::run_folder::{RunFolder, RunKey, Start};

/// What the evaluator does with one task.
type Answering<'a> = Box<dyn FnMut(&Task) -> Answer + 'a>;

/// Answers in an order of its own.
struct Scripted<'a> {
    order: fn(&mut Vec<&Task>),
    answer: Answering<'a>,
}

impl Evaluator for Scripted<'_> {
    fn evaluate(
        &mut self,
        tasks: &[Task],
        _: &AtomicBool,
        sink: &mut Sink<'_>,
    ) -> Result<(), EvaluatorError> {
        let mut tasks: Vec<&Task> = tasks.iter().collect();
        (self.order)(&mut tasks);
        // What follows an answer that ends the run is nobody's.
        let _ = tasks.into_iter().try_for_each(|task| sink(vec![(task.index, (self.answer)(task))]));
        Ok(())
    }
}

struct Outcome {
    digest: String,
    exceptions: u64,
    quarantined: usize,
}

fn drive(
    data: &Path,
    root: &Path,
    manifest: &EvolutionJob,
    order: fn(&mut Vec<&Task>),
    fails: fn(&Task) -> bool,
) -> Result<Outcome, RunError> {
    let (market, job) = resolve(data, manifest);
    let problem = Problem::new(&job, market.bars(), market.others(&job.others)).unwrap();
    let key = RunKey { root, namespace: "local", job: &job.name, inputs: job.digest };
    let folder = RunFolder::open(&key, Start::Continue, ENGINE, 1)?;
    let mut driver = Driver::open(&job, &folder, 1, None, &mut Silent)?;
    let answer = Box::new(|task: &Task| {
        if fails(task) {
            return Err(Exception::Panicked("made to".into()));
        }
        Ok(Box::new(problem.evaluate(task.species, &task.genome).unwrap()))
    });
    let mut quarantined = 0;
    let mut observer =
        |event: RunEvent<'_>| quarantined += usize::from(matches!(event, RunEvent::Quarantined { .. }));
    let ended = driver.run(&mut Scripted { order, answer }, &mut observer, &AtomicBool::new(false))?;
    assert!(matches!(ended, Ended::Finished(_)));
    let exceptions = driver.state().counters.exceptions;
    Ok(Outcome { digest: driver.digest().to_string(), exceptions, quarantined })
}

#[test]
fn the_order_of_answers_does_not_matter() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let job = manifest("  generations: 3\n");
    let orders: [fn(&mut Vec<&Task>); 3] =
        [|_| {}, |t| t.reverse(), |t| t.sort_by(|a, b| a.genome.cmp(&b.genome))];
    let digests: Vec<String> = orders
        .into_iter()
        .map(|order| {
            let root = tempfile::tempdir().unwrap();
            drive(data.path(), root.path(), &job, order, |_| false).unwrap().digest
        })
        .collect();
    assert!(digests.windows(2).all(|w| w[0] == w[1]), "{digests:?}");
}

/// Answers a number of tasks, none before 11 ms have passed, and notes how long the ledger is before each answer.
struct Slow<'a> {
    problem: &'a Problem<'a>,
    ledger: PathBuf,
    most: usize,
    asked: usize,
    lengths: Vec<u64>,
}

impl Evaluator for Slow<'_> {
    fn evaluate(
        &mut self,
        tasks: &[Task],
        _: &AtomicBool,
        sink: &mut Sink<'_>,
    ) -> Result<(), EvaluatorError> {
        self.asked += tasks.len();
        for task in tasks.iter().take(self.most) {
            std::thread::sleep(Duration::from_millis(11));
            self.lengths.push(std::fs::metadata(&self.ledger).unwrap().len());
            let _ = sink(vec![(
                task.index,
                Ok(Box::new(self.problem.evaluate(task.species, &task.genome).unwrap())),
            )]);
        }
        Ok(())
    }
}

// Contract J2.
#[test]
fn answers_are_in_the_ledger_before_more_are_waited_for_and_nobody_asks_for_them_again() {
    let (data, calm, root) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    publish_walk(data.path(), 500);
    let manifest = manifest("  generations: 1\n");
    let undisturbed = drive(data.path(), calm.path(), &manifest, |_| {}, |_| false).unwrap().digest;

    let (market, job) = resolve(data.path(), &manifest);
    let problem = Problem::new(&job, market.bars(), market.others(&job.others)).unwrap();
    let key = RunKey { root: root.path(), namespace: "local", job: &job.name, inputs: job.digest };
    let folder = RunFolder::open(&key, Start::Continue, ENGINE, 1).unwrap();
    let mut driver = Driver::open(&job, &folder, 1, None, &mut Silent).unwrap();
    let never = AtomicBool::new(false);
    let slow =
        |most| Slow { problem: &problem, ledger: folder.ledger(), most, asked: 0, lengths: Vec::new() };
    let mut first = slow(5);
    assert!(matches!(driver.run(&mut first, &mut Silent, &never).unwrap(), Ended::Interrupted));
    assert_eq!((first.asked, first.lengths.len()), (20, 5));
    assert!(first.lengths.is_sorted_by(|a, b| a < b), "{:?}", first.lengths);
    let mut rest = slow(usize::MAX);
    assert!(matches!(driver.run(&mut rest, &mut Silent, &never).unwrap(), Ended::Finished(_)));
    assert_eq!(rest.asked, 15);
    assert_eq!(driver.digest().to_string(), undisturbed);
}

#[test]
fn what_passes_between_two_calls_is_no_generations_time() {
    const PAUSE: Duration = Duration::from_millis(1500);
    let (data, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    publish_walk(data.path(), 500);
    let (market, job) = resolve(data.path(), &manifest("  generations: 2\n"));
    let problem = Problem::new(&job, market.bars(), market.others(&job.others)).unwrap();
    let key = RunKey { root: root.path(), namespace: "local", job: &job.name, inputs: job.digest };
    let folder = RunFolder::open(&key, Start::Continue, ENGINE, 1).unwrap();
    let mut driver = Driver::open(&job, &folder, 1, None, &mut Silent).unwrap();
    let mut told = Vec::new();
    for generations in [2, 4] {
        // As where walk-forward runs before somebody asks for more.
        std::thread::sleep(PAUSE);
        driver.limits().lock().unwrap().stop.generations = generations;
        let answer =
            Box::new(|task: &Task| Ok(Box::new(problem.evaluate(task.species, &task.genome).unwrap())));
        let mut observer = |event: RunEvent<'_>| {
            if let RunEvent::Generation { report, .. } = event {
                told.push((report.generation, report.seconds));
            }
        };
        let never = AtomicBool::new(false);
        driver.run(&mut Scripted { order: |_| {}, answer }, &mut observer, &never).unwrap();
    }
    let numbers: Vec<u32> = told.iter().map(|t| t.0).collect();
    assert_eq!(numbers, [0, 1, 2, 3], "each generation is told of once");
    let sum: f64 = told.iter().map(|t| t.1).sum();
    assert!(sum < PAUSE.as_secs_f64(), "{told:?}");
    assert!(driver.state().counters.seconds < PAUSE.as_secs_f64());
}

// Contract J7.
#[test]
fn an_individual_that_cannot_be_evaluated_is_set_aside_and_stays_so() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let root = tempfile::tempdir().unwrap();
    let (short, long) = (manifest("  generations: 2\n"), manifest("  generations: 3\n"));
    let first = drive(data.path(), root.path(), &short, |_| {}, |t| t.index == 3).unwrap();
    assert_eq!((first.exceptions, first.quarantined), (2, 2));
    let continued = drive(data.path(), root.path(), &long, |_| {}, |_| false).unwrap();
    assert_eq!((continued.exceptions, continued.quarantined), (2, 0));
    let other = tempfile::tempdir().unwrap();
    let clean = drive(data.path(), other.path(), &long, |_| {}, |_| false).unwrap();
    assert_ne!(clean.digest, continued.digest);
}

#[test]
fn on_failure_fail_ends_the_job() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let root = tempfile::tempdir().unwrap();
    let job = manifest("  generations: 2\n  evaluation: {onFailure: Fail}\n");
    let ended = drive(data.path(), root.path(), &job, |_| {}, |t| t.index == 3);
    assert!(matches!(ended, Err(RunError::EvaluationFailed { .. })));
}

// Contract J3: the bytes are those of a run that nobody disturbed.
#[test]
fn a_run_that_another_build_bred_otherwise_begins_anew_and_is_an_undisturbed_one() {
    let (data, calm, root) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    publish_walk(data.path(), 500);
    let manifest = manifest("  generations: 4\n");
    let undisturbed = drive(data.path(), calm.path(), &manifest, |_| {}, |_| false).unwrap().digest;

    // A job of the same inputs, as a build with other searchers would breed it.
    let (market, mut job) = resolve(data.path(), &manifest);
    job.config.seed += 1;
    let problem = Problem::new(&job, market.bars(), market.others(&job.others)).unwrap();
    let key = RunKey { root: root.path(), namespace: "local", job: &job.name, inputs: job.digest };
    let folder = RunFolder::open(&key, Start::Continue, ENGINE, 1).unwrap();
    let mut driver = Driver::open(&job, &folder, 1, None, &mut Silent).unwrap();
    driver.limits().lock().unwrap().stop.generations = 2;
    let answer = Box::new(|task: &Task| Ok(Box::new(problem.evaluate(task.species, &task.genome).unwrap())));
    driver.run(&mut Scripted { order: |_| {}, answer }, &mut Silent, &AtomicBool::new(false)).unwrap();
    drop(driver);
    drop(folder);

    assert_eq!(drive(data.path(), root.path(), &manifest, |_| {}, |_| false).unwrap().digest, undisturbed);
    let (_, job) = resolve(data.path(), &manifest);
    let key = RunKey { root: root.path(), namespace: "local", job: &job.name, inputs: job.digest };
    let folder = RunFolder::open(&key, Start::Continue, ENGINE, 2).unwrap();
    let driver = Driver::open(&job, &folder, 1, None, &mut Silent).unwrap();
    let mut positions = Vec::new();
    driver.ledger().for_each(|record| positions.push(record.position())).unwrap();
    let all = positions.len();
    positions.sort_unstable();
    positions.dedup();
    assert_eq!(positions.len(), all, "one individual stands at each position of its tables");
}
