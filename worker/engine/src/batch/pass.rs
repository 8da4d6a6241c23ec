//! One pass over the rows of one symbol for the individuals of one strategy.

use super::columns::Columns;
use super::downs::Down;
use super::events::{Borders, Events, WholeAccount, WholeBlock};
use super::finish;
use super::held::{self, HeldAccount, HeldBlock};
use super::instructions::{InstructionSet, Work};
use super::kernels::Isa;
use super::key::Key;
use super::per_bar::{self, PerBar};
use super::plan::{Compared, Plan};
use super::ranges::Ranges;
use super::rows::{Row, RowBlocks};
use super::series::{Block, Table};
use super::singles::Singles;
use super::source::{Series, Source};
use super::tables::Tables;
use super::targets::{positions, window, wishes};
use super::{AccountTables, BLOCK, WORDS};
use crate::evaluation::{BLOCKS, Evaluation, MetricSet};
use crate::execution::Execution;
use crate::interrupt::{Interrupt, Interrupted};
use crate::metrics::BarSums;
use crate::stops::Fractions;

/// Buffers of one thread, used again from batch to batch.
pub struct Scratch {
    keys: Vec<Key>,
    table: Table,
    pub(super) accounts: Accounts,
    pub(super) simulated: u64,
}

impl Scratch {
    /// Empty buffers; they grow with the first batch.
    pub fn new() -> Scratch {
        Scratch { keys: Vec::new(), table: Table::default(), accounts: Accounts::default(), simulated: 0 }
    }

    /// The series, accounts and sums of one individual: no plan has more than eight series.
    pub(super) const BYTES_PER_INDIVIDUAL: usize = 8
        * (size_of::<Block>() + size_of::<Singles>() + 2 * size_of::<Key>())
        + size_of::<WholeAccount>()
        + size_of::<Borders>()
        + size_of::<HeldAccount>();

    /// Bytes that grow with the batch and are kept for the next one.
    pub fn bytes(&self) -> usize {
        self.keys.capacity() * size_of::<Key>()
            + self.table.bytes()
            + self.accounts.whole.capacity() * size_of::<WholeAccount>()
            + self.accounts.sums.capacity() * size_of::<Borders>()
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
    /// Means of the members' returns, where they are known and asked for.
    pub means: &'a [f64],
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
    whole: Vec<WholeAccount>,
    sums: Vec<Borders>,
    held: Vec<HeldAccount>,
}

impl Accounts {
    /// Takes a block of rows into the extremes that held accounts look at.
    #[inline(always)]
    pub(super) fn fill(&mut self, tables: &held::Tables, from: usize, to: usize) {
        fill(&mut self.ranges, &mut self.more_ranges, tables, from, to);
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

#[inline(always)]
fn fill(long: &mut Ranges, more: &mut [Ranges; 3], tables: &held::Tables, from: usize, to: usize) {
    let [short, marks, bars] = more;
    long.fill(&tables.long[from..to], &tables.long[from..to]);
    short.fill(&tables.short[from..to], &tables.short[from..to]);
    marks.fill(&tables.high_marks[from..to], &tables.low_marks[from..to]);
    bars.fill(&tables.prepared.high()[from..to], &tables.prepared.low()[from..to]);
}

/// All rows but the last of a pass.
struct AllBlocks<'w, 'a, S> {
    pass: &'w Pass<'a>,
    source: &'w mut S,
    first: &'w [Start],
    accounts: &'w mut Accounts,
    per_bar: &'w mut Option<PerBar>,
}

impl<S: Source> Work for AllBlocks<'_, '_, S> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        self.pass.blocks(isa, self.source, self.first, self.accounts, self.per_bar);
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
        plans: Vec<(&mut Plan, Start)>,
        scratch: &mut Scratch,
        done: impl FnMut(usize, Option<Evaluation>),
    ) -> Result<(), Interrupted> {
        let Scratch { keys, table, accounts, .. } = scratch;
        keys.clear();
        keys.extend(plans.iter().flat_map(|(plan, _)| plan.keys()));
        table.reset(keys);
        let resolved = plans.into_iter().map(|(plan, start)| {
            plan.resolve(table);
            (plan.compared, start)
        });
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
        accounts.held.clear();
        match self.tables {
            AccountTables::Whole(tables) => {
                accounts.whole.resize(first.len(), WholeAccount::new(self.capital, tables));
                accounts.sums.resize(first.len(), [(0, 0); BLOCKS]);
            }
            AccountTables::Held(tables) => {
                let new = |start: &Start| HeldAccount::new(self.capital, tables, start.stops);
                accounts.held.extend(first.iter().map(new));
            }
        }
        let held = matches!(self.tables, AccountTables::Held(_));
        let mut per_bar =
            held.then(|| PerBar::new(first.len(), self.metrics, self.means, self.set)).flatten();
        self.set.run(AllBlocks { pass: self, source, first, accounts, per_bar: &mut per_bar });
        self.interrupt.check()?;
        match self.tables {
            AccountTables::Whole(tables) => self.finish_whole(tables, accounts, &mut done),
            AccountTables::Held(tables) => self.finish_held(tables, accounts, &mut per_bar, &mut done),
        }
        Ok(())
    }

