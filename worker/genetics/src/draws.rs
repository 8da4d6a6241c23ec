//! Random draws keyed by position: who draws is a function of (seed, generation, species, purpose, attempt,
//! child), never of the order in which things happen. So any child can be drawn again alone, and arrival
//! order, threads and restarts cannot reach a result.
//!
//! # Key, stream, position
//!
//! | part | value |
//! |---|---|
//! | key | BLAKE3("galapagos.draw.v1" ‖ seed as u64 little-endian), once a run |
//! | generator | ChaCha8, state words 12-13 the block counter, 14-15 the stream, low word first |
//! | stream | generation << 32 \| species id << 16 \| attempt << 8 \| purpose |
//! | first word | child index << 12 (the child's index inside its species and generation, from 0) |
//! | u64 | two consecutive words, low first |
//! | u01 | (u64 >> 11) · 2^-53, in [0, 1) |
//! | below(n) | (u64 · n) >> 64, one draw, no rejection |
//! | normal | u01 twelve times, added left to right, minus 6 |
//!
//! **The next counter.** A child that turns out to be known is drawn again from the same child index with
//! attempt + 1 (0 is the first, 4 the last): a window of its own, so no re-draw can depend on how many words
//! the attempt before has used.
//!
//! # Purposes
//!
//! | purpose | draws, in order |
//! |---|---|
//! | 1 child | see below; attempts 0 to 4 |
//! | 2 uniform | per gene with more than one value: below(values). First population, immigrants, random search (`child` = the index of the candidate inside its species) and the replacement of a known child; attempts 0 to 15, under conditions 0 to 254 |
//! | 3 order | generation 0, child 0: Fisher-Yates of an enumerated space, i from the last down to 1: below(i + 1) |
//! | 4 walk | generation 0, child 0: one below(points), the start of the walk through a space of at most 2^20 |
//! | 5 scramble | generation 0, child 0: per gene with more than one value one u64, of which the low half scrambles its axis of Sobol's sequence |
//! | 6 Parzen | child = 24 times the index of the candidate + the number of the draw: below(kernels + 1), then per number a normal of Box and Muller (u01 of the uniform kernel), then per category u01; attempts 0 to 4 |
//! | 7 sample | per number a normal of Box and Muller, then per category u01; attempts 0 to 4 |
//! | 8 restart | child 0: per number u01, where a search of CMA-ES begins anew |
//! | 9 cells | u01: below the share of cells the child's parents are the best of cells; attempts 0 to 4 |
//!
//! Box and Muller: for each pair u01 u, u01 v; sqrt(-2 log(1 - u)) cos(2 pi v), then with sin; of an odd number the first
//! of the last pair.
//!
//! # Draws of a child
//!
//! Genes in the order of the genome; a gene with one value never draws. "parent" is a tournament: `size` times
//! below(survivors), the lowest index wins (survivors are ordered best first).
//!
//! 1. u01 · (sum of the shares): below the SBX share SBX, below SBX + uniform share uniform crossover, else
//!    differential evolution (with fewer than 4 survivors: uniform crossover).
//! 2. SBX, uniform: parent a, parent b (b = a: the next survivor, cyclic).
//!    - SBX: u01 < probability or the child is a copy of a. Per gene: u01 < .5 or the gene is a's; equal
//!      values or categories: nothing more for equal values, u01 < .5 takes a's category, else b's; numbers:
//!      u01 spread, u01 < .5 takes the lower child, else the upper.
//!    - uniform: per gene u01 < .5 takes a's, else b's.
//!    - then mutation, per gene: u01 < 1/(genes with more than one value), and if so for a number u01, for a
//!      category below(values - 1), skipping the current one.
//! 3. differential: below(survivors) current; below(best tenth, rounded up) pbest; below(survivors - 1) r1,
//!    skipping current; below(survivors - 2) r2, skipping both; normal F; normal CR; below(genes that draw)
//!    the gene that is always taken; per gene u01 < CR (drawn for the always taken one too), and if taken for a
//!    category u01 < .5 pbest's, else r1's.
//! 4. Ray preset: below(survivors) a; below(survivors) b (equal: the next, cyclic); per gene: a category u01
//!    < .5 a's, else b's; then per gene u01 < .1, and if so for a number one normal, for a category
//!    below(values - 1), skipping the current one.
//! 5. PBT preset: below(best third of the survivors, rounded up) the one that is copied; per gene u01 < the share drawn anew, and
//!    if so below(values), else for a category below(values - 1), skipping the current one, and for a number below(2): .8 or 1.2.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Words of each child's window. A genome of [`crate::space::MAX_GENES`] genes uses at most half of it.
const WINDOW_BITS: u32 = 12;

