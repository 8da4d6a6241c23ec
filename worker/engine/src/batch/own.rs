//! Strategies that manifests wrote, whose positions follow from the market alone: the conditions of all members are
//! nodes of one graph, in which what is the same is computed once.

use super::conditions::Conditions;
use super::kernels::Isa;
use super::pass::{Pass, Scratch};
use super::source::Source;
use super::{Bits, Individual, WORDS};
use crate::evaluation::Evaluation;
use crate::graph::{Blocks, Market, Plan, Slot};
use crate::interrupt::{Interrupt, Interrupted};
use crate::rules::Latched;

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

/// Evaluates members on one symbol, each with the row of its first decision. Answers through `done`, in their order;
/// `None` asks for the simulator.
///
/// # Errors
/// Interrupted: nobody was answered.
pub(super) fn run(
    pass: &Pass,
    market: &Market,
    members: &[Individual],
    first: &[usize],
    scratch: &mut Scratch,
    mut done: impl FnMut(usize, Option<Evaluation>),
) -> Result<(), Interrupted> {
    let mut plan = Plan::new(market.bars.decimals, market.decimals());
    let mut latched = Vec::with_capacity(members.len());
    let mut followed = Vec::with_capacity(members.len());
    for (i, member) in members.iter().enumerate() {
        match member.strategy.latched(member.genome, &mut plan) {
            Some(conditions) => {
                latched.push(conditions);
                followed.push(i);
            }
            None => done(i, None),
        }
    }
    let first: Vec<usize> = followed.iter().map(|&i| first[i]).collect();
    let mut graph = Graph { blocks: Blocks::new(&plan, market), members: &latched };
    pass.run_source(&mut graph, &first, scratch, |member, evaluation| done(followed[member], evaluation))
}
