//! The batch path: many individuals of one job at once, bit by bit what the simulator says.
//!
//! Rows are taken in blocks that stay in the processor's cache. For each block every distinct indicator series is
//! computed once (`series`); each individual then compares them into bits, 64 rows a word (`plan`, `latch`), and its
//! account is advanced from fill to fill. Sums are integers, so neither the order of individuals nor the cut of
//! batches can change a bit. There are two kinds of accounts:
//!
//! - long or flat with the whole equity, fees and slippage only (`events`): between two fills sums of returns come
//!   from running totals (`tables`) and the drawdown from the extremes of the closes (`ranges`);
//! - any side, share and multiple of the equity, with liquidation, funding and borrow (`held`): the returns of held
//!   rows are scanned along time.
//!
//! Everything else (stops, lots, fills at the close, portfolios, strategies that size or train) runs the simulator.

mod columns;
mod conditions;
mod drawdown;
mod events;
mod finish;
mod held;
mod instructions;
mod kernels;
mod key;
mod latch;
mod own;
mod pass;
mod plan;
mod ranges;
mod series;
mod smooth;
mod source;
mod tables;
mod targets;
mod vwap;
mod windows;

use crate::backtest::{self, Backtest};
use crate::buy_and_hold::buy_and_hold_return;
use crate::evaluation::{Evaluation, Metric};
use crate::execution::{Aggregate, Execution, Fill, Funding, Side};
use crate::genes::{Genome, Stops};
use crate::graph::Market;
use crate::interrupt::{Interrupt, Interrupted};
use crate::portfolio::statistic;
use crate::strategies::Strategy;
use columns::Columns;
pub use instructions::InstructionSet;
pub(crate) use key::Key;
use pass::Pass;
pub use pass::Scratch;
pub(crate) use plan::{BatchForm, Form, Plan, Setting};
use tables::Tables;

/// Rows of a block.
const BLOCK: usize = 512;
/// Words of one bit per row.
const WORDS: usize = BLOCK / 64;
/// One bit per row of a block.
type Bits = [u64; WORDS];
/// Individuals of one pass over the rows: their accounts stay in the cache beside the series.
const PASS: usize = 2048;

/// One individual: a strategy and its genes.
#[derive(Clone, Copy)]
pub struct Individual<'a> {
    /// The rule that the genome gives its values to.
    pub strategy: &'a dyn Strategy,
    /// Its genes and stops.
    pub genome: &'a Genome,
}

/// An individual's way through the series it shares with its neighbours; made by [`BatchEvaluator::plan`].
#[derive(Debug)]
pub struct Planned {
    /// Per symbol, with the row of the first decision.
    symbols: Vec<(Way, usize)>,
}

/// How an individual's conditions are found.
#[derive(Debug)]
enum Way {
    /// As comparisons of series that its strategy knows.
    Series(Plan),
    /// As nodes of the graph of its batch.
    Graph,
}

/// Everything about a job that no genome changes. Built once and shared by all threads.
pub struct BatchEvaluator<'a> {
    run: Backtest<'a>,
    /// Per symbol, if the options allow event-driven accounts.
    symbols: Option<Vec<Symbol<'a>>>,
    set: InstructionSet,
    buy_and_hold: Option<f64>,
}

struct Symbol<'a> {
    columns: Columns<'a>,
    tables: AccountTables<'a>,
    final_close: bool,
}

/// The kind of account the options ask for.
enum AccountTables<'a> {
    /// Long or flat with the whole equity.
    Whole(Tables),
    /// Long or short, any share or multiple of the equity, with liquidation, funding and borrow.
    Held(held::Tables<'a>),
}

