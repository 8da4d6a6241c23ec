//! Highest and lowest of a sliding window, in constant time a row (monotone deque).

use std::collections::VecDeque;

/// Largest of the last `n` values at each row, of fewer at the start.
pub fn highest(x: &[i64], n: usize) -> Vec<i64> {
    sliding(x, n, |new, old| new >= old)
}

/// Smallest of the last `n` values at each row, of fewer at the start.
pub fn lowest(x: &[i64], n: usize) -> Vec<i64> {
    sliding(x, n, |new, old| new <= old)
}

fn sliding(x: &[i64], n: usize, beats: impl Fn(i64, i64) -> bool) -> Vec<i64> {
    let mut candidates: VecDeque<usize> = VecDeque::new();
    let mut out = Vec::with_capacity(x.len());
    for (t, &v) in x.iter().enumerate() {
        while candidates.back().is_some_and(|&i| beats(v, x[i])) {
            candidates.pop_back();
        }
        candidates.push_back(t);
        while candidates.front().is_some_and(|&i| i + n <= t && i < t) {
            candidates.pop_front();
        }
        out.push(candidates.front().map_or(v, |&i| x[i]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_extreme_of_the_window() {
        let x = [5, 3, 3, 8, 1, 1, 9, 2, 2, 2, 7];
        for n in 1..12 {
            let (high, low) = (highest(&x, n), lowest(&x, n));
            for t in 0..x.len() {
                let window = &x[(t + 1).saturating_sub(n)..=t];
                assert_eq!(Some(&high[t]), window.iter().max());
                assert_eq!(Some(&low[t]), window.iter().min());
            }
        }
    }
}
