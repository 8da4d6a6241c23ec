//! Several symbols, one result: the sum of their accounts, or a statistic of each metric (X19, X21).

use crate::evaluation::{BLOCKS, BlockSum, Evaluation, Metric, MetricSet, Metrics};
use crate::execution::{Aggregate, Execution};
use crate::metrics::{AccountHistory, evaluate};
use crate::trace::Trace;
use crate::window::Rows;
use std::collections::BTreeSet;

/// One symbol's account in a portfolio. Give them in ascending order of their names.
#[derive(Clone, Copy, Debug)]
pub struct SymbolAccount<'a> {
    /// Open times of the symbol's bars, UTC milliseconds, strictly rising.
    pub time_ms: &'a [i64],
    /// The rows that count.
    pub rows: Rows,
    /// What the account did.
    pub trace: &'a Trace,
}

impl SymbolAccount<'_> {
    fn history<'b>(&self, trace: &'b Trace, pnl: &'b [f64]) -> AccountHistory<'b> {
        AccountHistory {
            capital: trace.capital,
            equity: trace.counted_equity(),
            returns: &trace.returns,
            pnl,
            exposed: trace.counted_position().iter().filter(|&&q| q != 0.0).count(),
            fees: trace.fees,
            traded: trace.traded,
            funding: trace.funding,
            ruined: trace.ruined,
            open_position: trace.open_position,
        }
    }

    /// The evaluation of this account alone.
    pub fn evaluate(&self, exec: &Execution, set: MetricSet) -> Evaluation {
        let pnl: Vec<f64> = self.trace.trades.iter().map(|t| t.pnl).collect();
        evaluate(&self.history(self.trace, &pnl), exec, set)
    }
}

/// The summed accounts on the union of their stamps.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// The stamp of the start, where equity is the capital.
    pub start_ms: i64,
    /// The counted stamps, UTC milliseconds, strictly rising.
    pub time_ms: Vec<i64>,
    /// Summed equity at the counted stamps.
    pub equity: Vec<f64>,
    /// Returns of the summed equity, one per counted stamp.
    pub returns: Vec<f64>,
    /// Counted stamps with any symbol in the market.
    pub exposed: usize,
    /// Whether the sum reached 0.
    pub ruined: bool,
}

/// The stamp where accounts on these rows start together, and those that count after it: the union of the symbols' stamps
/// from the first account on. One pair of times and rows a symbol; `full`: the first stamp counts too.
pub fn counted_stamps<'a>(
    symbols: impl Iterator<Item = (&'a [i64], Rows)> + Clone,
    full: bool,
) -> (i64, Vec<i64>) {
    let starts = symbols.clone().filter(|(times, rows)| rows.base() + usize::from(!full) < times.len());
    let start = starts.map(|(times, rows)| times[rows.base()]).min();
    let from = symbols.clone().filter_map(|(_, rows)| rows.from_ms).min();
    let union: BTreeSet<i64> = symbols.flat_map(|(times, _)| times.iter().copied()).collect();
    let Some(start) = start else { return (union.first().copied().unwrap_or(0), Vec::new()) };
    let counts = |u: i64| (u > start || (full && u == start)) && from.is_none_or(|from| u >= from);
    // The last stamp before those that count.
    let before = from.and_then(|from| union.range(..from).next_back().copied());
    let start_ms = before.map_or(start, |before| before.max(start));
    (start_ms, union.into_iter().filter(|&u| counts(u)).collect())
}

/// Sums the accounts: each is cash before its own window and after its last row, and is marked at its last close
/// where it has no row.
pub fn total(parts: &[SymbolAccount]) -> Total {
    let capital: f64 = parts.iter().map(|p| p.trace.capital).sum();
    let full = parts.iter().any(|p| p.trace.full);
    let (start_ms, time_ms) = counted_stamps(parts.iter().map(|p| (p.time_ms, p.rows)), full);
    let mut out =
        Total { start_ms, time_ms, equity: Vec::new(), returns: Vec::new(), exposed: 0, ruined: false };
    let mut cursors = vec![0_usize; parts.len()];
    let mut before = capital;
    for &stamp in &out.time_ms {
        let (mut sum, mut exposed) = (0.0, false);
        for (part, next) in parts.iter().zip(&mut cursors) {
            while *next < part.time_ms.len() && part.time_ms[*next] <= stamp {
                *next += 1;
            }
            // Rows seen so far, counted from the account's first.
            match (*next).checked_sub(part.rows.base() + 1) {
                Some(i) if i < part.trace.equity.len() => {
                    sum += part.trace.equity[i];
                    let gone = *next == part.time_ms.len() && part.time_ms[*next - 1] < stamp;
                    exposed |= part.trace.position[i] != 0.0 && !gone;
                }
                _ => sum += part.trace.capital,
            }
        }
        out.returns.push(if before == 0.0 {
            0.0
        } else if sum == 0.0 {
            out.ruined = true;
            -1.0
        } else if full && out.equity.is_empty() {
            0.0
        } else {
            sum / before - 1.0
        });
        out.equity.push(sum);
        out.exposed += usize::from(exposed);
        before = sum;
    }
    out
}

