//! A block of rows of the accounts of a pass, compiled for each set of instructions. What held accounts do, the largest part, does
//! not know where conditions come from, so that it is compiled once for all.

use super::events::{Borders, Events, WholeAccount, WholeBlock};
use super::held::{HeldAccount, HeldBlock};
use super::instructions::Work;
use super::kernels::Isa;
use super::pass::{Pass, Start};
use super::per_bar::{self, PerBar};
use super::source::Source;
use super::targets::{positions, wishes};
use super::{Bits, WORDS};

/// Accounts whose wishes are found together; a multiple of those that are summed side by side.
pub(super) const AT_A_TIME: usize = 16;

/// Accounts that are long or flat with the whole equity.
pub(super) struct WholeRows<'w, 'b, S> {
    pub source: &'w S,
    pub first: &'w [Start],
    pub accounts: &'w mut [WholeAccount],
    pub sums: &'w mut [Borders],
    pub block: &'w WholeBlock<'b>,
    /// Rows that trade, where not all do.
    pub open: Option<Bits>,
    pub events: &'w mut Events,
    /// Where positions are kept, if they are.
    pub kept: Option<&'w mut Vec<Bits>>,
    /// The row behind the last.
    pub to: usize,
}

impl<S: Source> Work for WholeRows<'_, '_, S> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let WholeRows { source, first, accounts, sums, block, open, events, mut kept, to } = self;
        let from = block.start;
        for (member, ((first, account), sums)) in first.iter().zip(accounts).zip(sums).enumerate() {
            let mut wanted = [0; WORDS];
            if !account.ruined {
                wanted = positions(isa, source, member, account, first.row, (from, to), open.as_ref());
                account.follow(isa, block, &wanted, to - from, sums, events);
            }
            if let Some(kept) = &mut kept {
                kept.push(wanted);
            }
        }
    }
}

/// What a few held accounts want, the first of which is the member `member`.
pub(super) struct Wanted<'w, 'b, S> {
    pub source: &'w S,
    pub member: usize,
    pub first: &'w [Start],
    pub held: &'w mut [HeldAccount],
    pub block: &'w HeldBlock<'b>,
    pub out: &'w mut [[Bits; 2]],
    pub to: usize,
}

impl<S: Source> Work for Wanted<'_, '_, S> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Wanted { source, member, first, held, block, out, to } = self;
        let (rows, side) = ((block.start, to), (block.exec.side, block.tables.same_close));
        for (i, ((first, account), out)) in first.iter().zip(held).zip(out).enumerate() {
            if !account.over {
                *out = wishes(isa, source, member + i, account, first.row, rows, side);
            }
        }
    }
}

/// What they do.
pub(super) struct HeldRows<'w, 'b> {
    pub pass: &'w Pass<'w>,
    /// The first of them, and how many the pass has.
    pub members: (usize, usize),
    pub held: &'w mut [HeldAccount],
    pub wanted: &'w [[Bits; 2]],
    pub block: &'w HeldBlock<'b>,
    pub open: Option<&'w Bits>,
    pub per_bar: &'w mut Option<PerBar>,
    pub to: usize,
}

impl Work for HeldRows<'_, '_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let HeldRows { pass, members: (member, count), held, wanted, block, open, per_bar, to } = self;
        let (from, rows) = (block.start, to - block.start);
        for (i, (account, wanted)) in held.iter_mut().zip(wanted).enumerate() {
            let lane = per_bar::begin(per_bar, member + i, from);
            if !account.over {
                let block = HeldBlock { lane, ..*block };
                if block.tables.same_close {
                    account.follow_closes(isa, &block, *wanted, open, rows);
                } else {
                    account.follow(isa, &block, *wanted, open, rows);
                }
            }
            per_bar::end(per_bar, (member + i, count), account.before, pass.counted(from, to));
        }
    }
}
