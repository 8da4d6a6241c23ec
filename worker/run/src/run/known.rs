//! What is known of genomes: the run's own ledger, and those of other jobs with the same inputs.

use galapagos_engine::ENGINE;
use galapagos_engine::evaluation::Evaluation;
use galapagos_genetics::{Best, Candidate, species_id};

use super::hashers::Hashers;
use crate::job::resolve::ResolvedJob;
use crate::storage::StorageError;
use crate::storage::ledger::{Ledger, LedgerWarning};
use crate::storage::record::{Record, RecordIdentity, Verdict};
use crate::storage::run_folder::RunFolder;

/// Where a candidate stands in the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct CandidatePosition<'a> {
    /// Number of the generation, from 0.
    pub generation: u32,
    /// Index of the candidate in its generation.
    pub index: usize,
    /// The candidate as the evolution asked for it.
    pub candidate: &'a Candidate,
    /// The hash of its genome.
    pub hash: u128,
}

/// A generation that is being evaluated, with the hash of each genome: three look-ups need it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// Number of the generation, from 0.
    pub generation: u32,
    /// Its candidates.
    pub candidates: &'a [Candidate],
    /// The hashes of their genomes.
    pub hashes: &'a [u128],
}

impl<'a> Asked<'a> {
    /// Where a candidate stands.
    pub fn position(&self, index: usize) -> CandidatePosition<'a> {
        let (candidate, hash) = (&self.candidates[index], self.hashes[index]);
        CandidatePosition { generation: self.generation, index, candidate, hash }
    }
}

/// The ledgers that may know a genome: the run's own, and those of other jobs with the same inputs.
pub(super) struct KnownResults {
    ledger: Ledger,
    siblings: Vec<Ledger>,
    hashers: Hashers,
    ids: Vec<u16>,
    /// Whether the population is divided into islands.
    islands: bool,
}

impl KnownResults {
    /// Opens the ledgers of a folder; what a person should know about its own.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn open(
        job: &ResolvedJob,
        folder: &RunFolder,
    ) -> Result<(KnownResults, Option<LedgerWarning>), StorageError> {
        let (ledger, warning) = Ledger::open(&folder.ledger(), ENGINE, &job.digest)?;
        let siblings = folder.sibling_ledgers();
        let siblings =
            siblings.iter().filter_map(|path| Ledger::open_sibling(path, ENGINE, &job.digest)).collect();
        let hashers = Hashers::new(job);
        let ids = job.species.iter().map(|s| species_id(s.name())).collect();
        let islands = job.config.islands.is_some();
        Ok((KnownResults { ledger, siblings, hashers, ids, islands }, warning))
    }

    /// The run's own ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The hashes of candidates.
    pub fn hashes(&self, candidates: &[Candidate]) -> Vec<u128> {
        candidates.iter().map(|c| self.hashers.hash(c.species, &c.genome)).collect()
    }

    /// The verdict of a new individual from this run's ledger (an interrupted attempt) or a sibling's, which is
    /// copied: the run's own ledger then holds everything its result rests on.
    pub fn remembered(&mut self, position: CandidatePosition<'_>) -> Result<Option<Verdict>, StorageError> {
        let c = position.candidate;
        let hash = position.hash;
        let own = self.ledger.get(hash).and_then(|r| fitting(r, &c.genome));
        if own.is_some() {
            return Ok(own);
        }
        let found = self.siblings.iter().filter_map(|s| s.get(hash)).filter_map(|r| fitting(r, &c.genome));
        // Another job's exception is its machine's, not ours.
        let Some(verdict) = found.into_iter().find(|v| !v.is_exception()) else { return Ok(None) };
        self.record(position, verdict.clone())?;
        Ok(Some(verdict))
    }

    /// The verdict of an individual that was asked for before, noted as repeated.
    pub fn repeated(&mut self, position: CandidatePosition<'_>) -> Result<Option<Verdict>, StorageError> {
        let RecordIdentity { generation, index, species, hash, island, .. } = self.identity(position);
        let found = self.ledger.get(hash).and_then(|r| fitting(r, &position.candidate.genome));
        if found.is_some() {
            self.ledger.append(&Record::Repeated { generation, index, species, hash, island })?;
        }
        Ok(found)
    }

    /// Writes down a distinct evaluation, for good with [`KnownResults::flush`].
    pub fn record(&mut self, position: CandidatePosition<'_>, verdict: Verdict) -> Result<(), StorageError> {
        let identity = self.identity(position);
        self.ledger.append(&Record::Evaluated { identity, verdict })
    }

    /// What was written down survives this process.
    pub fn flush(&mut self) -> Result<(), StorageError> {
        self.ledger.flush()
    }

    /// What was written down survives the machine.
    pub fn sync(&mut self) -> Result<(), StorageError> {
        self.ledger.sync()
    }

    /// The evaluation of an individual, as the ledger has it.
    pub fn evaluation(&self, best: &Best<'_>) -> Option<Evaluation> {
        let record = self.ledger.get(self.hashers.hash(best.species, best.genome))?;
        fitting(record, best.genome)?.evaluation
    }

    /// The island that asked for an individual first, as the ledger has it; `None`: the population is not divided, or the
    /// ledger does not know.
    pub fn island(&self, species: usize, genome: &[u32]) -> Option<u32> {
        let record = self.islands.then(|| self.ledger.get(self.hashers.hash(species, genome)))??;
        match record {
            Record::Evaluated { identity, .. } if identity.genome == genome => identity.island.map(u32::from),
            _ => None,
        }
    }

    fn identity(&self, position: CandidatePosition<'_>) -> RecordIdentity {
        let Candidate { species, genome, island, .. } = position.candidate;
        RecordIdentity {
            generation: position.generation,
            index: position.index as u32,
            species: self.ids[*species],
            hash: position.hash,
            island: self.islands.then_some(*island as u8),
            genome: genome.to_vec(),
        }
    }
}

/// The verdict of a record, if it is one on exactly this genome.
fn fitting(record: Record, genome: &[u32]) -> Option<Verdict> {
    match record {
        Record::Evaluated { identity, verdict } if identity.genome == genome => Some(verdict),
        _ => None,
    }
}
