//! Does a decision change when the future is taken away? The individual is back-tested again with rows that end at a
//! cut, and with rows that go mad behind it; whatever was decided and owned before must have the same
//! bits (contract H16).

use galapagos_engine::bars::{Bars, FundingStamp};
use galapagos_engine::execution::{Execution, Fill};
use galapagos_engine::funding::FundingError;
use galapagos_engine::genes::Genome;
use galapagos_engine::interrupt::Interrupt;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::signals::Signals;
use galapagos_engine::simulator::{Close, Sleeve, decisions, follow};
use galapagos_engine::strategies::{Context, Strategy};
use galapagos_engine::trace::{Decision, Trace};
use galapagos_engine::window::Rows;
use galapagos_market::parallel;
use galapagos_validation::cuts::{SAMPLES, cuts};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

use super::cut::{Poisoned, rows_until, stamps_until};
use crate::job::problem::{Decoded, Problem};
use crate::results::stamp::time;

/// What the cuts have shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LookAhead {
    /// Instants at which the data were cut, over all symbols; each was tried twice.
    pub cuts: u64,
    /// Whether nothing changed.
    pub passed: bool,
    /// The first thing that changed.
    pub difference: Option<Difference>,
}

/// Something before a cut that depends on what lies behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Name of the symbol.
    pub symbol: String,
    /// Row of the symbol's bars.
    pub row: u64,
    /// The open of its bar, RFC 3339.
    pub time: String,
    /// What is not the same at its close.
    pub what: What,
    /// With all rows; `None`: there is none.
    pub full: Option<f64>,
    /// With the rows as they were cut; `None`: there is none.
    pub cut: Option<f64>,
    /// How the future was taken away.
    pub by: By,
    /// The open of the last bar before the cut, RFC 3339.
    pub after: String,
}

/// What is compared at a close, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The position that is wanted, as a signed share of the equity.
    Target,
    /// The stop that rules set for the open position.
    Stop,
    /// The take-profit that rules set for the open position.
    TakeProfit,
    /// Distance of the stop of the entry that is wanted.
    StopDistance,
    /// Distance of its trailing stop.
    TrailingDistance,
    /// Units held.
    Position,
    /// Worth of the account.
    Equity,
}

impl What {
    /// Whether it comes from fills, not from a decision.
    fn is_held(self) -> bool {
        matches!(self, What::Position | What::Equity)
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            What::Target => "target",
            What::Stop => "stop",
            What::TakeProfit => "take-profit",
            What::StopDistance => "stop distance",
            What::TrailingDistance => "trailing distance",
            What::Position => "position",
            What::Equity => "equity",
        }
    }
}

/// How the future is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The rows end at the cut.
    Truncation,
    /// The rows behind the cut are others.
    Poison,
}

/// An individual on one symbol.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The strategy.
    pub strategy: &'a dyn Strategy,
    /// Its genes and stops.
    pub genome: &'a Genome,
    /// Options of the account.
    pub exec: &'a Execution,
    /// All rows of the symbol, with the funding stamps that are charged.
    pub bars: Bars<'a>,
    /// Bars of the symbols that rules look at beside it.
    pub others: &'a [Bars<'a>],
    /// The rows that count. Those before the cut are the same.
    pub rows: Rows,
    /// Capital of the account.
    pub capital: f64,
}

/// What an account did and why.
pub type Account = (Trace, Vec<Decision>);

/// What happens to `decoded` when the data are cut at the rows that the job's seed draws for each symbol. `slots` threads.
///
/// # Errors
/// Funding cannot be charged.
pub fn look_ahead(
    problem: &Problem<'_>,
    decoded: &Decoded<'_>,
    slots: usize,
) -> Result<LookAhead, FundingError> {
    let seed = problem.job().config.seed;
    let drawn = |symbol: usize, first, end| cuts(first, end, symbol as u32, seed, SAMPLES);
    look_ahead_at(problem, decoded, drawn, slots)
}

