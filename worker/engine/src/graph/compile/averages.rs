//! Averages and deviations of a column, and what is made of them.

use super::super::op::{Arithmetic, Constant, Op, Window};
use super::{Compiled, Compiler, Operand, is_wide, unchecked};
use galapagos_rules::Expr;
use galapagos_rules::functions::function;

/// Exact deviations are taken of numbers up to this weight.
const HEAVIEST: i128 = 4;

impl Compiler<'_> {
    /// Averages and other windows of one column.
    pub(super) fn average(&mut self, name: &str, field: &str, x: Operand, n: usize) -> Option<usize> {
        let ema = |compiler: &mut Self, x| compiler.node(Op::Ema { n }, &[x]);
        let window = match name {
            "ema" => {
                let x = self.column(x);
                return Some(ema(self, x));
            }
            "rma" => {
                let x = self.column(x);
                return Some(self.node(Op::Rma { n }, &[x]));
            }
            "dema" | "tema" => {
                let x = self.column(x);
                let e1 = ema(self, x);
                let e2 = ema(self, e1);
                if name == "dema" {
                    let twice = self.with(Arithmetic::Times, e1, 2.0);
                    return Some(self.two(Arithmetic::Minus, twice, e2));
                }
                let e3 = ema(self, e2);
                let (a, b) = (self.with(Arithmetic::Times, e1, 3.0), self.with(Arithmetic::Times, e2, 3.0));
                let difference = self.two(Arithmetic::Minus, a, b);
                return Some(self.two(Arithmetic::Plus, difference, e3));
            }
            "hma" => {
                // The table knows how long the last average is: it is first defined in row n + m - 2.
                let first = function("hma")?.outputs.first()?.first;
                let m = first(&[i64::try_from(n).ok()?]) + 2 - i64::try_from(n).ok()?;
                let half = self.line(Window::Weighted, x, if n < 2 { 1 } else { n / 2 });
                let whole = self.line(Window::Weighted, x, n);
                let twice = self.with(Arithmetic::Times, half, 2.0);
                let raw = self.two(Arithmetic::Minus, twice, whole);
                return Some(
                    self.node(Op::Window { window: Window::Weighted, n: usize::try_from(m).ok()? }, &[raw]),
                );
            }
            "percent_rank" => {
                let x = self.column(x);
                return Some(self.node(Op::Window { window: Window::Rank, n }, &[x]));
            }
            "wma" => Window::Weighted,
            "linreg" if field == "slope" => Window::Slope,
            "linreg" if field == "end" => Window::End,
            _ => return None,
        };
        Some(self.line(window, x, n))
    }

    /// A weighted mean or line: of whole numbers over a power of two its sums are whole numbers too.
    fn line(&mut self, window: Window, x: Operand, n: usize) -> usize {
        match x {
            Operand::Exact { node, exact } if !is_wide(exact) && exact.denominator.count_ones() == 1 => {
                self.node(Op::WholeWindow { window, n, denominator: exact.denominator }, &[node])
            }
            other => {
                let node = self.column(other);
                self.node(Op::Window { window, n }, &[node])
            }
        }
    }

    pub(super) fn deviation(&mut self, score: bool, x: Operand, n: usize) -> usize {
        match x {
            Operand::Exact { node, exact } if exact.weight <= HEAVIEST => {
                let denominator = exact.denominator;
                let op = if score { Op::WholeScore { n } } else { Op::WholeDeviation { n, denominator } };
                self.node(op, &[node])
            }
            other => {
                let node = self.column(other);
                let window = if score { Window::Score } else { Window::Deviation };
                self.node(Op::Window { window, n }, &[node])
            }
        }
    }

    /// A line a multiple of another above or below it.
    pub(super) fn banded(&mut self, above: bool, middle: usize, k: f64, width: usize) -> usize {
        let op = Op::With { arithmetic: Arithmetic::Times, constant: Constant::new(k), first: true };
        let distance = self.node(op, &[width]);
        self.two(if above { Arithmetic::Plus } else { Arithmetic::Minus }, middle, distance)
    }

    pub(super) fn bollinger(
        &mut self,
        field: &str,
        x: Operand,
        n: usize,
        k: f64,
        expr: &Expr,
    ) -> Compiled<usize> {
        if field == "z" {
            return Ok(self.deviation(true, x, n));
        }
        let middle = self.windowed("sma", x, n);
        let (middle, deviation) = (self.column(middle), self.deviation(false, x, n));
        match field {
            "upper" => Ok(self.banded(true, middle, k, deviation)),
            "lower" => Ok(self.banded(false, middle, k, deviation)),
            "width" => {
                let upper = self.banded(true, middle, k, deviation);
                let lower = self.banded(false, middle, k, deviation);
                let width = self.two(Arithmetic::Minus, upper, lower);
                Ok(self.two(Arithmetic::Over, width, middle))
            }
            _ => Err(unchecked(expr)),
        }
    }

    pub(super) fn macd(&mut self, field: &str, x: Operand, (f, s, g): (usize, usize, usize)) -> usize {
        let x = self.column(x);
        let (fast, slow) = (self.node(Op::Ema { n: f }, &[x]), self.node(Op::Ema { n: s }, &[x]));
        let line = self.two(Arithmetic::Minus, fast, slow);
        if field == "line" {
            return line;
        }
        let signal = self.node(Op::Ema { n: g }, &[line]);
        if field == "signal" { signal } else { self.two(Arithmetic::Minus, line, signal) }
    }
}
