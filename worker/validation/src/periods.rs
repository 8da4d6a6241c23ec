//! When the find earned: by blocks and by calendar years (H15).

use crate::NullReason;
use crate::perf::{is_flat, perf};
use galapagos_engine::evaluation::BlockSum;
use galapagos_engine::q52::{Sums, to_f64};

/// Share of the blocks that earned.
pub fn positive_blocks(blocks: &[BlockSum]) -> f64 {
    blocks.iter().filter(|b| b.s1 > 0).count() as f64 / blocks.len() as f64
}

/// Share of the sum of all returns that the best block made.
pub fn best_block_share(blocks: &[BlockSum]) -> Result<f64, NullReason> {
    let total: i128 = blocks.iter().map(|b| i128::from(b.s1)).sum();
    let best = blocks.iter().map(|b| b.s1).max().unwrap_or_default();
    if total <= 0 {
        return Err(NullReason::NotPositive);
    }
    Ok(to_f64(i128::from(best)) / to_f64(total))
}

/// What a find did in a stretch of bars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Year {
    /// The calendar year.
    pub year: i32,
    /// Number of returns.
    pub bars: u64,
    /// Annual Sharpe ratio; `None` without variance.
    pub sharpe: Option<f64>,
    /// Π(1 + r) - 1 in order of time.
    pub total_return: f64,
    /// Trades that ended in it.
    pub trades: u64,
}

/// Returns by the year in which their bar opens (UTC), in rising order. `years` stands beside `returns` and never falls;
/// `trades` are the years of the bars in which trades ended. A year of trades alone does not occur.
pub fn by_year(
    years: &[i32],
    returns: &[f64],
    trades: &[i32],
    bars_per_year: f64,
    riskless: f64,
) -> Vec<Year> {
    let mut rest = returns;
    let stretches = years.chunk_by(|a, b| a == b).map(|stretch| {
        let (own, after) = rest.split_at(stretch.len().min(rest.len()));
        rest = after;
        Year {
            year: stretch[0],
            bars: own.len() as u64,
            sharpe: annual_sharpe(own, bars_per_year, riskless),
            total_return: own.iter().fold(1.0, |product, r| product * (1.0 + r)) - 1.0,
            trades: trades.iter().filter(|&&year| year == stretch[0]).count() as u64,
        }
    });
    stretches.collect()
}

/// The Sharpe ratio of returns in any order, a year; `None` below two returns, without variance or out of range.
pub(crate) fn annual_sharpe(returns: &[f64], bars_per_year: f64, riskless: f64) -> Option<f64> {
    let sums = Sums::from_returns(returns)?;
    let defined = sums.returns >= 2 && !is_flat(sums.s1, sums.s2, sums.returns);
    defined.then(|| perf(sums.s1, sums.s2, sums.returns, riskless) * bars_per_year.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract H15.
    #[test]
    fn blocks_that_earned_nothing_are_not_positive() {
        let blocks = [3, 0, -1, 2].map(|s1| BlockSum { s1, s2: 9 });
        assert_eq!(positive_blocks(&blocks), 0.5);
        assert_eq!(best_block_share(&blocks), Ok(0.75));
        let lost = [3, 0, -1, -2].map(|s1| BlockSum { s1, s2: 9 });
        assert_eq!(best_block_share(&lost), Err(NullReason::NotPositive));
    }

    // Contract H15.
    #[test]
    fn years_share_out_all_returns_and_trades() {
        let returns = [0.1, -0.1, 0.2, 0.5, 0.5];
        let got = by_year(&[2020, 2020, 2020, 2022, 2022], &returns, &[2020, 2022, 2020], 252.0, 0.0);
        assert_eq!(got.len(), 2);
        assert_eq!((got[0].year, got[0].bars, got[0].trades), (2020, 3, 2));
        assert!((got[0].total_return - (1.1 * 0.9 * 1.2 - 1.0)).abs() < 1e-15);
        // Mean 1/15, squares .06 less 1/75 over 2.
        let expected = (0.2 / 3.0) / ((0.06_f64 - 0.04 / 3.0) / 2.0).sqrt() * 252_f64.sqrt();
        assert!((got[0].sharpe.unwrap() - expected).abs() < 1e-12);
        assert_eq!((got[1].sharpe, got[1].trades), (None, 1));
        assert!((got[1].total_return - 1.25).abs() < 1e-15);
    }
}
