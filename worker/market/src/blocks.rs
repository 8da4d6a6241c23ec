//! Rows in blocks of a bounded size, each in memory or on disk, that are walked through one block at a time.

use crate::error::Result;
use crate::spill::{Columns, Held, Spill};
use std::borrow::Cow;
use std::sync::Arc;

/// Rows of a full block: few in the tests of this crate, so that these cross from block to block.
pub(crate) const BLOCK_ROWS: usize = if cfg!(test) { 64 } else { 1 << 18 };

/// Blocks of rows, none of which is empty.
#[derive(Debug)]
pub(crate) struct Blocks<T: Columns> {
    spill: Arc<Spill>,
    held: Vec<Held<T>>,
    rows: usize,
}

impl<T: Columns> Blocks<T> {
    /// No rows yet; those to come may wait in `spill`.
    pub(crate) fn new(spill: &Arc<Spill>) -> Self {
        Self { spill: spill.clone(), held: Vec::new(), rows: 0 }
    }

    /// Where the rows wait.
    pub(crate) fn spill(&self) -> &Arc<Spill> {
        &self.spill
    }

    /// Number of rows in all blocks.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The blocks, each in memory or on disk.
    pub(crate) fn held(&self) -> &[Held<T>] {
        &self.held
    }

    /// Adds a block.
    ///
    /// # Errors
    /// `Io` if it cannot be put aside.
    pub(crate) fn push(&mut self, block: T) -> Result<()> {
        let rows = block.count();
        if rows > 0 {
            self.held.push(self.spill.hold(block)?);
            self.rows += rows;
        }
        Ok(())
    }

    /// All blocks in their order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Result<Cow<'_, T>>> {
        self.held.iter().map(Held::look)
    }

    /// All blocks in their order, of which each makes room when it is taken.
    pub(crate) fn into_iter(self) -> impl Iterator<Item = Result<T>> {
        self.held.into_iter().map(Held::take)
    }

    /// Changes each block; one that is empty then is dropped.
    ///
    /// # Errors
    /// `Io` if a block cannot be read back or put aside again.
    pub(crate) fn edit(&mut self, mut change: impl FnMut(&mut T)) -> Result<()> {
        let held = std::mem::take(&mut self.held);
        self.rows = 0;
        for held in held {
            let mut block = held.take()?;
            change(&mut block);
            self.push(block)?;
        }
        Ok(())
    }

    /// Changes the last block; one that is empty then is dropped.
    ///
    /// # Errors
    /// As [`Blocks::edit`].
    pub(crate) fn edit_last(&mut self, change: impl FnOnce(&mut T)) -> Result<()> {
        let Some(held) = self.held.pop() else { return Ok(()) };
        self.rows -= held.rows();
        let mut block = held.take()?;
        change(&mut block);
        self.push(block)
    }
}
