//! The columns of a file, and what came of its rows.

use crate::columns::Columns;
use crate::raw::RawRows;

/// All columns of a file, and which of them were taken.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub names: Vec<String>,
    pub columns: Columns,
    /// The file names its columns; else they were taken by position.
    pub named: bool,
    /// Columns of several symbols stand side by side.
    pub wide: bool,
}

impl Header {
    pub(super) fn name(&self, at: usize) -> String {
        self.names.get(at).cloned().unwrap_or_default()
    }

    /// Whether one price stands for all.
    pub(super) fn is_close_only(&self) -> bool {
        self.columns.prices[0] == self.columns.prices[3]
    }

    /// Names of time, open, high, low, close and volume.
    pub(super) fn sources(&self) -> [String; 6] {
        let [open, high, low, close] = self.columns.prices.map(|at| self.name(at));
        let volume = self.columns.volume.map(|at| self.name(at)).unwrap_or_default();
        [self.name(self.columns.time), open, high, low, close, volume]
    }
}

/// What a file held.
#[derive(Debug)]
pub(crate) struct FileRows {
    /// Per symbol as the file writes it; `None` where it has no such column.
    pub symbols: Vec<(Option<String>, RawRows)>,
    pub assumed_utc: bool,
    pub notes: Vec<String>,
    pub header: Header,
}
