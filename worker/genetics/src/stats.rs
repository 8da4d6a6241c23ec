//! Figures about one generation, for people and logs; none of them reaches breeding.

/// Quantile of sorted values by linear interpolation between order statistics (type 7).
pub(crate) fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = q * last as f64;
    let below = at.floor() as usize;
    let above = if below < last { below + 1 } else { last };
    Some(sorted[below] + (at - below as f64) * (sorted[above] - sorted[below]))
}

/// Distinct values of one gene among individuals, as a share of how many there could be: min(values of the
/// gene, individuals).
pub(crate) fn distinct_share(mut indices: Vec<u32>, values: u32) -> f64 {
    let possible = indices.len().min(values as usize);
    if possible == 0 {
        return 0.0;
    }
    indices.sort_unstable();
    indices.dedup();
    indices.len() as f64 / possible as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_between_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.5), Some(2.5));
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.25), Some(2.0));
        assert_eq!(quantile(&[7.0], 0.75), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn diversity_is_one_where_every_value_differs() {
        assert_eq!(distinct_share(vec![3, 1, 2], 100), 1.0);
        assert_eq!(distinct_share(vec![0, 1, 0, 1], 2), 1.0);
        assert_eq!(distinct_share(vec![5, 5, 5, 5], 100), 0.25);
    }
}
