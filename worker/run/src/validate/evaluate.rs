//! Many individuals at once, as the run evaluates them.

use std::sync::atomic::AtomicBool;

use galapagos_engine::evaluation::Metric;
use galapagos_genetics::Genome;

use crate::job::problem::Problem;
use crate::run::evaluator::{Answer, Evaluator, EvaluatorError, Task};
use crate::run::local::LocalEvaluator;

/// Evaluates genomes of a species on the training rows, on `slots` threads; the answers are in their order, `None` for
/// those that `interrupt` left out. `done` hears how many there are.
///
/// # Errors
/// The system gives no threads.
pub fn evaluate(
    problem: &Problem<'_>,
    species: usize,
    genomes: &[Genome],
    slots: usize,
    interrupt: &AtomicBool,
    mut done: impl FnMut(usize),
) -> Result<Vec<Option<Answer>>, EvaluatorError> {
    let genomes = genomes.iter().cloned().enumerate();
    let tasks: Vec<Task> = genomes.map(|(index, genome)| Task { index, species, genome }).collect();
    let mut answers: Vec<Option<Answer>> = vec![None; tasks.len()];
    let mut count = 0;
    LocalEvaluator::new(problem, slots)?.evaluate(&tasks, interrupt, &mut |together| {
        count += together.len();
        for (index, answer) in together {
            if let Some(place) = answers.get_mut(index) {
                *place = Some(answer);
            }
        }
        done(count);
        std::ops::ControlFlow::Continue(())
    })?;
    Ok(answers)
}

/// The annual Sharpe ratios of genomes of a species; `None` where undefined.
///
/// # Errors
/// The system gives no threads.
pub fn sharpes(
    problem: &Problem<'_>,
    species: usize,
    genomes: &[Genome],
    slots: usize,
) -> Result<Vec<Option<f64>>, EvaluatorError> {
    let answers = evaluate(problem, species, genomes, slots, &AtomicBool::new(false), |_| ())?;
    let sharpe = |answer: Option<Answer>| answer?.ok()?.metrics.get(Metric::Sharpe);
    Ok(answers.into_iter().map(sharpe).collect())
}
