//! The median of more numbers than memory should hold.

use crate::error::Result;

/// Numbers that are gathered at most, unless they are all the same.
const GATHERED: usize = 1 << 20;
/// Bits of a number that one walk over all of them settles.
const BITS: u32 = 16;

/// Walks over all numbers, none of which is below 0 or NaN.
pub(crate) type Walk<'a> = &'a dyn Fn(&mut dyn FnMut(f64)) -> Result<()>;

/// The median of the `count` numbers that `walk` shows; of an even count the mean of the middle two.
///
/// # Errors
/// Those of `walk`.
pub(crate) fn median(walk: Walk<'_>, count: usize) -> Result<Option<f64>> {
    let middle = count / 2;
    Ok(match count {
        0 => None,
        _ if count % 2 == 1 => Some(ranked(walk, count, middle)?),
        _ => Some((ranked(walk, count, middle - 1)? + ranked(walk, count, middle)?) / 2.0),
    })
}

/// The number that `rank` others are before in ascending order.
fn ranked(walk: Walk<'_>, mut count: usize, mut rank: usize) -> Result<f64> {
    // Bits of numbers from 0 on are ordered as the numbers are: walks settle them from the highest on.
    let (mut prefix, mut settled) = (0u64, 0);
    let begins = |bits: u64, prefix: u64, settled: u32| settled == 0 || bits >> (64 - settled) == prefix;
    while count > GATHERED && settled < 64 {
        let mut buckets = vec![0usize; 1 << BITS];
        walk(&mut |value| {
            let bits = value.to_bits();
            if begins(bits, prefix, settled) {
                buckets[(bits >> (64 - BITS - settled)) as usize & ((1 << BITS) - 1)] += 1;
            }
        })?;
        for (digit, held) in buckets.into_iter().enumerate() {
            if rank < held {
                (prefix, count) = (prefix << BITS | digit as u64, held);
                break;
            }
            rank -= held;
        }
        settled += BITS;
    }
    if settled >= 64 {
        return Ok(f64::from_bits(prefix));
    }
    let mut gathered = Vec::with_capacity(count);
    walk(&mut |value| {
        if begins(value.to_bits(), prefix, settled) {
            gathered.push(value);
        }
    })?;
    let (_, found, _) = gathered.select_nth_unstable_by(rank, f64::total_cmp);
    Ok(*found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> Option<f64> {
        let walk = |look: &mut dyn FnMut(f64)| {
            values.iter().for_each(|value| look(*value));
            Ok(())
        };
        median(&walk, values.len()).unwrap()
    }

    #[test]
    fn the_median_of_few_numbers_is_the_middle_one_or_the_mean_of_two() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(of(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn the_median_of_many_numbers_is_that_of_the_sorted_ones() {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / 1e9
        };
        let mut values: Vec<f64> = (0..3 * GATHERED).map(|_| next()).collect();
        let found = of(&values);
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        assert_eq!(found, Some((values[middle - 1] + values[middle]) / 2.0));
        // All the same but a few: no walk tells them apart before the last.
        let mut same = vec![0.125; 2 * GATHERED];
        same.extend([0.0, 7.0, 1e-9]);
        assert_eq!(of(&same), Some(0.125));
    }
}
