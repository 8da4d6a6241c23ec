//! What one slot does with a batch: one attempt at each individual, on threads here and in workers elsewhere.
//!
//! Individuals that share series run together, as their time is then shared too; the others one by one. If a batch
//! panics or takes too long, its individuals are evaluated one by one, so that only the culprit is set aside. Where
//! memory is short a batch is cut into smaller ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use galapagos_engine::backtest::Backtest;
use galapagos_engine::batch::{BatchEvaluator, Individual, Planned, Scratch};
use galapagos_engine::evaluation::{BLOCKS, BlockSum, Evaluation, Metrics};
use galapagos_engine::interrupt::{Interrupt, Interrupted};

use super::attempt::{Attempt, attempt};
use super::evaluator::{Answer, Exception, Task};
use super::memory::RecentUsage;
use super::pressure;
use crate::job::problem::{Decoded, Problem};

/// Bytes of a batch that memory is not looked at for.
const SMALL: u64 = 4 << 20;

/// How old the answer to a look at it may be: a batch of daily bars takes hardly longer than a look.
const FRESH: Duration = Duration::from_millis(20);

/// Buffers of one slot, used again from batch to batch.
#[derive(Default)]
pub struct SlotScratch(Option<Scratch>);

impl SlotScratch {
    /// Bytes that they hold now.
    pub(super) fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, Scratch::bytes)
    }
}

/// An individual of a batch: its genome decoded, and planned if it shares series with its neighbours.
struct Ready<'a> {
    decoded: Decoded<'a>,
    plan: Option<Planned>,
}

/// Evaluates batches of a problem; shared by all slots.
pub struct BatchRunner<'a> {
    problem: &'a Problem<'a>,
    batches: BatchEvaluator<'a>,
    /// Slots of this process that run a batch now.
    busy: Arc<AtomicUsize>,
    memory: RecentUsage,
}

