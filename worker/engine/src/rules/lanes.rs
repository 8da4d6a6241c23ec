//! Expressions that know the account over up to 64 rows at once: the values of [`super::code`], row by row.

use super::code::{Arithmetic, Comparison, Number, Test, View};
use super::known::Known;
use super::state::{State, Term};
use crate::graph::{Slot, finite, word_of_one, word_of_two};

/// Rows that are looked at together.
pub(super) const LANES: usize = 64;

/// A number in each row.
pub(super) type Lanes = [f64; LANES];

/// Where expressions are evaluated: closes of rows with the same open position.
pub(super) struct Span<'a> {
    pub known: Known<'a>,
    /// Row of the first lane, and number of rows.
    pub from: usize,
    pub rows: usize,
    /// The signal bar: where it is known, and its row.
    pub signal: (Known<'a>, usize),
    /// The terms that do not change from row to row.
    pub fixed: State,
    pub peak: &'a Lanes,
    pub trough: &'a Lanes,
    pub close: &'a [f64],
    /// The level of the stop after each close; `None`: nobody asks.
    pub stop: Option<&'a Lanes>,
    /// Row of the entry.
    pub entry: usize,
    /// Row of the last exit, where somebody asks and there was one.
    pub last_exit: Option<usize>,
    /// Rows before this are of the day of the last entry.
    pub day_ends: usize,
}

impl Span<'_> {
    /// One bit for each row.
    pub fn mask(&self) -> u64 {
        u64::MAX >> (LANES - self.rows)
    }

    /// What the market's conditions say, as bits of truth and of knowledge.
    fn bits(&self, slot: Slot) -> (u64, u64) {
        let (truth, known) = self.known.bits(slot, self.from);
        (truth & self.mask(), known & self.mask())
    }

    fn term(&self, term: Term, out: &mut [f64]) {
        let fixed = |term| self.fixed.get(term);
        match term {
            Term::Peak => out.copy_from_slice(&self.peak[..self.rows]),
            Term::Trough => out.copy_from_slice(&self.trough[..self.rows]),
            Term::StopNow => match self.stop {
                Some(stop) => out.copy_from_slice(&stop[..self.rows]),
                None => out.fill(f64::NAN),
            },
            Term::BarsInTrade => self.since(self.entry, out),
            Term::BarsSinceExit => match self.last_exit {
                Some(exit) => self.since(exit, out),
                None => out.fill(fixed(term)),
            },
            Term::TradesToday => {
                let today = fixed(term);
                for (i, out) in out.iter_mut().enumerate() {
                    *out = if self.from + i < self.day_ends || today.is_nan() { today } else { 0.0 };
                }
            }
            Term::Profit => {
                let (dir, price) = (fixed(Term::Dir), fixed(Term::EntryPrice));
                self.of_closes(out, |close| dir * (close / price - 1.0));
            }
            Term::R => {
                let (dir, price, risk) =
                    (fixed(Term::Dir), fixed(Term::EntryPrice), fixed(Term::InitialRisk));
                self.of_closes(out, |close| dir * (close - price) / risk);
            }
            Term::LastPnl | Term::Dir | Term::EntryPrice | Term::InitialRisk => out.fill(fixed(term)),
        }
        out.iter_mut().for_each(|x| *x = finite(*x));
    }

    fn since(&self, row: usize, out: &mut [f64]) {
        for (i, out) in out.iter_mut().enumerate() {
            *out = (self.from + i - row) as f64;
        }
    }

    fn of_closes(&self, out: &mut [f64], value: impl Fn(f64) -> f64) {
        for (out, &close) in out.iter_mut().zip(&self.close[self.from..]) {
            *out = value(close);
        }
    }

    /// The signal bar; what is evaluated there is of the market.
    fn at_signal(&self) -> View<'_> {
        View { known: self.signal.0, row: self.signal.1, signal: self.signal, state: State::UNKNOWN }
    }
}

