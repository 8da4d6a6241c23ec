//! What is known of genomes: the run's own ledger, and those of other jobs with the same inputs.

use galapagos_engine::ENGINE;
use galapagos_engine::evaluation::Evaluation;
use galapagos_genetics::{Best, Candidate, species_id};

use super::hashers::Hashers;
use crate::job::resolve::ResolvedJob;
use crate::storage::StorageError;
use crate::storage::ledger::{Ledger, LedgerWarning};
use crate::storage::record::{Identity, Record, Verdict};
use crate::storage::run_folder::RunFolder;

/// Where a candidate stands in the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// Its generation.
    pub generation: u32,
    /// Its index there.
    pub index: usize,
    /// The candidate.
    pub candidate: &'a Candidate,
}

/// The ledgers.
pub(super) struct Memo {
    ledger: Ledger,
    siblings: Vec<Ledger>,
    hashers: Hashers,
    ids: Vec<u16>,
}

impl Memo {
    /// Opens the ledgers of a folder; what a person should know about its own.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn open(
        job: &ResolvedJob,
        folder: &RunFolder,
    ) -> Result<(Memo, Option<LedgerWarning>), StorageError> {
        let (ledger, warning) = Ledger::open(&folder.ledger(), ENGINE, &job.digest)?;
        let siblings = folder.sibling_ledgers();
        let siblings =
            siblings.iter().filter_map(|path| Ledger::open_sibling(path, ENGINE, &job.digest)).collect();
        let hashers = Hashers::new(job);
        let ids = job.species.iter().map(|s| species_id(s.name())).collect();
        Ok((Memo { ledger, siblings, hashers, ids }, warning))
    }

    /// The run's own ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The verdict of a new individual from this run's ledger (an interrupted attempt) or a sibling's, which is
    /// copied: the run's own ledger then holds everything its result rests on.
    pub fn remembered(&mut self, place: Place<'_>) -> Result<Option<Verdict>, StorageError> {
        let c = place.candidate;
        let hash = self.hashers.hash(c.species, &c.genome);
        let own = self.ledger.get(hash).and_then(|r| fitting(r, &c.genome));
        if own.is_some() {
            return Ok(own);
        }
        let found = self.siblings.iter().filter_map(|s| s.get(hash)).filter_map(|r| fitting(r, &c.genome));
        // Another job's exception is its machine's, not ours.
        let Some(verdict) = found.into_iter().find(|v| !v.is_exception()) else { return Ok(None) };
        self.record(place, verdict.clone())?;
        Ok(Some(verdict))
    }

    /// The verdict of an individual that was asked for before, noted as repeated.
    pub fn repeated(&mut self, place: Place<'_>) -> Result<Option<Verdict>, StorageError> {
        let Identity { generation, index, species, hash, .. } = self.identity(place);
        let found = self.ledger.get(hash).and_then(|r| fitting(r, &place.candidate.genome));
        if found.is_some() {
            self.ledger.append(&Record::Repeated { generation, index, species, hash })?;
        }
        Ok(found)
    }

    /// Writes down a distinct evaluation.
    pub fn record(&mut self, place: Place<'_>, verdict: Verdict) -> Result<(), StorageError> {
        let identity = self.identity(place);
        self.ledger.append(&Record::Evaluated { identity, verdict })
    }

    /// The evaluation of an individual, as the ledger has it.
    pub fn evaluation(&self, best: &Best<'_>) -> Option<Evaluation> {
        let record = self.ledger.get(self.hashers.hash(best.species, best.genome))?;
        fitting(record, best.genome)?.evaluation
    }

    fn identity(&self, place: Place<'_>) -> Identity {
        let Candidate { species, genome, .. } = place.candidate;
        Identity {
            generation: place.generation,
            index: place.index as u32,
            species: self.ids[*species],
            hash: self.hashers.hash(*species, genome),
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
