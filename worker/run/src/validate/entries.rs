//! The trades of an individual as spans of rows, and what a span is worth wherever it lies: what a test of random entries
//! needs to know.

use galapagos_engine::backtest::SymbolResult;
use galapagos_engine::costs::Costs;
use galapagos_engine::execution::{Execution, Fill};
use galapagos_engine::prepared::Prepared;
use galapagos_engine::trace::{ExitReason, Trade};
use galapagos_engine::window::Rows;

/// A closed round trip as a span of the counted rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first row that is held, from the first counted row on.
    pub offset: usize,
    /// Rows that are held, at least 1.
    pub bars: usize,
    /// Whether it is long.
    pub long: bool,
}

/// The trades of one symbol, and the prices at which any span of rows is entered and left.
#[derive(Clone, Debug)]
pub struct SymbolEntries {
    /// Name of the symbol.
    pub symbol: String,
    /// Counted rows.
    pub rows: usize,
    /// Closed round trips, the earliest first.
    pub spans: Vec<Span>,
    /// Columns of the prices of market orders, one more than there are rows: a span of `bars` rows from `offset` on is
    /// entered at `offset` and left at `offset + bars`.
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
        let span = |trade: &Trade| span(trade, first, counted, same_close);
        SymbolEntries {
            symbol: result.symbol.clone(),
            rows: counted,
            spans: result.trace.trades.iter().filter_map(span).collect(),
            costs: Costs::new(&prices, exec.taker_fee, exec.slippage),
        }
    }

    /// The return on what is put in (long) or sold (short) of a span of `bars` rows that begins at `offset`: by market
    /// orders at both ends, without funding, sizes and stops. `None`: the span leaves the rows.
    pub fn value(&self, span: Span) -> Option<f64> {
        let Span { offset, bars, long } = span;
        let (c, end) = (&self.costs, offset + bars);
        let net_sell = if long { c.net_sell.get(end)? } else { c.net_sell.get(offset)? };
        Some(if long {
            net_sell * c.inv_buy.get(offset)? - 1.0
        } else {
            (net_sell - c.gross_buy.get(end)?) * c.inv_sell.get(offset)?
        })
    }
}

/// `first`: the row of the first price; `counted`: the number of counted rows.
fn span(trade: &Trade, first: usize, counted: usize, same_close: bool) -> Option<Span> {
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
    Some(Span { offset, bars: bars.max(1), long: trade.side > 0 })
}
