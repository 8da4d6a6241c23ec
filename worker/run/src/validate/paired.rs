//! Is an account better than another one on the same bars? The stationary bootstrap of both together: what moves the
//! market moves both, and cancels.

use galapagos_engine::q52::{Sums, fx};
use galapagos_market::parallel;
use galapagos_validation::NullReason;
use galapagos_validation::bootstrap::{Blocks, SHORTEST, mean_block};
use galapagos_validation::perf::perf;
use serde::Serialize;

/// The first account against the second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Paired {
    /// Common bars.
    pub bars: u64,
    /// Mean of the differences of their returns, a bar.
    pub mean_difference: f64,
    /// The same on 95 of 100 samples.
    pub mean_difference_interval: [f64; 2],
    /// Chance of a mean as far from 0 if there is no difference.
    pub mean_difference_p: f64,
    /// Annual Sharpe ratios on these bars; 0 without variance.
    pub sharpe: [f64; 2],
    /// The first of them less the second.
    pub sharpe_difference: f64,
    /// The same on 95 of 100 samples.
    pub sharpe_difference_interval: [f64; 2],
    /// Chance of a difference as far from 0 if there is none.
    pub sharpe_difference_p: f64,
    /// Mean length of a block.
    pub mean_block_bars: u64,
    /// Number of samples.
    pub samples: u32,
}

/// How the samples are made.
#[derive(Clone, Copy, Debug)]
pub struct Samples {
    /// Their number.
    pub count: u32,
    /// The seed of their draws.
    pub seed: u64,
    /// Threads.
    pub slots: usize,
}

/// A mean and a Sharpe ratio of the difference.
#[derive(Clone, Copy)]
struct Difference {
    mean: f64,
    sharpe: f64,
}

/// Compares returns of the same bars. `bars_per_year` and the riskless return of a bar are those of both.
///
/// # Errors
/// There are too few bars, or a return that is no number.
pub fn paired(
    first: &[f64],
    second: &[f64],
    bars_per_year: f64,
    riskless: f64,
    samples: Samples,
) -> Result<Paired, NullReason> {
    let n = first.len().min(second.len());
    if n < SHORTEST || samples.count == 0 {
        return Err(NullReason::TooShort);
    }
    let exact = |returns: &[f64]| -> Option<Vec<(i64, i64)>> {
        // The whole must be in the range of sums, so that every sample is.
        Sums::from_returns(returns)?;
        returns.iter().map(|&r| Some((fx(r)?, fx(r * r)?))).collect()
    };
    let (a, b) = (exact(&first[..n]), exact(&second[..n]));
    let (Some(a), Some(b)) = (a, b) else { return Err(NullReason::NotFinite) };
    let year = bars_per_year.sqrt();
    let sharpe = |returns: &[(i64, i64)], path: &mut dyn Iterator<Item = usize>| {
        let (s1, s2) =
            path.fold((0, 0), |(s1, s2), t| (s1 + i128::from(returns[t].0), s2 + i128::from(returns[t].1)));
        (s1, perf(s1, s2, n as u64, riskless) * year)
    };
    let difference = |path: &[usize]| {
        let (s1_a, sharpe_a) = sharpe(&a, &mut path.iter().copied());
        let (s1_b, sharpe_b) = sharpe(&b, &mut path.iter().copied());
        let mean = galapagos_engine::q52::to_f64(s1_a - s1_b) / n as f64;
        ([sharpe_a, sharpe_b], Difference { mean, sharpe: sharpe_a - sharpe_b })
    };
    let in_order: Vec<usize> = (0..n).collect();
    let (sharpe, found) = difference(&in_order);
    let block = mean_block(n as u64);
    let blocks = Blocks::new(n, block);
    let drawn = parallel::run(samples.slots, samples.count as usize, |sample| {
        difference(&blocks.path(samples.seed, sample as u32)).1
    });
    // Without a difference samples would lie around 0 as they lie around what was found.
    let p = |of: fn(&Difference) -> f64| {
        let far = of(&found).abs();
        let hits = drawn.iter().filter(|d| (of(d) - of(&found)).abs() >= far).count();
        (1 + hits) as f64 / (1 + drawn.len()) as f64
    };
    let interval = |of: fn(&Difference) -> f64| {
        let mut values: Vec<f64> = drawn.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        let cut = values.len() / 40;
        [values[cut], values[values.len() - 1 - cut]]
    };
    Ok(Paired {
        bars: n as u64,
        mean_difference: found.mean,
        mean_difference_interval: interval(|d| d.mean),
        mean_difference_p: p(|d| d.mean),
        sharpe,
        sharpe_difference: found.sharpe,
        sharpe_difference_interval: interval(|d| d.sharpe),
        sharpe_difference_p: p(|d| d.sharpe),
        mean_block_bars: block,
        samples: samples.count,
    })
}

