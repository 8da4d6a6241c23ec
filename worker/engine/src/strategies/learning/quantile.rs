//! Quantiles of the last hundred predictions.

/// Predictions a quantile is taken of.
pub const HISTORY: usize = 100;

/// The type-7 quantile at `percent` (1 to 99) of exactly [`HISTORY`] values, sorted.
pub fn quantile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (HISTORY - 1) * percent;
    let (i, rest) = (rank / 100, rank % 100);
    if rest == 0 { sorted[i] } else { sorted[i] + rest as f64 / 100.0 * (sorted[i + 1] - sorted[i]) }
}

/// The last [`HISTORY`] of `predictions`, sorted; `None` if there are fewer.
pub fn recent(predictions: &[f64]) -> Option<Vec<f64>> {
    let from = predictions.len().checked_sub(HISTORY)?;
    let mut sorted = predictions[from..].to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(sorted)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract R12.
    #[test]
    fn the_worked_quantiles_hold() {
        let sorted = recent(&(0..100).rev().map(f64::from).collect::<Vec<_>>()).unwrap();
        assert!((quantile(&sorted, 70) - 69.3).abs() < 1e-12);
        assert!((quantile(&sorted, 95) - 94.05).abs() < 1e-12);
        assert_eq!(quantile(&sorted, 50), 49.5);
    }

    #[test]
    fn ninety_nine_predictions_are_not_enough() {
        assert_eq!(recent(&[0.0; 99]), None);
    }
}
