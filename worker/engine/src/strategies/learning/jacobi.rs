//! Eigenvectors of a small symmetric matrix by cyclic Jacobi rotations, with the number of sweeps fixed.

const SWEEPS: usize = 12;

/// Eigenvalues, falling (ties: lower column first), each with its unit eigenvector, whose largest loading (the
/// first of equals) is positive. `a` is square and symmetric.
pub fn eigen(mut a: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let n = a.len();
    let mut v: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _ in 0..SWEEPS {
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] != 0.0 {
                    rotate(&mut a, &mut v, p, q);
                }
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    // + 0.0 makes -0.0 a tie with 0.0.
    order.sort_by(|&i, &j| (a[j][j] + 0.0).total_cmp(&(a[i][i] + 0.0)));
    order.into_iter().map(|k| (a[k][k], oriented(v.iter().map(|row| row[k]).collect()))).collect()
}

fn rotate(a: &mut [Vec<f64>], v: &mut [Vec<f64>], p: usize, q: usize) {
    let off = a[p][q];
    let h = (a[q][q] - a[p][p]) / (2.0 * off);
    let size = 1.0 / (h.abs() + (h * h + 1.0).sqrt());
    let t = if h < 0.0 { -size } else { size };
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    a[p][p] -= t * off;
    a[q][q] += t * off;
    (a[p][q], a[q][p]) = (0.0, 0.0);
    for r in (0..a.len()).filter(|&r| r != p && r != q) {
        let (x, y) = (a[r][p], a[r][q]);
        (a[r][p], a[r][q]) = (c * x - s * y, s * x + c * y);
        (a[p][r], a[q][r]) = (a[r][p], a[r][q]);
    }
    for row in v {
        let (x, y) = (row[p], row[q]);
        (row[p], row[q]) = (c * x - s * y, s * x + c * y);
    }
}

fn oriented(x: Vec<f64>) -> Vec<f64> {
    let mut largest = 0.0_f64;
    for &value in &x {
        if value.abs() > largest.abs() {
            largest = value;
        }
    }
    if largest < 0.0 { x.into_iter().map(|v| -v).collect() } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract R12.
    #[test]
    fn the_worked_matrix_has_its_eigenvectors() {
        let half = 0.5_f64.sqrt();
        let found = eigen(vec![vec![2.0, 1.0], vec![1.0, 2.0]]);
        let near = |a: &[f64], b: [f64; 2]| a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-15);
        assert!((found[0].0 - 3.0).abs() < 1e-15 && near(&found[0].1, [half, half]));
        assert!((found[1].0 - 1.0).abs() < 1e-15 && near(&found[1].1, [half, -half]));
    }

    #[test]
    fn vectors_diagonalise_the_matrix() {
        let a: Vec<Vec<f64>> =
            (0..6).map(|i| (0..6).map(|j| f64::from((i * j) % 5 + i + j) / 7.0).collect()).collect();
        let found = eigen(a.clone());
        for (value, x) in &found {
            for (row, &component) in a.iter().zip(x) {
                let product: f64 = row.iter().zip(x).map(|(m, y)| m * y).sum();
                assert!((product - value * component).abs() < 1e-12);
            }
        }
        assert!(found.windows(2).all(|w| w[0].0 >= w[1].0));
    }

    #[test]
    fn a_diagonal_matrix_keeps_its_axes_in_order_of_size() {
        let found = eigen(vec![vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 2.0]]);
        assert_eq!(found[0], (2.0, vec![0.0, 0.0, 1.0]));
        assert_eq!(found[1].1, [1.0, 0.0, 0.0]);
        assert_eq!(found[2].1, [0.0, 1.0, 0.0]);
    }
}
