//! The threads that evaluate. Each takes a lease from the queue, evaluates it and writes the results to the stream
//! itself: nothing else is between a slot and the network.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use galapagos_protocol::work::worker_message::Message;
use galapagos_run::job::market::{Market, same_data};
use galapagos_run::run::evaluator::{Answer, Task};
use galapagos_run::run::slots::SlotScratch;
use galapagos_run::storage::record::Class;
use tokio::sync::watch;

use super::lease::Lease;
use super::memory::Memory;
use super::queue::Queue;
use super::report::Reporter;
use super::trouble::Trouble;
use super::windows::{Rows, Windows};
use crate::metrics::{Outcome, WorkerMetrics};
use crate::process::logs::panic_text;

/// The first trouble of any slot, if there was one.
pub(super) type Alarm = watch::Sender<Option<Arc<Trouble>>>;

/// What the slots of a problem share.
pub(super) struct Slots<'a, 'w> {
    pub windows: Windows<'a, 'w>,
    pub market: &'a Market,
    pub reporter: Reporter,
    pub queue: &'a Queue,
    pub memory: &'a Memory,
    pub metrics: &'a WorkerMetrics,
    pub speed: &'a Speed,
    pub alarm: &'a Alarm,
}

/// Bars gone through and the time it took, over all slots.
#[derive(Debug, Default)]
pub(super) struct Speed {
    bars: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Slots<'_, '_> {
    /// The life of one slot: until the queue is closed, or until there is trouble.
    pub fn serve(&self) {
        let ended = catch_unwind(AssertUnwindSafe(|| self.evaluate_all()));
        let trouble = match ended {
            Ok(Ok(())) => return,
            Ok(Err(trouble)) => trouble,
            Err(panic) => Trouble::Panicked(panic_text(&*panic).to_owned()),
        };
        self.alarm.send_if_modified(|first| {
            let is_first = first.is_none();
            if is_first {
                *first = Some(Arc::new(trouble));
            }
            is_first
        });
    }

    fn evaluate_all(&self) -> Result<(), Trouble> {
        let mut scratch = SlotScratch::default();
        let mut last = None;
        while let Some(lease) = self.queue.take() {
            let window = lease.window.as_ref().map(|window| window.index);
            if window != last {
                // What lies in the buffers is of other rows.
                (scratch, last) = (SlotScratch::default(), window);
            }
            self.metrics.slots_busy.inc();
            let ended = self.evaluate(&lease, &mut scratch);
            self.metrics.slots_busy.dec();
            ended?;
        }
        Ok(())
    }

    fn evaluate(&self, lease: &Lease, scratch: &mut SlotScratch) -> Result<(), Trouble> {
        let rows = self.windows.of(lease.window.as_ref())?;
        // Not before: what is prepared once says nothing about an individual.
        let began = Instant::now();
        let tasks: Vec<&Task> = lease.tasks.iter().collect();
        let answers = rows.runner.run(&tasks, scratch, lease.abandoned());
        let busy = began.elapsed();
        let Some(outgoing) = lease.claim() else { return Ok(()) };
        // Between computing and reporting: whoever changes a file in place must not get a wrong score accepted.
        same_data(self.market.dataset().check_unchanged())?;
        for results in self.reporter.messages(lease, &answers, busy, self.memory.now()) {
            if outgoing.send_from_slot(Message::Results(results)).is_err() {
                // The stream has ended, and with it the lease.
                return Ok(());
            }
        }
        self.count(rows, &answers, busy);
        Ok(())
    }

    fn count(&self, rows: &Rows<'_>, answers: &[Option<Answer>], busy: Duration) {
        let metrics = self.metrics;
        for answer in answers.iter().flatten() {
            let outcome = match rows.fitness.verdict(answer.as_ref().ok().cloned()) {
                _ if answer.is_err() => Outcome::Exception,
                verdict => match verdict.class {
                    Class::Feasible => Outcome::Feasible,
                    Class::Infeasible => Outcome::Infeasible,
                    Class::Failed => Outcome::Failed,
                },
            };
            metrics.evaluations.add(outcome, 1);
        }
        let bars = rows.bars.saturating_mul(answers.iter().flatten().count() as u64);
        metrics.strategy_bars.inc_by(bars);
        metrics.batch_seconds.observe(busy.as_secs_f64());
        self.speed.add(bars, busy);
    }
}

impl Speed {
    fn add(&self, bars: u64, busy: Duration) {
        self.bars.fetch_add(bars, Ordering::Relaxed);
        self.nanoseconds.fetch_add(busy.as_nanos() as u64, Ordering::Relaxed);
    }

    /// Strategy-bars per second and slot; 0: nothing measured yet.
    pub fn bars_per_second(&self) -> f64 {
        match self.nanoseconds.load(Ordering::Relaxed) {
            0 => 0.0,
            n => self.bars.load(Ordering::Relaxed) as f64 / (n as f64 / 1e9),
        }
    }
}
