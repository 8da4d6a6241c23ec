//! The set of genomes of one species already asked for. Open addressing; never iterated, so its layout cannot
//! reach a result.

use crate::space::Space;
use crate::species::GenomeHasher;

/// What stands for a genome. Never 0.
#[derive(Clone, Debug)]
enum Keys {
    /// Its position in the space, plus 1.
    Position,
    /// Its hash, where the space has more points than a key has values.
    Hash(GenomeHasher),
}

/// A set of genomes.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    keys: Keys,
    /// Power of two long, at most half full; 0 marks a free entry.
    table: Vec<u128>,
    len: usize,
}

impl Seen {
    /// An empty set for the genomes of a species.
    pub(crate) fn new(species_name: &str, space: &Space) -> Seen {
        let keys = if space.points() < u128::MAX {
            Keys::Position
        } else {
            Keys::Hash(GenomeHasher::new(species_name))
        };
        Seen { keys, table: vec![0; 1 << 10], len: 0 }
    }

    pub(crate) fn contains(&self, space: &Space, genome: &[u32]) -> bool {
        self.table[self.entry(self.key(space, genome))] != 0
    }

    /// True if it was not there before.
    pub(crate) fn insert(&mut self, space: &Space, genome: &[u32]) -> bool {
        let key = self.key(space, genome);
        let entry = self.entry(key);
        if self.table[entry] != 0 {
            return false;
        }
        self.table[entry] = key;
        self.len += 1;
        if self.len * 2 > self.table.len() {
            self.grow();
        }
        true
    }

    fn key(&self, space: &Space, genome: &[u32]) -> u128 {
        match &self.keys {
            Keys::Position => space.position(genome) + 1,
            Keys::Hash(hasher) => hasher.hash(genome).max(1),
        }
    }

    /// Where the key is, or the free entry where it belongs.
    fn entry(&self, key: u128) -> usize {
        let mask = self.table.len() - 1;
        let mut entry = scatter(key) as usize & mask;
        while self.table[entry] != 0 && self.table[entry] != key {
            entry = (entry + 1) & mask;
        }
        entry
    }

    fn grow(&mut self) {
        let bigger = vec![0; self.table.len() * 2];
        for key in std::mem::replace(&mut self.table, bigger) {
            if key != 0 {
                let entry = self.entry(key);
                self.table[entry] = key;
            }
        }
    }
}

/// Spreads keys, which may be neighbours, over all 64 bits: both halves of one long product (the constants are the
/// first digits of pi).
fn scatter(key: u128) -> u64 {
    let [low, high] = [key as u64 ^ 0x243f_6a88_85a3_08d3, (key >> 64) as u64 ^ 0x1319_8a2e_0370_7344];
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
        for (genes, values) in [(2, 80), (3, 1 << 30), (8, 1 << 15), (8, 1 << 16), (20, 1 << 20)] {
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
                let mut entry = scatter(i * stride + 1) & mask;
                while std::mem::replace(&mut taken[entry as usize], true) {
                    entry = (entry + 1) & mask;
                    probes += 1;
                }
            }
            assert!(probes < 2 * (1 << 12), "{probes} for {stride}");
        }
    }
}
