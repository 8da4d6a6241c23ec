//! What one slot does with a batch: one attempt at each individual, on threads here and in workers elsewhere.
//!
//! Individuals that share series run together, as their time is then shared too; the others one by one. If a batch
//! panics or takes too long, its individuals are evaluated one by one, so that only the culprit is set aside. Where
//! memory is short a batch is cut into smaller ones.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use galapagos_engine::backtest::Backtest;
use galapagos_engine::batch::{BatchEvaluator, Individual, Scratch};
use galapagos_engine::evaluation::{BLOCKS, BlockSum, Evaluation, Metrics};
use galapagos_engine::execution::Window;
use galapagos_engine::genes::Genome;
use galapagos_engine::interrupt::{Interrupt, Interrupted};

use super::attempt::{Attempt, attempt};
use super::evaluator::{Answer, Exception, Task};
use super::{memory, pressure};
use crate::job::problem::Problem;

/// Bytes of a batch that memory is not looked at for.
const SMALL: u64 = 4 << 20;

/// Buffers of one slot, used again from batch to batch.
#[derive(Default)]
pub struct SlotScratch(Option<Scratch>);

/// Evaluates batches of a problem; shared by all slots.
pub struct BatchRunner<'a> {
    problem: &'a Problem<'a>,
    /// `None` where each genome has a window of its own (`window: Full`).
    batches: Option<BatchEvaluator<'a>>,
    /// Slots that run a batch now.
    busy: AtomicUsize,
}

impl<'a> BatchRunner<'a> {
    /// Prepares what all batches share.
    pub fn new(problem: &'a Problem<'a>) -> BatchRunner<'a> {
        let exec = &problem.job().execution;
        let (symbols, rows) = (problem.training().symbols(), problem.training().rows());
        let run = Backtest { symbols, rows, exec, metrics: problem.metrics() };
        let batches = (exec.window == Window::AfterWarmUp).then(|| BatchEvaluator::new(run));
        BatchRunner { problem, batches, busy: AtomicUsize::new(0) }
    }

    /// One attempt at each of `tasks`; the answers are in their order. `evaluation.timeoutSeconds` is kept for each,
    /// by a batch of n within n times as long. When `stop` rises the call returns within milliseconds: what has no
    /// answer by then is `None`, and nothing is known about it.
    pub fn run(&self, tasks: &[&Task], scratch: &mut SlotScratch, stop: &AtomicBool) -> Vec<Option<Answer>> {
        self.run_until(tasks, scratch, &[stop])
    }

    /// The same until any of `stop` rises.
    pub(super) fn run_until(
        &self,
        tasks: &[&Task],
        scratch: &mut SlotScratch,
        stop: &[&AtomicBool],
    ) -> Vec<Option<Answer>> {
        let slots = self.busy.fetch_add(1, Ordering::Relaxed) + 1;
        let answers = in_batches(
            tasks,
            |task| self.shares(task),
            self.room(tasks.len(), slots, scratch),
            |tasks| self.attempt_together(tasks, scratch, stop),
            |task| self.attempt_alone(task, stop),
        );
        self.busy.fetch_sub(1, Ordering::Relaxed);
        answers
    }

    /// Whether an individual is evaluated together with its neighbours; alone it takes much longer.
    pub fn shares(&self, task: &Task) -> bool {
        let species = self.problem.job().species.get(task.species);
        species.zip(self.batches.as_ref()).is_some_and(|(species, batches)| {
            let genome = species.genome(&task.genome);
            genome.is_some_and(|genome| {
                batches.shares(&Individual { strategy: species.strategy, genome: &genome })
            })
        })
    }

    /// Individuals that may run together now in each of `slots`, for a batch of `wanted`.
    fn room(&self, wanted: usize, slots: usize, scratch: &mut SlotScratch) -> usize {
        let Some(batches) = &self.batches else { return 1 };
        let bytes = batches.bytes_per_individual() as u64;
        if wanted as u64 * bytes < SMALL {
            return wanted;
        }
        let held = scratch.0.as_ref().map_or(0, Scratch::bytes);
        let room = pressure::individuals(memory::usage(), slots, held as u64, bytes);
        if room < wanted {
            // Buffers never shrink by themselves.
            scratch.0 = None;
        }
        room
    }

    fn attempt_together(
        &self,
        tasks: &[&Task],
        scratch: &mut SlotScratch,
        stop: &[&AtomicBool],
    ) -> Attempt<Vec<Evaluation>> {
        let seconds = self.problem.job().failures.timeout_seconds;
        let share = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
        let buffers = scratch.0.get_or_insert_with(Scratch::new);
        let ended = attempt(seconds, share, stop, |interrupt| self.together(tasks, buffers, interrupt));
        if matches!(ended, Attempt::Failed(Exception::Panicked(_))) {
            // A panic may have left them half changed.
            scratch.0 = None;
        }
        ended
    }

    fn together(
        &self,
        tasks: &[&Task],
        scratch: &mut Scratch,
        interrupt: Interrupt<'_>,
    ) -> Result<Vec<Evaluation>, Interrupted> {
        let species = &self.problem.job().species;
        let genome = |t: &&Task| species.get(t.species)?.genome(&t.genome);
        let genomes: Option<Vec<Genome>> = tasks.iter().map(genome).collect();
        // Asked for only where `shares` has found both.
        let (Some(batches), Some(genomes)) = (&self.batches, genomes) else { return Err(Interrupted) };
        let individuals: Vec<Individual<'_>> = tasks
            .iter()
            .zip(&genomes)
            .map(|(task, genome)| Individual { strategy: species[task.species].strategy, genome })
            .collect();
        let mut out = vec![blank(); tasks.len()];
        batches.evaluate_until(&individuals, scratch, &mut out, interrupt)?;
        Ok(out)
    }

    fn attempt_alone(&self, task: &Task, stop: &[&AtomicBool]) -> Option<Answer> {
        let seconds = self.problem.job().failures.timeout_seconds;
        match attempt(seconds, 1, stop, |interrupt| {
            self.problem.evaluate_until(task.species, &task.genome, interrupt)
        }) {
            Attempt::Done(Some(evaluation)) => Some(Ok(evaluation)),
            Attempt::Done(None) => {
                Some(Err(Exception::Panicked("the genome is not on its grids".to_owned())))
            }
            Attempt::Failed(exception) => Some(Err(exception)),
            Attempt::Stopped => None,
        }
    }
}

