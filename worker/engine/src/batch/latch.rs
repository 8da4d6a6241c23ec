//! The latch of the contract (C10) over bits, 64 rows at a time.

use super::kernels::Isa;
use super::{Bits, WORDS};

/// One two-sided latch as one add with carry a word: a set bit generates a carry, a row without a reset passes it
/// on. Bit t of the result is the state *before* row t's own decision, which with orders filled at the next open is
/// the position held at the close of row t. `carry` is the state (0 or 1) before the first row and becomes the state
/// after the last.
///
/// `set` and `reset` must not overlap.
#[inline(always)]
pub(super) fn states(set: &Bits, reset: &Bits, carry: &mut u64) -> Bits {
    let mut out = [0; WORDS];
    let mut c = *carry;
    for w in 0..WORDS {
        let (a, b) = (!reset[w], set[w]);
        let (half, over1) = a.overflowing_add(b);
        let (sum, over2) = half.overflowing_add(c);
        out[w] = sum ^ a ^ b;
        c = u64::from(over1 | over2);
    }
    *carry = c;
    out
}

/// The states after the decision of each row, from those before it and the state after the last: positions of orders that
/// are filled at the close which decides them.
#[inline(always)]
pub(super) fn after(states: &Bits, last: u64) -> Bits {
    std::array::from_fn(|w| states[w] >> 1 | states.get(w + 1).copied().unwrap_or(last) << 63)
}

/// The side that `enter` opens: set by it alone, reset by `opposite` alone or by `leave` (C10; a tie of both
/// entries changes nothing unless `leave` ends it).
#[inline(always)]
pub(super) fn side(enter: &Bits, leave: &Bits, opposite: &Bits) -> (Bits, Bits) {
    let (mut set, mut reset) = ([0; WORDS], [0; WORDS]);
    for w in 0..WORDS {
        set[w] = enter[w] & !opposite[w];
        reset[w] = !set[w] & ((opposite[w] & !enter[w]) | leave[w]);
    }
    (set, reset)
}

/// Positions where rows that cannot trade are skipped (X16): the wish of row t takes effect only at tradable rows,
/// of row t itself included. `carry` is the position before the first row and becomes that of the last.
#[inline(always)]
pub(super) fn tradable<I: Isa>(isa: I, wish: &Bits, open: &Bits, carry: &mut u64) -> Bits {
    let (mut set, mut reset) = ([0; WORDS], [0; WORDS]);
    for w in 0..WORDS {
        set[w] = wish[w] & open[w];
        reset[w] = !wish[w] & open[w];
    }
    let before = isa.states(&set, &reset, carry);
    let mut out = [0; WORDS];
    for w in 0..WORDS {
        out[w] = set[w] | (before[w] & !reset[w]);
    }
    out
}

/// Bits that begin: set here and not one row earlier. `before` (0 or 1) is the bit of the row before the first and
/// becomes that of row `last`.
#[inline(always)]
pub(super) fn rising<I: Isa>(isa: I, x: &Bits, before: &mut u64, last: usize) -> Bits {
    let earlier = isa.earlier(x, *before);
    let out = std::array::from_fn(|w| x[w] & !earlier[w]);
    *before = x[last / 64] >> (last % 64) & 1;
    out
}

/// Clears the bits of rows outside `from..to`.
#[inline(always)]
pub(super) fn keep(x: &mut Bits, from: usize, to: usize) {
    for (w, word) in x.iter_mut().enumerate() {
        *word &= below(to, w) & !below(from, w);
    }
}

/// Bits of word `w` whose row is below `row`.
#[inline(always)]
fn below(row: usize, w: usize) -> u64 {
    match row.saturating_sub(w * 64) {
        n if n >= 64 => u64::MAX,
        n => (1 << n) - 1,
    }
}

#[inline(always)]
pub(super) fn and(a: &Bits, b: &Bits) -> Bits {
    std::array::from_fn(|w| a[w] & b[w])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::BLOCK;
    use crate::batch::kernels::Portable;
    use crate::signals::{Conditions, latch};

    fn noise(seed: &mut u64, sparse: bool) -> Bits {
        std::array::from_fn(|_| {
            let mut next = || {
                *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (*seed >> 32) << 32 | seed.rotate_left(17) >> 32
            };
            if sparse { next() & next() & next() } else { next() }
        })
    }

    fn bit(x: &Bits, t: usize) -> bool {
        x[t / 64] >> (t % 64) & 1 == 1
    }

    #[test]
    fn two_latches_of_bits_are_the_latch_of_three_states() {
        let mut seed = 7;
        let (mut long, mut short, mut target) = (0, 0, 0);
        for round in 0..200 {
            let [lp, lm, sp, sm] = [(); 4].map(|()| noise(&mut seed, round % 3 > 0));
            let (set, reset) = side(&lp, &lm, &sp);
            let longs = states(&set, &reset, &mut long);
            let (set, reset) = side(&sp, &sm, &lp);
            let shorts = states(&set, &reset, &mut short);
            for t in 0..BLOCK {
                assert_eq!(
                    (bit(&longs, t), bit(&shorts, t)),
                    (target == 1, target == -1),
                    "round {round} row {t}"
                );
                target = latch(
                    target,
                    Conditions {
                        enter_long: bit(&lp, t),
                        leave_long: bit(&lm, t),
                        enter_short: bit(&sp, t),
                        leave_short: bit(&sm, t),
                    },
                );
            }
        }
    }

    #[test]
    fn orders_wait_for_a_row_that_trades() {
        let mut seed = 3;
        let (mut carry, mut position) = (0, false);
        for _ in 0..50 {
            let (wish, open) = (noise(&mut seed, false), noise(&mut seed, true));
            let held = tradable(Portable, &wish, &open, &mut carry);
            for t in 0..BLOCK {
                if bit(&open, t) {
                    position = bit(&wish, t);
                }
                assert_eq!(bit(&held, t), position);
            }
        }
    }

    #[test]
    fn a_bit_begins_where_the_row_before_had_none() {
        let mut seed = 11;
        let (mut before, mut previous) = (1, true);
        for last in [BLOCK - 1, 100, 5] {
            let x = noise(&mut seed, false);
            let begins = rising(Portable, &x, &mut before, last);
            for t in 0..=last {
                assert_eq!(bit(&begins, t), bit(&x, t) && !previous);
                previous = bit(&x, t);
            }
        }
    }

    #[test]
    fn rows_outside_a_range_are_cleared() {
        for (from, to) in [(0, BLOCK), (3, 64), (64, 65), (70, 70), (100, 300)] {
            let mut x = [u64::MAX; WORDS];
            keep(&mut x, from, to);
            assert!((0..BLOCK).all(|t| bit(&x, t) == (from..to).contains(&t)));
        }
    }
}