    /// All rows but the last, unless interrupted.
    #[inline(always)]
    fn blocks<I: Isa, S: Source>(
        &self,
        isa: I,
        source: &mut S,
        first: &[Start],
        accounts: &mut Accounts,
        per_bar: &mut Option<PerBar>,
    ) {
        let last = self.close.len() - 1;
        // Crosses of the first decision look one row back.
        let begin = self.base.saturating_sub(1);
        let Accounts { ranges, more_ranges, whole, sums, held } = accounts;
        let mut events = Events::new();
        let mut rows = match self.tables {
            AccountTables::Whole(tables) => Some(RowBlocks::new(tables, first.len(), self.interrupt)),
            AccountTables::Held(_) => None,
        };
        for from in (0..begin).step_by(BLOCK) {
            source.warm_up(isa, from, if from + BLOCK < begin { from + BLOCK } else { begin });
        }
        for from in (begin..last).step_by(BLOCK) {
            if self.interrupt.is_asked() {
                return;
            }
            let to = if from + BLOCK < last { from + BLOCK } else { last };
            source.fill(isa, from, to, self.interrupt);
            // A block that was interrupted is filled in part.
            if self.interrupt.is_asked() {
                return;
            }
            match self.tables {
                AccountTables::Whole(tables) => {
                    ranges.fill(&self.close[from..to], &self.close[from..to]);
                    let rows = rows.as_mut().map_or((&[][..], &[][..]), |rows| rows.block(from, to));
                    let block = self.block(tables, rows, ranges, from);
                    let open = tables.open.as_ref().map(|open| window(open, from));
                    // Where all rows trade, positions are what is wished for.
                    let open = open.filter(|open| to - from < BLOCK || *open != [u64::MAX; WORDS]);
                    let members = first.iter().zip(&mut *whole).zip(&mut *sums).enumerate();
                    for (member, ((first, account), sums)) in members {
                        if !account.ruined {
                            let positions =
                                positions(isa, source, member, account, first.row, (from, to), open.as_ref());
                            account.follow(isa, &block, &positions, to - from, sums, &mut events);
                        }
                    }
                }
                AccountTables::Held(tables) => {
                    fill(ranges, more_ranges, tables, from, to);
                    let [short, marks, bars] = &*more_ranges;
                    let (long, exec, lane, start) = (&*ranges, self.exec, None, from);
                    let block = HeldBlock { tables, long, short, marks, bars, exec, lane, start };
                    self.hold(isa, source, first, held, &block, per_bar, to);
                }
            }
        }
    }

