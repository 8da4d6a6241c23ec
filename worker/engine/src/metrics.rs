//! Metrics and the reason of undefined ones, from what one or several accounts did (X22, X23, A4).

use crate::evaluation::{BLOCKS, BlockSum, Evaluation, Metric, MetricSet, Metrics, Reason};
use crate::execution::Execution;
use crate::q52::Sums;

/// What the metrics are computed from.
#[derive(Clone, Copy, Debug)]
pub struct Story<'a> {
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

/// The evaluation of a story: the metrics of `set`, the reason, the exact sums.
pub fn evaluate(story: &Story, exec: &Execution, set: MetricSet) -> Evaluation {
    let t = story.returns.len();
    let sums = Sums::of(story.returns);
    let reason = reason(story, sums.as_ref());
    let mut m = Metrics::NONE;
    account_metrics(&mut m, story, exec);
    trade_metrics(&mut m, story.pnl);
    m.set(Metric::Fees, Some(story.fees));
    m.set(Metric::Funding, Some(story.funding));
    if let Some(sums) = &sums
        && t >= 2
    {
        return_metrics(&mut m, story, sums, reason, exec);
    }
    let failed = reason.is_some_and(Reason::is_failed);
    let blocks = match &sums {
        Some(sums) if !failed => sums.blocks,
        _ => [BlockSum::default(); BLOCKS],
    };
    let (s1, s2) = sums.map_or((0, 0), |s| (s.s1, s.s2));
    Evaluation {
        metrics: m.restricted(set),
        reason,
        returns: t as u64,
        s1,
        s2,
        blocks,
        open_position: story.open_position,
    }
}

fn reason(story: &Story, sums: Option<&Sums>) -> Option<Reason> {
    match sums {
        _ if story.returns.len() < 2 => Some(Reason::TooShort),
        _ if story.ruined => Some(Reason::Ruined),
        None => Some(Reason::NotFinite),
        _ if story.pnl.is_empty() => Some(Reason::NoTrades),
        Some(sums) if sums.is_flat() => Some(Reason::FlatReturns),
        Some(_) => None,
    }
}

fn account_metrics(m: &mut Metrics, story: &Story, exec: &Execution) {
    let t = story.equity.len();
    let last = story.equity.last().copied().unwrap_or(story.capital);
    let growth = last / story.capital;
    let drawdown = 1.0 - lowest_ratio(story.capital, story.equity);
    m.set(Metric::FinalEquity, Some(last));
    m.set(Metric::TotalReturn, Some(growth - 1.0));
    m.set(Metric::MaxDrawdown, Some(drawdown));
    if t > 0 {
        let cagr = libm::pow(growth, exec.bars_per_year / t as f64) - 1.0;
        let years = t as f64 / exec.bars_per_year;
        let mean = story.equity.iter().sum::<f64>() / t as f64;
        m.set(Metric::Cagr, Some(cagr));
        m.set(Metric::Calmar, ratio(cagr, drawdown));
        m.set(Metric::Exposure, Some(story.exposed as f64 / t as f64));
        m.set(Metric::Turnover, Some(story.traded / mean / years));
    }
}

/// A reward over a risk that is not negative: infinite with the reward's sign where there is no risk, `None` where
/// there is neither.
pub(crate) fn ratio(reward: f64, risk: f64) -> Option<f64> {
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

fn trade_metrics(m: &mut Metrics, pnl: &[f64]) {
    let n = pnl.len();
    let gains: f64 = pnl.iter().filter(|&&x| x > 0.0).sum();
    let losses: f64 = pnl.iter().filter(|&&x| x < 0.0).map(|x| -x).sum();
    let wins = pnl.iter().filter(|&&x| x > 0.0).count();
    m.set(Metric::Trades, Some(n as f64));
    m.set(Metric::ProfitFactor, ratio(gains, losses));
    if n > 0 {
        m.set(Metric::WinRate, Some(wins as f64 / n as f64));
        m.set(Metric::Expectancy, Some(pnl.iter().sum::<f64>() / n as f64));
    }
}

fn return_metrics(m: &mut Metrics, story: &Story, sums: &Sums, reason: Option<Reason>, exec: &Execution) {
    let (b, t) = (exec.bars_per_year, sums.returns as f64);
    let excess = sums.mean() - exec.risk_free_rate / b;
    let deviation = sums.variance().sqrt();
    let has_sharpe = match reason {
        None => true,
        Some(Reason::NoTrades) => story.open_position && !sums.is_flat(),
        Some(_) => false,
    };
    m.set(Metric::Sharpe, has_sharpe.then(|| excess / deviation * b.sqrt()));
    m.set(Metric::Volatility, (deviation >= 0.0).then(|| deviation * b.sqrt()));
    let downside = (crate::q52::to_f64(sums.s2_down) / t).sqrt();
    m.set(Metric::Sortino, ratio(excess, downside).map(|x| x * b.sqrt()));
    if !sums.is_flat() {
        let (skew, kurtosis) = shape(story.returns, sums.mean());
        m.set(Metric::Skew, Some(skew));
        m.set(Metric::Kurtosis, Some(kurtosis));
    }
}

/// Skewness and raw kurtosis from population moments about `mean`, summed in time order.
fn shape(returns: &[f64], mean: f64) -> (f64, f64) {
    let (mut m2, mut m3, mut m4) = (0.0, 0.0, 0.0);
    for &r in returns {
        let d = r - mean;
        let square = d * d;
        m2 += square;
        m3 += square * d;
        m4 += square * square;
    }
    let t = returns.len() as f64;
    let (m2, m3, m4) = (m2 / t, m3 / t, m4 / t);
    (m3 / (m2 * m2.sqrt()), m4 / (m2 * m2))
}

/// Sharpe per bar of any union of blocks, from their sums and their number of returns (H4); `None`
/// without variance.
pub fn sharpe_of_sums(s1: i128, s2: i128, returns: u64) -> Option<f64> {
    let sums = Sums { returns, s1, s2, s2_down: 0, blocks: [BlockSum::default(); BLOCKS] };
    (returns >= 2 && !sums.is_flat()).then(|| sums.mean() / sums.variance().sqrt())
}
