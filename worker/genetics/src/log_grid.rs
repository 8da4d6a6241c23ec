//! Values of a logarithmic grid, exact: value k of N steps is min·(max/min)^(k/N), rounded half up to a unit.
//! Computed in big integers, because a floating power may round the wrong way near a half, and another
//! machine's library another way.

use num_bigint::BigUint;

/// The grid in units: floor((floor((2^N · a^(N-k) · b^k)^(1/N)) + 1) / 2) for k = 0..=N, where a and b are the
/// bounds as multiples of the unit. `None` where two neighbours are equal or a value leaves u64.
pub(crate) fn units(a: u64, b: u64, steps: u32) -> Option<Vec<u64>> {
    let mut values = Vec::with_capacity(steps as usize + 1);
    for k in 0..=steps {
        let value = rounded(a, b, k, steps).map_or_else(|| exact(a, b, k, steps), Some)?;
        if values.last().is_some_and(|&last| value <= last) {
            return None;
        }
        values.push(value);
    }
    Some(values)
}

/// Value k by a floating power, where that leaves no doubt; a thousand exact values take seconds, and grids are also made
/// to judge a manifest. Of the power and its arguments no more than 60 roundings of 2^-53 come in (the logarithm of the
/// ratio is at most 45), less than 1e-14 of the value: one that is farther than 1e-12 of itself from a half is rounded
/// rightly, whatever the machine.
fn rounded(a: u64, b: u64, k: u32, steps: u32) -> Option<u64> {
    let power = libm::pow(b as f64 / a as f64, f64::from(k) / f64::from(steps));
    let value = a as f64 * power;
    let floor = libm::floor(value);
    let doubt = value * 1e-12;
    let from_half = libm::fabs(value - floor - 0.5);
    (doubt < 0.25 && from_half > doubt).then(|| floor as u64 + u64::from(value - floor > 0.5))
}

/// Value k in big integers.
fn exact(a: u64, b: u64, k: u32, steps: u32) -> Option<u64> {
    let (low, high) = (BigUint::from(a), BigUint::from(b));
    let product = BigUint::from(2_u32).pow(steps) * low.pow(steps - k) * high.pow(k);
    u64::try_from((product.nth_root(steps) + 1_u32) / 2_u32).ok()
}

#[cfg(test)]
mod tests {
    use super::{exact, rounded, units};
    use proptest::prelude::*;

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

    proptest! {
        /// Wherever the floating power is trusted, big integers say the same.
        #[test]
        fn a_value_that_leaves_no_doubt_is_the_exact_one(
            a in 1_u64..2_000_000, times in 1_u64..2_000_000, plus in 1_u64..1000, steps in 1_u32..60, k in 0_u32..60,
        ) {
            let (b, k) = (a * times + plus, k.min(steps));
            if let Some(value) = rounded(a, b, k, steps) {
                prop_assert_eq!(Some(value), exact(a, b, k, steps));
            }
        }
    }

    #[test]
    fn what_lies_near_a_half_is_left_to_big_integers() {
        // sqrt(m · (m + 1)) lies 1/(8m) below m + 1/2.
        let m = 1_000_000;
        assert_eq!((rounded(m, m + 1, 1, 2), exact(m, m + 1, 1, 2)), (None, Some(m)));
        assert_eq!(rounded(4, 9, 1, 2), Some(6));
        assert_eq!(rounded(1, 10_u64.pow(19), 2, 2), None, "beyond what a double holds to the half");
    }
}