impl Number {
    /// The values in the rows of a span, as [`Number::value`] has each; one value, if it is that of all rows and nothing
    /// was written.
    pub fn lanes(&self, span: &Span, out: &mut Lanes) -> Option<f64> {
        let rows = span.rows;
        match self {
            Number::Constant(x) => return Some(*x),
            Number::Column(slot) => {
                out[..rows].copy_from_slice(span.known.numbers(*slot, span.from, rows));
            }
            Number::Term(term @ (Term::LastPnl | Term::Dir | Term::EntryPrice | Term::InitialRisk)) => {
                return Some(finite(span.fixed.get(*term)));
            }
            Number::Term(term) => span.term(*term, &mut out[..rows]),
            Number::AtSignal(x) => return Some(x.value(&span.at_signal())),
            Number::Negative(x) => return one(x, span, out, |x| -x),
            Number::Absolute(x) => return one(x, span, out, f64::abs),
            Number::Arithmetic(how, x, y) => {
                return match how {
                    Arithmetic::Plus => two(x, y, span, out, |x, y| finite(x + y)),
                    Arithmetic::Minus => two(x, y, span, out, |x, y| finite(x - y)),
                    Arithmetic::Times => two(x, y, span, out, |x, y| finite(x * y)),
                    Arithmetic::Over => two(x, y, span, out, |x, y| finite(x / y)),
                };
            }
            Number::Least(all) => return fold(all, span, out, |a, b| a < b),
            Number::Greatest(all) => return fold(all, span, out, |a, b| a > b),
            Number::Step(x, steps) => {
                return one(x, span, out, |x| {
                    let last = steps.iter().rev().find(|(threshold, _)| *threshold <= x);
                    last.map_or(f64::NAN, |&(_, value)| value)
                });
            }
            Number::If(test, x, y) => {
                let (truth, known) = test.lanes(span);
                if truth == span.mask() {
                    return x.lanes(span, out);
                }
                if truth == 0 && known == span.mask() {
                    return y.lanes(span, out);
                }
                y.rows(span, out);
                let mut other = [0.0; LANES];
                x.rows(span, &mut other);
                for (i, (y, x)) in out[..rows].iter_mut().zip(&other).enumerate() {
                    *y = match (truth >> i & 1, known >> i & 1) {
                        (_, 0) => f64::NAN,
                        (1, _) => *x,
                        _ => *y,
                    };
                }
            }
            Number::OrElse(x, y) => return two(x, y, span, out, |x, y| if x.is_nan() { y } else { x }),
        }
        None
    }

    /// The same, written whatever it is.
    pub fn rows(&self, span: &Span, out: &mut Lanes) {
        if let Some(x) = self.lanes(span, out) {
            out[..span.rows].fill(x);
        }
    }
}

#[inline(always)]
fn one(x: &Number, span: &Span, out: &mut Lanes, of: impl Fn(f64) -> f64) -> Option<f64> {
    if let Some(x) = x.lanes(span, out) {
        return Some(of(x));
    }
    out[..span.rows].iter_mut().for_each(|x| *x = of(*x));
    None
}

#[inline(always)]
fn two(x: &Number, y: &Number, span: &Span, out: &mut Lanes, of: impl Fn(f64, f64) -> f64) -> Option<f64> {
    if let Some(x) = x.lanes(span, out) {
        if let Some(y) = y.lanes(span, out) {
            return Some(of(x, y));
        }
        out[..span.rows].iter_mut().for_each(|y| *y = of(x, *y));
        return None;
    }
    let mut other = [0.0; LANES];
    let rows = &mut out[..span.rows];
    match y.lanes(span, &mut other) {
        Some(y) => rows.iter_mut().for_each(|x| *x = of(*x, y)),
        None => rows.iter_mut().zip(&other).for_each(|(x, &y)| *x = of(*x, y)),
    }
    None
}

/// As the rows' own folds: from the left.
#[inline(always)]
fn fold(all: &[Number], span: &Span, out: &mut Lanes, keeps: fn(f64, f64) -> bool) -> Option<f64> {
    let better = |best: f64, next: f64| {
        if best.is_nan() || next.is_nan() {
            f64::NAN
        } else if keeps(best, next) {
            best
        } else {
            next
        }
    };
    let Some((first, rest)) = all.split_first() else { return Some(f64::NAN) };
    let mut fixed = first.lanes(span, out);
    for next in rest {
        let mut other = [0.0; LANES];
        let next = next.lanes(span, &mut other);
        if let (Some(best), Some(next)) = (fixed, next) {
            fixed = Some(better(best, next));
            continue;
        }
        if let Some(best) = fixed.take() {
            out[..span.rows].fill(best);
        }
        if let Some(next) = next {
            other[..span.rows].fill(next);
        }
        out[..span.rows].iter_mut().zip(&other).for_each(|(best, &next)| *best = better(*best, next));
    }
    fixed
}

