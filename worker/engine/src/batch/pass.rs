//! One pass over the rows of one symbol for the individuals of one strategy.

use super::blocks::{AT_A_TIME, HeldRows, Wanted, WholeRows};
use super::columns::Columns;
use super::downs::Down;
use super::events::{Borders, Events, WholeAccount, WholeBlock};
use super::held::{self, HeldAccount, HeldBlock};
use super::instructions::InstructionSet;
use super::key::Key;
use super::means::{Means, plain};
use super::per_bar::PerBar;
use super::plan::{Compared, MOST_SERIES, Plan};
use super::ranges::Ranges;
use super::replay::EveryBar;
use super::rows::{Row, RowBlocks};
use super::series::{Block, Table};
use super::singles::Singles;
use super::source::{Series, Source};
use super::tables::Tables;
use super::targets::window;
use super::{AccountTables, BLOCK, Bits, WORDS};
use crate::evaluation::{BLOCKS, Evaluation, MetricSet};
use crate::execution::Execution;
use crate::interrupt::{Interrupt, Interrupted};
use crate::stops::Fractions;

/// Buffers of one thread, used again from batch to batch.
pub struct Scratch {
    table: Table,
    pub(super) accounts: Accounts,
    pub(super) simulated: u64,
}

impl Scratch {
    /// Empty buffers; they grow with the first batch.
    pub fn new() -> Scratch {
        Scratch { table: Table::default(), accounts: Accounts::default(), simulated: 0 }
    }

    /// The series, accounts and sums of one individual.
    pub(super) const BYTES_PER_INDIVIDUAL: usize = MOST_SERIES
        * (size_of::<Block>() + size_of::<Singles>() + 2 * size_of::<Key>())
        + size_of::<WholeAccount>()
        + size_of::<Borders>()
        + size_of::<HeldAccount>();

    /// Bytes that grow with the batch and are kept for the next one.
    pub fn bytes(&self) -> usize {
        self.table.bytes()
            + self.accounts.whole.capacity() * size_of::<WholeAccount>()
            + self.accounts.sums.capacity() * size_of::<Borders>()
            + self.accounts.kept.capacity() * size_of::<Bits>()
            + self.accounts.held.capacity() * size_of::<HeldAccount>()
    }

    /// How many individuals so far have asked for the simulator: a measure of speed, not of results.
    pub fn simulated(&self) -> u64 {
        self.simulated
    }
}

impl Default for Scratch {
    fn default() -> Scratch {
        Scratch::new()
    }
}

/// What a pass is run on.
#[derive(Clone, Copy)]
pub(super) struct Pass<'a> {
    pub set: InstructionSet,
    pub tables: &'a AccountTables<'a>,
    pub close: &'a [f64],
    /// The row at whose close accounts start; the rows after it are counted, and itself if `full`.
    pub base: usize,
    pub full: bool,
    pub capital: f64,
    pub final_close: bool,
    pub exec: &'a Execution,
    pub metrics: MetricSet,
    /// Means of the members' returns, where held accounts need them.
    pub means: Means<'a>,
    pub interrupt: Interrupt<'a>,
}

/// How a member begins.
#[derive(Clone, Copy)]
pub(super) struct Start {
    /// Row of its first decision.
    pub row: usize,
    /// What guards its positions.
    pub stops: Fractions,
}

/// The accounts of a pass, one a member.
#[derive(Default)]
pub(super) struct Accounts {
    pub(super) ranges: Ranges,
    /// Index prices of shorts, marks of liquidation, highs and lows.
    pub(super) more_ranges: [Ranges; 3],
    pub(super) whole: Vec<WholeAccount>,
    pub(super) sums: Vec<Borders>,
    /// The positions of whole accounts, where a metric asks for every bar: block by block, in each all members.
    pub(super) kept: Vec<Bits>,
    pub(super) held: Vec<HeldAccount>,
}

impl Accounts {
    /// Takes a block of rows into the extremes that held accounts look at.
    pub(super) fn fill(&mut self, set: InstructionSet, tables: &held::Tables, from: usize, to: usize) {
        let Accounts { ranges: long, more_ranges: [short, marks, bars], .. } = self;
        long.fill(set, &tables.long[from..to], &tables.long[from..to]);
        short.fill(set, &tables.short[from..to], &tables.short[from..to]);
        marks.fill(set, &tables.high_marks[from..to], &tables.low_marks[from..to]);
        bars.fill(set, &tables.prepared.high()[from..to], &tables.prepared.low()[from..to]);
    }

