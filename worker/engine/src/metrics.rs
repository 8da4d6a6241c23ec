//! Metrics and the reason of undefined ones, from what one or several accounts did (X22, X23, A4).

use crate::evaluation::{BLOCKS, BlockSum, Evaluation, Metric, MetricSet, Metrics, Reason};
use crate::execution::Execution;
use crate::q52::Sums;

/// What the metrics are computed from.
#[derive(Clone, Copy, Debug)]
pub struct AccountHistory<'a> {
    /// Equity at the start.
    pub capital: f64,
    /// Equity at the counted stamps.
    pub equity: &'a [f64],
    /// Returns of the counted stamps.
    pub returns: &'a [f64],
    /// Result of each closed round trip, in account currency, by exit.
    pub pnl: &'a [f64],
    /// Counted stamps with a position at the close.
    pub exposed: usize,
    /// Fees, in account currency.
    pub fees: f64,
    /// Sum of |quantity| x price of all fills.
    pub traded: f64,
    /// Funding and borrow paid.
    pub funding: f64,
    /// Whether the equity reached 0.
    pub ruined: bool,
    /// Whether a position is open after the last row.
    pub open_position: bool,
}

/// Metrics that every bar counts for: they come from [`BarSums`], all others from an [`AccountSummary`].
pub(crate) const PER_BAR: [Metric; 4] = [Metric::Sortino, Metric::Turnover, Metric::Skew, Metric::Kurtosis];

/// What an account has come to, however its bars were counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccountSummary {
    /// Equity at the start.
    pub capital: f64,
    /// Equity at the end.
    pub equity: f64,
    /// The lowest equity as a share of the highest before it, the capital included.
    pub lowest: f64,
    /// Number of counted rows, each with one return.
    pub rows: usize,
    /// Those with a position at the close.
    pub exposed: u64,
    /// Number of closed round trips.
    pub trades: u64,
    /// Closed round trips with a profit above 0.
    pub wins: u64,
    /// What they won, what the others lost, and the sum of all.
    pub gains: f64,
    pub losses: f64,
    pub pnl: f64,
    pub fees: f64,
    /// Sum of |quantity| x price of all fills.
    pub traded: f64,
    /// Funding and borrow paid.
    pub funding: f64,
    /// Whether the equity reached 0.
    pub ruined: bool,
    /// Whether a position is open after the last row.
    pub open_position: bool,
}

/// Sums over the counted bars in the order of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct BarSums {
    /// Squares of the negative returns, in units of 2^-52.
    pub down: i128,
    /// Equity.
    pub equity: f64,
    /// Second to fourth powers of the returns' distances from their mean.
    pub moments: [f64; 3],
}

/// The evaluation of a history: the metrics of `set`, the reason, the exact sums.
pub fn evaluate(history: &AccountHistory, exec: &Execution, set: MetricSet) -> Evaluation {
    let (account, sums) = (account(history), Sums::from_returns(history.returns));
    let bars = BarSums {
        down: sums.as_ref().map_or(0, |sums| sums.s2_down),
        equity: history.equity.iter().sum(),
        moments: sums.as_ref().map_or([0.0; 3], |sums| moments(history.returns, sums.mean())),
    };
    evaluate_account(&account, sums.as_ref(), &bars, exec, set)
}

fn account(history: &AccountHistory) -> AccountSummary {
    let pnl = history.pnl;
    AccountSummary {
        capital: history.capital,
        equity: history.equity.last().copied().unwrap_or(history.capital),
        lowest: lowest_ratio(history.capital, history.equity),
        rows: history.returns.len(),
        exposed: history.exposed as u64,
        trades: pnl.len() as u64,
        wins: pnl.iter().filter(|&&x| x > 0.0).count() as u64,
        gains: pnl.iter().filter(|&&x| x > 0.0).sum(),
        losses: pnl.iter().filter(|&&x| x < 0.0).map(|x| -x).sum(),
        pnl: pnl.iter().sum(),
        fees: history.fees,
        traded: history.traded,
        funding: history.funding,
        ruined: history.ruined,
        open_position: history.open_position,
    }
}

