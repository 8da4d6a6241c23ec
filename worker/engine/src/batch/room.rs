//! How many individuals go through the rows together, and what memory they take.

use super::keeping::Room;
use super::plan::Plan;
use super::replay::EveryBar;
use super::{BatchEvaluator, Scratch, means, portfolio};
use crate::evaluation::Evaluation;

/// Individuals of one pass over the rows: their accounts stay in the cache beside the series.
const PASS: usize = 2048;

impl BatchEvaluator<'_> {
    /// Bytes that an individual which shares series takes at most while its batch runs.
    pub fn bytes_per_individual(&self) -> usize {
        let symbols = self.run.symbols.len();
        Scratch::BYTES_PER_INDIVIDUAL
            + symbols * (Plan::BYTES + size_of::<usize>())
            + (symbols + 3) * size_of::<Evaluation>()
            + self.kept_rows().map_or(0, EveryBar::bytes)
            + self.rows_of_returns().map_or(0, Room::bytes_of_member)
    }

    /// Individuals of each pass, if so many go through the rows; `keeps`: their accounts may keep positions, else
    /// returns. All passes are about as large: a small one at the end would have the job keep all rows.
    pub(super) fn members_of_a_pass(&self, individuals: usize, keeps: bool) -> usize {
        let kept = self.kept_rows().filter(|_| keeps).map(EveryBar::members);
        let returns = || self.rows_of_returns().map(|_| self.room.members());
        let most = kept.or_else(returns).unwrap_or(PASS);
        share(individuals, most.min(PASS))
    }

    /// Members of each part of a pass that had no room for what its accounts keep: fewer, whatever other threads have found since.
    pub(super) fn members_of_a_part(&self, members: usize) -> usize {
        self.members_of_a_pass(members, false).min(members.div_ceil(2))
    }

    /// The most rows of which an account keeps its returns, if any may.
    fn rows_of_returns(&self) -> Option<usize> {
        let keeps = means::are_about_means(self.run.metrics) && !portfolio::is_summed(&self.run);
        keeps.then(|| self.run.symbols.iter().map(|prepared| prepared.len()).max())?
    }

    /// The most rows of which an account keeps its positions, if any does.
    fn kept_rows(&self) -> Option<usize> {
        EveryBar::of(self.run.metrics)?;
        let symbols = self.symbols.as_ref()?.iter().zip(self.run.symbols);
        symbols.filter(|(symbol, _)| !symbol.is_held()).map(|(_, prepared)| prepared.len()).max()
    }
}

/// How many of all go together, at most so many, if all shares are about as large.
fn share(all: usize, most: usize) -> usize {
    all.div_ceil(all.div_ceil(most).max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_are_about_as_large_and_none_is_larger_than_memory_allows() {
        for (all, most, expected) in
            [(0, 510, 1), (1, 510, 1), (510, 510, 510), (1_030, 510, 344), (5_000, 2_048, 1_667)]
        {
            assert_eq!(share(all, most), expected, "{all} of at most {most}");
        }
    }
}
