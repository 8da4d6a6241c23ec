//! What the find does when the market rises, falls or does neither (H15).

use crate::NullReason;
use crate::periods::annual_sharpe;
use galapagos_engine::q52::{fx, to_f64};

/// A market that moves less than this many standard deviations of its months goes sideways.
const SIDEWAYS: f64 = 0.5;

/// Fewer months are too few.
const FEWEST: usize = 3;

/// What the find did in all months of a kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regime {
    /// Number of returns.
    pub bars: u64,
    /// Sum of the find's returns.
    pub return_sum: f64,
    /// Sum of the market's.
    pub market_sum: f64,
    /// Annual Sharpe ratio of the find; `None` without variance.
    pub sharpe: Option<f64>,
}

/// Months by what the market did in them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regimes {
    /// It rose.
    pub up: Regime,
    /// It fell.
    pub down: Regime,
    /// It did neither.
    pub sideways: Regime,
}

/// Spans of ⌈B/12⌉ returns, the last as short as it comes. A span is sideways if |m| <= .5·sd (ddof 1) of all spans'
/// market sums m, else up or down. Sums are exact (A1); the mean and variance of the m are added up in order of time.
pub fn regimes(
    returns: &[f64],
    market: &[f64],
    bars_per_year: f64,
    riskless: f64,
) -> Result<Regimes, NullReason> {
    let month = (bars_per_year / 12.0).ceil();
    let span = if month >= 1.0 { month as usize } else { 1 };
    let count = returns.len().min(market.len());
    let spans: Vec<(&[f64], &[f64])> =
        returns[..count].chunks(span).zip(market[..count].chunks(span)).collect();
    if spans.len() < FEWEST {
        return Err(NullReason::TooShort);
    }
    let moves: Vec<f64> = spans.iter().map(|(_, m)| sum(m)).collect::<Result<_, _>>()?;
    let n = moves.len() as f64;
    let mean = moves.iter().sum::<f64>() / n;
    let deviation = (moves.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>() / (n - 1.0)).sqrt();
    let of = |kind: fn(f64, f64) -> bool| {
        let chosen = spans.iter().zip(&moves).filter(|(_, m)| kind(**m, SIDEWAYS * deviation));
        let (own, theirs): (Vec<&[f64]>, Vec<&[f64]>) = chosen.map(|(span, _)| *span).unzip();
        let (own, theirs) = (own.concat(), theirs.concat());
        Ok(Regime {
            bars: own.len() as u64,
            return_sum: sum(&own)?,
            market_sum: sum(&theirs)?,
            sharpe: annual_sharpe(&own, bars_per_year, riskless),
        })
    };
    Ok(Regimes {
        up: of(|m, limit| m > limit)?,
        down: of(|m, limit| m < -limit)?,
        sideways: of(|m, limit| m.abs() <= limit)?,
    })
}

fn sum(values: &[f64]) -> Result<f64, NullReason> {
    let mut total = 0_i128;
    for &value in values {
        total += i128::from(fx(value).ok_or(NullReason::NotFinite)?);
    }
    Ok(to_f64(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract H15.
    #[test]
    fn a_market_that_stands_still_goes_sideways() {
        let returns: Vec<f64> = (0..9).map(|i| f64::from(i) * 0.01).collect();
        let got = regimes(&returns, &[0.0; 9], 36.0, 0.0).unwrap();
        assert_eq!((got.sideways.bars, got.up.bars, got.down.bars), (9, 0, 0));
        assert_eq!((got.up.sharpe, got.up.return_sum), (None, 0.0));
    }

    // Contract H15.
    #[test]
    fn months_of_three_kinds_share_out_the_bars() {
        let market = [0.1, 0.1, 0.1, -0.1, -0.1, -0.1, 0.01, 0.0, -0.01, 0.2];
        let returns = [0.5, 0.25, 0.5, 0.0, 0.0, 0.0, 0.125, 0.0, 0.0, 0.25];
        let got = regimes(&returns, &market, 36.0, 0.0).unwrap();
        assert_eq!((got.up.bars, got.down.bars, got.sideways.bars), (4, 3, 3));
        assert_eq!((got.up.return_sum, got.sideways.return_sum), (1.5, 0.125));
        assert_eq!(regimes(&returns[..6], &market, 36.0, 0.0), Err(NullReason::TooShort));
    }
}
