//! A value that is carried from row to row.

use super::arithmetic::{of_one, of_two};
use crate::graph::column::{Column, Rows, Stream};
use crate::graph::op::Step;

/// A scan: its first input is where it begins.
pub(super) struct Scan {
    steps: Vec<Step>,
    registers: Vec<f64>,
    state: f64,
}

impl Scan {
    pub fn new(steps: Vec<Step>) -> Scan {
        Scan { registers: vec![f64::NAN; steps.len()], steps, state: f64::NAN }
    }

    /// The body in row `i` of the block.
    fn body(&mut self, rows: &Rows<'_>, i: usize) -> f64 {
        for (k, step) in self.steps.iter().enumerate() {
            let of = |register: usize| self.registers[register];
            let value = match *step {
                Step::Input(input) => read(rows, input, i),
                Step::Value(constant) => constant.get(),
                Step::Itself => self.state,
                Step::Unary(unary, x) => of_one(unary, of(x)),
                Step::Arithmetic(arithmetic, x, y) => of_two(arithmetic, of(x), of(y)),
                Step::Compare(comparison, x, y) => known(of(x), of(y), comparison.holds(of(x), of(y))),
                Step::Not(x) => 1.0 - of(x),
                Step::And(x, y) => match (of(x), of(y)) {
                    (x, y) if x == 0.0 || y == 0.0 => 0.0,
                    (x, y) => x * y,
                },
                Step::Or(x, y) => match (of(x), of(y)) {
                    (x, y) if x == 1.0 || y == 1.0 => 1.0,
                    (x, y) => x + y,
                },
                Step::OrElse(x, y) => {
                    if of(x).is_nan() {
                        of(y)
                    } else {
                        of(x)
                    }
                }
                Step::Iff(c, x, y) => {
                    let chosen = if of(c) == 1.0 { of(x) } else { of(y) };
                    if of(c).is_nan() { f64::NAN } else { chosen }
                }
            };
            self.registers[k] = value;
        }
        self.registers.last().copied().unwrap_or(f64::NAN)
    }
}

fn known(x: f64, y: f64, holds: bool) -> f64 {
    if x.is_nan() || y.is_nan() { f64::NAN } else { f64::from(u8::from(holds)) }
}

/// A number, or a condition as one.
fn read(rows: &Rows<'_>, input: usize, i: usize) -> f64 {
    let column = rows.column(input);
    if let Some(&x) = column.numbers.get(i) {
        return x;
    }
    column.condition(i).map_or(f64::NAN, |truth| f64::from(u8::from(truth)))
}

impl Stream for Scan {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let first = rows.numbers(0);
        for (i, out) in out.numbers_mut(rows.len).iter_mut().enumerate() {
            let next = if self.state.is_nan() { first[i] } else { self.body(rows, i) };
            if !next.is_nan() {
                self.state = next;
            }
            *out = self.state;
        }
    }
}
