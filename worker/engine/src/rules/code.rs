//! Expressions that know the account, as trees that are evaluated row by row: contract D3, "mixed trees". Their numbers
//! are f64 on plain prices; what the market alone decides is read from columns.

use super::known::Known;
use super::state::{State, Term};
use crate::graph::{Slot, finite};

/// A number; not a number is na.
#[derive(Clone, Debug)]
pub(super) enum Number {
    Constant(f64),
    /// A column of the market, plain.
    Column(Slot),
    Term(Term),
    /// The value that it had at the signal bar.
    AtSignal(Box<Number>),
    Negative(Box<Number>),
    Arithmetic(Arithmetic, Box<Number>, Box<Number>),
    /// From the left.
    Least(Vec<Number>),
    Greatest(Vec<Number>),
    Absolute(Box<Number>),
    /// The value of the last threshold that is not above.
    Step(Box<Number>, Vec<(f64, f64)>),
    If(Box<Test>, Box<Number>, Box<Number>),
    OrElse(Box<Number>, Box<Number>),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Arithmetic {
    Plus,
    Minus,
    Times,
    Over,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Comparison {
    Less,
    AtMost,
    Equal,
}

/// A condition of three values.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Fixed(bool),
    Column(Slot),
    Compare(Comparison, Box<Number>, Box<Number>),
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Not(Box<Test>),
    If(Box<Test>, Box<Test>, Box<Test>),
    OrElse(Box<Test>, Box<Test>),
    /// Whether a number is na.
    NoNumber(Box<Number>),
    /// Whether a condition is na.
    Unknown(Box<Test>),
    AtSignal(Box<Test>),
}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub known: Known<'a>,
    /// Row of the market's terms.
    pub row: usize,
    /// The signal bar: where it is known, and its row.
    pub signal: (Known<'a>, usize),
    pub state: State,
}

impl View<'_> {
    fn at_signal(&self) -> Self {
        View { known: self.signal.0, row: self.signal.1, ..*self }
    }
}

impl Number {
    /// The value in a row.
    pub fn value(&self, view: &View) -> f64 {
        match self {
            Number::Constant(x) => *x,
            Number::Column(slot) => view.known.number(*slot, view.row),
            Number::Term(term) => finite(view.state.get(*term)),
            Number::AtSignal(x) => x.value(&view.at_signal()),
            Number::Negative(x) => -x.value(view),
            Number::Arithmetic(how, x, y) => {
                let (x, y) = (x.value(view), y.value(view));
                finite(match how {
                    Arithmetic::Plus => x + y,
                    Arithmetic::Minus => x - y,
                    Arithmetic::Times => x * y,
                    Arithmetic::Over => x / y,
                })
            }
            Number::Least(all) => fold(all, view, |a, b| a < b),
            Number::Greatest(all) => fold(all, view, |a, b| a > b),
            Number::Absolute(x) => x.value(view).abs(),
            Number::Step(x, steps) => {
                let x = x.value(view);
                let last = steps.iter().rev().find(|(threshold, _)| *threshold <= x);
                last.map_or(f64::NAN, |&(_, value)| value)
            }
            Number::If(test, x, y) => match test.value(view) {
                Some(true) => x.value(view),
                Some(false) => y.value(view),
                None => f64::NAN,
            },
            Number::OrElse(x, y) => {
                let x = x.value(view);
                if x.is_nan() { y.value(view) } else { x }
            }
        }
    }
}

/// The operand that `keeps` against each one behind it; na if one is.
fn fold(all: &[Number], view: &View, keeps: fn(f64, f64) -> bool) -> f64 {
    let mut values = all.iter().map(|x| x.value(view));
    let Some(mut best) = values.next() else { return f64::NAN };
    for next in values {
        best = if best.is_nan() || next.is_nan() {
            f64::NAN
        } else if keeps(best, next) {
            best
        } else {
            next
        };
    }
    best
}

impl Test {
    /// The value in a row; `None` is na.
    pub fn value(&self, view: &View) -> Option<bool> {
        match self {
            Test::Fixed(value) => Some(*value),
            Test::Column(slot) => view.known.truth(*slot, view.row),
            Test::Compare(how, x, y) => {
                let (x, y) = (x.value(view), y.value(view));
                if x.is_nan() || y.is_nan() {
                    return None;
                }
                Some(match how {
                    Comparison::Less => x < y,
                    Comparison::AtMost => x <= y,
                    Comparison::Equal => x == y,
                })
            }
            Test::And(x, y) => match x.value(view) {
                Some(false) => Some(false),
                Some(true) => y.value(view),
                None => y.value(view).filter(|known| !known),
            },
            Test::Or(x, y) => match x.value(view) {
                Some(true) => Some(true),
                Some(false) => y.value(view),
                None => y.value(view).filter(|known| *known),
            },
            Test::Not(x) => x.value(view).map(|x| !x),
            Test::If(test, x, y) => match test.value(view) {
                Some(true) => x.value(view),
                Some(false) => y.value(view),
                None => None,
            },
            Test::OrElse(x, y) => x.value(view).or_else(|| y.value(view)),
            Test::NoNumber(x) => Some(x.value(view).is_nan()),
            Test::Unknown(x) => Some(x.value(view).is_none()),
            Test::AtSignal(x) => x.value(&view.at_signal()),
        }
    }

    /// A condition of the market without which this one is not met.
    pub fn needed(&self) -> Option<Slot> {
        match self {
            Test::Column(slot) => Some(*slot),
            Test::And(x, y) => x.needed().or_else(|| y.needed()),
            _ => None,
        }
    }

    /// Whether it is met: na is not.
    pub fn is_met(&self, view: &View) -> bool {
        self.value(view) == Some(true)
    }
}
