//! Accounts that are asked for their targets close by close, side by side over the blocks of rows.

use super::deciders::Ruled;
use super::held::{Decided, Decides, HeldBlock, Tables};
use super::instructions::Work;
use super::kernels::Isa;
use super::pass::{Accounts, Pass, Scratch};
use super::{AccountTables, BLOCK};
use crate::evaluation::Evaluation;
use crate::graph::Blocks;
use crate::interrupt::Interrupted;
use crate::orders::Targets;
use crate::rules::{Ahead, Known, RulesAccount};
use crate::stops::Fractions;

/// Who decides for the members of a batch.
pub(super) trait Members {
    /// Who decides for one.
    type By<'m>: Decides
    where
        Self: 'm;

    /// Brings what is known to the rows `from..to`; blocks follow each other from row 0 on.
    fn fill(&mut self, from: usize, to: usize);

    /// Who decides for a member, in the rows of the block.
    fn by(&mut self, member: usize) -> Self::By<'_>;
}

impl<'a> Members for Vec<Targets<'a>> {
    type By<'m>
        = &'m mut Targets<'a>
    where
        'a: 'm;

    fn fill(&mut self, _from: usize, _to: usize) {}

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

    fn fill(&mut self, from: usize, to: usize) {
        self.blocks.fill(from, to);
        self.first = from;
    }

    fn by(&mut self, member: usize) -> Self::By<'_> {
        Ruled { rules: &mut self.rules[member], known: Known::Block(&self.blocks, self.first) }
    }
}

/// Follows the decisions of members on one symbol, each with its stop genes. Answers through `done`, in their order;
/// `None` asks for the simulator.
///
/// # Errors
/// Interrupted: nobody was answered.
pub(super) fn run<M: Members>(
    pass: &Pass,
    members: &mut M,
    stops: impl Iterator<Item = Fractions>,
    scratch: &mut Scratch,
    mut done: impl FnMut(usize, Option<Evaluation>),
) -> Result<(), Interrupted> {
    let AccountTables::Held(tables) = pass.tables else { return Ok(()) };
    let mut all: Vec<Decided> = stops.map(|stops| Decided::new(pass.capital, tables, stops)).collect();
    let accounts = &mut scratch.accounts;
    pass.set.run(AllRows { pass, tables, members, all: &mut all, accounts });
    pass.interrupt.check()?;
    let block = block(pass, tables, accounts, pass.close.len() - 1);
    for (i, member) in all.iter_mut().enumerate() {
        let open_position = member.finish(&mut members.by(i), &block, pass.final_close);
        done(i, pass.held(&member.account, &block, open_position));
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
}

impl<M: Members> Work for AllRows<'_, M> {
    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let AllRows { pass, tables, members, all, accounts } = self;
        let (base, last, mut ahead) = (pass.base, pass.close.len() - 1, Ahead::new());
        for from in (0..base).step_by(BLOCK) {
            if !pass.interrupt.is_asked() {
                members.fill(from, if from + BLOCK < base { from + BLOCK } else { base });
            }
        }
        for from in (base..last).step_by(BLOCK) {
            if pass.interrupt.is_asked() {
                return;
            }
            let to = if from + BLOCK < last { from + BLOCK } else { last };
            members.fill(from, to);
            accounts.fill(tables, from, to);
            let block = block(pass, tables, accounts, from);
            for (i, member) in all.iter_mut().enumerate() {
                let mut by = members.by(i);
                // At the first close there is a decision and no bar.
                let begins = from == base;
                if begins {
                    member.begin(&mut by, base);
                }
                member.follow(&mut by, &block, &mut ahead, usize::from(begins), to - from);
            }
        }
    }
}

fn block<'b>(pass: &'b Pass, tables: &'b Tables, accounts: &'b Accounts, start: usize) -> HeldBlock<'b> {
    let Accounts { ranges: long, more_ranges: [short, marks, bars], .. } = accounts;
    HeldBlock { tables, long, short, marks, bars, exec: pass.exec, start }
}
