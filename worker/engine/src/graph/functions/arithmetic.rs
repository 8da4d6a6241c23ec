//! Operations on numbers, one rounding each.

use super::{finite, widened};
use crate::graph::column::{Column, Rows, Stream};
use crate::graph::op::{Arithmetic, Unary};

/// The result of one row; na where an operand is, or where it is not finite.
#[inline(always)]
pub(super) fn of_two(arithmetic: Arithmetic, x: f64, y: f64) -> f64 {
    match arithmetic {
        Arithmetic::Plus => finite(x + y),
        Arithmetic::Minus => finite(x - y),
        Arithmetic::Times => finite(x * y),
        Arithmetic::Over => finite(x / y),
        Arithmetic::Smaller => unless_na(x, y, if x < y { x } else { y }),
        Arithmetic::Larger => unless_na(x, y, if x > y { x } else { y }),
        Arithmetic::Growth => finite(x / y - 1.0),
        Arithmetic::Share => {
            if y > 0.0 {
                finite(x / y)
            } else {
                f64::NAN
            }
        }
        Arithmetic::Percent => unless_na(x, y, if y == 0.0 { 0.0 } else { finite(100.0 * x / y) }),
        Arithmetic::Balance => {
            let sum = x + y;
            unless_na(x, y, if sum <= 0.0 { 50.0 } else { finite(100.0 * x / sum) })
        }
        Arithmetic::Spread => {
            let sum = x + y;
            unless_na(x, y, if sum == 0.0 { 0.0 } else { finite(100.0 * (x - y).abs() / sum) })
        }
    }
}

#[inline(always)]
fn unless_na(x: f64, y: f64, result: f64) -> f64 {
    if x.is_nan() || y.is_nan() { f64::NAN } else { result }
}

/// The result of one row.
#[inline]
pub(super) fn of_one(unary: Unary, x: f64) -> f64 {
    match unary {
        Unary::Negative => -x,
        Unary::Magnitude => x.abs(),
        Unary::Root => finite(x.sqrt()),
        Unary::Log => finite(libm::log(x)),
        Unary::Exp => finite(libm::exp(x)),
    }
}

struct Pairs<F>(F);

impl<F: Fn(f64, f64) -> f64 + Send> Stream for Pairs<F> {
    #[inline(always)]
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let (x, y) = (rows.numbers(0), rows.numbers(1));
        let out = out.numbers_mut(rows.len);
        out.iter_mut().zip(x).zip(y).for_each(|((o, &x), &y)| *o = self.0(x, y));
    }
}

fn pairs(f: impl Fn(f64, f64) -> f64 + Send + 'static) -> Box<dyn Stream> {
    widened(Pairs(f))
}

struct Singles<F>(F);

impl<F: Fn(f64) -> f64 + Send> Stream for Singles<F> {
    #[inline(always)]
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let x = rows.numbers(0);
        out.numbers_mut(rows.len).iter_mut().zip(x).for_each(|(o, &x)| *o = self.0(x));
    }
}

fn singles(f: impl Fn(f64) -> f64 + Send + 'static) -> Box<dyn Stream> {
    widened(Singles(f))
}

/// Two columns.
pub(super) fn two(arithmetic: Arithmetic) -> Box<dyn Stream> {
    use Arithmetic::*;
    // One loop for each, so that none asks in every row.
    match arithmetic {
        Plus => pairs(|x, y| of_two(Plus, x, y)),
        Minus => pairs(|x, y| of_two(Minus, x, y)),
        Times => pairs(|x, y| of_two(Times, x, y)),
        Over => pairs(|x, y| of_two(Over, x, y)),
        Smaller => pairs(|x, y| of_two(Smaller, x, y)),
        Larger => pairs(|x, y| of_two(Larger, x, y)),
        Growth => pairs(|x, y| of_two(Growth, x, y)),
        Share => pairs(|x, y| of_two(Share, x, y)),
        Percent => pairs(|x, y| of_two(Percent, x, y)),
        Balance => pairs(|x, y| of_two(Balance, x, y)),
        Spread => pairs(|x, y| of_two(Spread, x, y)),
    }
}

/// A column and a constant, which may stand first.
pub(super) fn with(arithmetic: Arithmetic, constant: f64, first: bool) -> Box<dyn Stream> {
    use Arithmetic::*;
    match (arithmetic, first) {
        (Plus, _) => singles(move |x| of_two(Plus, x, constant)),
        (Times, _) => singles(move |x| of_two(Times, x, constant)),
        (Minus, false) => singles(move |x| of_two(Minus, x, constant)),
        (Over, false) => singles(move |x| of_two(Over, x, constant)),
        (other, true) => singles(move |x| of_two(other, constant, x)),
        (other, false) => singles(move |x| of_two(other, x, constant)),
    }
}

/// One column.
pub(super) fn one(unary: Unary) -> Box<dyn Stream> {
    match unary {
        Unary::Negative => singles(|x| -x),
        Unary::Magnitude => singles(f64::abs),
        Unary::Root => singles(|x| of_one(Unary::Root, x)),
        Unary::Log => singles(|x| of_one(Unary::Log, x)),
        Unary::Exp => singles(|x| of_one(Unary::Exp, x)),
    }
}
