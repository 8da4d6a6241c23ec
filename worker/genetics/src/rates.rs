//! Weights and learning rates of an update of CMA-ES (Hansen 2016), for batches that are larger than a search alone would ask
//! for: there are few updates, and each has many outcomes.

/// What an update of some outcomes in some dimensions learns with.
pub(crate) struct Rates {
    /// Of the best outcomes, best first; they sum to 1.
    pub(crate) weights: Vec<f64>,
    /// Of the last outcomes, the worst last; below 0.
    pub(crate) negative: Vec<f64>,
    /// How many equal outcomes the weights stand for.
    pub(crate) effective: f64,
    pub(crate) step: f64,
    pub(crate) damping: f64,
    pub(crate) path: f64,
    /// Of the evolution path, and of the outcomes.
    pub(crate) one: f64,
    pub(crate) many: f64,
    /// Length of a normal vector.
    pub(crate) expected: f64,
}

impl Rates {
    /// Of `lambda` outcomes, at least 2, in `numbers` dimensions beside `categories`.
    ///
    /// Half of the outcomes have weights where that are no more than there are genes, else a quarter: beyond that more of them
    /// only average the step away. The damping lacks Hansen's part that grows with the number of outcomes, which keeps the step
    /// small for longer than so few updates last.
    pub(crate) fn new(lambda: usize, numbers: usize, categories: usize) -> Rates {
        let (half, quarter) = (lambda / 2, lambda / 4);
        let best = half.min(numbers + categories).max(quarter).max(1);
        let middle = libm::log((lambda as f64 + 1.0) / 2.0);
        let log = |i: usize| libm::log(i as f64);
        let top = libm::log(best as f64 + 0.5);
        let mut weights: Vec<f64> = (1..=best).map(|i| top - log(i)).collect();
        let sum = weights.iter().sum::<f64>();
        weights.iter_mut().for_each(|w| *w /= sum);
        let effective = 1.0 / weights.iter().map(|w| w * w).sum::<f64>();

        let d = numbers as f64;
        let step = (effective + 2.0) / (d + effective + 5.0);
        let one = 2.0 / ((d + 1.3) * (d + 1.3) + effective);
        let many = 2.0 * (effective - 2.0 + 1.0 / effective) / ((d + 2.0) * (d + 2.0) + effective);
        let many = least(many, 1.0 - one);

        let mut negative: Vec<f64> = (1..=lambda).map(|i| middle - log(i)).filter(|w| *w < 0.0).collect();
        let (sum, squares) = negative.iter().fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
        let share = if many > 0.0 && sum < 0.0 {
            let by_effect = 1.0 + 2.0 * (sum * sum / squares) / (effective + 2.0);
            // The last keeps the covariance positive definite.
            let share = least(1.0 + one / many, least(by_effect, (1.0 - one - many) / (d * many)));
            if share > 0.0 { share } else { 0.0 }
        } else {
            0.0
        };
        negative.iter_mut().for_each(|w| *w *= share / -sum);
        Rates {
            weights,
            negative,
            effective,
            step,
            damping: 1.0 + step,
            path: (4.0 + effective / d) / (d + 4.0 + 2.0 * effective / d),
            one,
            many,
            expected: d.sqrt() * (1.0 - 1.0 / (4.0 * d) + 1.0 / (21.0 * d * d)),
        }
    }
}

fn least(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: [f64; 5] =
        [0.456272646903, 0.270753097002, 0.162231117159, 0.085233547100, 0.025509591836];
    const EFFECTIVE: f64 = 3.167299281411;
    const STEP: f64 = 0.284428587946;
    const ONE: f64 = 0.015283824525;
    const MANY: f64 = 0.020154282761;
    const NEGATIVE: f64 = -1.758341276930;

    /// The numbers of Hansen's tutorial for ten outcomes in ten dimensions, computed with numpy.
    #[test]
    fn ten_outcomes_in_ten_dimensions_have_the_rates_of_the_tutorial() {
        let rates = Rates::new(10, 10, 0);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        assert_eq!((rates.weights.len(), rates.negative.len()), (5, 5));
        near(rates.weights.iter().sum(), 1.0);
        WEIGHTS.iter().zip(&rates.weights).for_each(|(a, b)| near(*a, *b));
        near(rates.effective, EFFECTIVE);
        near(rates.step, STEP);
        near(rates.one, ONE);
        near(rates.many, MANY);
        near(rates.negative.iter().sum(), NEGATIVE);
    }

    #[test]
    fn no_share_takes_more_than_there_is_of_the_covariance() {
        for lambda in [2, 3, 4, 10, 100, 100_000] {
            for numbers in [1, 2, 10, 64] {
                let rates = Rates::new(lambda, numbers, 1);
                let taken = -rates.negative.iter().sum::<f64>() * rates.many * numbers as f64;
                assert!(taken <= 1.0 - rates.one - rates.many + 1e-9, "{lambda} {numbers}: {taken}");
                assert!(rates.negative.iter().all(|w| *w <= 0.0) && rates.many >= 0.0, "{lambda} {numbers}");
            }
        }
        let most = |lambda, genes| Rates::new(lambda, genes, 0).weights.len();
        assert_eq!([most(20, 10), most(100, 10), most(100, 64), most(20, 3)], [10, 25, 50, 5]);
    }
}
