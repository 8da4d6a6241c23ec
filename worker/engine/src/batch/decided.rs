//! Accounts that are asked for their targets close by close, side by side over the blocks of rows.

use super::held::{Decided, HeldBlock, Tables};
use super::instructions::Work;
use super::kernels::Isa;
use super::pass::{Accounts, Pass, Scratch};
use super::{AccountTables, BLOCK};
use crate::decider::Decider;
use crate::evaluation::Evaluation;
use crate::interrupt::Interrupted;
use crate::rules::Ahead;
use crate::signals::Signals;
use crate::stops::Fractions;

/// Follows the decisions of members on one symbol. Answers through `done`, in their order; `None` asks for the
/// simulator.
///
/// # Errors
/// Interrupted: nobody was answered.
pub(super) fn run<'s>(
    pass: &Pass,
    members: impl Iterator<Item = (&'s Signals, Fractions)>,
    scratch: &mut Scratch,
    mut done: impl FnMut(usize, Option<Evaluation>),
) -> Result<(), Interrupted> {
    let AccountTables::Held(tables) = pass.tables else { return Ok(()) };
    let mut all: Vec<Decided> = members
        .map(|(signals, stops)| {
            let decider = Decider::new(signals, tables.prepared, pass.exec);
            Decided::new(pass.capital, tables, stops, decider)
        })
        .collect();
    let accounts = &mut scratch.accounts;
    pass.set.run(AllRows { pass, tables, all: &mut all, accounts });
    pass.interrupt.check()?;
    let block = block(pass, tables, accounts, pass.close.len() - 1);
    for (i, member) in all.iter_mut().enumerate() {
        let open_position = member.finish(&block, pass.final_close);
        done(i, pass.held(&member.account, &block, open_position));
    }
    Ok(())
}

/// All rows but the last.
struct AllRows<'w, 'a> {
    pass: &'w Pass<'w>,
    tables: &'w Tables<'w>,
    all: &'w mut [Decided<'a>],
    accounts: &'w mut Accounts,
}

impl Work for AllRows<'_, '_> {
    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let AllRows { pass, tables, all, accounts } = self;
        let (last, mut ahead) = (pass.close.len() - 1, Ahead::new());
        for member in &mut *all {
            member.begin(pass.base);
        }
        for from in (pass.base + 1..last).step_by(BLOCK) {
            if pass.interrupt.is_asked() {
                return;
            }
            let to = if from + BLOCK < last { from + BLOCK } else { last };
            accounts.fill(tables, from, to);
            let block = block(pass, tables, accounts, from);
            for member in &mut *all {
                member.follow(&block, &mut ahead, 0, to - from);
            }
        }
    }
}

fn block<'b>(pass: &'b Pass, tables: &'b Tables, accounts: &'b Accounts, start: usize) -> HeldBlock<'b> {
    let Accounts { ranges: long, more_ranges: [short, marks, bars], .. } = accounts;
    HeldBlock { tables, long, short, marks, bars, exec: pass.exec, start }
}
