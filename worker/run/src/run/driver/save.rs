//! What a driver puts on disk at a generation boundary.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use galapagos_engine::ENGINE;
use galapagos_genetics::{Candidate, Evolution, Generation, State};

use super::{Driver, DriverState, HistoryText, KnownResults, RunError, VerdictSummary};
use crate::job::resolve::ResolvedJob;
use crate::run::progress::Observer;
use crate::storage::checkpoint::Checkpoint;
use crate::storage::digest::Chain;
use crate::storage::run_folder::RunFolder;
use crate::storage::saves::Saves;

/// A generation whose end is not on disk yet.
pub(super) struct Boundary {
    /// Its number, from 0.
    pub generation: u32,
    pub candidates: Arc<[Candidate]>,
    /// What became of each candidate.
    pub verdicts: Vec<VerdictSummary>,
    /// The evolution after it.
    pub genetics: State,
}

impl Driver<'_> {
    /// The next generation. The boundary before it is saved while it is bred, and told of when both are done: nobody hears
    /// of a generation that a kill could take.
    pub(super) fn next(&mut self, observer: &mut dyn Observer) -> Result<Generation, RunError> {
        let Some(boundary) = self.unsaved.take() else { return Ok(self.evolution.ask()) };
        let threads = self.threads;
        let (saver, evolution) = self.saver();
        let work = Mutex::new(Some((saver, boundary)));
        let save = || {
            let work = work.lock().unwrap_or_else(PoisonError::into_inner).take();
            work.map(|(saver, boundary)| saver.save(boundary))
        };
        let (saved, generation) = std::thread::scope(|scope| {
            // Where the system gives no thread, this one saves when it has bred.
            let saving = std::thread::Builder::new().spawn_scoped(scope, save);
            let generation = evolution.ask_on(threads);
            let saved = saving.map(|saving| saving.join().unwrap_or_else(|panic| resume_unwind(panic)));
            (saved.ok().flatten().or_else(save), generation)
        });
        if let Some(took) = saved.transpose()? {
            self.told(took, observer);
        }
        Ok(generation)
    }

    /// Nothing follows for a while: all that is done is saved and flushed.
    pub(super) fn settle(&mut self, observer: &mut dyn Observer) -> Result<(), RunError> {
        let boundary = self.unsaved.take();
        let saved = boundary.map(|boundary| self.saver().0.save(boundary)).transpose()?;
        self.known.sync()?;
        // A newer attempt may have removed what this one wrote.
        self.folder.check_epoch()?;
        self.saves.settle()?;
        if let Some(took) = saved {
            self.told(took, observer);
        }
        Ok(())
    }

    /// Who saves boundaries, and the evolution, which goes on meanwhile.
    fn saver(&mut self) -> (Saver<'_>, &mut Evolution) {
        let Driver { job, folder, saves, known, chain, history, state, evolution, .. } = self;
        (Saver { job, folder, saves, known, chain, history, state }, evolution)
    }
}

/// All that a boundary is saved with.
struct Saver<'s> {
    job: &'s ResolvedJob,
    folder: &'s RunFolder,
    saves: &'s mut Saves,
    known: &'s mut KnownResults,
    chain: &'s mut Chain,
    history: &'s HistoryText,
    state: &'s DriverState,
}

impl Saver<'_> {
    /// Writes the answers that are not written yet, extends the chain, saves the boundary; how long that took, or the flush
    /// before it if that took longer.
    fn save(self, boundary: Boundary) -> Result<Duration, RunError> {
        let Saver { job, folder, saves, known, chain, history, state } = self;
        let began = Instant::now();
        known.flush()?;
        folder.check_epoch()?;
        let Boundary { generation, candidates, verdicts, genetics } = boundary;
        let mut record = chain.record(generation, candidates.len() as u32);
        for (candidate, summary) in candidates.iter().zip(&verdicts) {
            record.push(job.species[candidate.species].name(), &candidate.genome, summary.covered());
        }
        chain.push(record);
        // They are as many as the generation has individuals, and what follows needs room too.
        drop(verdicts);
        let checkpoint = Checkpoint {
            generation: genetics.generation(),
            digest: chain.digest(),
            ledger_position: known.ledger().position(),
            driver: history.state(state)?,
            genetics: genetics.to_bytes(),
        };
        let flushed = saves.write(ENGINE, &checkpoint, || known.ledger().to_sync())?;
        Ok(began.elapsed().max(flushed.unwrap_or_default()))
    }
}