/// The answers to `tasks`, in their order: those that share in batches of at most `room`, the others and what a failed
/// batch leaves alone; `None` from the moment that something was stopped.
fn in_batches(
    tasks: &[&Task],
    shares: impl Fn(&Task) -> bool,
    room: usize,
    mut together: impl FnMut(&[&Task]) -> Attempt<Vec<Evaluation>>,
    alone: impl Fn(&Task) -> Option<Answer>,
) -> Vec<Option<Answer>> {
    let mut answers: Vec<Option<Answer>> = vec![None; tasks.len()];
    let (sharing, mut single): (Vec<usize>, Vec<usize>) = (0..tasks.len()).partition(|&i| shares(tasks[i]));
    for batch in sharing.chunks(room.max(1)) {
        let members: Vec<&Task> = batch.iter().map(|&i| tasks[i]).collect();
        match together(&members) {
            Attempt::Done(evaluations) => {
                for (&i, evaluation) in batch.iter().zip(evaluations) {
                    answers[i] = Some(Ok(evaluation));
                }
            }
            Attempt::Failed(exception) => match batch {
                [only] => answers[*only] = Some(Err(exception)),
                _ => single.extend(batch),
            },
            Attempt::Stopped => return answers,
        }
    }
    for i in single {
        answers[i] = alone(tasks[i]);
        if answers[i].is_none() {
            return answers;
        }
    }
    answers
}

fn blank() -> Evaluation {
    Evaluation {
        metrics: Metrics::NONE,
        reason: None,
        returns: 0,
        s1: 0,
        s2: 0,
        blocks: [BlockSum::default(); BLOCKS],
        open_position: false,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn tasks(n: u32) -> Vec<Task> {
        (0..n).map(|i| Task { index: i as usize, species: 0, genome: Box::new([i]) }).collect()
    }

    fn of(task: &Task) -> Evaluation {
        Evaluation { returns: u64::from(task.genome[0]), ..blank() }
    }

    fn all(tasks: &[&Task]) -> Attempt<Vec<Evaluation>> {
        Attempt::Done(tasks.iter().map(|t| of(t)).collect())
    }

    const LATE: Exception = Exception::TimedOut { seconds: 1 };

    #[test]
    fn only_the_culprit_of_a_batch_is_set_aside() {
        let tasks = tasks(9);
        let tasks: Vec<&Task> = tasks.iter().collect();
        let culprit = |t: &Task| t.genome[0] == 5;
        let together = |tasks: &[&Task]| {
            if tasks.iter().any(|t| culprit(t)) { Attempt::Failed(LATE) } else { all(tasks) }
        };
        let alone = |t: &Task| Some(if culprit(t) { Err(LATE) } else { Ok(of(t)) });
        for room in [1, 4, 100] {
            let answers = in_batches(&tasks, |_| true, room, together, alone);
            for (task, answer) in tasks.iter().zip(answers) {
                assert_eq!(answer, Some(if culprit(task) { Err(LATE) } else { Ok(of(task)) }));
            }
        }
    }

    #[test]
    fn batches_have_no_more_individuals_than_there_is_room_for() {
        let tasks = tasks(10);
        let tasks: Vec<&Task> = tasks.iter().collect();
        let sizes = RefCell::new(Vec::new());
        let together = |tasks: &[&Task]| {
            sizes.borrow_mut().push(tasks.len());
            all(tasks)
        };
        let alone = |t: &Task| Some(Ok(of(t)));
        let answers = in_batches(&tasks, |t| t.genome[0] != 3, 4, together, alone);
        assert_eq!(sizes.into_inner(), [4, 4, 1]);
        let expected: Vec<_> = tasks.iter().map(|t| Some(Ok(of(t)))).collect();
        assert_eq!(answers, expected);
    }

    #[test]
    fn what_is_answered_before_a_stop_is_kept_and_the_rest_is_unknown() {
        let tasks = tasks(6);
        let tasks: Vec<&Task> = tasks.iter().collect();
        let together = |tasks: &[&Task]| if tasks[0].genome[0] == 0 { all(tasks) } else { Attempt::Stopped };
        let answers = in_batches(&tasks, |_| true, 2, together, |t| Some(Ok(of(t))));
        let made: Vec<bool> = answers.iter().map(Option::is_some).collect();
        assert_eq!(made, [true, true, false, false, false, false]);
        let alone = |t: &Task| (t.genome[0] < 4).then(|| Ok(of(t)));
        let answers = in_batches(&tasks, |_| false, 2, all, alone);
        assert_eq!(answers.iter().filter(|a| a.is_some()).count(), 4);
    }
}
