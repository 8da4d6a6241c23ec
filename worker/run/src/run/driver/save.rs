//! What a driver puts on disk at a generation boundary.

use std::time::{Duration, Instant};

use galapagos_engine::ENGINE;
use galapagos_genetics::Generation;

use super::{Driver, KnownResults, RunError};
use crate::run::progress::Observer;
use crate::storage::checkpoint::Checkpoint;
use crate::storage::run_folder::RunFolder;
use crate::storage::saves::Saves;

impl Driver<'_> {
    /// The next generation. The boundary before it is saved while it is bred, and told of when both are done: nobody hears
    /// of a generation that a kill could take.
    pub(super) fn next(&mut self, observer: &mut dyn Observer) -> Result<Generation, RunError> {
        let Some(checkpoint) = self.unsaved.take() else { return Ok(self.evolution.ask()) };
        let Driver { evolution, saves, known, folder, .. } = self;
        let (saved, generation) = std::thread::scope(|scope| {
            let saving = scope.spawn(|| save(saves, known, folder, &checkpoint));
            let generation = evolution.ask();
            (saving.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), generation)
        });
        self.told(saved?, observer);
        Ok(generation)
    }

    /// Nothing follows for a while: all that is done is saved and flushed.
    pub(super) fn settle(&mut self, observer: &mut dyn Observer) -> Result<(), RunError> {
        let checkpoint = self.unsaved.take();
        let saved =
            checkpoint.map(|c| save(&mut self.saves, &mut self.known, self.folder, &c)).transpose()?;
        self.known.sync()?;
        // A newer attempt may have removed what this one wrote.
        self.folder.check_epoch()?;
        self.saves.settle()?;
        if let Some(took) = saved {
            self.told(took, observer);
        }
        Ok(())
    }

    /// The boundary, for whoever goes on from here.
    pub(super) fn checkpoint(&self) -> Result<Checkpoint, RunError> {
        Ok(Checkpoint {
            generation: self.evolution.generation(),
            digest: self.chain.digest(),
            ledger_position: self.known.ledger().position(),
            driver: self.history.state(&self.state)?,
            genetics: self.evolution.state().to_bytes(),
        })
    }
}

/// Saves a boundary; how long that took, or the flush before it if that took longer.
fn save(
    saves: &mut Saves,
    known: &mut KnownResults,
    folder: &RunFolder,
    checkpoint: &Checkpoint,
) -> Result<Duration, RunError> {
    let began = Instant::now();
    known.flush()?;
    folder.check_epoch()?;
    let flushed = saves.write(ENGINE, checkpoint, || known.ledger().to_sync())?;
    Ok(began.elapsed().max(flushed.unwrap_or_default()))
}