/// What a stream of draws is for. The numbers are part of every result: never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Breeding a child from survivors; attempts 0 to 4.
    Child = 1,
    /// A genome drawn uniformly.
    Uniform = 2,
    /// The order in which a small space is enumerated.
    Order = 3,
    /// Where the walk through a space begins.
    Walk = 4,
    /// Scrambles of Sobol's sequence.
    Scramble = 5,
    /// Draws from a density of good genomes.
    Parzen = 6,
    /// Samples of CMA-ES; attempts 0 to 4.
    Sample = 7,
    /// Where CMA-ES begins anew.
    Restart = 8,
    /// Whether the parents of a child are the best of cells; attempts 0 to 4.
    Cells = 9,
}

/// A position in the tree of all draws of a run.
#[derive(Clone, Copy, Debug)]
pub struct DrawPosition {
    /// Number of the generation, from 0.
    pub generation: u32,
    /// First 16 bits of the species' name's hash.
    pub species: u16,
    /// What the draws are for.
    pub purpose: Purpose,
    /// 0, or the number of the re-draw.
    pub attempt: u8,
    /// Index of the child inside its species and generation.
    pub child: u32,
}

/// The key of a run's draws.
pub fn key(seed: u64) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"galapagos.draw.v1");
    hasher.update(&seed.to_le_bytes());
    *hasher.finalize().as_bytes()
}

/// A generator that can be put at any [`DrawPosition`].
#[derive(Clone, Debug)]
pub struct Draws {
    rng: ChaCha8Rng,
    /// The stream `rng` is on: most seeks stay on it.
    stream: u64,
}

impl Draws {
    /// The generator of a run.
    pub fn new(seed: u64) -> Draws {
        Draws::from_key(key(seed))
    }

    /// The generator of a key, at the beginning of stream 0: for draws that are keyed apart from those of breeding.
    pub fn from_key(key: [u8; 32]) -> Draws {
        Draws { rng: ChaCha8Rng::from_seed(key), stream: 0 }
    }

    /// Goes to the first word of a stream.
    pub fn seek_stream(&mut self, stream: u64) {
        self.go(stream, 0);
    }

    /// Goes to the first draw of a position.
    pub fn seek(&mut self, at: DrawPosition) {
        let stream = u64::from(at.generation) << 32
            | u64::from(at.species) << 16
            | u64::from(at.attempt) << 8
            | at.purpose as u64;
        self.go(stream, u128::from(at.child) << WINDOW_BITS);
    }

    fn go(&mut self, stream: u64, word: u128) {
        // The word position first: `set_stream` inside a block would compute that block once for nothing.
        self.rng.set_word_pos(word);
        if stream != self.stream {
            self.rng.set_stream(stream);
            self.stream = stream;
        }
    }

