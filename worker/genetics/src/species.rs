//! A species: the individuals of one strategy. Its name decides its draws and the hashes of its genomes.

use crate::error::Error;
use crate::space::{Genome, Space};

/// One species as the caller describes it.
#[derive(Clone, Debug)]
pub struct Species {
    /// Name, part of every draw and genome hash.
    pub name: String,
    /// Its genes and rules.
    pub space: Space,
    /// Warm start: the first candidates, as far as the quota goes; repaired, duplicates dropped.
    pub initial: Vec<Genome>,
}

impl Species {
    /// The same with its first candidates in canonical form.
    pub(crate) fn canonical(mut self) -> Result<Species, Error> {
        for (index, genome) in self.initial.iter_mut().enumerate() {
            let fits = self.space.canonical(genome);
            *genome = fits.map_err(|source| Error::Initial { species: self.name.clone(), index, source })?;
        }
        Ok(self)
    }
}

/// First 16 bits of BLAKE3(name), little-endian: the species' part of a stream of draws.
pub fn species_id(name: &str) -> u16 {
    let hash = blake3::hash(name.as_bytes());
    u16::from_le_bytes([hash.as_bytes()[0], hash.as_bytes()[1]])
}

/// Hashes canonical genomes of one species, for whoever needs a name of fixed length for a genome.
#[derive(Clone, Debug)]
pub struct GenomeHasher {
    key: [u8; 32],
}

impl GenomeHasher {
    /// The hasher of a species: its key is BLAKE3("galapagos.genome.v1" ‖ name).
    pub fn new(species_name: &str) -> GenomeHasher {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"galapagos.genome.v1");
        hasher.update(species_name.as_bytes());
        GenomeHasher { key: *hasher.finalize().as_bytes() }
    }

    /// First 16 bytes, little-endian, of BLAKE3 keyed by the species over the indices as u32 little-endian.
    pub fn hash(&self, genome: &[u32]) -> u128 {
        const SHORT: usize = 16;
        let digest = if genome.len() <= SHORT {
            let mut bytes = [0_u8; 4 * SHORT];
            for (to, k) in bytes.chunks_exact_mut(4).zip(genome) {
                to.copy_from_slice(&k.to_le_bytes());
            }
            blake3::keyed_hash(&self.key, &bytes[..4 * genome.len()])
        } else {
            let bytes: Vec<u8> = genome.iter().flat_map(|k| k.to_le_bytes()).collect();
            blake3::keyed_hash(&self.key, &bytes)
        };
        let mut first = [0_u8; 16];
        first.copy_from_slice(&digest.as_bytes()[..16]);
        u128::from_le_bytes(first)
    }
}

/// [`GenomeHasher::hash`] for a single genome.
pub fn genome_hash(species_name: &str, genome: &[u32]) -> u128 {
    GenomeHasher::new(species_name).hash(genome)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract G6.
    #[test]
    fn species_ids_and_genome_hashes_never_change() {
        assert_eq!(species_id("sma_crossover"), 33736);
        assert_eq!(
            format!("{:032x}", genome_hash("sma_crossover", &[8, 25])),
            "583b69253012a30fe0382c6d50324c2b"
        );
        assert_ne!(genome_hash("a", &[1, 2]), genome_hash("b", &[1, 2]));
        assert_ne!(genome_hash("a", &[1, 2]), genome_hash("a", &[2, 1]));
        assert_ne!(genome_hash("a", &[1]), genome_hash("a", &[1, 0]));
        let long: Vec<u32> = (0..40).collect();
        assert_ne!(genome_hash("a", &long), genome_hash("a", &long[..16]));
    }
}
