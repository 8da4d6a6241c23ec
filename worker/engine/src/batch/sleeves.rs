//! The accounts of a batch on one symbol of a portfolio, block by block.

use super::columns::Columns;
use super::conditions::Conditions;
use super::decided::{self, Members};
use super::held::{Decided, HeldAccount, Tables};
use super::instructions::InstructionSet;
use super::kernels::Isa;
use super::pass::{Accounts, Pass, Start};
use super::plan::{Compared, Plan};
use super::series::Table;
use super::source::Source;
use super::{AccountTables, BLOCK};
use crate::interrupt::Interrupt;
use crate::rules::Ahead;

/// The accounts of a batch on one symbol.
pub(super) trait Sleeve<'p> {
    /// What it is run on.
    fn pass(&self) -> &Pass<'p>;

    /// The row at which its blocks begin.
    fn begin(&self, base: usize) -> usize;

    /// Brings what has a memory to a row.
    fn warm_up(&mut self, to: usize);

    /// Follows a block of rows.
    fn follow(&mut self, from: usize, to: usize);

    /// Follows the last row.
    fn finish(&mut self, row: usize);

    /// The account of a member, and what it reads.
    fn account(&mut self, member: usize) -> (&mut HeldAccount, &Tables<'_>);
}

/// Accounts that follow latched conditions.
pub(super) struct Latched<'a, S> {
    pass: Pass<'a>,
    tables: &'a Tables<'a>,
    source: S,
    first: Vec<Start>,
    held: Vec<HeldAccount>,
    accounts: Accounts,
}

/// Series of one symbol with the plans that read them.
pub(super) struct OwnSeries<'a> {
    columns: &'a Columns<'a>,
    table: Table,
    plans: Vec<Compared>,
}

impl Source for OwnSeries<'_> {
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
        self.plans[member].conditions(isa, &self.table, before, rows, shorts)
    }
}

/// An account that keeps a journal.
fn journaled(capital: f64, tables: &Tables, start: Start) -> Decided {
    let mut decided = Decided::new(HeldAccount::new(capital, tables, start.stops), start);
    decided.account.keep_journal();
    decided
}

impl<'a> OwnSeries<'a> {
    /// What plans read of one symbol.
    pub(super) fn new(columns: &'a Columns<'a>, mut plans: Vec<Plan>) -> OwnSeries<'a> {
        let mut table = Table::default();
        table.take(&mut plans, |plan| plan);
        OwnSeries { columns, plans: plans.iter().map(|plan| plan.compared).collect(), table }
    }
}

impl<'a, S> Latched<'a, S> {
    /// The accounts of the members of a source on one symbol, each with its start; `None` without tables of held accounts.
    pub(super) fn new(pass: Pass<'a>, source: S, first: Vec<Start>) -> Option<Latched<'a, S>> {
        let AccountTables::Held(tables) = pass.tables else { return None };
        let held = first.iter().map(|&start| journaled(pass.capital, tables, start).account).collect();
        Some(Latched { pass, tables, source, first, held, accounts: Accounts::default() })
    }
}

impl<'p, S: Source> Sleeve<'p> for Latched<'p, S> {
    fn pass(&self) -> &Pass<'p> {
        &self.pass
    }

    /// Crosses of the first decision look one row back.
    fn begin(&self, base: usize) -> usize {
        base.saturating_sub(1)
    }

    fn warm_up(&mut self, to: usize) {
        for from in (0..to).step_by(BLOCK) {
            self.source.warm_up(self.pass.set, from, if from + BLOCK < to { from + BLOCK } else { to });
        }
    }

    fn follow(&mut self, from: usize, to: usize) {
        let Latched { pass, tables, source, first, held, accounts } = self;
        source.fill(pass.set, from, to, pass.interrupt);
        // A block that was interrupted is filled in part; nobody is answered.
        if pass.interrupt.is_asked() {
            return;
        }
        accounts.fill(pass.set, tables, from, to);
        let block = accounts.block(tables, pass.exec, from);
        // Bars are looked at in the sum of the sleeves.
        pass.hold(source, first, held, &block, &mut None, to);
    }

    fn finish(&mut self, row: usize) {
        let block = self.accounts.block(self.tables, self.pass.exec, row);
        for account in &mut self.held {
            account.finish(&block, self.pass.final_close);
        }
    }

    #[inline(always)]
    fn account(&mut self, member: usize) -> (&mut HeldAccount, &Tables<'_>) {
        (&mut self.held[member], self.tables)
    }
}

/// Accounts that are asked close by close.
pub(super) struct Asked<'a, M> {
    pass: Pass<'a>,
    tables: &'a Tables<'a>,
    members: M,
    all: Vec<Decided>,
    accounts: Accounts,
    ahead: Ahead,
}

impl<'a, M: Members> Asked<'a, M> {
    /// The accounts of members on one symbol, each with its start; `None` without tables of held accounts.
    pub(super) fn new(pass: Pass<'a>, members: M, starts: &[Start]) -> Option<Asked<'a, M>> {
        let AccountTables::Held(tables) = pass.tables else { return None };
        let all = starts.iter().map(|&start| journaled(pass.capital, tables, start)).collect();
        Some(Asked { pass, tables, members, all, accounts: Accounts::default(), ahead: Ahead::new() })
    }
}

impl<'p, M: Members> Sleeve<'p> for Asked<'p, M> {
    fn pass(&self) -> &Pass<'p> {
        &self.pass
    }

    fn begin(&self, base: usize) -> usize {
        base
    }

    fn warm_up(&mut self, to: usize) {
        for from in (0..to).step_by(BLOCK) {
            self.members.fill(self.pass.set, from, if from + BLOCK < to { from + BLOCK } else { to });
        }
    }

    fn follow(&mut self, from: usize, to: usize) {
        let Asked { pass, tables, members, all, accounts, ahead } = self;
        members.fill(pass.set, from, to);
        accounts.fill(pass.set, tables, from, to);
        let block = accounts.block(tables, pass.exec, from);
        // Bars are looked at in the sum of the sleeves.
        decided::follow(pass, members, all, &block, ahead, &mut None, to);
    }

    fn finish(&mut self, row: usize) {
        let block = self.accounts.block(self.tables, self.pass.exec, row);
        for (i, member) in self.all.iter_mut().enumerate() {
            member.finish(&mut self.members.by(i), &block, self.pass.final_close);
        }
    }

    #[inline(always)]
    fn account(&mut self, member: usize) -> (&mut HeldAccount, &Tables<'_>) {
        (&mut self.all[member].account, self.tables)
    }
}
