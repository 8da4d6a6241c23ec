//! Windows and averages of plain columns.

use super::fin;
use super::operators::both;

/// A column of numbers.
pub type Numbers = Vec<Option<f64>>;

/// The last n rows including t, if all are there.
pub fn window<T: Copy>(x: &[Option<T>], t: usize, n: usize) -> Option<Vec<T>> {
    if t + 1 < n { None } else { x[t + 1 - n..=t].iter().copied().collect() }
}

/// Something of each window.
pub fn windows<T: Copy, R>(x: &[Option<T>], n: usize, f: impl Fn(&[T]) -> Option<R>) -> Vec<Option<R>> {
    (0..x.len()).map(|t| f(&window(x, t, n)?)).collect()
}

/// Σ, oldest first from 0.0.
pub fn sigma(x: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = 0.0;
    for x in x {
        sum += x;
    }
    sum
}

/// C6: the tail of one block from its end, and the head of the next.
pub fn c6(x: &[Option<f64>], n: usize) -> Numbers {
    (0..x.len())
        .map(|t| {
            let rows = window(x, t, n)?;
            let head = t % n + 1;
            let (tail, rest) = rows.split_at(n - head);
            let head = sigma(rest.iter().copied());
            match tail.split_last() {
                None => fin(head),
                Some((last, before)) => fin(before.iter().rev().fold(*last, |sum, x| x + sum) + head),
            }
        })
        .collect()
}

/// C2.
pub fn ema(x: &[Option<f64>], n: usize) -> Numbers {
    let mut e: Option<f64> = None;
    x.iter()
        .map(|x| {
            let x = (*x)?;
            e = Some(e.map_or(x, |e| e + 2.0 / (n as f64 + 1.0) * (x - e)));
            fin(e?)
        })
        .collect()
}

/// C3.
pub fn rma(x: &[Option<f64>], n: usize) -> Numbers {
    let (mut first, mut w) = (Vec::new(), None);
    x.iter()
        .map(|x| {
            let x = (*x)?;
            if let Some(w) = &mut w {
                *w += (x - *w) * (1.0 / n as f64);
            } else {
                first.push(x);
                if first.len() == n {
                    w = Some(sigma(first.iter().copied()) / n as f64);
                }
            }
            fin(w?)
        })
        .collect()
}

pub fn wma(x: &[Option<f64>], n: usize) -> Numbers {
    windows(x, n, |w| {
        let sum = sigma(w.iter().enumerate().map(|(i, x)| (i as f64 + 1.0) * x));
        fin(sum / (n * (n + 1) / 2) as f64)
    })
}

pub fn mean(w: &[f64]) -> f64 {
    sigma(w.iter().copied()) / w.len() as f64
}

pub fn deviation(w: &[f64]) -> f64 {
    let m = mean(w);
    (sigma(w.iter().map(|x| (x - m) * (x - m))) / w.len() as f64).sqrt()
}

pub fn minus(x: &[Option<f64>], y: &[Option<f64>]) -> Numbers {
    both(x, y, |x, y| fin(x - y))
}
