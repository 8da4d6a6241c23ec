//! What genomes beside the winner are worth: a real edge is no lonely peak.

use serde::{Deserialize, Serialize};

use super::evaluate::sharpes;
use crate::job::problem::Problem;
use crate::run::evaluator::EvaluatorError;

/// What the neighbours keep of the winner's Sharpe ratio on the training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbourhood {
    /// Number of neighbours.
    pub neighbours: u64,
    /// Median of their ratios to the winner; of an even number the mean of the middle two.
    pub median: f64,
    /// The lowest ratio.
    pub worst: f64,
    /// Share of the ratios that are not above 0.
    pub share_not_positive: f64,
}

/// Evaluates `neighbours` of the winner, a genome of species `species` with the Sharpe ratio `winner`, on `slots` threads.
/// `None`: there is no neighbour, or the winner's ratio is not above 0.
///
/// # Errors
/// The system gives no threads.
pub fn neighbourhood(
    problem: &Problem<'_>,
    species: usize,
    winner: f64,
    neighbours: &[Box<[u32]>],
    slots: usize,
) -> Result<Option<Neighbourhood>, EvaluatorError> {
    if neighbours.is_empty() || winner.is_nan() || winner <= 0.0 {
        return Ok(None);
    }
    let sharpes = sharpes(problem, species, neighbours, slots)?;
    // Without a Sharpe ratio nothing is kept.
    Ok(summary(sharpes.into_iter().map(|sharpe| sharpe.unwrap_or(0.0) / winner).collect()))
}

fn summary(mut ratios: Vec<f64>) -> Option<Neighbourhood> {
    ratios.sort_by(f64::total_cmp);
    let n = ratios.len();
    let (low, high) = (ratios.get(n.checked_sub(1)? / 2)?, ratios.get(n / 2)?);
    Some(Neighbourhood {
        neighbours: n as u64,
        median: if n.is_multiple_of(2) { (low + high) / 2.0 } else { *low },
        worst: ratios[0],
        share_not_positive: ratios.iter().filter(|&&r| r <= 0.0).count() as f64 / n as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbourhood_is_known_by_its_middle_and_its_worst() {
        let of = |ratios: &[f64]| summary(ratios.to_vec());
        assert_eq!(of(&[]), None);
        let odd = of(&[0.9, -0.5, 0.0]).unwrap();
        assert_eq!((odd.neighbours, odd.median, odd.worst), (3, 0.0, -0.5));
        assert_eq!(odd.share_not_positive, 2.0 / 3.0);
        let even = of(&[0.5, 1.0, 0.25, 2.0]).unwrap();
        assert_eq!((even.median, even.worst, even.share_not_positive), (0.75, 0.25, 0.0));
    }
}
