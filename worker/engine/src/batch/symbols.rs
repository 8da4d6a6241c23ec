//! What the options, windows and data of a job make of each symbol, before any individual is looked at.

use super::calendar::Calendar;
use super::columns::Columns;
use super::tables::Tables;
use super::{BatchEvaluator, InstructionSet, held, portfolio};
use crate::backtest::Backtest;
use crate::evaluation::Metric;
use crate::execution::{Execution, Fill, Funding, Side};
use std::sync::OnceLock;

/// What accounts read of a symbol.
pub(super) struct Symbol<'a> {
    pub columns: Columns<'a>,
    pub tables: AccountTables<'a>,
    /// The same for accounts with stops, which can be held only; made where there are some.
    guarded: OnceLock<Option<AccountTables<'a>>>,
    pub final_close: bool,
}

/// The kind of account the options ask for.
pub(super) enum AccountTables<'a> {
    /// Long or flat with the whole equity.
    Whole(Box<Tables<'a>>),
    /// Long or short, any share or multiple of the equity, with liquidation, funding and borrow.
    Held(Box<held::Tables<'a>>),
}

impl<'a> BatchEvaluator<'a> {
    /// Whether accounts with stops can be held on all symbols.
    pub(super) fn has_guards(&self, symbols: &[Symbol<'a>]) -> bool {
        let tables = |(k, symbol): (usize, &Symbol<'a>)| self.guarded(k, symbol).is_some();
        symbols.iter().enumerate().all(tables)
    }

    /// The tables of accounts with stops.
    pub(super) fn guarded<'s>(&self, k: usize, symbol: &'s Symbol<'a>) -> Option<&'s AccountTables<'a>> {
        if let AccountTables::Held(tables) = &symbol.tables {
            return Some(&symbol.tables).filter(|_| tables.ordered);
        }
        let make = || held::Tables::new(&self.run.symbols[k], self.run.rows[k], self.run.exec);
        let made = symbol.guarded.get_or_init(|| {
            make().filter(|tables| tables.ordered).map(|tables| AccountTables::Held(Box::new(tables)))
        });
        made.as_ref()
    }
}

impl Symbol<'_> {
    /// Whether its accounts may hold any side and share.
    pub fn is_held(&self) -> bool {
        matches!(self.tables, AccountTables::Held(_))
    }
}

/// Tables of all symbols, if options, windows and data allow event-driven accounts.
pub(super) fn symbols<'a>(
    run: &Backtest<'a>,
    calendar: Option<&Calendar>,
    set: InstructionSet,
) -> Option<Vec<Symbol<'a>>> {
    let exec = run.exec;
    let summed = portfolio::is_summed(run);
    if !((!summed || calendar.is_some() || portfolio::is_aligned(run)) && is_usual(exec.initial_capital)) {
        return None;
    }
    let downs = run.metrics.contains(Metric::Sortino);
    let last = run.symbols.iter().filter_map(|p| p.bars().time_ms.last().copied()).max();
    let symbols = run.symbols.iter().zip(run.rows).map(|(prepared, rows)| {
        let is_whole = is_whole_long(exec) && !summed;
        let whole = if is_whole { Tables::new(prepared, *rows, exec, (downs, set)) } else { None };
        let tables = match whole {
            Some(tables) => AccountTables::Whole(Box::new(tables)),
            // Only the sum of their squares over all rows may have left its range.
            None if is_whole && !downs => return None,
            None => AccountTables::Held(Box::new(held::Tables::new(prepared, *rows, exec)?)),
        };
        let ends_early = prepared.bars().time_ms.last().copied() != last;
        let (columns, guarded) = (Columns::new(prepared, set, run.symbols.len()), OnceLock::new());
        Some(Symbol { columns, tables, guarded, final_close: exec.final_close || ends_early })
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
        && exec.lot.is_none()
        && exec.fill == Fill::NextOpen
}

/// Whether the capital leaves room for products and quotients within f64.
fn is_usual(capital: f64) -> bool {
    capital > 1e-100 && capital < 1e100
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bars::Bars;
    use crate::evaluation::MetricSet;
    use crate::metrics::PER_BAR;
    use crate::prepared::Prepared;
    use crate::window::Rows;

    #[test]
    fn no_metric_takes_an_account_that_is_whole_from_its_path() {
        let price: Vec<i64> = (0..500).map(|t| 10_000 + t * 7919 % 263).collect();
        let time: Vec<i64> = (0..500).map(|t| t * 60_000).collect();
        let bars = Bars {
            symbol: "A",
            decimals: 2,
            interval_ms: 60_000,
            time_ms: &time,
            open: &price,
            high: &price,
            low: &price,
            close: &price,
            volume: None,
            funding: &[],
            signals: None,
        };
        let exec = Execution::default();
        let prepared = [Prepared::new(bars, &exec).expect("there is no funding")];
        let is_held = |exec: &Execution, asked: &[Metric]| {
            let metrics = asked.iter().fold(MetricSet::always(), |set, &metric| set.with(metric));
            let rows = [Rows::after_warm_up(100)];
            let run = Backtest { symbols: &prepared, rows: &rows, others: &[], exec, metrics };
            let made = symbols(&run, None, InstructionSet::best()).expect("sums fit");
            made[0].is_held()
        };
        assert!(!is_held(&exec, &[]) && !is_held(&exec, &PER_BAR));
        assert!(is_held(&Execution { fraction: 0.5, ..exec }, &[]));
    }
}