    /// Two consecutive words, low first.
    pub fn u64(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// Uniform in [0, 1), a multiple of 2^-53.
    pub fn u01(&mut self) -> f64 {
        // Signed, because that conversion is one instruction; 53 bits are exact either way.
        (self.u64() >> 11).cast_signed() as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in 0..n; 0 for n = 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.u64()) * u128::from(n)) >> 64) as u64
    }

    /// Uniform in 0..n, as [`Draws::below`], for indices.
    pub fn index(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }

    /// Nearly N(0, 1), in [-6, 6): no logarithm, so the same bits everywhere.
    pub fn normal(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..12 {
            sum += self.u01();
        }
        sum - 6.0
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.u01() < p
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: DrawPosition =
        DrawPosition { generation: 0, species: 0, purpose: Purpose::Child, attempt: 0, child: 0 };

    /// The vectors of docs/determinism.md (contract G6): key 0, stream 0.
    #[test]
    fn chacha8_gives_the_published_blocks() {
        let mut rng = ChaCha8Rng::from_seed([0; 32]);
        let mut block = [0_u8; 16];
        rng.fill_bytes(&mut block);
        assert_eq!(hex(&block), "3e00ef2f895f40d67f5bb8e81f09a5a1");
        rng.set_word_pos(16);
        rng.fill_bytes(&mut block[..8]);
        assert_eq!(hex(&block[..8]), "d2aefa0deaa5c151");
    }

    #[test]
    fn blake3_gives_the_published_hash_of_nothing() {
        assert!(blake3::hash(b"").to_hex().starts_with("af1349b9f5f9a1a6"));
    }

    #[test]
    fn a_u64_is_two_words_low_first() {
        let mut rng = ChaCha8Rng::from_seed([0; 32]);
        assert_eq!(rng.next_u64(), u64::from_le_bytes([0x3e, 0, 0xef, 0x2f, 0x89, 0x5f, 0x40, 0xd6]));
    }

    #[test]
    fn seeking_gives_the_same_draws_wherever_one_comes_from() {
        let mut a = Draws::new(7);
        let mut b = Draws::new(7);
        b.u64();
        b.normal();
        for child in [0, 1, 77, 9_999] {
            let at = DrawPosition { generation: 3, child, ..HOME };
            a.seek(at);
            b.seek(at);
            let first: Vec<u64> = (0..100).map(|_| a.u64()).collect();
            assert_eq!(first, (0..100).map(|_| b.u64()).collect::<Vec<_>>());
            a.seek(DrawPosition { child: child + 1, ..at });
            assert_ne!(first[0], a.u64());
            b.u64();
        }
    }

    /// Word positions are those of one continuous stream: child 1 begins 4,096 words after child 0.
    #[test]
    fn a_child_begins_4096_words_after_the_one_before() {
        let mut a = Draws::new(1);
        a.seek(HOME);
        for _ in 0..2048 {
            a.u64();
        }
        let mut b = Draws::new(1);
        b.seek(DrawPosition { child: 1, ..HOME });
        assert_eq!(a.u64(), b.u64());
    }

    #[test]
    fn conversions_stay_inside_their_ranges() {
        let mut d = Draws::new(5);
        d.seek(HOME);
        for _ in 0..10_000 {
            assert!((0.0..1.0).contains(&d.u01()));
            assert!(d.below(7) < 7);
            assert!((-6.0..6.0).contains(&d.normal()));
        }
        assert_eq!(d.below(0), 0);
    }

    // Contract G6.
    /// First draws of some positions: seed, generation, species, purpose, attempt, child. The second was computed
    /// with another implementation of ChaCha8, too.
    #[test]
    fn draws_at_a_position_never_change() {
        let first = |seed, generation, name, purpose, attempt, child| {
            let species = crate::species_id(name);
            let mut draws = Draws::new(seed);
            draws.seek(DrawPosition { generation, species, purpose, attempt, child });
            format!("{:016x} {:016x}", draws.u64(), draws.u64())
        };
        let got = [
            first(0, 0, "sma_crossover", Purpose::Uniform, 0, 0),
            first(42, 0, "sma_crossover", Purpose::Uniform, 15, 0),
            first(42, 7, "rsi_filter", Purpose::Child, 0, 99),
            first(42, 7, "rsi_filter", Purpose::Child, 4, 99),
            first((1 << 53) - 1, u32::MAX, "rsi_filter", Purpose::Walk, 0, u32::MAX),
        ];
        let expected = [
            "5568f26e3c220f93 906a70acda1115df",
            "424f5eb8aa68d0f5 42816123e6707eec",
            "dfc32aeea425ebcd e7af003686a8cced",
            "9d3e8497c9b47017 c5c725a723395020",
            "9452709249c058b5 731b11117721fc9b",
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn the_key_of_a_seed_never_changes() {
        assert_eq!(hex(&key(42)), "01461d04fea6a79680dd72df0ff9a8a4c559b55caed691328581441f57caaf5c");
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }
}
