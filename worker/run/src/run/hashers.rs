//! The hashes by which the genomes of a job are known: to its ledger, and on the wire, where they tie an answer to its
//! individual.

use galapagos_genetics::GenomeHasher;

use crate::job::resolve::ResolvedJob;

/// Hashes the genomes of a job.
#[derive(Clone, Debug)]
pub struct Hashers(Vec<GenomeHasher>);

impl Hashers {
    /// One for each species of the job.
    pub fn new(job: &ResolvedJob) -> Hashers {
        Hashers(job.species.iter().map(|s| GenomeHasher::new(s.name())).collect())
    }

    /// The hash of a genome of a species; 0 for a species that the job does not have.
    pub fn hash(&self, species: usize, genome: &[u32]) -> u128 {
        self.0.get(species).map_or(0, |hasher| hasher.hash(genome))
    }
}