/// Cuts the data of each symbol at the rows that `cuts` gives for it (its number, its first counted row and the row after
/// its last, all on the training rows), and compares what `decoded` does then. `slots` threads.
///
/// # Errors
/// Funding cannot be charged.
pub fn look_ahead_at(
    problem: &Problem<'_>,
    decoded: &Decoded<'_>,
    cuts: impl Fn(usize, usize, usize) -> Vec<usize>,
    slots: usize,
) -> Result<LookAhead, FundingError> {
    let (part, exec) = (problem.training(), &problem.job().execution);
    let rows = part.rows_of(exec, problem.others(), decoded);
    // An account is compared before it is closed because the data end.
    let exec = Execution { final_close: false, ..exec.clone() };
    let mut found = LookAhead { cuts: 0, passed: true, difference: None };
    for (symbol, (prepared, &rows)) in part.symbols().iter().zip(&rows).enumerate() {
        let subject = Subject {
            strategy: decoded.species.strategy(),
            genome: &decoded.genome,
            exec: &exec,
            bars: prepared.bars(),
            others: problem.others(),
            rows,
            capital: exec.initial_capital / part.symbols().len() as f64,
        };
        let end = prepared.len();
        if rows.first + 1 >= end {
            continue;
        }
        let cuts = cuts(symbol, rows.first + 1, end);
        found.cuts += cuts.len() as u64;
        found.difference = subject.first_difference(&cuts, slots)?;
        if found.difference.is_some() {
            found.passed = false;
            break;
        }
    }
    Ok(found)
}

