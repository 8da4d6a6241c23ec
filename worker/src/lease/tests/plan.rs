//! What goes wrong in a simulated cluster.

use proptest::prelude::*;

/// Attempts of an individual in all plans.
pub(super) const ATTEMPTS: u32 = 3;

#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub seed: u64,
    pub individuals: usize,
    pub species: usize,
    /// Slots of the workers at the beginning; one that goes is followed by another.
    pub workers: Vec<u32>,
    /// Milliseconds per individual.
    pub each: u64,
    /// Rows of an evaluation: with many of them species count as sharing series.
    pub bars: u64,
    /// These kill the worker's process.
    pub killers: Vec<usize>,
    /// These panic, in every attempt or in the first.
    pub panics: Vec<usize>,
    pub flickers: Vec<usize>,
    /// Kills that may strike anything, and those that strike only what runs in batches of several.
    pub kills: u32,
    pub raids: u32,
    /// Shares in percent: messages delivered twice, delayed by up to a minute, silent and leaving workers.
    pub doubled: u64,
    pub delayed: u64,
    pub silent: u64,
    pub leaving: u64,
    /// One worker takes batches and never answers, though its connection is alive.
    pub hung: bool,
    /// A worker that is gone is seen to be gone at once, only strikes and killers end any, and messages keep their order.
    pub prompt: bool,
}

/// Any plan.
pub(super) fn plan() -> impl Strategy<Value = Plan> {
    let some = || prop::collection::vec(0..400_usize, 0..3);
    let what = (any::<u64>(), 1..400_usize, 1..4_usize, prop::collection::vec(1..5_u32, 1..6));
    let bars = prop_oneof![Just(0), Just(1 << 40)];
    let wrong = (1..2000_u64, some(), some(), some(), bars);
    let ends = (
        0..2 * ATTEMPTS - 1,
        0..30_u32,
        0..40_u64,
        0..40_u64,
        0..30_u64,
        0..20_u64,
        any::<bool>(),
        any::<bool>(),
    );
    (what, wrong, ends).prop_map(|(what, wrong, ends)| Plan {
        seed: what.0,
        individuals: what.1,
        species: what.2,
        workers: what.3,
        each: wrong.0,
        killers: wrong.1,
        panics: wrong.2,
        flickers: wrong.3,
        bars: wrong.4,
        kills: ends.0,
        raids: ends.1,
        doubled: ends.2,
        delayed: if ends.7 { 0 } else { ends.3 },
        silent: if ends.7 { 0 } else { ends.4 },
        leaving: if ends.7 { 0 } else { ends.5 },
        hung: ends.6,
        prompt: ends.7,
    })
}
