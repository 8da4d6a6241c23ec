//! The fingerprint of an evaluation, by which two answers for the same individual are compared. Every coordinator
//! makes one of every first answer, so it must cost next to nothing: BLAKE3 of these 400 bytes takes longer than all
//! the rest of the table. Nobody is kept from forging here, workers are trusted with the results themselves; each step
//! is a bijection of the state, so that evaluations which differ in one word always have different fingerprints.

use galapagos_engine::evaluation::{Evaluation, Metric};

/// A fingerprint of an evaluation: equal for equal bits.
pub(super) type Bits = u128;

/// Odd, with bits set without pattern (the multiplier of the 128-bit PCG).
const FACTOR: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

/// The fingerprint of `e`.
pub(super) fn fingerprint(e: &Evaluation) -> Bits {
    let mut state: u128 = FACTOR;
    let mut put = |word: u128| {
        state = (state ^ word).wrapping_mul(FACTOR);
        state ^= state >> 67;
    };
    // The mask comes first, so leaving undefined metrics out is not ambiguous. An infinite one is not: limits know it.
    let rest = u128::from(e.reason.map_or(0, |r| r as u8)) << 1 | u128::from(e.open_position);
    put(u128::from(e.metrics.known().0) << 96 | rest << 64 | u128::from(e.returns));
    for value in Metric::ALL.into_iter().filter_map(|m| e.metrics.extended(m)) {
        put(u128::from(value.to_bits()));
    }
    put(e.s1 as u128);
    put(e.s2 as u128);
    for block in &e.blocks {
        put(u128::from(block.s1 as u64) << 64 | u128::from(block.s2 as u64));
    }
    state
}
