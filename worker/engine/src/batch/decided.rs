//! Accounts that are asked for their targets close by close, side by side over the blocks of rows.

use super::deciders::Ruled;
use super::held::{Decided, Decides, HeldBlock, Tables};
use super::instructions::Work;
use super::kernels::Isa;
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
    fn fill<I: Isa>(&mut self, isa: I, from: usize, to: usize);

    /// Who decides for a member, in the rows of the block.
    fn by(&mut self, member: usize) -> Self::By<'_>;
}

impl<'a> Members for Vec<Targets<'a>> {
    type By<'m>
        = &'m mut Targets<'a>
    where
        'a: 'm;

    fn fill<I: Isa>(&mut self, _isa: I, _from: usize, _to: usize) {}

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

    fn fill<I: Isa>(&mut self, _isa: I, from: usize, to: usize) {
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
    mut done: impl FnMut(usize, Option<Evaluation>),
) -> Result<(), Interrupted> {
    let AccountTables::Held(tables) = pass.tables else { return Ok(()) };
    let mut all: Vec<Decided> = starts.map(|start| Decided::new(pass.capital, tables, start)).collect();
    let accounts = &mut scratch.accounts;
    let mut per_bar = PerBar::new(all.len(), pass.metrics, pass.means, pass.set);
    pass.set.run(AllRows { pass, tables, members, all: &mut all, accounts, per_bar: &mut per_bar });
    pass.interrupt.check()?;
    let last = pass.close.len() - 1;
    let block = accounts.block(tables, pass.exec, last);
    let count = all.len();
    for (i, member) in all.iter_mut().enumerate() {
        let lane = per_bar::begin(&per_bar, i, last);
        member.finish(&mut members.by(i), &HeldBlock { lane, ..block }, pass.final_close);
        per_bar::end(&mut per_bar, (i, count), member.account.before, (last, last, last + 1));
    }
    for (i, member) in all.iter().enumerate() {
        done(i, pass.held(&member.account, &block, per_bar::sums(&per_bar, i)));
    }
    Ok(())
}

/// All rows but the last.
struct AllRows<'w, M> {
    pass: &'w Pass<'w>,
    tables: &'w Tables<'w>,
    members: &'w mut M,
    all: &'w mut [Decided],
    accounts: &'w mut Accounts,
    per_bar: &'w mut Option<PerBar>,
}

impl<M: Members> Work for AllRows<'_, M> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let AllRows { pass, tables, members, all, accounts, per_bar } = self;
        let (base, last, mut ahead) = (pass.base, pass.close.len() - 1, Ahead::new());
        for from in (0..base).step_by(BLOCK) {
            if !pass.interrupt.is_asked() {
                members.fill(isa, from, if from + BLOCK < base { from + BLOCK } else { base });
            }
        }
        for from in (base..last).step_by(BLOCK) {
            if pass.interrupt.is_asked() {
                return;
            }
            let to = if from + BLOCK < last { from + BLOCK } else { last };
            members.fill(isa, from, to);
            accounts.fill(tables, from, to);
            let block = accounts.block(tables, pass.exec, from);
            let count = all.len();
            for (i, member) in all.iter_mut().enumerate() {
                let lane = per_bar::begin(per_bar, i, from);
                let block = HeldBlock { lane, ..block };
                member.follow_block(&mut members.by(i), &block, &mut ahead, to - from);
                per_bar::end(per_bar, (i, count), member.account.before, pass.counted(from, to));
            }
        }
    }
}
