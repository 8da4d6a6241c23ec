//! Values of a logarithmic grid, exact: value k of N steps is min·(max/min)^(k/N), rounded half up to a unit.
//! Computed in big integers, because a floating power may round the wrong way near a half, and another
//! machine's library another way.

use num_bigint::BigUint;

/// The grid in units: floor((floor((2^N · a^(N-k) · b^k)^(1/N)) + 1) / 2) for k = 0..=N, where a and b are the
/// bounds as multiples of the unit. `None` where two neighbours are equal or a value leaves u64.
pub(crate) fn units(a: u64, b: u64, steps: u32) -> Option<Vec<u64>> {
    let (low, high) = (BigUint::from(a), BigUint::from(b));
    let two = BigUint::from(2_u32).pow(steps);
    let mut values = Vec::with_capacity(steps as usize + 1);
    for k in 0..=steps {
        let product = &two * low.pow(steps - k) * high.pow(k);
        let value = u64::try_from((product.nth_root(steps) + 1_u32) / 2_u32).ok()?;
        if values.last().is_some_and(|&last| value <= last) {
            return None;
        }
        values.push(value);
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::units;

    /// The four tables of contract G8.
    #[test]
    fn the_default_grids_have_the_published_values() {
        let tables: [(u64, u64, &[u64]); 4] = [
            (
                10,
                20_000,
                &[
                    10, 14, 19, 26, 35, 49, 67, 92, 126, 173, 237, 326, 447, 614, 843, 1156, 1587, 2179,
                    2991, 4105, 5635, 7734, 10616, 14571, 20000,
                ],
            ),
            (
                10,
                50_000,
                &[
                    10, 14, 20, 29, 41, 59, 84, 120, 171, 244, 348, 496, 707, 1008, 1438, 2050, 2924, 4170,
                    5946, 8479, 12091, 17242, 24588, 35063, 50000,
                ],
            ),
            (
                10,
                30_000,
                &[
                    10, 14, 19, 27, 38, 53, 74, 103, 144, 201, 281, 392, 548, 765, 1067, 1490, 2080, 2904,
                    4054, 5659, 7900, 11028, 15394, 21490, 30000,
                ],
            ),
            (
                200,
                10_000,
                &[
                    200, 235, 277, 326, 384, 452, 532, 626, 737, 867, 1021, 1202, 1414, 1665, 1959, 2306,
                    2714, 3195, 3761, 4426, 5210, 6132, 7218, 8496, 10000,
                ],
            ),
        ];
        for (low, high, expected) in tables {
            assert_eq!(units(low, high, 24).unwrap(), expected);
        }
    }

    // Contract G8.
    #[test]
    fn equal_neighbours_are_refused() {
        assert_eq!(units(10, 12, 24), None);
        assert_eq!(units(1, 2, 1), Some(vec![1, 2]));
    }
}