impl<'a> BatchRunner<'a> {
    /// Prepares what all batches share.
    pub fn new(problem: &'a Problem<'a>) -> BatchRunner<'a> {
        BatchRunner::beside(problem, Arc::default())
    }

    /// The same where slots are shared with other problems; `busy` counts all of them.
    pub(super) fn beside(problem: &'a Problem<'a>, busy: Arc<AtomicUsize>) -> BatchRunner<'a> {
        let exec = &problem.job().execution;
        let (symbols, rows) = (problem.training().symbols(), problem.training().shared_rows());
        let others = problem.others();
        let run = Backtest { symbols, rows, others, exec, metrics: problem.metrics() };
        BatchRunner { problem, batches: BatchEvaluator::new(run), busy, memory: RecentUsage::new(FRESH) }
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
            self.room(tasks.len(), slots, scratch),
            |task| self.ready(task),
            |ready| ready.as_ref().is_some_and(|ready| ready.plan.is_some()),
            |batch| self.attempt_together(batch, scratch, stop),
            |ready| self.attempt_alone(ready.as_ref(), stop),
        );
        self.busy.fetch_sub(1, Ordering::Relaxed);
        answers
    }

    /// Whether an individual is evaluated together with its neighbours; alone it takes much longer.
    pub fn shares(&self, task: &Task) -> bool {
        self.ready(task).is_some_and(|ready| ready.plan.is_some())
    }

    /// `None`: the genome is not on the grids of the job.
    fn ready(&self, task: &Task) -> Option<Ready<'a>> {
        let decoded = self.problem.decode(task.species, &task.genome)?;
        let plan = self.batches.plan(&decoded.individual());
        Some(Ready { decoded, plan })
    }

    /// Individuals that may run together now in each of `slots`, for a batch of `wanted`.
    fn room(&self, wanted: usize, slots: usize, scratch: &mut SlotScratch) -> usize {
        let bytes = self.batches.bytes_per_individual() as u64;
        if wanted as u64 * bytes < SMALL {
            return wanted;
        }
        let held = scratch.bytes();
        let room = pressure::individuals(self.memory.get(), slots, held as u64, bytes);
        if room < wanted {
            // Buffers never shrink by themselves.
            scratch.0 = None;
        }
        room
    }

    fn attempt_together(
        &self,
        batch: &mut [Option<Ready<'a>>],
        scratch: &mut SlotScratch,
        stop: &[&AtomicBool],
    ) -> Attempt<Vec<Evaluation>> {
        let seconds = self.problem.job().failures.timeout_seconds;
        let share = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let buffers = scratch.0.get_or_insert_with(Scratch::new);
        let ended = attempt(seconds, share, stop, |interrupt| self.together(batch, buffers, interrupt));
        if matches!(ended, Attempt::Failed(Exception::Panicked(_))) {
            // A panic may have left them half changed.
            scratch.0 = None;
        }
        ended
    }

    fn together(
        &self,
        batch: &mut [Option<Ready<'a>>],
        scratch: &mut Scratch,
        interrupt: Interrupt<'_>,
    ) -> Result<Vec<Evaluation>, Interrupted> {
        // Who comes here has a plan, which is used up.
        let plans: Vec<Planned> = batch.iter_mut().flatten().filter_map(|ready| ready.plan.take()).collect();
        let individuals: Vec<Individual<'_>> =
            batch.iter().flatten().map(|ready| ready.decoded.individual()).collect();
        let mut out = vec![blank(); individuals.len()];
        self.batches.evaluate_planned(&individuals, plans, scratch, &mut out, interrupt)?;
        Ok(out)
    }

    fn attempt_alone(&self, ready: Option<&Ready<'a>>, stop: &[&AtomicBool]) -> Option<Answer> {
        let Some(ready) = ready else {
            return Some(Err(Exception::Panicked("the genome is not on its grids".to_owned())));
        };
        let seconds = self.problem.job().failures.timeout_seconds;
        match attempt(seconds, 1, stop, |interrupt| self.problem.evaluate_until(&ready.decoded, interrupt)) {
            Attempt::Done(evaluation) => Some(Ok(Box::new(evaluation))),
            Attempt::Failed(exception) => Some(Err(exception)),
            Attempt::Stopped => None,
        }
    }
}

/// The answers to `tasks`, in their order: those that share in batches of at most `room`, the others and what a failed
/// batch leaves alone; `None` from the moment that something was stopped. Each is made ready once, those of a batch just
/// before it: what they are then takes room, too.
fn in_batches<'t, R>(
    tasks: &[&'t Task],
    room: usize,
    ready: impl Fn(&'t Task) -> R,
    shares: impl Fn(&R) -> bool,
    mut together: impl FnMut(&mut [R]) -> Attempt<Vec<Evaluation>>,
    alone: impl Fn(&R) -> Option<Answer>,
) -> Vec<Option<Answer>> {
    let mut answers: Vec<Option<Answer>> = vec![None; tasks.len()];
    let mut left = tasks.iter().enumerate();
    let mut single: Vec<(usize, R)> = Vec::new();
    loop {
        let (mut places, mut batch) = (Vec::new(), Vec::new());
        while batch.len() < room.max(1)
            && let Some((place, task)) = left.next()
        {
            let ready = ready(task);
            if shares(&ready) {
                places.push(place);
                batch.push(ready);
            } else {
                single.push((place, ready));
            }
        }
        if batch.is_empty() {
            break;
        }
        match together(&mut batch) {
            Attempt::Done(evaluations) => {
                for (place, evaluation) in places.into_iter().zip(evaluations) {
                    answers[place] = Some(Ok(Box::new(evaluation)));
                }
            }
            Attempt::Failed(exception) => match places[..] {
                [only] => answers[only] = Some(Err(exception)),
                _ => single.extend(places.into_iter().zip(batch)),
            },
            Attempt::Stopped => return answers,
        }
    }
    for (place, ready) in single {
        answers[place] = alone(&ready);
        if answers[place].is_none() {
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
    use std::cell::{Cell, RefCell};

    use super::*;

    fn tasks(n: u32) -> Vec<Task> {
        (0..n).map(|i| Task { index: i as usize, species: 0, genome: [i].into() }).collect()
    }

    fn evaluation(task: &Task) -> Evaluation {
        Evaluation { returns: u64::from(task.genome[0]), ..blank() }
    }

    fn all(tasks: &[&Task]) -> Attempt<Vec<Evaluation>> {
        Attempt::Done(tasks.iter().map(|t| evaluation(t)).collect())
    }

    const LATE: Exception = Exception::TimedOut { seconds: 1 };

    #[test]
    fn only_the_culprit_of_a_batch_is_set_aside_and_each_is_made_ready_once() {
        let tasks = tasks(9);
        let tasks: Vec<&Task> = tasks.iter().collect();
        let culprit = |t: &Task| t.genome[0] == 5;
        let together = |batch: &mut [&Task]| {
            if batch.iter().any(|t| culprit(t)) { Attempt::Failed(LATE) } else { all(batch) }
        };
        let alone = |t: &&Task| Some(if culprit(t) { Err(LATE) } else { Ok(Box::new(evaluation(t))) });
        for room in [1, 4, 100] {
            let made = RefCell::new(Vec::new());
            let ready = |t| {
                made.borrow_mut().push(t);
                t
            };
            let answers = in_batches(&tasks, room, ready, |_| true, together, alone);
            for (task, answer) in tasks.iter().zip(answers) {
                assert_eq!(
                    answer,
                    Some(if culprit(task) { Err(LATE) } else { Ok(Box::new(evaluation(task))) })
                );
            }
            assert_eq!(made.into_inner(), tasks);
        }
    }

    #[test]
    fn batches_have_no_more_individuals_than_there_is_room_for_and_no_more_are_ready() {
        let tasks = tasks(10);
        let tasks: Vec<&Task> = tasks.iter().collect();
        let (made, sizes) = (Cell::new(0), RefCell::new(Vec::new()));
        let ready = |t| {
            made.set(made.get() + 1);
            t
        };
        let together = |batch: &mut [&Task]| {
            sizes.borrow_mut().push((batch.len(), made.get()));
            all(batch)
        };
        let alone = |t: &&Task| Some(Ok(Box::new(evaluation(t))));
        let answers = in_batches(&tasks, 4, ready, |t| t.genome[0] != 3, together, alone);
        // The one that does not share is ready for later.
        assert_eq!(sizes.into_inner(), [(4, 5), (4, 9), (1, 10)]);
        let expected: Vec<_> = tasks.iter().map(|t| Some(Ok(Box::new(evaluation(t))))).collect();
        assert_eq!(answers, expected);
    }

    #[test]
    fn what_is_answered_before_a_stop_is_kept_and_the_rest_is_unknown() {
        let tasks = tasks(6);
        let tasks: Vec<&Task> = tasks.iter().collect();
        let together =
            |batch: &mut [&Task]| if batch[0].genome[0] == 0 { all(batch) } else { Attempt::Stopped };
        let answers = in_batches(&tasks, 2, |t| t, |_| true, together, |t| Some(Ok(Box::new(evaluation(t)))));
        let made: Vec<bool> = answers.iter().map(Option::is_some).collect();
        assert_eq!(made, [true, true, false, false, false, false]);
        let alone = |t: &&Task| (t.genome[0] < 4).then(|| Ok(Box::new(evaluation(t))));
        let answers = in_batches(&tasks, 2, |t| t, |_| false, |batch| all(batch), alone);
        assert_eq!(answers.iter().filter(|a| a.is_some()).count(), 4);
    }
}
