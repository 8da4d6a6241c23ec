//! Which of a front to take (contract G12): every objective measured by the range of the front, 0 at its best and 1 at its worst.

use crate::config::Choice;
use crate::front::{Costs, MOST_OBJECTIVES};
use crate::rank::Goal;

/// The ranges of a front.
pub(crate) struct Scale {
    best: Costs,
    worst: Costs,
}

impl Scale {
    pub(crate) fn new(front: &[Costs]) -> Scale {
        let pick = |better: fn(f64, f64) -> bool| {
            let of =
                |a: Costs, b: Costs| std::array::from_fn(|m| if better(b[m], a[m]) { b[m] } else { a[m] });
            front.iter().copied().reduce(of).unwrap_or_default()
        };
        Scale { best: pick(|a, b| a < b), worst: pick(|a, b| a > b) }
    }

    /// How far a point is from what a method likes best. The plane through the ends of a front has the same sum of all
    /// objectives everywhere, so the knee, farthest below it (Das 1999), has the lowest sum.
    pub(crate) fn distance(&self, costs: &Costs, choice: Choice, weights: &Costs, objectives: usize) -> f64 {
        let parts = (0..objectives).map(|m| {
            let range = self.worst[m] - self.best[m];
            if range > 0.0 { (costs[m] - self.best[m]) / range } else { 0.0 }
        });
        match choice {
            Choice::Knee => parts.sum(),
            Choice::Ideal => parts.map(|p| p * p).sum(),
            Choice::Utility => parts.zip(weights).map(|(p, w)| p * w).sum(),
        }
    }
}

/// How far each point of a front is from what a method likes best, the nearest the lowest. `front` holds the values of the
/// objectives in their own directions; weights beyond those given are 1, and only [`Choice::Utility`] reads them.
pub fn distances(front: &[Vec<f64>], goals: &[Goal], choice: Choice, weights: &[f64]) -> Vec<f64> {
    let objectives = if goals.len() < MOST_OBJECTIVES { goals.len() } else { MOST_OBJECTIVES };
    let costs = |values: &Vec<f64>| -> Costs {
        std::array::from_fn(|m| match (values.get(m), goals.get(m)) {
            (Some(value), Some(Goal::Maximise)) => 0.0 - value,
            (Some(value), Some(Goal::Minimise)) => value + 0.0,
            _ => 0.0,
        })
    };
    let points: Vec<Costs> = front.iter().map(costs).collect();
    let scale = Scale::new(&points);
    let weights = std::array::from_fn(|m| weights.get(m).copied().unwrap_or(1.0));
    points.iter().map(|p| scale.distance(p, choice, &weights, objectives)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract G12.
    #[test]
    fn each_method_takes_what_it_says() {
        // A Sharpe ratio that is to be high, a drawdown that is to be low: whoever weighs the drawdown heavily takes the last.
        let front = [[4.0, 0.5], [3.8, 0.25], [2.9, 0.16], [2.0, 0.1]].map(Vec::from);
        let goals = [Goal::Maximise, Goal::Minimise];
        let of = |choice, weights: &[f64]| {
            let all = distances(&front, &goals, choice, weights);
            (0..all.len()).min_by(|&a, &b| all[a].total_cmp(&all[b]))
        };
        let sums = distances(&front, &goals, Choice::Knee, &[]);
        let expected = [1.0, 0.1 + 0.375, 0.55 + 0.15, 1.0];
        sums.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-12, "{sums:?}"));
        assert_eq!(of(Choice::Knee, &[]), Some(1));
        assert_eq!(of(Choice::Ideal, &[]), Some(1));
        assert_eq!(of(Choice::Utility, &[0.1, 1.0]), Some(3));
        assert_eq!(of(Choice::Utility, &[9.0, 0.1]), Some(0));
        assert_eq!(distances(&[vec![1.0, 2.0]], &goals, Choice::Knee, &[]), [0.0], "no range, no distance");
    }
}
