//! Extremes of sliding windows over a block, by doubling: log2(n) passes over consecutive rows.

/// Highest of the `n` rows that end at row t - `back`, for t in `from..to`. A window that begins before row 0 is
/// filled up with row 0.
pub(super) fn highest(
    x: &[f64],
    n: usize,
    from: usize,
    to: usize,
    back: usize,
    out: &mut [f64],
    temp: &mut Vec<f64>,
) {
    sliding(x, n, from, to, back, out, temp, |a, b| if b > a { b } else { a });
}

/// Lowest of the same rows.
pub(super) fn lowest(
    x: &[f64],
    n: usize,
    from: usize,
    to: usize,
    back: usize,
    out: &mut [f64],
    temp: &mut Vec<f64>,
) {
    sliding(x, n, from, to, back, out, temp, |a, b| if b < a { b } else { a });
}

#[expect(clippy::too_many_arguments, reason = "rows, window and working space of one private function")]
#[inline(always)]
fn sliding(
    x: &[f64],
    n: usize,
    from: usize,
    to: usize,
    back: usize,
    out: &mut [f64],
    temp: &mut Vec<f64>,
    pick: impl Fn(f64, f64) -> f64,
) {
    let rows = to - from;
    let lead = n - 1 + back;
    let missing = lead.saturating_sub(from).min(rows + lead);
    temp.clear();
    temp.resize(missing, x.first().copied().unwrap_or(0.0));
    let start = (from + missing).saturating_sub(lead);
    temp.extend_from_slice(&x[start..start + (rows + n - 1).saturating_sub(missing)]);
    temp.resize(rows + n - 1, x[0]);
    let mut width = 1;
    while 2 * width <= n {
        let end = temp.len() - width;
        let (mut i, all) = (0, &mut temp[..]);
        // Entry i becomes the extreme of 2 x width rows; it reads only entries behind it.
        while i < end {
            all[i] = pick(all[i], all[i + width]);
            i += 1;
        }
        width *= 2;
    }
    for (i, o) in out[..rows].iter_mut().enumerate() {
        *o = pick(temp[i], temp[i + n - width]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::channel;

    #[test]
    fn they_are_the_extremes_of_the_indicator() {
        let x: Vec<i64> = (0..400).map(|i| i * 7919 % 263).collect();
        let f: Vec<f64> = x.iter().map(|&v| v as f64).collect();
        let (mut out, mut temp) = (vec![0.0; 100], Vec::new());
        for n in [1, 2, 3, 7, 8, 60, 64, 100] {
            let (top, bottom) = (channel::highest(&x, n), channel::lowest(&x, n));
            for back in [0, 1, 26] {
                for (from, to) in [(0, 100), (1, 30), (50, 150), (333, 400)] {
                    highest(&f, n, from, to, back, &mut out, &mut temp);
                    for t in from.max(n - 1 + back)..to {
                        assert_eq!(out[t - from], top[t - back] as f64, "n {n} back {back} row {t}");
                    }
                    lowest(&f, n, from, to, back, &mut out, &mut temp);
                    for t in from.max(n - 1 + back)..to {
                        assert_eq!(out[t - from], bottom[t - back] as f64, "n {n} back {back} row {t}");
                    }
                }
            }
        }
    }
}
