//! What a random draw of genes is worth without selection (H14).

use crate::NullReason;

/// Sharpe ratios of trials that no selection has touched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomGenomes {
    /// How many there are.
    pub trials: u64,
    /// v\[(n-1)/4\] of the sorted ratios v.
    pub lower_quartile: f64,
    /// v\[(n-1)/2\].
    pub median: f64,
    /// v\[3(n-1)/4\].
    pub upper_quartile: f64,
    /// Share of those above 0.
    pub share_positive: f64,
}

/// Quartiles of the ratios of the trials that [`crate::trials::choose`] gave; they are values that occur, by whole
/// number division.
pub fn random_genomes(sharpes: &[f64]) -> Result<RandomGenomes, NullReason> {
    let Some(last) = sharpes.len().checked_sub(1) else { return Err(NullReason::TooFewTrials) };
    let mut sorted = sharpes.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let positive = sorted.iter().filter(|&&v| v > 0.0).count();
    Ok(RandomGenomes {
        trials: sorted.len() as u64,
        lower_quartile: sorted[last / 4],
        median: sorted[last / 2],
        upper_quartile: sorted[3 * last / 4],
        share_positive: positive as f64 / sorted.len() as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract H14.
    #[test]
    fn quartiles_are_values_that_occur() {
        let got = random_genomes(&[0.4, -0.1, 0.3, 0.0, 0.2, 0.1]).unwrap();
        let expected = RandomGenomes {
            trials: 6,
            lower_quartile: 0.0,
            median: 0.1,
            upper_quartile: 0.2,
            share_positive: 4.0 / 6.0,
        };
        assert_eq!(got, expected);
        assert_eq!(random_genomes(&[]), Err(NullReason::TooFewTrials));
    }
}
