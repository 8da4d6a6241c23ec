//! A symbol on its way from files into a dataset: the parts that came, and what is wrong with them.

use crate::append::join_funding;
use crate::check::{CheckOptions, Kind, SymbolReport, check};
use crate::error::{Error, Result};
use crate::funding::read_funding_file;
use crate::owners::SymbolPart;
use crate::raw::RawRows;
use crate::series::{FundingStamp, Series};
use crate::series_blocks::SeriesBlocks;
use crate::spill::Spill;
use std::path::Path;
use std::sync::Arc;

/// Parts of one symbol on their way to the checks.
#[derive(Default)]
pub(crate) struct Symbol {
    written: Option<String>,
    parts: Vec<RawRows>,
    notes: Vec<String>,
    /// Why one of its files is refused: without it the symbol would have a hole.
    pub broken: Option<Error>,
}

impl Symbol {
    /// Adds what a file has of it.
    pub(crate) fn add(&mut self, part: SymbolPart) {
        if let (Some(one), Some(other)) = (&self.written, &part.written)
            && one != other
        {
            let problem = format!(
                "holds the symbol {other:?}, a file before it {one:?}, which both would be called the same: name the files as SYMBOL=FILE"
            );
            self.broken = Some(Error::layout(&part.rows.source.file, problem));
        }
        self.written = part.written.or(self.written.take());
        self.parts.push(part.rows);
        for note in part.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    /// Checks all of it, and joins it to what is published. Checked rows wait in `spill`.
    ///
    /// # Errors
    /// Those of its files, of the checks, and of its file of funding.
    pub(crate) fn check(
        self,
        spill: &Arc<Spill>,
        name: &str,
        funding: Option<&Path>,
        (options, close_only): (&CheckOptions, bool),
        published: Option<&Series<'_>>,
    ) -> Result<(SeriesBlocks, SymbolReport)> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        let funded = funding.is_some() || published.is_some_and(|s| !s.funding.is_empty());
        let kind = Kind { funded, close_only };
        let (mut series, mut report) = check(name, self.parts, spill, options, kind, published)?;
        report.notes.splice(0..0, self.notes);
        if let Some(path) = funding {
            let (stamps, notes) = read_funding_file(path, options.repair)?;
            report.notes.extend(notes);
            let inside = |s: &FundingStamp| s.time_ms >= report.from_ms && s.time_ms <= report.to_ms;
            if !stamps.iter().any(inside) {
                return Err(Error::layout(path, format!("has no funding stamp inside the bars of {name}")));
            }
            let there = published.map_or(&[][..], |s| s.funding);
            series.funding = join_funding(name, there, &stamps)?;
            report.funding_stamps = series.funding.len() as u64;
        }
        Ok((series, report))
    }
}