impl Subject<'_> {
    /// The first thing that changes when the rows are cut behind each of `cuts`.
    ///
    /// # Errors
    /// Funding cannot be charged.
    pub fn first_difference(&self, cuts: &[usize], slots: usize) -> Result<Option<Difference>, FundingError> {
        let mut full = Kept::default();
        self.follow(&Prepared::new(self.bars, self.exec)?, self.bars, self.others, |close| {
            full.take(&close);
            ControlFlow::Continue(())
        });
        let found = parallel::run(slots, cuts.len() * 2, |i| {
            let (cut, by) = (cuts[i / 2], if i % 2 == 0 { By::Truncation } else { By::Poison });
            self.without_future(&full, cut, by)
        });
        let found: Result<Vec<_>, _> = found.into_iter().collect();
        Ok(found?.into_iter().flatten().next())
    }

    /// The first difference when nothing behind row `cut` is known. Nothing is compared where without the rows behind it the
    /// symbol has no volume, and bars without trades count as any other there.
    fn without_future(&self, full: &Kept, cut: usize, by: By) -> Result<Option<Difference>, FundingError> {
        let bars = self.bars;
        let Some(&open) = bars.time_ms.get(cut) else { return Ok(None) };
        let close_ms = open.saturating_add(bars.interval_ms);
        let kept = |bars: &Bars<'_>| rows_until(bars, close_ms);
        match by {
            By::Truncation => {
                let short = Bars { funding: stamps_until(bars.funding, close_ms), ..bars.truncate(cut + 1) };
                if bars.has_volume() && !short.has_volume() {
                    return Ok(None);
                }
                let others: Vec<Bars<'_>> =
                    self.others.iter().map(|other| other.truncate(kept(other))).collect();
                let prepared = self.charged(short, bars.funding)?;
                Ok(self.difference(full, (&prepared, short, &others), cut, by))
            }
            By::Poison => {
                let own = Poisoned::new(bars, cut + 1, close_ms);
                let others: Vec<Poisoned<'_>> =
                    self.others.iter().map(|other| Poisoned::new(*other, kept(other), close_ms)).collect();
                let others: Vec<Bars<'_>> = others.iter().map(Poisoned::bars).collect();
                let prepared = Prepared::new(own.bars(), self.exec)?;
                Ok(self.difference(full, (&prepared, own.bars(), &others), cut, by))
            }
        }
    }

    /// The columns of rows that end at a cut. The stamps until then may have another rhythm than all of them, which the
    /// columns would refuse: then they are charged from all stamps.
    fn charged<'b>(&self, short: Bars<'b>, all: &'b [FundingStamp]) -> Result<Prepared<'b>, FundingError> {
        match Prepared::new(short, self.exec) {
            Err(FundingError::NoSeries { .. } | FundingError::Missing { .. }) => {
                Prepared::new(Bars { funding: all, ..short }, self.exec)
            }
            done => done,
        }
    }

    /// What its account does on these rows, and what is decided at each close.
    pub fn account(&self, prepared: &Prepared<'_>, bars: Bars<'_>, others: &[Bars<'_>]) -> Account {
        decisions(&self.sleeve(prepared, &self.signals(bars, others)), self.exec)
    }

    /// The same from close to close, until `seen` breaks.
    fn follow(
        &self,
        prepared: &Prepared<'_>,
        bars: Bars<'_>,
        others: &[Bars<'_>],
        seen: impl FnMut(Close) -> ControlFlow<()>,
    ) {
        follow(&self.sleeve(prepared, &self.signals(bars, others)), self.exec, seen);
    }

    fn signals(&self, bars: Bars<'_>, others: &[Bars<'_>]) -> Signals {
        let context = Context {
            first: self.rows.first,
            bars_per_year: self.exec.bars_per_year,
            others,
            interrupt: Interrupt::NEVER,
        };
        self.strategy.signals(&bars, self.genome, context)
    }

    fn sleeve<'s>(&self, prepared: &'s Prepared<'s>, signals: &'s Signals) -> Sleeve<'s> {
        Sleeve {
            prepared,
            signals,
            stops: self.genome.stops,
            rows: self.rows,
            capital: self.capital,
            close_at_end: false,
        }
    }

    /// The first difference up to the close of row `cut`, from which on nothing is looked at.
    fn difference(
        &self,
        full: &Kept,
        (prepared, bars, others): (&Prepared<'_>, Bars<'_>, &[Bars<'_>]),
        cut: usize,
        by: By,
    ) -> Option<Difference> {
        let time_of = |row: usize| self.bars.time_ms.get(row).map_or_else(String::new, |&ms| time(ms));
        let mut found = None;
        self.follow(prepared, bars, others, |close| {
            let row = close.row;
            // Where orders are filled at the close that decides them, the last row of the data has none.
            let filled = row < cut || self.exec.fill == Fill::NextOpen;
            let (a, b) = (full.at(row), values(&close));
            let compared =
                WHATS.iter().zip(a.into_iter().zip(b)).filter(|(what, _)| filled || !what.is_held());
            found = compared.clone().find_map(|(&what, (a, b))| {
                (a.map(f64::to_bits) != b.map(f64::to_bits)).then_some((row, what, a, b))
            });
            if found.is_some() || row >= cut { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let (row, what, full, cut_value) = found?;
        Some(Difference {
            symbol: self.bars.symbol.to_owned(),
            row: row as u64,
            time: time_of(row),
            what,
            full,
            cut: cut_value,
            by,
            after: time_of(cut),
        })
    }
}

/// What is compared at a close, in the order of [`values`].
const WHATS: [What; 7] = [
    What::Target,
    What::Stop,
    What::TakeProfit,
    What::StopDistance,
    What::TrailingDistance,
    What::Position,
    What::Equity,
];

/// All that is compared at the close of a row.
fn values(close: &Close) -> [Option<f64>; 7] {
    let decision = close.decision.as_ref();
    [
        decision.map(|d| d.target),
        decision.and_then(|d| d.stop),
        decision.and_then(|d| d.take),
        decision.and_then(|d| d.stop_distance),
        decision.and_then(|d| d.trail_distance),
        Some(close.position),
        Some(close.equity),
    ]
}

/// What all closes of an account were like; a year of minutes is half a million of them.
#[derive(Debug, Default)]
struct Kept {
    /// Row of the first close.
    base: usize,
    /// Targets, positions and equities of each close; NaN is a target where nothing was decided.
    closes: Vec<[f64; 3]>,
    /// Stops and what belongs to them, from the first close that has any on.
    stops: Vec<[Option<f64>; 4]>,
    /// How many closes there are before that one.
    before: usize,
}

impl Kept {
    fn take(&mut self, close: &Close) {
        if self.closes.is_empty() {
            self.base = close.row;
        }
        let [target, stop, take, stop_distance, trail_distance, ..] = values(close);
        let stops = [stop, take, stop_distance, trail_distance];
        if !self.stops.is_empty() || stops.iter().any(Option::is_some) {
            if self.stops.is_empty() {
                self.before = self.closes.len();
            }
            self.stops.push(stops);
        }
        self.closes.push([target.unwrap_or(f64::NAN), close.position, close.equity]);
    }

    /// All that is compared at the close of a row.
    fn at(&self, row: usize) -> [Option<f64>; 7] {
        let k = row.checked_sub(self.base);
        let close = k.and_then(|k| self.closes.get(k)).copied();
        let stops = k.and_then(|k| k.checked_sub(self.before)).and_then(|k| self.stops.get(k));
        let [stop, take, stop_distance, trail_distance] = stops.copied().unwrap_or_default();
        let target = close.map(|[target, ..]| target).filter(|target| !target.is_nan());
        let [position, equity] = [1, 2].map(|i| close.map(|close| close[i]));
        [target, stop, take, stop_distance, trail_distance, position, equity]
    }
}
