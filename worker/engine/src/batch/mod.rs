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
//!   rows are scanned along time; with stops and targets, whose rows are found in extremes of ranges.
//!
//! Targets that are sized or weighed (`sized`, `weighed`), and rules that know their account, are asked for close by close
//! where they may say something new (`held::decided`). The accounts of a portfolio run side by side (`portfolio`), which
//! sums them bar by bar (`total`), at the union of their stamps where these differ (`calendar`). Metrics that look at every bar
//! are summed from what held accounts write down of a block (`per_bar`) or keep of their returns (`shape`), and from the
//! positions of others (`replay`). Models of strategies that train are shared as series are
//! (`learning`).

mod alike;
mod alone;
mod asked;
mod blocks;
mod calendar;
mod columns;
mod conditions;
mod decided;
mod deciders;
mod deviations;
mod downs;
mod drawdown;
mod events;
mod exposed;
mod fills;
mod finish;
mod held;
mod instructions;
mod keeping;
mod kernels;
mod key;
mod latch;
pub(crate) mod learning;
mod means;
mod own;
mod own_sleeves;
mod pass;
mod per_bar;
mod plan;
mod portfolio;
mod ranges;
mod replay;
mod room;
mod rows;
mod series;
mod shape;
mod singles;
mod sized;
mod sleeves;
mod smooth;
mod source;
mod symbols;
mod tables;
mod targets;
mod together;
mod total;
mod true_ranges;
mod vwap;
mod weighed;
mod windows;

use crate::backtest::Backtest;
use crate::evaluation::Evaluation;
use crate::genes::{Genome, Stops};
use crate::interrupt::{Interrupt, Interrupted};
use crate::rules::Own;
use crate::strategies::Strategy;
use alike::Alike;
use calendar::Calendar;
use galapagos_rules::StampCalendar;
pub use instructions::InstructionSet;
pub(crate) use instructions::{Loops, TAME_FACTOR, Work};
use keeping::Room;
pub(crate) use kernels::{Isa, WholeRows};
pub(crate) use key::Key;
pub use pass::Scratch;
pub(crate) use plan::{BatchForm, Form, Plan, Setting};
pub(crate) use singles::{Beside, Singles};
pub(crate) use smooth::{TILE, transpose};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use symbols::{AccountTables, Symbol, symbols};

/// Rows of a block.
const BLOCK: usize = 512;
/// Words of one bit per row.
pub(crate) const WORDS: usize = BLOCK / 64;
/// One bit per row of a block.
pub(crate) type Bits = [u64; WORDS];

/// One individual: a strategy and its genes.
#[derive(Clone, Copy)]
pub struct Individual<'a> {
    /// The rule that the genome gives its values to.
    pub strategy: &'a dyn Strategy,
    /// Its genes and stops.
    pub genome: &'a Genome,
}

/// How an individual shares work with its neighbours; made by [`BatchEvaluator::plan`].
#[derive(Debug)]
pub struct Planned(Way);

#[derive(Debug)]
enum Way {
    /// As comparisons of series that its strategy knows: per symbol, with the row of the first decision.
    Series(Vec<(Plan, usize)>),
    /// As conditions in the graph of its batch.
    Graph,
    /// By rules that ask the account, on columns of the graph.
    Rules,
}

/// Everything about a job that no genome changes. Built once and shared by all threads.
pub struct BatchEvaluator<'a> {
    run: Backtest<'a>,
    /// Per symbol, if the options allow event-driven accounts.
    symbols: Option<Vec<Symbol<'a>>>,
    /// The stamps of a portfolio whose symbols differ in theirs.
    calendar: Option<Calendar>,
    /// Per symbol, the stamps of its bars and of others once somebody's warm-up depends on them.
    stamps: Vec<OnceLock<StampCalendar>>,
    /// Those of others, which are the same for each symbol.
    others: OnceLock<BTreeMap<String, Arc<[i64]>>>,
    set: InstructionSet,
    /// For returns that accounts keep.
    room: Room,
    /// What holding from the rows of the first decisions on would have made.
    buy_and_hold: Mutex<BTreeMap<Vec<usize>, Option<f64>>>,
}

