//! Strategies that manifests wrote, whose positions follow from the market alone: the conditions of all members are
//! nodes of one graph, in which what is the same is computed once. Those that know their account share its columns.

use super::conditions::Conditions;
use super::kernels::Isa;
use super::pass::{Pass, Scratch};
use super::source::Source;
use super::{Bits, WORDS};
use crate::backtest::Backtest;
use crate::evaluation::Evaluation;
use crate::genes::Genome;
use crate::graph::{Blocks, Columns, Market, Plan, Slot};
use crate::interrupt::{Interrupt, Interrupted};
use crate::rules::{Latched, Own};
use crate::signals::Signals;
use std::sync::Arc;

/// Members whose columns are computed together at most, and bytes of these columns on a symbol.
const MOST_MEMBERS: usize = 32;
const MOST_BYTES: usize = 64 << 20;

/// The graph of a batch over the rows of one symbol.
struct Graph<'a> {
    blocks: Blocks<'a>,
    members: &'a [Latched],
}

impl Source for Graph<'_> {
    fn warm_up(&mut self, from: usize, to: usize) {
        self.blocks.fill(from, to);
    }

    fn fill(&mut self, from: usize, to: usize, interrupt: Interrupt) {
        if !interrupt.is_asked() {
            self.blocks.fill(from, to);
        }
    }

    #[inline(always)]
    fn conditions<I: Isa, const SHORTS: bool>(
        &self,
        _isa: I,
        member: usize,
        _before: &mut [u64; 2],
        _rows: usize,
    ) -> Conditions {
        let [enter_long, leave_long, enter_short, leave_short] =
            self.members[member].conditions.map(|slot| self.bits(slot));
        Conditions { enter_long, leave_long, enter_short, leave_short }
    }
}

impl Graph<'_> {
    /// Which rows of the block are known to fulfil a condition.
    #[inline(always)]
    fn bits(&self, slot: Option<Slot>) -> Bits {
        let mut out = [0; WORDS];
        if let Some(slot) = slot {
            let (truth, _) = self.blocks.conditions(slot);
            for (word, truth) in out.iter_mut().zip(truth) {
                *word = *truth;
            }
        }
        out
    }
}

/// Evaluates members on one symbol. Answers through `done`, in their order; `None` asks for the simulator.
///
/// # Errors
/// Interrupted: nobody was answered.
pub(super) fn run(
    pass: &Pass,
    market: &Market,
    members: &[(&Own, &Genome)],
    scratch: &mut Scratch,
    mut done: impl FnMut(usize, Option<Evaluation>),
) -> Result<(), Interrupted> {
    let mut plan = Plan::new(market.bars.decimals, market.decimals());
    let mut latched = Vec::with_capacity(members.len());
    let mut followed = Vec::with_capacity(members.len());
    for (i, (own, genome)) in members.iter().enumerate() {
        match own.lower(genome, &mut plan).ok().and_then(|lowered| lowered.latched()) {
            Some(conditions) => {
                latched.push(conditions);
                followed.push(i);
            }
            None => done(i, None),
        }
    }
    let first = vec![pass.base; followed.len()];
    let mut graph = Graph { blocks: Blocks::new(&plan, market), members: &latched };
    pass.run_source(&mut graph, &first, scratch, |member, evaluation| done(followed[member], evaluation))
}

/// The decisions of members on all symbols of a job, from columns that they share: the first number of members whose
/// columns fit a chunk, at least one.
///
/// # Errors
/// Interrupted.
pub(super) fn decide(
    run: &Backtest,
    members: &[(&Own, &Genome)],
    interrupt: Interrupt,
) -> Result<Vec<Vec<Signals>>, Interrupted> {
    let mut taken = if members.len() < MOST_MEMBERS { members.len() } else { MOST_MEMBERS };
    let mut out: Vec<Vec<Signals>> = Vec::new();
    for (prepared, rows) in run.symbols.iter().zip(run.rows) {
        let market = Market { bars: prepared.bars(), others: run.others };
        let mut plan = Plan::new(market.bars.decimals, market.decimals());
        let mut lowered = Vec::with_capacity(taken);
        for (own, genome) in &members[..taken] {
            lowered.push(own.lower(genome, &mut plan));
            if plan.bytes_per_row() * market.bars.len() > MOST_BYTES {
                // The next chunk begins with the one behind.
                taken = lowered.len();
                out.truncate(taken);
                break;
            }
        }
        let columns = Arc::new(Columns::compute(&plan, &market, interrupt));
        interrupt.check()?;
        out.resize_with(taken, Vec::new);
        for ((signals, lowered), (own, _)) in out.iter_mut().zip(lowered).zip(members) {
            signals.push(match lowered {
                Ok(lowered) => own.decide(lowered, &columns, rows.first),
                Err(_) => Signals::Positions(vec![0; market.bars.len()]),
            });
        }
    }
    Ok(out)
}
