//! Where the conditions of a batch come from: series that strategies of the catalogue share.

use super::columns::Columns;
use super::conditions::Conditions;
use super::instructions::InstructionSet;
use super::kernels::Isa;
use super::plan::Compared;
use super::series::Table;
use crate::interrupt::Interrupt;

/// Blocks of rows in order from row 0, and what each member of a batch makes of the one at hand.
pub(super) trait Source {
    /// Brings what has a memory from row `from` to row `to`, where nobody asks for conditions.
    fn warm_up(&mut self, set: InstructionSet, from: usize, to: usize);

    /// Computes rows `from..to`, at most [`super::BLOCK`]; unless interrupted.
    fn fill(&mut self, set: InstructionSet, from: usize, to: usize, interrupt: Interrupt);

    /// The conditions of a member in the first `rows` rows of the block; later bits mean nothing. `before` keeps what
    /// crosses need of the row before. Without `shorts` what only a short needs means
    /// nothing.
    fn conditions<I: Isa>(
        &self,
        isa: I,
        member: usize,
        before: &mut [u64; 2],
        rows: usize,
        shorts: bool,
    ) -> Conditions;
}

/// The series of one symbol, and the plans that read them.
pub(super) struct Series<'a> {
    pub columns: &'a Columns<'a>,
    pub table: &'a mut Table,
    pub plans: &'a [Compared],
}

impl Source for Series<'_> {
    fn warm_up(&mut self, set: InstructionSet, from: usize, to: usize) {
        self.table.warm_up(set, self.columns, from, to);
    }

    fn fill(&mut self, set: InstructionSet, from: usize, to: usize, interrupt: Interrupt) {
        self.table.fill(set, self.columns, from, to, interrupt);
    }

    #[inline(always)]
    fn conditions<I: Isa>(
        &self,
        isa: I,
        member: usize,
        before: &mut [u64; 2],
        rows: usize,
        shorts: bool,
    ) -> Conditions {
        self.plans[member].conditions(isa, self.table, before, rows, shorts)
    }
}
