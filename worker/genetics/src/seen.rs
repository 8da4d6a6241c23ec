//! The set of genomes of one species already asked for. Never iterated, so its layout cannot reach a result.

use crate::space::Space;
use crate::species::GenomeHasher;

/// Points of a space that has a bit for each at most: half a megabyte, which stays in the processor's cache.
const MOST_POINTS: u128 = 1 << 22;

/// A set of genomes: bits of points or, of larger spaces, what stands for each, a key, never 0. Its table is looked at where
/// chance leads, so each look waits for memory: the keys are as short as the space allows.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// A bit for each point of the space, by its position.
    Points(Vec<u64>),
    /// Positions in the space, plus 1.
    Position(Table<u64>),
    /// The same of a space with more points than that.
    LongPosition(Table<u128>),
    /// Hashes, where the space has more points than any key has values.
    Hash(GenomeHasher, Table<u128>),
}

impl Seen {
    /// An empty set for the genomes of a species.
    pub(crate) fn new(species_name: &str, space: &Space) -> Seen {
        match space.points() {
            points if points <= MOST_POINTS => Seen::Points(vec![0; points.div_ceil(64) as usize]),
            points if points < u128::from(u64::MAX) => Seen::Position(Table::new()),
            points if points < u128::MAX => Seen::LongPosition(Table::new()),
            _ => Seen::Hash(GenomeHasher::new(species_name), Table::new()),
        }
    }

    pub(crate) fn contains(&self, space: &Space, genome: &[u32]) -> bool {
        match self {
            Seen::Points(bits) => {
                let (word, bit) = place(space, genome);
                bits[word] & bit != 0
            }
            Seen::Position(table) => table.contains(space.position(genome) as u64 + 1),
            Seen::LongPosition(table) => table.contains(space.position(genome) + 1),
            Seen::Hash(hasher, table) => table.contains(hasher.hash(genome).max(1)),
        }
    }

    /// True if it was not there before.
    pub(crate) fn insert(&mut self, space: &Space, genome: &[u32]) -> bool {
        match self {
            Seen::Points(bits) => {
                let (word, bit) = place(space, genome);
                let new = bits[word] & bit == 0;
                bits[word] |= bit;
                new
            }
            Seen::Position(table) => table.insert(space.position(genome) as u64 + 1),
            Seen::LongPosition(table) => table.insert(space.position(genome) + 1),
            Seen::Hash(hasher, table) => table.insert(hasher.hash(genome).max(1)),
        }
    }
}

/// The word of a point's bit, and the bit.
fn place(space: &Space, genome: &[u32]) -> (usize, u64) {
    let position = space.position(genome) as u64;
    ((position / 64) as usize, 1 << (position % 64))
}

/// What a table holds.
pub(crate) trait Key: Copy + PartialEq + Default {
    /// Its halves, the low one first.
    fn halves(self) -> [u64; 2];
}

impl Key for u64 {
    fn halves(self) -> [u64; 2] {
        [self, 0]
    }
}

impl Key for u128 {
    fn halves(self) -> [u64; 2] {
        [self as u64, (self >> 64) as u64]
    }
}

/// A set of keys, by open addressing.
#[derive(Clone, Debug)]
pub(crate) struct Table<K> {
    /// Power of two long, at most half full; 0 marks a free entry.
    entries: Vec<K>,
    len: usize,
}

impl<K: Key> Table<K> {
    fn new() -> Table<K> {
        Table { entries: vec![K::default(); 1 << 10], len: 0 }
    }

    fn contains(&self, key: K) -> bool {
        self.entries[self.entry(key)] != K::default()
    }

    fn insert(&mut self, key: K) -> bool {
        let entry = self.entry(key);
        if self.entries[entry] != K::default() {
            return false;
        }
        self.entries[entry] = key;
        self.len += 1;
        if self.len * 2 > self.entries.len() {
            self.grow();
        }
        true
    }

    /// Where the key is, or the free entry where it belongs.
    fn entry(&self, key: K) -> usize {
        let mask = self.entries.len() - 1;
        let mut entry = scatter(key.halves()) as usize & mask;
        while self.entries[entry] != K::default() && self.entries[entry] != key {
            entry = (entry + 1) & mask;
        }
        entry
    }

    fn grow(&mut self) {
        let bigger = vec![K::default(); self.entries.len() * 2];
        for key in std::mem::replace(&mut self.entries, bigger) {
            if key != K::default() {
                let entry = self.entry(key);
                self.entries[entry] = key;
            }
        }
    }
}

/// Spreads keys, which may be neighbours, over all 64 bits: both halves of one long product (the constants are the
/// first digits of pi).
fn scatter([low, high]: [u64; 2]) -> u64 {
    let [low, high] = [low ^ 0x243f_6a88_85a3_08d3, high ^ 0x1319_8a2e_0370_7344];
    let product = u128::from(low) * u128::from(high);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Grid;
    use crate::space::{GeneKind, GeneSpace};

    fn space(genes: usize, values: u32) -> Space {
        let gene = |i| GeneSpace {
            name: format!("x{i}"),
            kind: GeneKind::Integer,
            grid: Grid::linear("x", 1.into(), values.into(), 1.into()).unwrap(),
            default: None,
        };
        Space::new((0..genes).map(gene).collect(), vec![]).unwrap()
    }

    /// Spaces of few points, of many, and of more than there are keys.
    #[test]
    fn each_genome_is_new_once() {
        for (genes, values) in
            [(2, 80), (2, 1 << 11), (2, 2_049), (3, 1 << 30), (8, 1 << 15), (8, 1 << 16), (20, 1 << 20)]
        {
            let space = space(genes, values);
            let mut seen = Seen::new("a", &space);
            let genomes: Vec<Vec<u32>> = (0..5_000_u32)
                .map(|i| {
                    (0..genes as u32)
                        .map(|g| values - 1 - (if g % 2 == 0 { i / 80 } else { i % 80 }))
                        .collect()
                })
                .collect();
            for genome in &genomes {
                assert!(!seen.contains(&space, genome));
                assert!(seen.insert(&space, genome));
                assert!(!seen.insert(&space, genome));
            }
            assert!(genomes.iter().all(|g| seen.contains(&space, g)));
        }
    }

    /// Neighbours, rows and whole planes of a grid: probes stay as short as chance would have them (0.5 at half full).
    #[test]
    fn regular_keys_are_spread_over_the_table() {
        for stride in [1_u128, 25, 4_096, 181 * 25, 1 << 32, 1 << 64, 1 << 100] {
            let mask = (1_u64 << 13) - 1;
            let mut taken = vec![false; 1 << 13];
            let mut probes = 0;
            for i in 0..1_u128 << 12 {
                let mut entry = scatter((i * stride + 1).halves()) & mask;
                while std::mem::replace(&mut taken[entry as usize], true) {
                    entry = (entry + 1) & mask;
                    probes += 1;
                }
            }
            assert!(probes < 2 * (1 << 12), "{probes} for {stride}");
        }
    }
}
