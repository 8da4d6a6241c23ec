//! What the strategies that learn share: training rows purged by the horizon, standardised features, models.

pub mod forest;
pub mod jacobi;
pub mod quantile;
pub mod svm;

use crate::indicators::features::{FIRST_ROW, Features};
use crate::indicators::moments::population;
use std::ops::Range;

/// Rows between a decision and the close that its label looks at.
pub const HORIZON: usize = 5;

/// Fewest rows a model is trained on.
pub const LEAST_ROWS: usize = 50;

/// The training rows of a refit at row `t`: the last `window` rows whose labels are known at its close.
pub fn training_rows(t: usize, window: usize) -> Range<usize> {
    let end = (t + 1).saturating_sub(HORIZON);
    end.saturating_sub(window).max(FIRST_ROW).min(end)..end
}

/// Mean and standard deviation (ddof 0) of each feature over the training rows.
#[derive(Clone, Debug)]
pub struct Standard {
    moments: Vec<(f64, f64)>,
}

impl Standard {
    /// The moments of the first `count` features over `rows`.
    pub fn fit(features: &Features, count: usize, rows: Range<usize>) -> Standard {
        let moments = features.columns[..count].iter().map(|x| population(&x[rows.clone()])).collect();
        Standard { moments }
    }

    /// The standardised features of row `t`; a feature without deviation is 0.
    pub fn apply(&self, features: &Features, t: usize) -> impl Iterator<Item = f64> {
        self.moments
            .iter()
            .zip(&features.columns)
            .map(move |(&(mean, sd), x)| if sd == 0.0 { 0.0 } else { (x[t] - mean) / sd })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract R11, R12.
    #[test]
    fn no_training_label_looks_beyond_the_refit() {
        assert_eq!(training_rows(1000, 300), 696..996);
        assert!(training_rows(1000, 300).all(|i| i + HORIZON <= 1000));
        assert_eq!(training_rows(404, 300).start, FIRST_ROW);
        assert!(training_rows(3, 300).is_empty());
        assert!(training_rows(90, 300).is_empty());
    }
}