    /// A block of rows of held accounts.
    #[inline(always)]
    #[expect(
        clippy::too_many_arguments,
        reason = "a struct of them would be built for each block and read once"
    )]
    pub(super) fn hold<I: Isa, S: Source>(
        &self,
        isa: I,
        source: &S,
        first: &[Start],
        held: &mut [HeldAccount],
        block: &HeldBlock,
        per_bar: &mut Option<PerBar>,
        to: usize,
    ) {
        let from = block.start;
        let open = block.tables.open.as_ref().map(|open| window(open, from));
        let same_close = block.tables.same_close;
        let side = (self.exec.side, same_close);
        let count = held.len();
        for (member, (first, account)) in first.iter().zip(held).enumerate() {
            let lane = per_bar::begin(per_bar, member, from);
            if !account.over {
                let wishes = wishes(isa, source, member, account, first.row, (from, to), side);
                let block = HeldBlock { lane, ..*block };
                if same_close {
                    account.follow_closes(isa, &block, wishes, open.as_ref(), to - from);
                } else {
                    account.follow(isa, &block, wishes, open.as_ref(), to - from);
                }
            }
            per_bar::end(per_bar, (member, count), account.before, self.counted(from, to));
        }
    }

    /// The block of the rows `from..to`: its first row, the first that is counted, and its end.
    #[inline(always)]
    pub(super) fn counted(&self, from: usize, to: usize) -> (usize, usize, usize) {
        let first = self.base + usize::from(!self.full);
        (from, if from > first { from } else { first }, to)
    }

    /// The number of counted rows.
    pub(super) fn returns(&self) -> usize {
        self.close.len() - self.base - usize::from(!self.full)
    }

    fn block<'b>(
        &'b self,
        tables: &'b Tables,
        (rows, downs): (&'b [Row], &'b [Down]),
        ranges: &'b Ranges,
        start: usize,
    ) -> WholeBlock<'b> {
        WholeBlock { tables, rows, downs, ranges, close: self.close, taker_fee: self.exec.taker_fee, start }
    }

    fn finish_held(
        &self,
        tables: &held::Tables,
        accounts: &mut Accounts,
        per_bar: &mut Option<PerBar>,
        done: &mut impl FnMut(usize, Option<Evaluation>),
    ) {
        let last = self.close.len() - 1;
        let Accounts { ranges: long, more_ranges: [short, marks, bars], held, .. } = accounts;
        let (exec, lane, start) = (self.exec, None, last);
        let block = HeldBlock { tables, long, short, marks, bars, exec, lane, start };
        let count = held.len();
        for (i, account) in held.iter_mut().enumerate() {
            let lane = per_bar::begin(per_bar, i, last);
            account.finish(&HeldBlock { lane, ..block }, self.final_close);
            per_bar::end(per_bar, (i, count), account.before, (last, last, last + 1));
        }
        for (i, account) in held.iter().enumerate() {
            done(i, self.held(account, &block, per_bar::sums(per_bar, i)));
        }
    }

    /// What an account that is held to the last row has come to.
    pub(super) fn held(&self, account: &HeldAccount, block: &HeldBlock, sums: BarSums) -> Option<Evaluation> {
        let last = self.close.len() - 1;
        let end = finish::FinalState {
            open_position: account.q != 0.0,
            equity: account.equity(block, last),
            capital: self.capital,
            returns: self.returns(),
        };
        let (totals, exec) = (account.totals(self.full), self.exec);
        let whole = finish::evaluation(&totals, &account.sums, &sums, &end, exec, self.metrics);
        whole.filter(|_| !account.lost)
    }

    fn finish_whole(
        &self,
        tables: &Tables,
        accounts: &mut Accounts,
        done: &mut impl FnMut(usize, Option<Evaluation>),
    ) {
        let last = self.close.len() - 1;
        let Accounts { ranges, whole, sums, .. } = accounts;
        ranges.fill(&self.close[last..], &self.close[last..]);
        let downs = tables.last_down.as_ref().map_or(&[][..], |last| std::slice::from_ref(&last.row));
        let block = self.block(tables, (std::slice::from_ref(&tables.last_row), downs), ranges, last);
        let trades = tables.open.as_ref().is_none_or(|open| open[last / 64] >> (last % 64) & 1 == 1);
        for (i, (account, sums)) in whole.iter_mut().zip(sums).enumerate() {
            let wish = if trades { account.latch } else { account.held };
            let open = account.finish(&block, wish, self.final_close, sums);
            let equity = if open { account.quantity * self.close[last] } else { account.cash };
            let end = finish::FinalState {
                open_position: open,
                equity,
                capital: self.capital,
                returns: self.returns(),
            };
            let bars = BarSums { down: i128::from(account.down), ..BarSums::default() };
            done(i, finish::evaluation(&account.totals(), sums, &bars, &end, self.exec, self.metrics));
        }
    }
}
