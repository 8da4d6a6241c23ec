//! The triangular factor of a covariance matrix, row by row in one vector.

/// The lower A with A Aᵀ = `c` (Cholesky); `None` unless `c` is positive definite and finite.
pub(crate) fn factor(c: &[f64], n: usize) -> Option<Vec<f64>> {
    let mut a = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let (row, column) = (&a[i * n..i * n + j], &a[j * n..j * n + j]);
            let rest = row.iter().zip(column).fold(c[i * n + j], |rest, (x, y)| rest - x * y);
            let value = if i == j { rest.sqrt() } else { rest / a[j * n + j] };
            if !value.is_finite() || i == j && value <= 0.0 {
                return None;
            }
            a[i * n + j] = value;
        }
    }
    Some(a)
}

/// Solves A x = `y` in place.
pub(crate) fn solve(a: &[f64], y: &mut [f64]) {
    let n = y.len();
    for i in 0..n {
        let known = a[i * n..i * n + i].iter().zip(&y[..i]).fold(0.0, |sum, (x, y)| sum + x * y);
        y[i] = (y[i] - known) / a[i * n + i];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_gives_back_its_matrix_and_solves() {
        let c = [4.0, 2.0, 0.6, 2.0, 5.0, 1.0, 0.6, 1.0, 3.0];
        let a = factor(&c, 3).unwrap();
        for i in 0..3 {
            for j in 0..3 {
                let sum: f64 = (0..3).map(|k| a[i * 3 + k] * a[j * 3 + k]).sum();
                assert!((sum - c[i * 3 + j]).abs() < 1e-12);
            }
        }
        let mut y = [2.0 * a[0], 2.0 * a[3] - a[4], 2.0 * a[6] - a[7] + 3.0 * a[8]];
        solve(&a, &mut y);
        assert!(y.iter().zip([2.0, -1.0, 3.0]).all(|(a, b)| (a - b).abs() < 1e-12));
        assert_eq!(factor(&[1.0, 2.0, 2.0, 1.0], 2), None);
        assert_eq!(factor(&[f64::NAN], 1), None);
    }
}
