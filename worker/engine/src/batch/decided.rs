//! Accounts that are asked for their targets close by close, side by side over the blocks of rows.

use super::deciders::Ruled;
use super::held::{Decided, Decides, HeldAccount, HeldBlock, Tables};
use super::instructions::{InstructionSet, Loops};
use super::pass::{Accounts, Pass, Scratch, Start};
use super::per_bar::{self, PerBar};
use super::{AccountTables, BLOCK};
use crate::evaluation::Evaluation;
use crate::graph::Blocks;
use crate::interrupt::Interrupted;
use crate::orders::Targets;
use crate::rules::{Ahead, Known, RulesAccount};

/// Who decides for the members of a batch.
pub(super) trait Members {
    /// Who decides for one.
    type By<'m>: Decides
    where
        Self: 'm;

    /// Brings what is known to the rows `from..to`; blocks follow each other from row 0 on.
    fn fill(&mut self, set: InstructionSet, from: usize, to: usize);

    /// Who decides for a member, in the rows of the block.
    fn by(&mut self, member: usize) -> Self::By<'_>;
}

impl<'a> Members for Vec<Targets<'a>> {
    type By<'m>
        = &'m mut Targets<'a>
    where
        'a: 'm;

    fn fill(&mut self, _set: InstructionSet, _from: usize, _to: usize) {}

    fn by(&mut self, member: usize) -> Self::By<'_> {
        &mut self[member]
    }
}

/// Rules that ask the account, on blocks of one graph.
pub(super) struct Rules<'a, 'r> {
    pub blocks: Blocks<'a>,
    pub first: usize,
    pub rules: Vec<RulesAccount<'r>>,
}

impl<'a, 'r> Members for Rules<'a, 'r> {
    type By<'m>
        = Ruled<'m, 'r>
    where
        'a: 'm,
        'r: 'm;

    fn fill(&mut self, _set: InstructionSet, from: usize, to: usize) {
        self.blocks.fill(from, to);
        self.first = from;
    }

    fn by(&mut self, member: usize) -> Self::By<'_> {
        Ruled { rules: &mut self.rules[member], known: Known::Block(&self.blocks, self.first) }
    }
}

/// Follows the decisions of members on one symbol, each with its start. Answers through `done`, in their order;
/// `None` asks for the simulator.
///
/// # Errors
/// Interrupted: nobody was answered.
pub(super) fn run<M: Members>(
    pass: &Pass,
    members: &mut M,
    starts: impl Iterator<Item = Start>,
    scratch: &mut Scratch,
    done: impl FnMut(usize, Option<Evaluation>),
) -> Result<(), Interrupted> {
    let AccountTables::Held(tables) = pass.tables else { return Ok(()) };
    let mut all: Vec<Decided> =
        starts.map(|start| Decided::new(pass.new_held(tables, start), start)).collect();
    let accounts = &mut scratch.accounts;
    let mut per_bar = pass.per_bar(all.len());
    blocks(pass, tables, members, &mut all, accounts, &mut per_bar);
    pass.interrupt.check()?;
    let last = pass.close.len() - 1;
    let block = accounts.block(tables, pass.exec, last);
    let count = all.len();
    for (i, member) in all.iter_mut().enumerate() {
        let lane = per_bar::begin(&per_bar, i, last);
        member.finish(&mut members.by(i), &HeldBlock { lane, ..block }, pass.final_close);
        per_bar::end(&mut per_bar, (i, count), member.account.before, (last, last, last + 1));
    }
    let ended: Vec<&HeldAccount> = all.iter().map(|member| &member.account).collect();
    pass.evaluations(&ended, &block, &per_bar, done)
}

/// All rows but the last, unless interrupted.
fn blocks<M: Members>(
    pass: &Pass,
    tables: &Tables,
    members: &mut M,
    all: &mut [Decided],
    accounts: &mut Accounts,
    per_bar: &mut Option<PerBar>,
) {
    let (base, last, mut ahead) = (pass.base, pass.close.len() - 1, Ahead::new());
    for from in (0..base).step_by(BLOCK) {
        if !pass.interrupt.is_asked() {
            members.fill(pass.set, from, if from + BLOCK < base { from + BLOCK } else { base });
        }
    }
    for from in (base..last).step_by(BLOCK) {
        if pass.interrupt.is_asked() {
            return;
        }
        let to = if from + BLOCK < last { from + BLOCK } else { last };
        members.fill(pass.set, from, to);
        accounts.fill(pass.set, tables, from, to);
        let block = accounts.block(tables, pass.exec, from);
        follow(pass, members, all, &block, &mut ahead, per_bar, to);
        if !pass.goes_on(all.iter().map(|member| &member.account), to) {
            return;
        }
    }
}

/// The rows of a block up to row `to`, which members know.
pub(super) fn follow<M: Members>(
    pass: &Pass,
    members: &mut M,
    all: &mut [Decided],
    block: &HeldBlock,
    ahead: &mut Ahead,
    per_bar: &mut Option<PerBar>,
    to: usize,
) {
    pass.set.widened(Followed { pass, members, all, block, ahead, per_bar, to });
}

struct Followed<'w, 'b, M> {
    pass: &'w Pass<'w>,
    members: &'w mut M,
    all: &'w mut [Decided],
    block: &'w HeldBlock<'b>,
    ahead: &'w mut Ahead,
    per_bar: &'w mut Option<PerBar>,
    to: usize,
}

impl<M: Members> Loops for Followed<'_, '_, M> {
    #[inline(always)]
    fn run(self) {
        let Followed { pass, members, all, block, ahead, per_bar, to } = self;
        let (from, count) = (block.start, all.len());
        for (i, member) in all.iter_mut().enumerate() {
            let lane = per_bar::begin(per_bar, i, from);
            let block = HeldBlock { lane, ..*block };
            member.follow_block(&mut members.by(i), &block, ahead, to - from);
            per_bar::end(per_bar, (i, count), member.account.before, pass.counted(from, to));
        }
    }
}