impl<'a> BatchEvaluator<'a> {
    /// Prepares the tables of `run`, for the fastest instructions of this processor.
    pub fn new(run: Backtest<'a>) -> BatchEvaluator<'a> {
        BatchEvaluator::with(run, InstructionSet::best())
    }

    /// Prepares the tables of `run`. The bits of its answers do not depend on `set`.
    pub fn with(run: Backtest<'a>, set: InstructionSet) -> BatchEvaluator<'a> {
        let wanted = run.metrics.contains(Metric::BuyAndHoldReturn);
        BatchEvaluator {
            symbols: symbols(&run),
            set,
            buy_and_hold: if wanted { buy_and_hold_return(&run) } else { None },
            run,
        }
    }

    /// Evaluates `individuals` into the elements of the same number of `out`. Any order and any cut of batches gives
    /// the same bits; batches of one strategy with neighbouring periods are fastest.
    pub fn evaluate(&self, individuals: &[Individual], scratch: &mut Scratch, out: &mut [Evaluation]) {
        let done = self.evaluate_until(individuals, scratch, out, Interrupt::NEVER);
        debug_assert!(done.is_ok(), "nobody interrupts");
    }

    /// The same, unless `interrupt` rises before the end. `scratch` can be used again.
    ///
    /// # Errors
    /// It rose: what is in `out` means nothing.
    pub fn evaluate_until(
        &self,
        individuals: &[Individual],
        scratch: &mut Scratch,
        out: &mut [Evaluation],
        interrupt: Interrupt,
    ) -> Result<(), Interrupted> {
        let mut planned: Vec<(usize, Planned)> = Vec::with_capacity(individuals.len());
        for (i, individual) in individuals.iter().enumerate() {
            match self.plan(individual) {
                Some(plan) => planned.push((i, plan)),
                None => out[i] = self.simulate(individual, scratch, interrupt)?,
            }
        }
        self.share(individuals, planned, scratch, out, interrupt)
    }

    /// The same for individuals that have been planned, each with the plan of the same number.
    ///
    /// # Errors
    /// `interrupt` rose: what is in `out` means nothing.
    pub fn evaluate_planned(
        &self,
        individuals: &[Individual],
        plans: Vec<Planned>,
        scratch: &mut Scratch,
        out: &mut [Evaluation],
        interrupt: Interrupt,
    ) -> Result<(), Interrupted> {
        debug_assert_eq!(individuals.len(), plans.len(), "a plan for each");
        self.share(individuals, plans.into_iter().enumerate().collect(), scratch, out, interrupt)
    }

    /// The individuals that are planned, by their numbers.
    fn share(
        &self,
        individuals: &[Individual],
        mut planned: Vec<(usize, Planned)>,
        scratch: &mut Scratch,
        out: &mut [Evaluation],
        interrupt: Interrupt,
    ) -> Result<(), Interrupted> {
        let name = |i: usize| individuals[i].strategy.name();
        planned.sort_by(|(i, a), (j, b)| (name(*i), a.keys(), i).cmp(&(name(*j), b.keys(), j)));
        for species in planned.chunk_by_mut(|(i, _), (j, _)| name(*i) == name(*j)) {
            for members in species.chunks_mut(PASS) {
                self.pass(individuals, members, scratch, out, interrupt)?;
            }
        }
        interrupt.check()
    }

    /// The plan of an individual that shares series with its neighbours. Without one it is simulated on its own, which
    /// takes much longer: cut its batches shorter.
    pub fn plan(&self, individual: &Individual) -> Option<Planned> {
        let Individual { strategy, genome } = *individual;
        let symbols = self.symbols.as_ref().filter(|_| genome.stops == Stops::default())?;
        let plan = |(k, symbol): (usize, &Symbol)| {
            let held = matches!(symbol.tables, AccountTables::Held(_));
            let plan = match strategy.built_in() {
                Some(def) => Way::Series(def.batch?(genome, &Setting::new(&symbol.columns, held))?),
                None => strategy.is_latched(held).then_some(Way::Graph)?,
            };
            let (bars, first) = (self.run.symbols[k].bars(), self.run.rows[k].first);
            let own = match plan {
                Way::Series(_) => strategy.warm_up(&bars, self.run.others, genome).saturating_sub(1),
                // What its columns do not know yet is not met.
                Way::Graph => first,
            };
            Some((plan, if own > first { own } else { first }))
        };
        Some(Planned { symbols: symbols.iter().enumerate().map(plan).collect::<Option<_>>()? })
    }

    /// Bytes that an individual which shares series takes at most while its batch runs.
    pub fn bytes_per_individual(&self) -> usize {
        let symbols = self.run.symbols.len();
        Scratch::BYTES_PER_INDIVIDUAL
            + symbols * (Plan::BYTES + size_of::<usize>())
            + (symbols + 2) * size_of::<Evaluation>()
    }

    /// Brings individuals into the order in which batches cut from them share most series.
    pub fn sort(&self, individuals: &mut [Individual]) {
        individuals.sort_by_cached_key(|x| {
            let keys = self.plan(x).map(|planned| planned.keys().to_vec());
            (x.strategy.name().to_owned(), keys)
        });
    }

    fn pass(
        &self,
        individuals: &[Individual],
        members: &mut [(usize, Planned)],
        scratch: &mut Scratch,
        out: &mut [Evaluation],
        interrupt: Interrupt,
    ) -> Result<(), Interrupted> {
        let Some(symbols) = &self.symbols else { return Ok(()) };
        let capital = self.run.exec.initial_capital / symbols.len() as f64;
        let mut singles: Vec<Vec<Evaluation>> =
            members.iter().map(|_| Vec::with_capacity(symbols.len())).collect();
        for (k, symbol) in symbols.iter().enumerate() {
            let prepared = &self.run.symbols[k];
            let first = self.run.rows[k].first;
            let pass = Pass {
                set: self.set,
                tables: &symbol.tables,
                close: &prepared.close,
                base: first,
                capital,
                final_close: symbol.final_close,
                exec: self.run.exec,
                metrics: self.run.metrics,
                interrupt,
            };
            let mut plans: Vec<(&mut Plan, usize)> = Vec::with_capacity(members.len());
            let mut begins: Vec<usize> = Vec::new();
            for (_, own) in members.iter_mut() {
                match &mut own.symbols[k] {
                    (Way::Series(plan), begin) => plans.push((plan, *begin)),
                    (Way::Graph, begin) => begins.push(*begin),
                }
            }
            let done = |member: usize, evaluation| singles[member].extend(evaluation);
            // A species goes one way.
            if begins.is_empty() {
                pass.run(&symbol.columns, plans, scratch, done)?;
            } else {
                let own: Vec<Individual> = members.iter().map(|(i, _)| individuals[*i]).collect();
                let market = Market { bars: prepared.bars(), others: self.run.others };
                own::run(&pass, &market, &own, &begins, scratch, done)?;
            }
        }
        for ((i, _), singles) in members.iter().zip(singles) {
            out[*i] = if singles.len() < symbols.len() {
                self.simulate(&individuals[*i], scratch, interrupt)?
            } else {
                self.combine(singles)
            };
        }
        Ok(())
    }

    fn combine(&self, mut singles: Vec<Evaluation>) -> Evaluation {
        let one = if singles.len() == 1 { singles.pop() } else { None };
        let whole = one.unwrap_or_else(|| statistic(&singles, self.run.exec.aggregate, self.run.metrics));
        self.with_buy_and_hold(whole)
    }

    fn with_buy_and_hold(&self, mut evaluation: Evaluation) -> Evaluation {
        if self.run.metrics.contains(Metric::BuyAndHoldReturn) {
            evaluation.metrics.set(Metric::BuyAndHoldReturn, self.buy_and_hold);
        }
        evaluation
    }

    /// The general path: the simulator, symbol by symbol.
    fn simulate(
        &self,
        individual: &Individual,
        scratch: &mut Scratch,
        interrupt: Interrupt,
    ) -> Result<Evaluation, Interrupted> {
        scratch.simulated += 1;
        let Individual { strategy, genome } = *individual;
        // Buy and hold is the same for all.
        let run = Backtest { metrics: self.run.metrics.without(Metric::BuyAndHoldReturn), ..self.run };
        Ok(self.with_buy_and_hold(backtest::evaluate(&run, strategy, genome, interrupt)?))
    }
}

impl Planned {
    /// What neighbours share series by.
    fn keys(&self) -> &[Key] {
        match self.symbols.first() {
            Some((Way::Series(plan), _)) => plan.keys(),
            _ => &[],
        }
    }
}

/// Tables of all symbols, if options, windows and data allow event-driven accounts.
fn symbols<'a>(run: &Backtest<'a>) -> Option<Vec<Symbol<'a>>> {
    let exec = run.exec;
    let separate = run.symbols.len() == 1 || exec.aggregate != Aggregate::Portfolio;
    if !(separate && is_market_only(exec) && finish::covers(run.metrics)) {
        return None;
    }
    let last = run.symbols.iter().filter_map(|p| p.bars().time_ms.last().copied()).max();
    let symbols = run.symbols.iter().zip(run.rows).map(|(prepared, rows)| {
        if rows.full {
            return None;
        }
        let tables = if is_whole_long(exec) {
            AccountTables::Whole(Tables::new(prepared, rows.first, exec.taker_fee, exec.slippage)?)
        } else {
            AccountTables::Held(held::Tables::new(prepared, rows.first, exec)?)
        };
        let ends_early = prepared.bars().time_ms.last().copied() != last;
        Some(Symbol { columns: Columns::new(prepared), tables, final_close: exec.final_close || ends_early })
    });
    symbols.collect()
}

/// Whether an account is long with its whole equity or flat, and pays fees and slippage only.
fn is_whole_long(exec: &Execution) -> bool {
    exec.side == Side::Long
        && exec.fraction == 1.0
        && exec.leverage == 1.0
        && exec.funding == Funding::None
        && exec.borrow_rate == 0.0
}

/// Whether an account trades at opens only, in any quantity.
fn is_market_only(exec: &Execution) -> bool {
    exec.fill == Fill::NextOpen
        && exec.lot.is_none()
        && exec.initial_capital > 1e-100
        && exec.initial_capital < 1e100
}