/// Returns at the stamps that both have. Stamps rise.
pub fn common(first: (&[i64], &[f64]), second: (&[i64], &[f64])) -> (Vec<i64>, Vec<f64>, Vec<f64>) {
    let mut out = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = second.0.iter().zip(second.1).peekable();
    for (&time, &a) in first.0.iter().zip(first.1) {
        while rest.next_if(|&(&other, _)| other < time).is_some() {}
        if let Some((_, &b)) = rest.next_if(|&(&other, _)| other == time) {
            out.0.push(time);
            out.1.push(a);
            out.2.push(b);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLES: Samples = Samples { count: 400, seed: 1, slots: 1 };

    /// Returns of a market that both follow, with noise of their own.
    fn accounts(edge: f64) -> (Vec<f64>, Vec<f64>) {
        let mut state = 9_u64;
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        (0..500)
            .map(|_| {
                let market = next() * 0.04;
                (market + next() * 0.002 + edge, market + next() * 0.002)
            })
            .unzip()
    }

    #[test]
    fn an_account_does_not_differ_from_itself() {
        let (a, _) = accounts(0.0);
        let found = paired(&a, &a, 252.0, 0.0, SAMPLES).unwrap();
        assert_eq!((found.mean_difference, found.sharpe_difference), (0.0, 0.0));
        assert_eq!((found.mean_difference_p, found.sharpe_difference_p), (1.0, 1.0));
        assert_eq!(found.sharpe_difference_interval, [0.0, 0.0]);
    }

    #[test]
    fn what_both_owe_to_the_market_hides_no_small_edge() {
        let (a, b) = accounts(0.0005);
        let found = paired(&a, &b, 252.0, 0.0, SAMPLES).unwrap();
        assert!(found.mean_difference_p < 0.01 && found.sharpe_difference_p < 0.01, "{found:?}");
        let [low, high] = found.mean_difference_interval;
        assert!(low < 0.0005 && 0.0005 < high && low > 0.0, "{found:?}");
        let mean = a.iter().sum::<f64>() / 500.0 - b.iter().sum::<f64>() / 500.0;
        assert!((found.mean_difference - mean).abs() < 1e-12);
        let turned = paired(&b, &a, 252.0, 0.0, SAMPLES).unwrap();
        assert_eq!(turned.mean_difference, -found.mean_difference);
        assert_eq!(turned.sharpe_difference_p, found.sharpe_difference_p);
        // Without the edge nothing is found.
        let (a, b) = accounts(0.0);
        assert!(paired(&a, &b, 252.0, 0.0, SAMPLES).unwrap().mean_difference_p > 0.05);
    }

    #[test]
    fn the_number_of_threads_changes_nothing_and_few_bars_are_no_comparison() {
        let (a, b) = accounts(0.0002);
        let of = |slots| paired(&a, &b, 252.0, 0.0001, Samples { slots, ..SAMPLES }).unwrap();
        assert_eq!(of(1), of(3));
        assert_eq!(paired(&a[..19], &b, 252.0, 0.0, SAMPLES), Err(NullReason::TooShort));
        let broken = [f64::NAN; 30];
        assert_eq!(paired(&broken, &b, 252.0, 0.0, SAMPLES), Err(NullReason::NotFinite));
    }

    #[test]
    fn only_stamps_that_both_have_are_compared() {
        let found =
            common((&[1, 2, 4, 7], &[0.1, 0.2, 0.4, 0.7]), (&[0, 2, 3, 7, 8], &[1.0, 2.0, 3.0, 7.0, 8.0]));
        assert_eq!(found, (vec![2, 7], vec![0.2, 0.7], vec![2.0, 7.0]));
    }
}