/// The result of all symbols together. `singles` are the evaluations of the parts with at least the metrics of
/// `set`.
pub fn combine(
    parts: &[SymbolAccount],
    singles: &[Evaluation],
    exec: &Execution,
    set: MetricSet,
) -> Evaluation {
    match (parts, singles) {
        (&[_], [one]) => Evaluation { metrics: one.metrics.restricted(set), ..one.clone() },
        _ if exec.aggregate == Aggregate::Portfolio => sum_of_accounts(parts, exec, set),
        _ => statistic(singles, exec.aggregate, set),
    }
}

fn sum_of_accounts(parts: &[SymbolAccount], exec: &Execution, set: MetricSet) -> Evaluation {
    let total = total(parts);
    let mut trades: Vec<(i64, usize, f64)> = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        trades.extend(part.trace.trades.iter().map(|t| (part.time_ms[t.exit], i, t.pnl)));
    }
    trades.sort_by_key(|&(time, symbol, _)| (time, symbol));
    let pnl: Vec<f64> = trades.iter().map(|t| t.2).collect();
    let add = |f: &dyn Fn(&Trace) -> f64| parts.iter().map(|p| f(p.trace)).sum::<f64>();
    let history = AccountHistory {
        capital: add(&|t| t.capital),
        equity: &total.equity,
        returns: &total.returns,
        pnl: &pnl,
        exposed: total.exposed,
        fees: add(&|t| t.fees),
        traded: add(&|t| t.traded),
        funding: add(&|t| t.funding),
        ruined: total.ruined,
        open_position: parts.iter().any(|p| p.trace.open_position),
    };
    evaluate(&history, exec, set)
}

/// Mean, median or worst of each metric; trades, fees, funding and the exact sums add up, so that block sums
/// describe the pooled returns.
pub(crate) fn statistic(singles: &[Evaluation], aggregate: Aggregate, set: MetricSet) -> Evaluation {
    let mut metrics = Metrics::NONE;
    for m in Metric::ALL.into_iter().filter(|&m| set.contains(m)) {
        let values: Option<Vec<f64>> = singles.iter().map(|e| e.metrics.extended(m)).collect();
        metrics.set(m, values.filter(|v| !v.is_empty()).and_then(|v| statistic_of(m, v, aggregate)));
    }
    let reason = singles.iter().filter_map(|e| e.reason).min();
    let mut blocks = [BlockSum::default(); BLOCKS];
    if !reason.is_some_and(|r| r.is_failed()) {
        for (b, block) in blocks.iter_mut().enumerate() {
            for e in singles {
                block.s1 = block.s1.saturating_add(e.blocks[b].s1);
                block.s2 = block.s2.saturating_add(e.blocks[b].s2);
            }
        }
    }
    Evaluation {
        metrics,
        reason,
        returns: singles.iter().map(|e| e.returns).sum(),
        s1: singles.iter().map(|e| e.s1).sum(),
        s2: singles.iter().map(|e| e.s2).sum(),
        blocks,
        open_position: singles.iter().any(|e| e.open_position),
    }
}

fn statistic_of(metric: Metric, mut values: Vec<f64>, aggregate: Aggregate) -> Option<f64> {
    let n = values.len();
    if matches!(metric, Metric::Trades | Metric::Fees | Metric::Funding) {
        return Some(values.iter().sum());
    }
    if aggregate == Aggregate::Mean {
        return mean(&values);
    }
    values.sort_by(f64::total_cmp);
    match aggregate {
        Aggregate::Median if n.is_multiple_of(2) => mean(&values[n / 2 - 1..=n / 2]),
        Aggregate::Median => Some(values[n / 2]),
        _ if matches!(metric, Metric::MaxDrawdown | Metric::Volatility) => Some(values[n - 1]),
        _ => Some(values[0]),
    }
}

/// Nothing for a finite value beside an infinite one: one symbol without a loss would outweigh all that lose.
fn mean(values: &[f64]) -> Option<f64> {
    let infinite = values.iter().filter(|v| v.is_infinite()).count();
    (infinite == 0 || infinite == values.len()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_knows_infinity_only_where_all_its_values_are_infinite() {
        let of = |values: &[f64], aggregate| statistic_of(Metric::ProfitFactor, values.to_vec(), aggregate);
        let inf = f64::INFINITY;
        for aggregate in [Aggregate::Mean, Aggregate::Median] {
            assert_eq!(of(&[0.5, inf], aggregate), None, "{aggregate:?}");
            assert_eq!(of(&[inf, inf], aggregate), Some(inf), "{aggregate:?}");
            assert_eq!(of(&[0.5, 1.5], aggregate), Some(1.0), "{aggregate:?}");
        }
        assert_eq!(of(&[inf, 0.5, inf, 2.0], Aggregate::Mean), None);
        assert_eq!(of(&[0.5, 2.0, inf], Aggregate::Median), Some(2.0));
        assert_eq!(of(&[0.5, 1.5, 2.5, inf], Aggregate::Median), Some(2.0));
        assert_eq!(of(&[0.5, inf, inf], Aggregate::Median), Some(inf));
        assert_eq!(of(&[0.5, inf], Aggregate::Min), Some(0.5));
    }
}
