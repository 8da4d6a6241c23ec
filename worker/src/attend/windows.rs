//! The rows that batches are about: all training rows of the job, or those of a window of its walk-forward. A window is
//! prepared when its first batch comes, once for all slots.

use std::sync::OnceLock;

use galapagos_protocol::work;
use galapagos_run::job::fitness::FitnessFunction;
use galapagos_run::job::problem::{Problem, ProblemError};
use galapagos_run::job::walk_forward::{WalkForward, WindowJob};
use galapagos_run::run::slots::BatchRunner;

use super::trouble::Trouble;
use crate::wire::digest_from_wire;

/// The job on some of its rows, and what evaluates there.
pub(super) struct Rows<'s> {
    pub runner: BatchRunner<'s>,
    pub fitness: &'s FitnessFunction,
    /// Bars that one individual goes through.
    pub bars: u64,
}

impl<'s> Rows<'s> {
    fn new(problem: &'s Problem<'s>) -> Rows<'s> {
        Rows {
            runner: BatchRunner::new(problem),
            fitness: &problem.job().fitness,
            bars: problem.counted_bars(),
        }
    }
}

/// Room for the windows that are prepared: what evaluates there borrows from it.
pub(super) struct Parts<'w>(Vec<OnceLock<Result<Problem<'w>, ProblemError>>>);

impl Parts<'_> {
    /// Room for all windows; nothing is prepared yet.
    pub fn new(walk: Option<&WalkForward>) -> Self {
        let windows = walk.map_or(0, |walk| walk.windows().len());
        Parts((0..windows).map(|_| OnceLock::new()).collect())
    }
}

/// All rows that batches may be about.
pub(super) struct Windows<'s, 'w> {
    whole: Rows<'s>,
    problem: &'w Problem<'w>,
    walk: Option<&'w WalkForward>,
    parts: &'s Parts<'w>,
    prepared: Vec<OnceLock<Rows<'s>>>,
}

impl<'s, 'w> Windows<'s, 'w> {
    /// Of a job on its data, and its windows, if it has some.
    pub fn new(
        problem: &'w Problem<'w>,
        walk: Option<&'w WalkForward>,
        parts: &'s Parts<'w>,
    ) -> Windows<'s, 'w>
    where
        'w: 's,
    {
        let prepared = parts.0.iter().map(|_| OnceLock::new()).collect();
        Windows { whole: Rows::new(problem), problem, walk, parts, prepared }
    }

    /// The rows of a batch, prepared now if this is the first of its window.
    ///
    /// # Errors
    /// This worker's job has no such window, or it cannot be prepared.
    pub fn of(&self, window: Option<&work::Window>) -> Result<&Rows<'s>, Trouble> {
        let Some(asked) = window else { return Ok(&self.whole) };
        let index = asked.index;
        let unknown = || Trouble::OtherWindow { index };
        let walk = self.walk.ok_or_else(unknown)?;
        let window = same(walk, asked).ok_or_else(unknown)?;
        let part = self.parts.0.get(index as usize).ok_or_else(unknown)?;
        match part.get_or_init(|| walk.training(self.problem, window)) {
            Ok(part) => Ok(self.prepared[index as usize].get_or_init(|| Rows::new(part))),
            Err(error) => Err(Trouble::Window { index, why: error.to_string() }),
        }
    }
}

/// The window of this number, if it is the one that is asked for.
fn same<'w>(walk: &'w WalkForward, asked: &work::Window) -> Option<&'w WindowJob> {
    let digest = digest_from_wire("inputs_digest", &asked.inputs_digest).ok()?;
    walk.windows().get(asked.index as usize).filter(|window| window.job.digest == digest)
}
