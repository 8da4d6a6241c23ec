//! How much of the find hangs on a few good days and trades (H15).

use crate::NullReason;

/// How many of the best are looked at.
pub const BEST: usize = 5;

/// Π(1 + r) - 1 in order of time without the `best` highest returns; of equal ones the earlier is left out first.
pub fn without_best(returns: &[f64], best: usize) -> f64 {
    let mut order: Vec<usize> = (0..returns.len()).collect();
    order.sort_by(|&a, &b| returns[b].total_cmp(&returns[a]));
    let mut left_out = vec![false; returns.len()];
    order.into_iter().take(best).for_each(|at| left_out[at] = true);
    let kept = returns.iter().zip(left_out).filter(|(_, out)| !out);
    kept.fold(1.0, |product, (r, _)| product * (1.0 + r)) - 1.0
}

/// Share of the net result of all trades that the `best` highest made, these added up from the highest down, the net
/// result in order of time.
pub fn best_trades(pnl: &[f64], best: usize) -> Result<f64, NullReason> {
    if pnl.len() <= best {
        return Err(NullReason::TooShort);
    }
    let net: f64 = pnl.iter().sum();
    let positive = net > 0.0;
    if !positive {
        return Err(NullReason::NotPositive);
    }
    let mut sorted = pnl.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    Ok(sorted[..best].iter().sum::<f64>() / net)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract H15.
    #[test]
    fn the_best_are_left_out_and_the_earlier_of_equals_first() {
        let got = without_best(&[0.5, 0.1, 0.5, -0.5, 0.2], 2);
        assert!((got - (1.1 * 0.5 * 1.2 - 1.0)).abs() < 1e-15);
        assert_eq!(without_best(&[0.5], 5), 0.0);
    }

    // Contract H15.
    #[test]
    fn a_few_trades_or_a_loss_have_no_share() {
        let many = [1.0, 2.0, 3.0, -1.0, 4.0, 5.0, -2.0];
        assert_eq!(best_trades(&many, 5), Ok(15.0 / 12.0));
        assert_eq!(best_trades(&many[..5], 5), Err(NullReason::TooShort));
        assert_eq!(best_trades(&many.map(|x| x - 2.0), 5), Err(NullReason::NotPositive));
    }
}
