//! Wilder's smoothing and what is built from it: RSI and ATR (C3 to C5).

/// Wilder's average of `n` rows of `x`, starting with the mean of `x[1..=n]`; defined from row `n`.
///
/// Element 0 is never read: the inputs are differences to the row before.
pub fn wilder(x: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; x.len()];
    if n == 0 || x.len() <= n {
        return out;
    }
    let mut sum = 0.0;
    for &v in &x[1..=n] {
        sum += v;
    }
    let mut w = sum / n as f64;
    let k = 1.0 / n as f64;
    out[n] = w;
    for t in n + 1..x.len() {
        w += (x[t] - w) * k;
        out[t] = w;
    }
    out
}

/// Relative strength index of `n` rows of closes, 0 to 100; defined from row `n`.
///
/// A market that did not move reads 50: the customary 0 would call a halted market oversold.
pub fn rsi(close: &[f64], n: usize) -> Vec<f64> {
    let change = |t: usize| if t == 0 { 0.0 } else { close[t] - close[t - 1] };
    let gains: Vec<f64> = (0..close.len()).map(change).map(|d| if d > 0.0 { d } else { 0.0 }).collect();
    let losses: Vec<f64> = (0..close.len()).map(change).map(|d| if d < 0.0 { -d } else { 0.0 }).collect();
    let (gain, loss) = (wilder(&gains, n), wilder(&losses, n));
    gain.iter().zip(&loss).map(|(&g, &l)| if g + l == 0.0 { 50.0 } else { 100.0 * g / (g + l) }).collect()
}

/// True range: the largest of high - low and the distances of both to the close before; row 0 has only the first.
pub fn true_range(high: &[i64], low: &[i64], close: &[i64]) -> Vec<f64> {
    (0..close.len())
        .map(|t| {
            let range = high[t] as f64 - low[t] as f64;
            if t == 0 {
                return range;
            }
            let before = close[t - 1] as f64;
            let (up, down) = ((high[t] as f64 - before).abs(), (low[t] as f64 - before).abs());
            let widest = if up > range { up } else { range };
            if down > widest { down } else { widest }
        })
        .collect()
}

/// Average true range of `n` rows, in ticks; defined from row `n`.
pub fn atr(high: &[i64], low: &[i64], close: &[i64], n: usize) -> Vec<f64> {
    wilder(&true_range(high, low, close), n)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Closes of Tulip's test series, in hundredths.
    pub(crate) const TULIP: [i64; 15] =
        [8159, 8106, 8287, 8300, 8361, 8315, 8284, 8399, 8455, 8436, 8553, 8654, 8689, 8777, 8729];

    // Contract C4.
    #[test]
    fn the_worked_rsi_holds() {
        let r = rsi(&[10.0, 11.0, 10.5, 11.5, 11.5, 11.0], 3);
        assert_eq!((r[3], r[4]), (80.0, 80.0));
        assert!((r[5] - 55.172413793).abs() < 5e-10);
    }

    #[test]
    fn rsi_matches_a_published_series() {
        let r = rsi(&crate::indicators::as_f64(&TULIP), 5);
        assert_eq!(format!("{:.3} {:.3}", r[5], r[14]), "72.034 78.498");
    }

    // Contract C3.
    #[test]
    fn wilder_matches_a_published_series_that_starts_one_row_earlier() {
        let mut x = vec![0.0];
        x.extend(crate::indicators::as_f64(&TULIP));
        let w = wilder(&x, 5);
        assert_eq!(format!("{:.3} {:.3}", w[5] / 100.0, w[15] / 100.0), "82.426 85.838");
    }

    // Contract C4.
    #[test]
    fn a_halted_market_is_neither_oversold_nor_overbought() {
        assert!(rsi(&[7.0; 40], 14)[14..].iter().all(|&r| r == 50.0));
    }

    // Contract C5.
    #[test]
    fn the_worked_ranges_hold() {
        let (h, l, c) = ([100, 120, 130, 120, 140], [90, 100, 110, 100, 110], [95, 115, 115, 105, 130]);
        assert_eq!(true_range(&h, &l, &c), [10.0, 25.0, 20.0, 20.0, 35.0]);
        assert_eq!(atr(&h, &l, &c, 2)[2..], [22.5, 21.25, 28.125]);
    }

    #[test]
    fn short_input_yields_nothing_and_does_not_fail() {
        assert_eq!(wilder(&[1.0, 2.0], 2), [0.0, 0.0]);
        assert!(rsi(&[], 14).is_empty());
    }
}
