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
pub(crate) fn distinct_share(indices: impl ExactSizeIterator<Item = u32>, values: u32) -> f64 {
    let individuals = indices.len();
    let possible = individuals.min(values as usize);
    if possible == 0 {
        return 0.0;
    }
    distinct(indices, values, individuals) as f64 / possible as f64
}

fn distinct(indices: impl Iterator<Item = u32>, values: u32, individuals: usize) -> usize {
    // A bit per value where that is less memory than the indices themselves.
    if values as usize / 32 <= individuals {
        let mut bits = vec![0_u64; values.div_ceil(64) as usize];
        indices.for_each(|k| bits[k as usize / 64] |= 1 << (k % 64));
        return bits.iter().map(|b| b.count_ones() as usize).sum();
    }
    let mut indices: Vec<u32> = indices.collect();
    indices.sort_unstable();
    indices.dedup();
    indices.len()
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
        assert_eq!(distinct_share([3, 1, 2].into_iter(), 100), 1.0);
        assert_eq!(distinct_share([0, 1, 0, 1].into_iter(), 2), 1.0);
        for values in [65, 100, 1 << 30] {
            assert_eq!(distinct_share([5, 64, 5, 5].into_iter(), values), 0.5);
        }
    }
}
