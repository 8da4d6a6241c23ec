//! The trades of an individual as spans of rows, and what each is worth wherever it lies: entries at random.

use galapagos_engine::backtest::{BacktestResult, SymbolResult};
use galapagos_engine::costs::Costs;
use galapagos_engine::execution::{Execution, Fill};
use galapagos_engine::prepared::Prepared;
use galapagos_engine::trace::{ExitReason, Trade};
use galapagos_engine::window::Rows;
use galapagos_validation::NullReason;
use galapagos_validation::random_entry::{RandomEntry, Sleeve, Trade as Placed, random_entry, trade_return};

use crate::job::problem::{DataPart, Decoded, Problem};

/// The trades of one symbol, and the prices at which any span of rows is entered and left.
#[derive(Clone, Debug)]
pub struct SymbolEntries {
    /// Name of the symbol.
    pub symbol: String,
    /// Counted rows.
    pub rows: usize,
    /// Closed round trips, the earliest first.
    pub trades: Vec<Placed>,
    /// What market orders are filled at before slippage, one more than there are rows: a trade of `bars` rows from `offset`
    /// on is entered at `offset` and left at `offset + bars`.
    pub prices: Vec<f64>,
    /// What they pay and get.
    pub costs: Costs,
}

impl SymbolEntries {
    /// The trades of `result` on rows that count by `rows`.
    pub fn new(
        prepared: &Prepared<'_>,
        rows: Rows,
        result: &SymbolResult,
        exec: &Execution,
    ) -> SymbolEntries {
        let same_close = exec.fill == Fill::SameClose;
        // The row of the first price: the first counted one, or with fills at the close the one before it.
        let first = rows.base() + usize::from(!(rows.full || same_close));
        let all = if same_close { &prepared.close } else { &prepared.open };
        let mut prices: Vec<f64> = all.get(first..).unwrap_or(&[]).to_vec();
        if !same_close {
            prices.extend(prepared.close.last().filter(|_| first < prepared.len()));
        }
        let counted = prices.len().saturating_sub(1);
        let placed = |trade: &Trade| placed(trade, first, counted, same_close);
        SymbolEntries {
            symbol: result.symbol.clone(),
            rows: counted,
            trades: result.trace.trades.iter().filter_map(placed).collect(),
            costs: prepared.costs,
            prices,
        }
    }

    /// What a trade is worth as if it began at `offset`; not a number where it leaves the rows.
    pub fn value(&self, trade: Placed, offset: usize) -> f64 {
        let inside = offset.checked_add(trade.bars).is_some_and(|end| end <= self.rows);
        if inside {
            trade_return(self.costs, &self.prices, offset, trade.bars, trade.short)
        } else {
            f64::NAN
        }
    }
}

/// How likely entries at random are as good as those of `report` on a part of the data: `samples` draws of the job's seed,
/// on `slots` threads.
///
/// # Errors
/// There is no trade, or one that cannot lie elsewhere.
pub fn random_entries(
    problem: &Problem<'_>,
    part: &DataPart<'_>,
    decoded: &Decoded<'_>,
    report: &BacktestResult,
    samples: u32,
    slots: usize,
) -> Result<RandomEntry, NullReason> {
    let (job, rows) = (problem.job(), part.rows_of(&problem.job().execution, problem.others(), decoded));
    let symbols = part.symbols().iter().zip(rows).zip(&report.per_symbol);
    let entries: Vec<SymbolEntries> =
        symbols.map(|((p, rows), result)| SymbolEntries::new(p, rows, result, &job.execution)).collect();
    let values: Vec<_> = entries.iter().map(|e| |trade: Placed, at: usize| e.value(trade, at)).collect();
    let sleeves: Vec<Sleeve<'_>> = (0_u32..)
        .zip(entries.iter().zip(&values))
        .map(|(subject, (e, value))| Sleeve { subject, rows: e.rows, trades: &e.trades, value })
        .collect();
    random_entry(&sleeves, job.config.seed, samples, slots)
}

/// `first`: the row of the first price; `counted`: the number of counted rows.
fn placed(trade: &Trade, first: usize, counted: usize, same_close: bool) -> Option<Placed> {
    let offset = trade.entry.checked_sub(first)?;
    let held = trade.exit.checked_sub(trade.entry)?;
    let bars = match trade.reason {
        ExitReason::End => counted.checked_sub(offset)?,
        ExitReason::Signal | ExitReason::Time => held,
        // The row of an end inside a bar is held, too; with fills at the close that of the entry is not.
        ExitReason::Stop | ExitReason::Target | ExitReason::Liquidation | ExitReason::Ruin => {
            held + usize::from(!same_close)
        }
    };
    Some(Placed { offset, bars: bars.max(1), short: trade.side < 0 })
}
