//! Quotas: how many candidates each species may ask for. Species compete only here. Whole numbers throughout.

/// Shares `total` in proportion to `weights` by largest remainder, ties by position. All zero: equal shares.
pub(crate) fn proportional(total: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u128 = weights.iter().map(|&w| u128::from(w)).sum();
    if weights.is_empty() {
        return vec![];
    }
    if sum == 0 {
        return proportional(total, &vec![1; weights.len()]);
    }
    let products: Vec<u128> = weights.iter().map(|&w| u128::from(w) * u128::from(total)).collect();
    round(products, sum, total)
}

/// numerators / denominator, rounded by largest remainder so that they sum to `total`.
fn round(numerators: Vec<u128>, denominator: u128, total: u64) -> Vec<u64> {
    let mut shares: Vec<u64> = numerators.iter().map(|n| (n / denominator) as u64).collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(numerators[i] % denominator));
    let missing = total.saturating_sub(shares.iter().sum());
    for &i in order.iter().cycle().take(missing as usize) {
        shares[i] += 1;
    }
    shares
}

/// Where quotas are heading: a floor each, the rest in proportion to the scores.
pub(crate) fn targets(population: u64, min_share: f64, scores: &[u64]) -> Vec<u64> {
    let equal = population / scores.len() as u64;
    let quarter = (population as f64 / scores.len() as f64 * min_share) as u64;
    let floor = equal.min(quarter.max(4));
    let rest = population - floor * scores.len() as u64;
    proportional(rest, scores).into_iter().map(|share| share + floor).collect()
}

/// .8 of the quota now and .2 of its target, by largest remainder.
pub(crate) fn next(population: u64, quotas: &[u64], targets: &[u64]) -> Vec<u64> {
    let numerators = quotas.iter().zip(targets).map(|(&q, &t)| u128::from(4 * q + t)).collect();
    round(numerators, 5, population)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract G2.
    /// The example of contract G2.
    #[test]
    fn targets_follow_the_scores_above_a_floor() {
        assert_eq!(targets(100, 0.25, &[31, 10, 7, 2]), [53, 21, 17, 9]);
        assert_eq!(next(100, &[25, 25, 25, 25], &[53, 21, 17, 9]), [31, 24, 23, 22]);
    }

    #[test]
    fn equal_shares_give_the_remainder_to_the_first() {
        assert_eq!(proportional(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(proportional(10, &[0, 0]), [5, 5]);
        assert_eq!(proportional(0, &[3, 1]), [0, 0]);
    }

    #[test]
    fn quotas_never_lose_or_invent_an_individual() {
        let mut quotas = proportional(1_000, &[1; 14]);
        for generation in 0..200_u64 {
            let scores: Vec<u64> = (0..14).map(|i| (generation * 7 + i * i) % 90).collect();
            let targets = targets(1_000, 0.25, &scores);
            assert_eq!(targets.iter().sum::<u64>(), 1_000);
            quotas = next(1_000, &quotas, &targets);
            assert_eq!(quotas.iter().sum::<u64>(), 1_000);
            assert!(quotas.iter().all(|&q| q >= 17), "{quotas:?}");
        }
    }
}
