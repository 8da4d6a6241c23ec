//! L2-regularised squared-hinge support vector machine by dual coordinate descent (Hsieh et al. 2008), with the
//! number and order of steps fixed so that its bits are.

use crate::interrupt::Interrupt;

/// Passes over the rows.
pub(crate) const PASSES: usize = 20;

/// Trains on standardised `rows` with labels of +1 and -1 for cost `c`; returns the weights, the bias last.
///
/// Each row must end in the bias feature 1.0. Exactly 20 passes in time order: no shuffling, no shrinking, no
/// early stop, unless `interrupt` rises; the weights then mean nothing.
pub fn train(rows: &[Vec<f64>], labels: &[f64], c: f64, interrupt: Interrupt) -> Vec<f64> {
    let d = 1.0 / (2.0 * c);
    let squares: Vec<f64> = rows.iter().map(|x| dot(x, x)).collect();
    let mut alpha = vec![0.0; rows.len()];
    let mut w = vec![0.0; rows.first().map_or(0, Vec::len)];
    for _ in 0..PASSES {
        if interrupt.is_asked() {
            break;
        }
        for (i, x) in rows.iter().enumerate() {
            let (y, a) = (labels[i], alpha[i]);
            let gradient = y * dot(&w, x) - 1.0 + d * a;
            let moved = a - gradient / (squares[i] + d);
            let next = if moved > 0.0 { moved } else { 0.0 };
            let step = (next - a) * y;
            for (w, &x) in w.iter_mut().zip(x) {
                *w += step * x;
            }
            alpha[i] = next;
        }
    }
    w
}

/// The sum of products from 0.0 in order.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (x, y) in a.iter().zip(b) {
        sum += x * y;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract R11.
    #[test]
    fn a_single_row_has_the_closed_form_solution() {
        // One row x, y = 1: a = 1 / (x.x + D) after the first pass, and it stays there.
        let w = train(&[vec![1.0, 1.0]], &[1.0], 0.5, Interrupt::NEVER);
        assert_eq!(w, [1.0 / 3.0, 1.0 / 3.0]);
    }

    #[test]
    fn it_separates_what_is_separable() {
        let rows: Vec<Vec<f64>> = (-20..20).map(|i| vec![f64::from(i) + 0.5, 1.0]).collect();
        let labels: Vec<f64> = rows.iter().map(|x| if x[0] > 0.0 { 1.0 } else { -1.0 }).collect();
        let w = train(&rows, &labels, 1.0, Interrupt::NEVER);
        assert!(rows.iter().zip(&labels).all(|(x, y)| dot(&w, x) * y > 0.0));
    }

    #[test]
    fn a_higher_cost_fits_closer() {
        let rows: Vec<Vec<f64>> = (0..30).map(|i| vec![f64::from(i % 7) - 3.0, 1.0]).collect();
        let labels: Vec<f64> = rows.iter().map(|x| if x[0] > 0.0 { 1.0 } else { -1.0 }).collect();
        let first = |c| train(&rows, &labels, c, Interrupt::NEVER)[0];
        assert!(first(16.0) > first(1.0 / 64.0));
    }
}
