//! From an event-driven account to an evaluation: the formulas of `metrics`, on sums instead of series.

use super::events::{Account, Borders};
use crate::evaluation::{BLOCKS, BlockSum, Evaluation, Metric, MetricSet, Metrics, Reason};
use crate::execution::Execution;
use crate::q52::Sums;

/// Metrics that need every bar's equity or return: who asks for one of them takes the general path.
const PER_BAR: [Metric; 4] = [Metric::Sortino, Metric::Turnover, Metric::Skew, Metric::Kurtosis];

/// Whether an event-driven account knows all metrics of `set`.
pub(super) fn covers(set: MetricSet) -> bool {
    !PER_BAR.iter().any(|&m| set.contains(m))
}

/// How an account ended.
pub(super) struct End {
    pub open_position: bool,
    pub equity: f64,
    /// Equity at the start.
    pub capital: f64,
    /// Counted rows.
    pub returns: usize,
}

/// The evaluation of an account, or `None` where the equity left the range of f64 and only the
/// simulator knows what follows.
pub(super) fn evaluation(
    account: &Account,
    sums: &Borders,
    end: &End,
    exec: &Execution,
    set: MetricSet,
) -> Option<Evaluation> {
    let End { open_position, equity: last, returns, .. } = *end;
    if !(account.peak < 1e290 && last < 1e290) {
        return None;
    }
    let mut blocks = [BlockSum::default(); BLOCKS];
    let mut before = (0_i64, 0_i64);
    for (block, &(s1, s2)) in blocks.iter_mut().zip(sums) {
        *block = BlockSum { s1: s1.wrapping_sub(before.0), s2: s2.wrapping_sub(before.1) };
        before = (s1, s2);
    }
    let exact =
        Sums { returns: returns as u64, s1: account.s1.into(), s2: account.s2.into(), s2_down: 0, blocks };
    let reason = match account.trades {
        _ if returns < 2 => Some(Reason::TooShort),
        _ if account.ruined => Some(Reason::Ruined),
        0 => Some(Reason::NoTrades),
        _ if exact.is_flat() => Some(Reason::FlatReturns),
        _ => None,
    };
    if reason.is_some_and(Reason::is_failed) {
        blocks = [BlockSum::default(); BLOCKS];
    }
    Some(Evaluation {
        metrics: metrics(account, &exact, reason, end, exec).restricted(set),
        reason,
        returns: exact.returns,
        s1: exact.s1,
        s2: exact.s2,
        blocks,
        open_position,
    })
}

fn metrics(account: &Account, sums: &Sums, reason: Option<Reason>, end: &End, exec: &Execution) -> Metrics {
    let End { open_position, equity: last, capital, .. } = *end;
    let (b, t) = (exec.bars_per_year, sums.returns as f64);
    let mut m = Metrics::NONE;
    let growth = last / capital;
    let drawdown = 1.0 - account.lowest;
    m.set(Metric::FinalEquity, Some(last));
    m.set(Metric::TotalReturn, Some(growth - 1.0));
    m.set(Metric::MaxDrawdown, Some(drawdown));
    if t > 0.0 {
        let cagr = libm::pow(growth, b / t) - 1.0;
        m.set(Metric::Cagr, Some(cagr));
        m.set(Metric::Calmar, (drawdown > 0.0).then(|| cagr / drawdown));
        m.set(Metric::Exposure, Some(account.exposed as f64 / t));
    }
    let n = account.trades as f64;
    m.set(Metric::Trades, Some(n));
    m.set(Metric::ProfitFactor, (account.losses > 0.0).then(|| account.gains / account.losses));
    if account.trades > 0 {
        m.set(Metric::WinRate, Some(account.wins as f64 / n));
        m.set(Metric::Expectancy, Some(account.pnl / n));
    }
    m.set(Metric::Fees, Some(account.fees));
    m.set(Metric::Funding, Some(0.0));
    if sums.returns >= 2 {
        let excess = sums.mean() - exec.risk_free_rate / b;
        let deviation = sums.variance().sqrt();
        let has_sharpe = match reason {
            None => true,
            Some(Reason::NoTrades) => open_position && !sums.is_flat(),
            Some(_) => false,
        };
        m.set(Metric::Sharpe, has_sharpe.then(|| excess / deviation * b.sqrt()));
        m.set(Metric::Volatility, (deviation >= 0.0).then(|| deviation * b.sqrt()));
    }
    m
}