impl Test {
    /// In which rows of a span it is true, and in which it is known; what is not known is not true.
    pub fn lanes(&self, span: &Span) -> (u64, u64) {
        let all = span.mask();
        match self {
            Test::Fixed(value) => (if *value { all } else { 0 }, all),
            Test::Column(slot) => span.bits(*slot),
            Test::Compare(how, x, y) => {
                let (mut a, mut b) = ([0.0; LANES], [0.0; LANES]);
                x.rows(span, &mut a);
                y.rows(span, &mut b);
                let known = word_of_two(&a, &b, 0, |x: f64, y: f64| !x.is_nan() && !y.is_nan());
                let truth = match how {
                    Comparison::Less => word_of_two(&a, &b, 0, |x, y| x < y),
                    Comparison::AtMost => word_of_two(&a, &b, 0, |x, y| x <= y),
                    Comparison::Equal => word_of_two(&a, &b, 0, |x, y| x == y),
                };
                (truth & all, known & all)
            }
            Test::And(x, y) => {
                let ((xt, xk), (yt, yk)) = (x.lanes(span), y.lanes(span));
                // False if one is, whatever the other.
                (xt & yt, (xk & yk) | (xk & !xt) | (yk & !yt))
            }
            Test::Or(x, y) => {
                let ((xt, xk), (yt, yk)) = (x.lanes(span), y.lanes(span));
                (xt | yt, (xk & yk) | xt | yt)
            }
            Test::Not(x) => {
                let (truth, known) = x.lanes(span);
                (known & !truth, known)
            }
            Test::If(test, x, y) => {
                let (truth, known) = test.lanes(span);
                let ((xt, xk), (yt, yk)) = (x.lanes(span), y.lanes(span));
                let no = known & !truth;
                ((truth & xt) | (no & yt), (truth & xk) | (no & yk))
            }
            Test::OrElse(x, y) => {
                let ((xt, xk), (yt, yk)) = (x.lanes(span), y.lanes(span));
                ((xk & xt) | (!xk & yt), xk | yk)
            }
            Test::NoNumber(x) => {
                let mut a = [0.0; LANES];
                x.rows(span, &mut a);
                (word_of_one(&a, 0, f64::is_nan) & all, all)
            }
            Test::Unknown(x) => (all & !x.lanes(span).1, all),
            Test::AtSignal(x) => match x.value(&span.at_signal()) {
                Some(value) => (if value { all } else { 0 }, all),
                None => (0, 0),
            },
        }
    }

    /// Whether it reads any of some terms.
    pub fn reads(&self, terms: &[Term]) -> bool {
        match self {
            Test::Fixed(_) | Test::Column(_) => false,
            Test::Compare(_, x, y) => x.reads(terms) || y.reads(terms),
            Test::And(x, y) | Test::Or(x, y) | Test::OrElse(x, y) => x.reads(terms) || y.reads(terms),
            Test::Not(x) | Test::Unknown(x) | Test::AtSignal(x) => x.reads(terms),
            Test::If(test, x, y) => test.reads(terms) || x.reads(terms) || y.reads(terms),
            Test::NoNumber(x) => x.reads(terms),
        }
    }
}

impl Number {
    /// Whether it reads any of some terms.
    pub fn reads(&self, terms: &[Term]) -> bool {
        match self {
            Number::Constant(_) | Number::Column(_) => false,
            Number::Term(term) => terms.contains(term),
            Number::AtSignal(x) | Number::Negative(x) | Number::Absolute(x) | Number::Step(x, _) => {
                x.reads(terms)
            }
            Number::Arithmetic(_, x, y) | Number::OrElse(x, y) => x.reads(terms) || y.reads(terms),
            Number::Least(all) | Number::Greatest(all) => all.iter().any(|x| x.reads(terms)),
            Number::If(test, x, y) => test.reads(terms) || x.reads(terms) || y.reads(terms),
        }
    }
}
