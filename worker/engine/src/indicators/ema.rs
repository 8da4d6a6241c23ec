//! Exponential moving average (C2).

/// The average of `n` rows, seeded with the first value; defined from row 0.
///
/// Written as `e += a * (x - e)`: unlike `a * x + b * e` it is constant on constant input.
pub fn ema(x: &[f64], n: usize) -> Vec<f64> {
    let a = 2.0 / (n as f64 + 1.0);
    let mut e = x.first().copied().unwrap_or(0.0);
    x.iter()
        .map(|&v| {
            e += a * (v - e);
            e
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract C2.
    #[test]
    fn the_worked_example_holds() {
        let e = ema(&[10.0, 11.0, 10.5, 11.5, 11.5, 11.0], 3);
        assert_eq!(e, [10.0, 10.5, 10.5, 11.0, 11.25, 11.125]);
    }

    #[test]
    fn it_matches_a_published_series_seeded_with_the_first_value() {
        let x = crate::indicators::as_f64(&crate::indicators::wilder::tests::TULIP);
        let e = ema(&x, 5);
        assert_eq!(
            format!("{:.3} {:.3} {:.3}", e[0] / 100.0, e[1] / 100.0, e[14] / 100.0),
            "81.590 81.413 86.701"
        );
    }

    #[test]
    fn it_is_constant_on_constant_input() {
        for n in 1..200 {
            assert!(ema(&[1234567.0; 300], n).iter().all(|&e| e == 1234567.0));
        }
    }
}
