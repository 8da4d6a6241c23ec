//! An individual that takes too long is set aside or ends the run, as the job says, and never holds up a leaving process.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::{publish_walk, resolve};
use galapagos_crds::EvolutionJob;
use galapagos_run::execute::{ExecuteError, Options, RunOutcome, run};
use galapagos_run::job::problem::Problem;
use galapagos_run::run::driver::RunError;
use galapagos_run::run::evaluator::{Exception, Task};
use galapagos_run::run::progress::{RunEvent, Silent};
use galapagos_run::run::slots::{BatchRunner, SlotScratch};
use galapagos_run::storage::exceptions;

/// A quick strategy, and one with a single genome that trains for hours.
fn manifest(evaluation: &str) -> EvolutionJob {
    let text = format!(
        "apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: demo}}
spec:
  marketData: {{dataset: walk, symbols: [AAA], interval: 1d, calendar: {{type: Sessions, barsPerYear: 252}}}}
  strategies:
  - name: sma_crossover
    genes: [{{name: fast_period, min: 2, max: 20}}, {{name: slow_period, min: 5, max: 60}}]
  - name: pca_tree_quantile
    genes:
    - {{name: n_estimators, value: 1000}}
    - {{name: tree_depth, value: 6}}
    - {{name: feature_window, value: 2000}}
    - {{name: refit_interval, value: 1}}
    - {{name: pca_components, value: 8}}
    - {{name: signal_quantile, value: \"0.7\"}}
  population: {{size: 20, seed: 7}}
  generations: 2
  evaluation: {{{evaluation}}}
"
    );
    serde_yaml::from_str(&text).unwrap()
}

fn data() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 6000);
    data
}

fn options(root: &Path) -> Options {
    Options { slots: 2, ..Options::new(root) }
}

#[test]
fn an_individual_that_takes_too_long_is_set_aside_and_the_run_goes_on() {
    let (data, root) = (data(), tempfile::tempdir().unwrap());
    let (market, job) = resolve(data.path(), &manifest("timeoutSeconds: 1, attempts: 2"));
    let mut told = Vec::new();
    let mut observer = |event: RunEvent<'_>| {
        if let RunEvent::Quarantined { strategy, problem, .. } = event {
            told.push((strategy.to_owned(), problem));
        }
    };
    let began = Instant::now();
    let outcome = run(&job, &market, &options(root.path()), &mut observer, &AtomicBool::new(false)).unwrap();
    assert!(began.elapsed() >= Duration::from_secs(2), "both attempts have their time");
    let RunOutcome::Finished { result, folder, .. } = outcome else { panic!("nobody interrupted") };
    assert_eq!(told, [("pca_tree_quantile".to_owned(), "took longer than 1 s".to_owned())]);
    assert!(!result.reproducible);
    assert_eq!(result.evaluations.exceptions, 1);
    assert_eq!(result.generations.len(), 2);
    assert_eq!(result.best.as_ref().unwrap().strategy, "sma_crossover");
    assert_eq!(result.species.len(), 1, "what could not be evaluated is nobody's champion");
    let [aside] = result.exceptions.as_slice() else { panic!("{:?}", result.exceptions) };
    let lines = exceptions::read(folder.parent().unwrap()).unwrap();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((&line.strategy, &line.genome), (&aside.strategy, &aside.genome));
    assert_eq!(line.problem, "took longer than 1 s");

    let again = run(&job, &market, &options(root.path()), &mut Silent, &AtomicBool::new(false)).unwrap();
    assert!(matches!(again, RunOutcome::Finished { reused: true, .. }), "it is not tried again");
}

#[test]
fn with_on_failure_fail_it_ends_the_run() {
    let (data, root) = (data(), tempfile::tempdir().unwrap());
    let (market, job) = resolve(data.path(), &manifest("timeoutSeconds: 1, attempts: 1, onFailure: Fail"));
    let ended = run(&job, &market, &options(root.path()), &mut Silent, &AtomicBool::new(false));
    let Err(ExecuteError::Run(RunError::EvaluationFailed { strategy, exception, .. })) = ended else {
        panic!("{ended:?}")
    };
    assert_eq!((strategy.as_str(), exception), ("pca_tree_quantile", Exception::TimedOut { seconds: 1 }));
}

#[test]
fn a_run_that_is_interrupted_does_not_wait_for_a_slow_individual() {
    let (data, root) = (data(), tempfile::tempdir().unwrap());
    let (market, job) = resolve(data.path(), &manifest("timeoutSeconds: 3600"));
    let interrupt = AtomicBool::new(false);
    let began = Instant::now();
    let outcome = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(300));
            interrupt.store(true, Ordering::Relaxed);
        });
        run(&job, &market, &options(root.path()), &mut Silent, &interrupt).unwrap()
    });
    assert!(matches!(outcome, RunOutcome::Interrupted { generation: 0, .. }));
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_batch_answers_for_each_of_its_individuals() {
    let data = data();
    let (market, job) = resolve(data.path(), &manifest("timeoutSeconds: 1"));
    let problem = Problem::new(&job, market.bars(), market.others(&job.others)).unwrap();
    let task = |index, species, genome: &[u32]| Task { index, species, genome: genome.into() };
    let slow: Vec<u32> = job.species[1].space().genes().iter().map(|_| 0).collect();
    let tasks = [
        task(0, 0, &[0, 9]),
        task(1, 1, &slow),
        task(2, 0, &[3, 30]),
        task(3, 0, &[999, 0]),
        task(4, 9, &[]),
    ];
    let tasks: Vec<&Task> = tasks.iter().collect();
    let runner = BatchRunner::new(&problem);
    let mut scratch = SlotScratch::default();
    let answers = runner.run(&tasks, &mut scratch, &AtomicBool::new(false));
    for i in [0, 2] {
        let expected = problem.evaluate(0, &tasks[i].genome).unwrap();
        assert_eq!(answers[i], Some(Ok(Box::new(expected))));
    }
    assert_eq!(answers[1], Some(Err(Exception::TimedOut { seconds: 1 })));
    assert!(matches!(answers[3], Some(Err(Exception::Panicked(_)))), "not on its grids");
    assert!(matches!(answers[4], Some(Err(Exception::Panicked(_)))), "no such species");
    let none = runner.run(&tasks, &mut scratch, &AtomicBool::new(true));
    assert!(none.iter().all(Option::is_none), "nothing is begun by a process that leaves");
}
