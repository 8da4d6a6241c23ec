//! What is known of genomes: the run's own ledger, and those of other jobs with the same inputs.

use std::sync::Arc;

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
    candidates: &'a Arc<[Candidate]>,
}

impl<'a> CandidatePosition<'a> {
    /// The candidate as the evolution asked for it.
    pub fn candidate(&self) -> &'a Candidate {
        &self.candidates[self.index]
    }
}

/// A generation that is being evaluated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// Number of the generation, from 0.
    pub generation: u32,
    /// Its candidates.
    pub candidates: &'a Arc<[Candidate]>,
}

impl<'a> Asked<'a> {
    /// Where a candidate stands.
    pub fn position(&self, index: usize) -> CandidatePosition<'a> {
        CandidatePosition { generation: self.generation, index, candidates: self.candidates }
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
    /// Whether the ledgers may know individuals that the evolution takes for new: those of other jobs, of an attempt before, of a
    /// generation that was not finished.
    remembers: bool,
    /// What is yet to be written, in the order of arrival.
    pending: Vec<(Place, Verdict)>,
}

/// Where a candidate stands, for whoever keeps its generation. Its genome is not looked at before it is written: it may lie
/// in the cache of another core.
struct Place {
    generation: u32,
    index: usize,
    candidates: Arc<[Candidate]>,
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
        let siblings: Vec<Ledger> =
            siblings.iter().filter_map(|path| Ledger::open_sibling(path, ENGINE, &job.digest)).collect();
        let hashers = Hashers::new(job);
        let ids = job.species.iter().map(|s| species_id(s.name())).collect();
        let islands = job.config.islands.is_some();
        let remembers = ledger.distinct() > 0 || !siblings.is_empty();
        let pending = Vec::new();
        Ok((KnownResults { ledger, siblings, hashers, ids, islands, remembers, pending }, warning))
    }

    /// The run's own ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The verdict of a new individual from this run's ledger (an interrupted attempt) or a sibling's, which is
    /// copied: the run's own ledger then holds everything its result rests on.
    pub fn remembered(&mut self, position: CandidatePosition<'_>) -> Result<Option<Verdict>, StorageError> {
        if !self.remembers {
            return Ok(None);
        }
        let c = position.candidate();
        let hash = self.hashers.hash(c.species, &c.genome);
        let own = self.ledger.get(hash).and_then(|r| fitting(r, &c.genome));
        if own.is_some() {
            return Ok(own);
        }
        let found = self.siblings.iter().filter_map(|s| s.get(hash)).filter_map(|r| fitting(r, &c.genome));
        // Another job's exception is its machine's, not ours.
        let Some(verdict) = found.into_iter().find(|v| !v.is_exception()) else { return Ok(None) };
        self.record(position, verdict.clone());
        self.write()?;
        Ok(Some(verdict))
    }

    /// The verdict of an individual that was asked for before, noted as repeated.
    pub fn repeated(&mut self, position: CandidatePosition<'_>) -> Result<Option<Verdict>, StorageError> {
        self.write()?;
        let identity = self.identity(Place::of(position));
        let RecordIdentity { generation, index, species, hash, island, genome } = identity;
        let found = self.ledger.get(hash).and_then(|r| fitting(r, &genome));
        if found.is_some() {
            self.ledger.append(&Record::Repeated { generation, index, species, hash, island })?;
        }
        Ok(found)
    }

    /// Notes a distinct evaluation; it survives this process after [`KnownResults::flush`].
    pub fn record(&mut self, position: CandidatePosition<'_>, verdict: Verdict) {
        self.pending.push((Place::of(position), verdict));
    }

    /// Appends what was noted to the ledger, where it is found from here on.
    fn write(&mut self) -> Result<(), StorageError> {
        let mut written = Ok(());
        for (place, verdict) in std::mem::take(&mut self.pending) {
            let identity = self.identity(place);
            let appended = self.ledger.append(&Record::Evaluated { identity, verdict });
            written = written.and(appended);
        }
        written
    }

    /// The generation under way was given up: it will be asked for again.
    pub fn give_up(&mut self) -> Result<(), StorageError> {
        self.remembers = true;
        self.flush()
    }

    /// What was noted survives this process.
    pub fn flush(&mut self) -> Result<(), StorageError> {
        self.write()?;
        self.ledger.flush()
    }

    /// What was noted survives the machine.
    pub fn sync(&mut self) -> Result<(), StorageError> {
        self.write()?;
        self.ledger.sync()
    }

    /// The evaluation of an individual, as the ledger has it.
    pub fn evaluation(&self, best: &Best<'_>) -> Option<Box<Evaluation>> {
        let record = self.ledger.get(self.hashers.hash(best.species, best.genome))?;
        fitting(record, best.genome)?.evaluation
    }

    /// The island that asked for an individual first, as the ledger has it; `None`: the population is not divided, or the
    /// ledger does not know.
    pub fn island(&self, species: usize, genome: &[u32]) -> Option<u32> {
        let record = self.islands.then(|| self.ledger.get(self.hashers.hash(species, genome)))??;
        match record {
            Record::Evaluated { identity, .. } if *identity.genome == *genome => {
                identity.island.map(u32::from)
            }
            _ => None,
        }
    }

    fn identity(&self, place: Place) -> RecordIdentity {
        let Place { generation, index, candidates } = place;
        let Candidate { species, island, ref genome, .. } = candidates[index];
        RecordIdentity {
            generation,
            index: index as u32,
            species: self.ids[species],
            hash: self.hashers.hash(species, genome),
            island: self.islands.then_some(island as u8),
            genome: genome.clone(),
        }
    }
}

impl Place {
    fn of(position: CandidatePosition<'_>) -> Place {
        let CandidatePosition { generation, index, candidates } = position;
        Place { generation, index, candidates: Arc::clone(candidates) }
    }
}

/// The verdict of a record, if it is one on exactly this genome.
fn fitting(record: Record, genome: &[u32]) -> Option<Verdict> {
    match record {
        Record::Evaluated { identity, verdict } if *identity.genome == *genome => Some(verdict),
        _ => None,
    }
}
