//! Comparisons. na beside anything is na.

use super::numbers as node;
use crate::batch::InstructionSet;
use crate::graph::column::{Column, Rows, Stream, Whole, span, word_of_one, word_of_two};
use crate::graph::op::{Comparison, Side};

/// One loop for each comparison, so that none asks in every row.
macro_rules! each {
    ($comparison:expr, $make:ident $(, $argument:expr)*) => {
        match $comparison {
            Comparison::Less => $make($($argument,)* |a, b| a < b),
            Comparison::AtMost => $make($($argument,)* |a, b| a <= b),
            Comparison::Equal => $make($($argument,)* |a, b| a == b),
            Comparison::Greater => $make($($argument,)* |a, b| a > b),
            Comparison::AtLeast => $make($($argument,)* |a, b| a >= b),
        }
    };
}

/// Two columns of numbers.
pub(super) fn numbers(comparison: Comparison) -> Box<dyn Stream> {
    fn of(comparison: Comparison, holds: impl Fn(f64, f64) -> bool + Send + 'static) -> Box<dyn Stream> {
        let set = InstructionSet::best();
        node(move |rows, out| {
            let (x, y) = (rows.numbers(0), rows.numbers(1));
            if let (Ok(x), Ok(y)) = (x.try_into(), y.try_into()) {
                return out.set_bits(set.compare(comparison, x, y));
            }
            out.set_words(rows.len, |w| {
                let known = word_of_two(x, y, w, |x, y| !x.is_nan() & !y.is_nan());
                (word_of_two(x, y, w, &holds), known)
            });
        })
    }
    each!(comparison, of, comparison)
}

/// A column of numbers and a constant.
pub(super) fn with(comparison: Comparison, constant: f64) -> Box<dyn Stream> {
    fn of(
        comparison: Comparison,
        constant: f64,
        holds: impl Fn(f64, f64) -> bool + Send + 'static,
    ) -> Box<dyn Stream> {
        let set = InstructionSet::best();
        node(move |rows, out| {
            let x = rows.numbers(0);
            if let Ok(x) = x.try_into() {
                return out.set_bits(set.compare_level(comparison, x, constant));
            }
            out.set_words(rows.len, |w| {
                let known = word_of_one(x, w, |x| !x.is_nan() & !constant.is_nan());
                (word_of_one(x, w, |x| holds(x, constant)), known)
            });
        })
    }
    each!(comparison, of, comparison, constant)
}

/// Conditions that are known from row `start` of the frame on.
fn known_from(rows: &Rows<'_>, start: usize, out: &mut Column, word: impl Fn(usize) -> u64) {
    let lead = rows.lead(start);
    out.set_words(rows.len, |w| (word(w), span(lead, rows.len, w)));
}

/// A column of numerators and a whole number.
pub(super) fn level<T: Whole>(comparison: Comparison, level: i128) -> Box<dyn Stream> {
    fn of<T: Whole>(level: T, holds: impl Fn(T, T) -> bool + Send + 'static) -> Box<dyn Stream> {
        node(move |rows, out| {
            let x = rows.whole::<T>(0);
            known_from(rows, rows.column(0).start, out, |w| word_of_one(x, w, |x| holds(x, level)));
        })
    }
    let level = T::narrowed(level);
    each!(comparison, of, level)
}

/// Two columns of numerators, each times a factor; no tick is larger than `largest`.
pub(super) fn whole(comparison: Comparison, left: Side, right: Side, largest: i128) -> Box<dyn Stream> {
    fn pairs<S: Whole, T: Whole>(holds: impl Fn(S, T) -> bool + Send + 'static) -> Box<dyn Stream> {
        node(move |rows, out| {
            let (x, y) = (rows.whole::<S>(0), rows.whole::<T>(1));
            let (p, q) = (rows.column(0).start, rows.column(1).start);
            known_from(rows, if p > q { p } else { q }, out, |w| word_of_two(x, y, w, &holds));
        })
    }
    fn of<S: Whole, T: Whole>(comparison: Comparison, a: i128, b: i128) -> Box<dyn Stream> {
        pairs(move |x: S, y: T| comparison.holds(x.widened().times(a), y.widened().times(b)))
    }
    let fits = |side: Side| {
        let most = side.weight.checked_mul(side.factor).and_then(|most| most.checked_mul(largest));
        !side.wide && most.is_some_and(|most| most <= i64::MAX.into())
    };
    let (a, b) = (left.factor, right.factor);
    if fits(left) && fits(right) {
        let (a, b) = (i64::narrowed(a), i64::narrowed(b));
        return match (comparison, a == 1 && b == 1) {
            (Comparison::Less, true) => pairs(|x: i64, y: i64| x < y),
            (Comparison::AtMost, true) => pairs(|x: i64, y: i64| x <= y),
            (Comparison::Less, false) => pairs(move |x: i64, y: i64| x.times(a) < y.times(b)),
            (Comparison::AtMost, false) => pairs(move |x: i64, y: i64| x.times(a) <= y.times(b)),
            _ => pairs(move |x: i64, y: i64| comparison.holds(x.times(a), y.times(b))),
        };
    }
    match (left.wide, right.wide) {
        (false, false) => of::<i64, i64>(comparison, a, b),
        (false, true) => of::<i64, i128>(comparison, a, b),
        (true, false) => of::<i128, i64>(comparison, a, b),
        (true, true) => of::<i128, i128>(comparison, a, b),
    }
}
