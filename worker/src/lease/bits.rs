//! The fingerprint of an evaluation: equal exactly when all its bits are.

use galapagos_engine::evaluation::{Evaluation, Metric};

/// First half of a BLAKE3 digest.
pub(super) type Bits = [u8; 16];

const METRICS: usize = Metric::ALL.len();
const LENGTH: usize = 4 + 8 * METRICS + 1 + 8 + 16 + 16 + 1 + 16 * galapagos_engine::evaluation::BLOCKS;

/// The fingerprint of `e`.
pub(super) fn of(e: &Evaluation) -> Bits {
    let mut buffer = [0; LENGTH];
    let mut end = 0;
    let mut put = |bytes: &[u8]| {
        buffer[end..end + bytes.len()].copy_from_slice(bytes);
        end += bytes.len();
    };
    put(&e.metrics.defined().0.to_le_bytes());
    // The mask comes first, so leaving undefined metrics out is not ambiguous.
    for value in Metric::ALL.into_iter().filter_map(|m| e.metrics.get(m)) {
        put(&value.to_bits().to_le_bytes());
    }
    put(&[e.reason.map_or(0, |r| r as u8), u8::from(e.open_position)]);
    put(&e.returns.to_le_bytes());
    put(&e.s1.to_le_bytes());
    put(&e.s2.to_le_bytes());
    for block in &e.blocks {
        put(&block.s1.to_le_bytes());
        put(&block.s2.to_le_bytes());
    }
    let mut bits = Bits::default();
    bits.copy_from_slice(&blake3::hash(&buffer[..end]).as_bytes()[..16]);
    bits
}
