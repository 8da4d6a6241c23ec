//! The seed of a window's evolution (F3, docs/determinism.md).

/// Manifests write seeds as JSON numbers: 53 bits are exact there.
const SEED_BITS: u64 = (1 << 53) - 1;

/// The seed that takes the place of the job's in window `index`.
pub fn window_seed(seed: u64, index: u32) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"galapagos.walkforward.v1");
    hasher.update(&seed.to_le_bytes());
    hasher.update(&index.to_le_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(first) & SEED_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract F3.
    #[test]
    fn seeds_of_windows_never_change() {
        assert_eq!([window_seed(0, 0), window_seed(0, 1)], [3_920_409_820_271_612, 3_887_404_242_857_859]);
        assert_eq!(window_seed(42, 3), 4_770_672_964_075_675);
    }
}