/// The evaluation of an account and the exact sums of its returns (`None`: out of their range). `bars` mean something only
/// where `set` asks for what comes from them.
pub(crate) fn evaluate_account(
    account: &AccountSummary,
    sums: Option<&Sums>,
    bars: &BarSums,
    exec: &Execution,
    set: MetricSet,
) -> Evaluation {
    let reason = reason(account, sums);
    let mut m = Metrics::NONE;
    account_metrics(&mut m, account, exec);
    if account.rows > 0 {
        let t = account.rows as f64;
        let (years, mean) = (t / exec.bars_per_year, bars.equity / t);
        m.set(Metric::Turnover, Some(account.traded / mean / years));
    }
    if let Some(sums) = sums
        && account.rows >= 2
    {
        return_metrics(&mut m, account, sums, reason, exec);
        bar_metrics(&mut m, bars, sums, exec);
    }
    let failed = reason.is_some_and(Reason::is_failed);
    let blocks = match sums {
        Some(sums) if !failed => sums.blocks,
        _ => [BlockSum::default(); BLOCKS],
    };
    let (s1, s2) = sums.map_or((0, 0), |s| (s.s1, s.s2));
    Evaluation {
        metrics: m.restricted(set),
        reason,
        returns: account.rows as u64,
        s1,
        s2,
        blocks,
        open_position: account.open_position,
    }
}

fn reason(account: &AccountSummary, sums: Option<&Sums>) -> Option<Reason> {
    match sums {
        _ if account.rows < 2 => Some(Reason::TooShort),
        _ if account.ruined => Some(Reason::Ruined),
        None => Some(Reason::NotFinite),
        _ if account.trades == 0 => Some(Reason::NoTrades),
        Some(sums) if sums.is_flat() => Some(Reason::FlatReturns),
        Some(_) => None,
    }
}

fn account_metrics(m: &mut Metrics, account: &AccountSummary, exec: &Execution) {
    let growth = account.equity / account.capital;
    let drawdown = 1.0 - account.lowest;
    m.set(Metric::FinalEquity, Some(account.equity));
    m.set(Metric::TotalReturn, Some(growth - 1.0));
    m.set(Metric::MaxDrawdown, Some(drawdown));
    if account.rows > 0 {
        let t = account.rows as f64;
        let cagr = libm::pow(growth, exec.bars_per_year / t) - 1.0;
        m.set(Metric::Cagr, Some(cagr));
        m.set(Metric::Calmar, ratio(cagr, drawdown));
        m.set(Metric::Exposure, Some(account.exposed as f64 / t));
    }
    let n = account.trades as f64;
    m.set(Metric::Trades, Some(n));
    m.set(Metric::ProfitFactor, ratio(account.gains, account.losses));
    if account.trades > 0 {
        m.set(Metric::WinRate, Some(account.wins as f64 / n));
        m.set(Metric::Expectancy, Some(account.pnl / n));
    }
    m.set(Metric::Fees, Some(account.fees));
    m.set(Metric::Funding, Some(account.funding));
}

fn return_metrics(
    m: &mut Metrics,
    account: &AccountSummary,
    sums: &Sums,
    reason: Option<Reason>,
    exec: &Execution,
) {
    let b = exec.bars_per_year;
    let deviation = sums.variance().sqrt();
    let has_sharpe = match reason {
        None => true,
        Some(Reason::NoTrades) => account.open_position && !sums.is_flat(),
        Some(_) => false,
    };
    m.set(Metric::Sharpe, has_sharpe.then(|| excess(sums, exec) / deviation * b.sqrt()));
    m.set(Metric::Volatility, (deviation >= 0.0).then(|| deviation * b.sqrt()));
}

