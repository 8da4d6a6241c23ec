//! From the conditions of a block of rows to what an account shall hold at their closes, one bit a row.

use super::conditions::Conditions;
use super::events::WholeAccount;
use super::held::HeldAccount;
use super::kernels::Isa;
use super::latch::{after, keep, side, tradable};
use super::source::Source;
use super::{BLOCK, Bits, WORDS};
use crate::execution::Side;

/// Positions at the closes of rows `from..to`, one bit each.
#[inline(always)]
pub(super) fn positions<I: Isa, S: Source>(
    isa: I,
    source: &S,
    member: usize,
    account: &mut WholeAccount,
    first: usize,
    (from, to): (usize, usize),
    open: Option<&Bits>,
) -> Bits {
    let rows = to - from;
    let conditions = source.conditions(isa, member, &mut account.before, rows, false);
    let (mut set, mut reset) = side(&conditions.enter_long, &conditions.leave_long, &conditions.enter_short);
    let whole = rows == BLOCK && first <= from;
    if !whole {
        let start = first.saturating_sub(from).min(rows);
        keep(&mut set, start, rows);
        keep(&mut reset, start, rows);
    }
    let mut positions = isa.states(&set, &reset, &mut account.latch);
    if let Some(open) = open {
        let mut held = account.held;
        positions = tradable(isa, &positions, open, &mut held);
    }
    if !whole {
        keep(&mut positions, 0, rows);
    }
    positions
}

/// What the close before each of the rows `from..to` wants of the long and of the short side, one bit each; with
/// `same_close` what its own does.
#[inline(always)]
pub(super) fn wishes<I: Isa, S: Source>(
    isa: I,
    source: &S,
    member: usize,
    account: &mut HeldAccount,
    first: usize,
    (from, to): (usize, usize),
    (wanted, same_close): (Side, bool),
) -> [Bits; 2] {
    let rows = to - from;
    let Conditions { enter_long, leave_long, enter_short, leave_short } =
        source.conditions(isa, member, &mut account.before_bits, rows, wanted != Side::Long);
    let start = first.saturating_sub(from).min(rows);
    let (mut long, mut short) = ([0; WORDS], [0; WORDS]);
    if wanted != Side::Short {
        let rule = side(&enter_long, &leave_long, &enter_short);
        long = latched(isa, rule, (start, rows), same_close, &mut account.latch[0]);
    }
    if wanted != Side::Long {
        let rule = side(&enter_short, &leave_short, &enter_long);
        short = latched(isa, rule, (start, rows), same_close, &mut account.latch[1]);
    }
    [long, short]
}

/// The states of a latch that takes no decision outside the rows `start..rows`.
#[inline(always)]
fn latched<I: Isa>(
    isa: I,
    (mut set, mut reset): (Bits, Bits),
    (start, rows): (usize, usize),
    same_close: bool,
    latch: &mut u64,
) -> Bits {
    let whole = start == 0 && rows == BLOCK;
    if !whole {
        keep(&mut set, start, rows);
        keep(&mut reset, start, rows);
    }
    let mut states = isa.states(&set, &reset, latch);
    if same_close {
        states = after(&states, *latch);
    }
    if !whole {
        keep(&mut states, 0, rows);
    }
    states
}

/// The bits of the rows from `from` on.
pub(super) fn window(bits: &[u64], from: usize) -> Bits {
    let (word, shift) = (from / 64, from % 64);
    let at = |i: usize| bits.get(i).copied().unwrap_or(0);
    std::array::from_fn(|w| {
        let low = at(word + w) >> shift;
        if shift == 0 { low } else { low | at(word + w + 1) << (64 - shift) }
    })
}

const _: () = assert!(WORDS * 64 == BLOCK);
