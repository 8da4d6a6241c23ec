//! Exact numbers: numerators over a constant denominator.

use super::{finite, numbers, widened};
use crate::graph::column::{Column, Rows, Stream, Whole};
use std::marker::PhantomData;

/// The same numerator in every row.
pub(super) struct Constant<T>(T);

impl<T: Whole> Constant<T> {
    pub fn new(value: i128) -> Constant<T> {
        Constant(T::narrowed(value))
    }
}

impl<T: Whole> Stream for Constant<T> {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        out.start = 0;
        T::of_mut(out).resize(rows.len, self.0);
    }
}

struct Two<T, F>(F, PhantomData<T>);

impl<T: Whole, F: Fn(T, T) -> T + Send> Stream for Two<T, F> {
    #[inline(always)]
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let (x, y) = (rows.whole::<T>(0), rows.whole::<T>(1));
        let column = T::of_mut(out);
        column.resize(rows.len, T::default());
        column.iter_mut().zip(x).zip(y).for_each(|((o, &x), &y)| *o = self.0(x, y));
        let (a, b) = (rows.column(0).start, rows.column(1).start);
        out.start = if a > b { a } else { b };
    }
}

/// A node on two inputs.
fn two<T: Whole>(f: impl Fn(T, T) -> T + Send + 'static) -> Box<dyn Stream> {
    widened(Two(f, PhantomData))
}

struct One<S, T, F>(F, PhantomData<(S, T)>);

impl<S: Whole, T: Whole, F: Fn(S) -> T + Send> Stream for One<S, T, F> {
    #[inline(always)]
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let column = T::of_mut(out);
        column.resize(rows.len, T::default());
        column.iter_mut().zip(rows.whole::<S>(0)).for_each(|(o, &x)| *o = self.0(x));
        out.start = rows.column(0).start;
    }
}

/// A node on one input, which may have another width.
fn one<S: Whole, T: Whole>(f: impl Fn(S) -> T + Send + 'static) -> Box<dyn Stream> {
    widened(One(f, PhantomData))
}

/// x + y or x - y.
pub(super) fn sum<T: Whole>(negative: bool) -> Box<dyn Stream> {
    if negative { two(T::minus) } else { two(T::plus) }
}

/// |x|.
pub(super) fn magnitude<T: Whole>() -> Box<dyn Stream> {
    one(T::magnitude)
}

/// The larger or smaller of two.
pub(super) fn extreme<T: Whole>(highest: bool) -> Box<dyn Stream> {
    if highest { two(|x: T, y| if x > y { x } else { y }) } else { two(|x: T, y| if x < y { x } else { y }) }
}

/// x times a whole number.
pub(super) fn rescale(factor: i128, from_wide: bool, wide: bool) -> Box<dyn Stream> {
    match (from_wide, wide) {
        (false, false) => {
            let factor = i64::narrowed(factor);
            one(move |x: i64| x.times(factor))
        }
        (false, true) => one(move |x: i64| x.widened().times(factor)),
        (true, true) => one(move |x: i128| x.times(factor)),
        (true, false) => one(move |x: i128| i64::narrowed(x.times(factor))),
    }
}

/// x but for row 0.
pub(super) fn from_row_one<T: Whole>() -> Box<dyn Stream> {
    numbers(|rows, out| {
        let column = T::of_mut(out);
        column.clear();
        column.extend_from_slice(rows.whole::<T>(0));
        let start = rows.column(0).start;
        out.start = if start > 1 { start } else { 1 };
    })
}

struct Rounded<T>(i128, PhantomData<T>);

impl<T: Whole> Stream for Rounded<T> {
    #[inline(always)]
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let (x, lead) = (rows.whole::<T>(0), rows.lead(rows.column(0).start));
        let out = out.numbers_mut(rows.len);
        out[..lead].fill(f64::NAN);
        if self.0 == 1 {
            out[lead..].iter_mut().zip(&x[lead..]).for_each(|(o, &x)| *o = x.rounded());
        } else {
            let d = self.0 as f64;
            out[lead..].iter_mut().zip(&x[lead..]).for_each(|(o, &x)| *o = finite(x.rounded() / d));
        }
    }
}

/// As f64: rounded, and divided by the rounded denominator.
pub(super) fn rounded<T: Whole>(denominator: i128) -> Box<dyn Stream> {
    widened(Rounded::<T>(denominator, PhantomData))
}