    /// What held accounts read of the block of rows that was taken last.
    pub(super) fn block<'b>(
        &'b self,
        tables: &'b held::Tables<'b>,
        exec: &'b Execution,
        start: usize,
    ) -> HeldBlock<'b> {
        let Accounts { ranges: long, more_ranges: [short, marks, bars], .. } = self;
        HeldBlock { tables, long, short, marks, bars, exec, lane: None, start }
    }
}

impl Pass<'_> {
    /// Evaluates plans, each with its start. Answers through `done`, in their order; `None`
    /// asks for the simulator.
    ///
    /// # Errors
    /// Interrupted: nobody was answered.
    pub(super) fn run(
        &self,
        columns: &Columns,
        mut plans: Vec<(&mut Plan, Start)>,
        scratch: &mut Scratch,
        done: impl FnMut(usize, Option<Evaluation>),
    ) -> Result<(), Interrupted> {
        let Scratch { table, accounts, .. } = scratch;
        table.take(&mut plans, |(plan, _)| plan);
        let resolved = plans.into_iter().map(|(plan, start)| (plan.compared, start));
        let (plans, first): (Vec<Compared>, Vec<Start>) = resolved.unzip();
        self.follow(&mut Series { columns, table, plans: &plans }, &first, accounts, done)
    }

    /// Evaluates the members of a source, each with its start; as [`Pass::run`].
    ///
    /// # Errors
    /// Interrupted: nobody was answered.
    pub(super) fn run_source(
        &self,
        source: &mut impl Source,
        first: &[Start],
        scratch: &mut Scratch,
        done: impl FnMut(usize, Option<Evaluation>),
    ) -> Result<(), Interrupted> {
        self.follow(source, first, &mut scratch.accounts, done)
    }

    fn follow(
        &self,
        source: &mut impl Source,
        first: &[Start],
        accounts: &mut Accounts,
        mut done: impl FnMut(usize, Option<Evaluation>),
    ) -> Result<(), Interrupted> {
        accounts.whole.clear();
        accounts.sums.clear();
        accounts.kept.clear();
        accounts.held.clear();
        match self.tables {
            AccountTables::Whole(tables) => {
                if EveryBar::of(self.metrics).is_some() {
                    accounts.kept.reserve_exact(self.close.len().div_ceil(BLOCK) * first.len());
                }
                accounts.whole.resize(first.len(), WholeAccount::new(self.capital, tables));
                accounts.sums.resize(first.len(), [(0, 0); BLOCKS]);
            }
            AccountTables::Held(tables) => {
                let new = |start: &Start| self.new_held(tables, *start);
                accounts.held.extend(first.iter().map(new));
            }
        }
        let held = matches!(self.tables, AccountTables::Held(_));
        let mut per_bar = held.then(|| self.per_bar(first.len())).flatten();
        self.blocks(source, first, accounts, &mut per_bar);
        self.interrupt.check()?;
        match self.tables {
            AccountTables::Whole(tables) => self.finish_whole(tables, accounts, &mut done),
            AccountTables::Held(tables) => self.finish_held(tables, accounts, &mut per_bar, &mut done),
        }
    }

    /// All rows but the last, unless interrupted.
    fn blocks(
        &self,
        source: &mut impl Source,
        first: &[Start],
        accounts: &mut Accounts,
        per_bar: &mut Option<PerBar>,
    ) {
        let (begin, last, set) = (self.begin(), self.close.len() - 1, self.set);
        let keeps = EveryBar::of(self.metrics).is_some();
        let mut events = Events::new();
        let mut rows = match self.tables {
            AccountTables::Whole(tables) => Some(RowBlocks::new(tables, first.len(), set, self.interrupt)),
            AccountTables::Held(_) => None,
        };
        for from in (0..begin).step_by(BLOCK) {
            source.warm_up(set, from, if from + BLOCK < begin { from + BLOCK } else { begin });
        }
        for from in (begin..last).step_by(BLOCK) {
            if self.interrupt.is_asked() {
                return;
            }
            let to = if from + BLOCK < last { from + BLOCK } else { last };
            source.fill(set, from, to, self.interrupt);
            // A block that was interrupted is filled in part.
            if self.interrupt.is_asked() {
                return;
            }
            match self.tables {
                AccountTables::Whole(tables) => {
                    let Accounts { ranges, whole, sums, kept, .. } = accounts;
                    ranges.fill(set, &self.close[from..to], &self.close[from..to]);
                    let rows = rows.as_mut().map_or((&[][..], &[][..]), |rows| rows.block(from, to));
                    let block = &self.block(tables, rows, ranges, from);
                    let open = tables.open.as_ref().map(|open| window(open, from));
                    // Where all rows trade, positions are what is wished for.
                    let open = open.filter(|open| to - from < BLOCK || *open != [u64::MAX; WORDS]);
                    let (events, kept) = (&mut events, keeps.then_some(kept));
                    set.run(WholeRows {
                        source,
                        first,
                        accounts: whole,
                        sums,
                        block,
                        open,
                        events,
                        kept,
                        to,
                    });
                }
                AccountTables::Held(tables) => {
                    accounts.fill(set, tables, from, to);
                    let Accounts { ranges: long, more_ranges: [short, marks, bars], held, .. } = accounts;
                    let (exec, lane, start) = (self.exec, None, from);
                    let block = HeldBlock { tables, long, short, marks, bars, exec, lane, start };
                    self.hold(source, first, held, &block, per_bar, to);
                    if !self.goes_on(held.iter(), to) {
                        return;
                    }
                }
            }
        }
    }

    /// An account that is held.
    pub(super) fn new_held(&self, tables: &held::Tables, start: Start) -> HeldAccount {
        let mut account = HeldAccount::new(self.capital, tables, start.stops);
        if matches!(self.means, Means::Kept(_)) {
            account.keep_returns();
        }
        account
    }

    /// Whether accounts that have come to row `to` have room for what they keep of the rest.
    pub(super) fn goes_on<'h>(&self, accounts: impl Iterator<Item = &'h HeldAccount>, to: usize) -> bool {
        match self.means {
            Means::Known(_) => true,
            Means::Kept(keeping) => keeping.goes_on(accounts, (to - self.base, self.close.len() - self.base)),
        }
    }

    /// What sums each bar of so many held accounts, where a metric asks for that while they are followed.
    pub(super) fn per_bar(&self, members: usize) -> Option<PerBar> {
        match self.means {
            Means::Known(means) => PerBar::new(members, self.metrics, means, self.set),
            Means::Kept(_) => PerBar::new(members, plain(self.metrics), &[], self.set),
        }
    }

    /// The first row that is looked at: crosses of the first decision look one row back.
    pub(super) fn begin(&self) -> usize {
        self.base.saturating_sub(1)
    }

    /// A block of rows of held accounts. What they want is found for a few of them at a time, by code that knows where it
    /// comes from; what they do is the same for all.
    pub(super) fn hold(
        &self,
        source: &impl Source,
        first: &[Start],
        held: &mut [HeldAccount],
        block: &HeldBlock,
        per_bar: &mut Option<PerBar>,
        to: usize,
    ) {
        let count = held.len();
        let open = block.tables.open.as_ref().map(|open| window(open, block.start));
        let mut wanted = [[[0; WORDS]; 2]; AT_A_TIME];
        for (k, (first, held)) in first.chunks(AT_A_TIME).zip(held.chunks_mut(AT_A_TIME)).enumerate() {
            let (member, wanted) = (k * AT_A_TIME, &mut wanted[..held.len()]);
            self.set.run(Wanted { source, member, first, held, block, out: wanted, to });
            let (pass, open) = (self, open.as_ref());
            let members = (member, count);
            self.set.run(HeldRows { pass, members, held, wanted, block, open, per_bar, to });
        }
    }

    /// The first row that is counted.
    #[inline(always)]
    pub(super) fn first_counted(&self) -> usize {
        self.base + usize::from(!self.full)
    }

    /// The block of the rows `from..to`: its first row, the first that is counted, and its end.
    #[inline(always)]
    pub(super) fn counted(&self, from: usize, to: usize) -> (usize, usize, usize) {
        let first = self.first_counted();
        (from, if from > first { from } else { first }, to)
    }

    /// The number of counted rows.
    pub(super) fn returns(&self) -> usize {
        self.close.len() - self.first_counted()
    }

    pub(super) fn block<'b>(
        &'b self,
        tables: &'b Tables,
        (rows, downs): (&'b [Row], &'b [Down]),
        ranges: &'b Ranges,
        start: usize,
    ) -> WholeBlock<'b> {
        WholeBlock { tables, rows, downs, ranges, close: self.close, taker_fee: self.exec.taker_fee, start }
    }
}
