//! From an event-driven account to an evaluation: the formulas of `metrics`, on sums instead of series.

use super::drawdown::{Drawdown, Tally};
use super::events::Borders;
use crate::evaluation::{BLOCKS, BlockSum, Evaluation, Metric, MetricSet, Metrics, Reason};
use crate::execution::Execution;
use crate::metrics::ratio;
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

/// What an account has done.
pub(super) struct Outcome<'a> {
    pub tally: &'a Tally,
    pub drawdown: &'a Drawdown,
    pub ruined: bool,
}

/// The evaluation of an account from its sums of each block, or `None` where the equity left the range of f64 and only
/// the simulator knows what follows.
pub(super) fn evaluation(
    account: &Outcome,
    sums: &Borders,
    end: &End,
    exec: &Execution,
    set: MetricSet,
) -> Option<Evaluation> {
    let End { open_position, equity: last, returns, .. } = *end;
    if !(account.drawdown.peak < 1e290 && last < 1e290) {
        return None;
    }
    let mut blocks = sums.map(|(s1, s2)| BlockSum { s1, s2 });
    let (s1, s2) = blocks.iter().fold((0, 0), |(a, b), x| (a + i128::from(x.s1), b + i128::from(x.s2)));
    let exact = Sums { returns: returns as u64, s1, s2, s2_down: 0, blocks };
    let reason = match account.tally.trades {
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

fn metrics(account: &Outcome, sums: &Sums, reason: Option<Reason>, end: &End, exec: &Execution) -> Metrics {
    let End { open_position, equity: last, capital, .. } = *end;
    let (b, t) = (exec.bars_per_year, sums.returns as f64);
    let mut m = Metrics::NONE;
    let growth = last / capital;
    let drawdown = 1.0 - account.drawdown.lowest;
    m.set(Metric::FinalEquity, Some(last));
    m.set(Metric::TotalReturn, Some(growth - 1.0));
    m.set(Metric::MaxDrawdown, Some(drawdown));
    if t > 0.0 {
        let cagr = libm::pow(growth, b / t) - 1.0;
        m.set(Metric::Cagr, Some(cagr));
        m.set(Metric::Calmar, ratio(cagr, drawdown));
        m.set(Metric::Exposure, Some(account.tally.exposed as f64 / t));
    }
    let n = account.tally.trades as f64;
    m.set(Metric::Trades, Some(n));
    m.set(Metric::ProfitFactor, ratio(account.tally.gains, account.tally.losses));
    if account.tally.trades > 0 {
        m.set(Metric::WinRate, Some(account.tally.wins as f64 / n));
        m.set(Metric::Expectancy, Some(account.tally.pnl / n));
    }
    m.set(Metric::Fees, Some(account.tally.fees));
    m.set(Metric::Funding, Some(account.tally.funding));
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
