//! What a driver puts on disk at a generation boundary.

use std::time::Instant;

use galapagos_engine::ENGINE;

use super::{Driver, RunError};
use crate::storage::checkpoint::Checkpoint;

impl Driver<'_> {
    /// Saves a generation boundary for whoever goes on from here.
    pub(super) fn save(&mut self) -> Result<(), RunError> {
        if self.saves.is_due() {
            return self.flush();
        }
        self.known.flush()?;
        self.folder.check_epoch()?;
        Ok(self.saves.write(ENGINE, &self.checkpoint()?)?)
    }

    /// Saves what a power cut may not take either.
    fn flush(&mut self) -> Result<(), RunError> {
        let began = Instant::now();
        // A checkpoint vouches for the ledger, so the ledger is durable first.
        self.known.sync()?;
        self.folder.check_epoch()?;
        Ok(self.saves.flush(ENGINE, &self.checkpoint()?, began)?)
    }

    /// Nothing follows for a while: all that is done is flushed.
    pub(super) fn settle(&mut self) -> Result<(), RunError> {
        self.known.sync()?;
        // A newer attempt may have removed what this one wrote.
        self.folder.check_epoch()?;
        Ok(self.saves.settle()?)
    }

    fn checkpoint(&self) -> Result<Checkpoint, RunError> {
        Ok(Checkpoint {
            generation: self.evolution.generation(),
            digest: self.chain.digest(),
            ledger_position: self.known.ledger().position(),
            driver: self.history.state(&self.state)?,
            genetics: self.evolution.state().to_bytes(),
        })
    }
}
