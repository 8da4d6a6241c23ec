//! Causal Nadaraya-Watson regression: a weighted mean of the last 2 h closes.

use crate::interrupt::{Interrupt, SLOW_ROWS};

/// Shape of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kernel {
    /// exp(-u^2 / 2), u = lag / bandwidth.
    Gaussian,
    /// 1 - u^2, u = lag / (2 bandwidth).
    Epanechnikov,
}

/// Weights of lags 0 to 2 h - 1 for bandwidth `h`.
pub fn weights(kernel: Kernel, h: usize) -> Vec<f64> {
    (0..2 * h)
        .map(|j| match kernel {
            Kernel::Gaussian => {
                let u = j as f64 / h as f64;
                libm::exp(-0.5 * (u * u))
            }
            Kernel::Epanechnikov => {
                let u = j as f64 / (2 * h) as f64;
                1.0 - u * u
            }
        })
        .collect()
}

/// The regression at each row, both sums by rising lag; defined from row `2 h - 1`. It means nothing once
/// `interrupt` has risen.
pub fn regression(close: &[f64], kernel: Kernel, h: usize, interrupt: Interrupt) -> Vec<f64> {
    let g = weights(kernel, h);
    let mut total = 0.0;
    for &w in &g {
        total += w;
    }
    let mut ended = false;
    (0..close.len())
        .map(|t| {
            if t + 1 < g.len() || ended {
                return 0.0;
            }
            if t.is_multiple_of(SLOW_ROWS) && interrupt.is_asked() {
                ended = true;
            }
            let mut sum = 0.0;
            for (j, &w) in g.iter().enumerate() {
                sum += w * close[t - j];
            }
            sum / total
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract R14.
    #[test]
    fn the_worked_examples_hold() {
        let c = [100.0, 101.0, 103.0, 102.0, 104.0];
        let gauss = regression(&c, Kernel::Gaussian, 2, Interrupt::NEVER);
        assert!((gauss[3] - 101.867313025).abs() < 5e-10 && (gauss[4] - 102.810994203).abs() < 5e-10);
        let epan = regression(&c, Kernel::Epanechnikov, 2, Interrupt::NEVER);
        assert!((epan[3] - 101.78).abs() < 1e-12 && (epan[4] - 102.74).abs() < 1e-12);
    }
}