impl<'a> BatchEvaluator<'a> {
    /// Prepares the tables of `run`, for the fastest instructions of this processor. Where its rows are [`Rows::full`], each
    /// individual decides from its own warm-up on.
    ///
    /// [`Rows::full`]: crate::window::Rows::full
    pub fn new(run: Backtest<'a>) -> BatchEvaluator<'a> {
        BatchEvaluator::with(run, InstructionSet::best())
    }

    /// Prepares the tables of `run`. The bits of its answers do not depend on `set`.
    pub fn with(run: Backtest<'a>, set: InstructionSet) -> BatchEvaluator<'a> {
        let differ = portfolio::is_summed(&run) && !portfolio::is_aligned(&run);
        let calendar = if differ { Calendar::new(&run) } else { None };
        let symbols = symbols(&run, calendar.as_ref(), set);
        let stamps = run.symbols.iter().map(|_| OnceLock::new()).collect();
        BatchEvaluator {
            symbols,
            calendar,
            stamps,
            others: OnceLock::new(),
            set,
            room: Room::default(),
            buy_and_hold: Mutex::default(),
            run,
        }
    }

    /// The same where the accounts of a pass keep at most so many bytes of returns until their mean is known, however slow that
    /// makes it: nothing but speed depends on it.
    pub fn with_room(mut self, bytes: usize) -> BatchEvaluator<'a> {
        self.room = Room::of(bytes);
        self
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
                None => {
                    out[i] = self.simulate(individual, scratch, interrupt)?;
                    self.set_buy_and_hold(individual, &mut out[i]);
                }
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
        let likeness = Alike::new(individuals);
        likeness.sort(&mut planned);
        for alike in planned.chunk_by_mut(|x, y| likeness.group(x) == likeness.group(y)) {
            let keeps = alike.first().is_some_and(|(i, planned)| {
                let form_asks = planned.form().is_some_and(Form::is_asked);
                !likeness.has_stops(*i) && !planned.asks_account() && !form_asks
            });
            let mut rest = alike;
            while !rest.is_empty() {
                let members;
                (members, rest) = rest.split_at_mut(self.members_of_a_pass(rest.len(), keeps));
                let own: Vec<(&Own, &Genome)> = members
                    .iter()
                    .filter_map(|(i, _)| Some((individuals[*i].strategy.own()?, individuals[*i].genome)))
                    .collect();
                if members.first().is_some_and(|(_, planned)| planned.asks_account()) {
                    self.asked(members, &own, scratch, out, interrupt)?;
                } else {
                    self.pass(individuals, members, &own, scratch, out, interrupt)?;
                }
            }
        }
        interrupt.check()?;
        for (i, _) in planned {
            self.set_buy_and_hold(&individuals[i], &mut out[i]);
        }
        Ok(())
    }

    /// The plan of an individual that shares work with its neighbours. Without one it is simulated on its own, which
    /// takes much longer: cut its batches shorter.
    pub fn plan(&self, individual: &Individual) -> Option<Planned> {
        let Individual { strategy, genome } = *individual;
        let stops = genome.stops != Stops::default();
        let symbols = self.symbols.as_ref().filter(|symbols| !stops || self.has_guards(symbols));
        if let Some(own) = strategy.own() {
            let held = |symbols: &Vec<Symbol>| stops || symbols.iter().any(Symbol::is_held);
            let latched = symbols.is_some_and(|symbols| own.is_latched(held(symbols)));
            return Some(Planned(if latched { Way::Graph } else { Way::Rules }));
        }
        let form = strategy.built_in()?.batch?;
        let plan = |(k, symbol): (usize, &Symbol)| {
            let (bars, base) = (self.run.symbols[k].bars(), self.run.rows[k].base());
            let own = strategy.warm_up(&bars, self.run.others, genome).saturating_sub(1);
            let first = if own > base { own } else { base };
            let (shorts, steps) = (stops || symbol.is_held(), self.run.exec.exposure_steps);
            let setting = Setting::new(&symbol.columns, shorts, steps, first);
            Some((form(genome, &setting)?, first))
        };
        let series: Vec<(Plan, usize)> = symbols?.iter().enumerate().map(plan).collect::<Option<_>>()?;
        let asks = series.iter().any(|(plan, _)| plan.compared.form.is_asked());
        let can = !asks || self.has_guards(symbols?);
        can.then_some(Planned(Way::Series(series)))
    }

    /// Brings individuals into the order in which batches cut from them share most series.
    pub fn sort(&self, individuals: &mut [Individual]) {
        individuals.sort_by_cached_key(|x| {
            let keys = self.plan(x).map(|planned| planned.keys().to_vec());
            (x.strategy.name().to_owned(), keys)
        });
    }
}

impl Planned {
    /// Whether it is evaluated by rules that ask the account.
    fn asks_account(&self) -> bool {
        matches!(self.0, Way::Rules)
    }

    /// What its series are compared as.
    fn form(&self) -> Option<Form> {
        match &self.0 {
            Way::Series(symbols) => symbols.first().map(|(plan, _)| plan.compared.form),
            _ => None,
        }
    }

    /// What neighbours share series by.
    fn keys(&self) -> &[Key] {
        match &self.0 {
            Way::Series(symbols) => symbols.first().map_or(&[], |(plan, _)| plan.keys()),
            _ => &[],
        }
    }
}
