//! Comparisons. na beside anything is na.

use super::numbers as node;
use crate::graph::column::{Column, Rows, Stream, Whole};
use crate::graph::op::Comparison;

/// One loop for each comparison, so that none asks in every row.
macro_rules! each {
    ($comparison:expr, $make:expr) => {
        match $comparison {
            Comparison::Less => $make(|a, b| a < b),
            Comparison::AtMost => $make(|a, b| a <= b),
            Comparison::Equal => $make(|a, b| a == b),
            Comparison::Greater => $make(|a, b| a > b),
            Comparison::AtLeast => $make(|a, b| a >= b),
        }
    };
}

/// Two columns of numbers.
pub(super) fn numbers(comparison: Comparison) -> Box<dyn Stream> {
    fn of(holds: impl Fn(f64, f64) -> bool + Send + 'static) -> Box<dyn Stream> {
        node(move |rows, out| {
            let (x, y) = (rows.numbers(0), rows.numbers(1));
            out.set_planes(rows.len, |i| (holds(x[i], y[i]), !x[i].is_nan() && !y[i].is_nan()));
        })
    }
    each!(comparison, of)
}

/// A column of numbers and a constant.
pub(super) fn with(comparison: Comparison, constant: f64) -> Box<dyn Stream> {
    let of = |holds: fn(f64, f64) -> bool| -> Box<dyn Stream> {
        node(move |rows, out| {
            let x = rows.numbers(0);
            out.set_planes(rows.len, |i| (holds(x[i], constant), !x[i].is_nan() && !constant.is_nan()));
        })
    };
    each!(comparison, of)
}

/// Conditions that are known from row `start` of the frame on.
fn known_from(rows: &Rows<'_>, start: usize, out: &mut Column, holds: impl Fn(usize) -> bool) {
    let lead = rows.lead(start);
    out.set_planes(rows.len, |i| (holds(i), i >= lead));
}

/// A column of numerators and a whole number.
pub(super) fn level<T: Whole>(comparison: Comparison, level: i128) -> Box<dyn Stream> {
    fn of<T: Whole>(level: T, holds: impl Fn(T, T) -> bool + Send + 'static) -> Box<dyn Stream> {
        node(move |rows, out| {
            let x = rows.whole::<T>(0);
            known_from(rows, rows.column(0).start, out, |i| holds(x[i], level));
        })
    }
    let level = T::narrowed(level);
    each!(comparison, |holds: fn(T, T) -> bool| of(level, holds))
}

/// Two columns of numerators, each times a factor.
pub(super) fn whole(comparison: Comparison, left: (i128, bool), right: (i128, bool)) -> Box<dyn Stream> {
    fn of<S: Whole, T: Whole>(comparison: Comparison, a: i128, b: i128) -> Box<dyn Stream> {
        node(move |rows, out| {
            let (x, y) = (rows.whole::<S>(0), rows.whole::<T>(1));
            let (p, q) = (rows.column(0).start, rows.column(1).start);
            known_from(rows, if p > q { p } else { q }, out, |i| {
                comparison.holds(x[i].widened().times(a), y[i].widened().times(b))
            });
        })
    }
    let ((a, a_wide), (b, b_wide)) = (left, right);
    match (a_wide, b_wide) {
        (false, false) if a == 1 && b == 1 => node(move |rows, out| {
            let (x, y) = (rows.whole::<i64>(0), rows.whole::<i64>(1));
            let (p, q) = (rows.column(0).start, rows.column(1).start);
            known_from(rows, if p > q { p } else { q }, out, |i| comparison.holds(x[i], y[i]));
        }),
        (false, false) => of::<i64, i64>(comparison, a, b),
        (false, true) => of::<i64, i128>(comparison, a, b),
        (true, false) => of::<i128, i64>(comparison, a, b),
        (true, true) => of::<i128, i128>(comparison, a, b),
    }
}