/// The mean return above the riskless one.
fn excess(sums: &Sums, exec: &Execution) -> f64 {
    sums.mean() - exec.risk_free_rate / exec.bars_per_year
}

/// The metrics of returns of [`PER_BAR`].
fn bar_metrics(m: &mut Metrics, bars: &BarSums, sums: &Sums, exec: &Execution) {
    let t = sums.returns as f64;
    let downside = (crate::q52::to_f64(bars.down) / t).sqrt();
    m.set(Metric::Sortino, ratio(excess(sums, exec), downside).map(|x| x * exec.bars_per_year.sqrt()));
    if !sums.is_flat() {
        let (skew, kurtosis) = shape_of(bars.moments, t);
        m.set(Metric::Skew, Some(skew));
        m.set(Metric::Kurtosis, Some(kurtosis));
    }
}

/// A reward over a risk that is not negative: infinite with the reward's sign where there is no risk, `None` where
/// there is neither.
fn ratio(reward: f64, risk: f64) -> Option<f64> {
    if risk > 0.0 {
        return Some(reward / risk);
    }
    (risk == 0.0 && reward != 0.0).then(|| reward.signum() * f64::INFINITY)
}

/// The lowest equity as a share of the highest before it, the capital included.
fn lowest_ratio(capital: f64, equity: &[f64]) -> f64 {
    let (mut peak, mut lowest) = (capital, 1.0);
    for &e in equity {
        if e > peak {
            peak = e;
        }
        let ratio = e / peak;
        if ratio < lowest {
            lowest = ratio;
        }
    }
    lowest
}

/// Skewness and raw kurtosis from population moments about `mean`, summed in time order.
pub fn shape(returns: &[f64], mean: f64) -> (f64, f64) {
    shape_of(moments(returns, mean), returns.len() as f64)
}

/// Sums of the second to fourth powers of the distances from `mean`, in time order.
fn moments(returns: &[f64], mean: f64) -> [f64; 3] {
    let [mut m2, mut m3, mut m4] = [0.0; 3];
    for &r in returns {
        let [second, third, fourth] = powers(r - mean);
        m2 += second;
        m3 += third;
        m4 += fourth;
    }
    [m2, m3, m4]
}

/// Second to fourth power of a distance from the mean, rounded as they are everywhere.
#[inline(always)]
pub(crate) fn powers(d: f64) -> [f64; 3] {
    let square = d * d;
    [square, square * d, square * square]
}

fn shape_of(moments: [f64; 3], t: f64) -> (f64, f64) {
    let [m2, m3, m4] = moments.map(|m| m / t);
    (m3 / (m2 * m2.sqrt()), m4 / (m2 * m2))
}

/// Sharpe per bar of any union of blocks, from their sums and their number of returns (H4); `None`
/// without variance.
pub fn sharpe_of_sums(s1: i128, s2: i128, returns: u64) -> Option<f64> {
    let sums = Sums { returns, s1, s2, s2_down: 0, blocks: [BlockSum::default(); BLOCKS] };
    (returns >= 2 && !sums.is_flat()).then(|| sums.mean() / sums.variance().sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_gains_and_loses_knows_every_metric() {
        let history = AccountHistory {
            capital: 1.0,
            equity: &[1.01, 0.9898, 1.019_494],
            returns: &[0.01, -0.02, 0.03],
            pnl: &[0.02, -0.000_506],
            exposed: 2,
            fees: 0.001,
            traded: 4.0,
            funding: 0.002,
            ruined: false,
            open_position: false,
        };
        let whole = evaluate(&history, &Execution::default(), MetricSet::FULL);
        // The market's own return is nobody's account.
        for m in Metric::ALL.into_iter().filter(|&m| m != Metric::BuyAndHoldReturn) {
            assert!(whole.metrics.get(m).is_some(), "{m:?}");
            let alone = evaluate(&history, &Execution::default(), MetricSet(0).with(m));
            assert_eq!(alone.metrics.get(m), whole.metrics.get(m), "{m:?}");
        }
    }
}
