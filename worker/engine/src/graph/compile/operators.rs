//! Operators.

use super::super::op::{Arithmetic, Comparison, Constant, Op, Side, Unary};
use super::{Compiled, Compiler, Operand, is_wide, power, unchecked};
use crate::batch::TAME_FACTOR;
use galapagos_rules::{Exact, Expr, ExprKind, Operator, Rational, Value, gcd};
use std::cmp::Ordering;

impl Compiler<'_> {
    pub(super) fn negative(&mut self, operand: Operand) -> Operand {
        match operand {
            Operand::Exact { node, exact } => self.rescaled(node, exact, -1, exact),
            other => {
                let (node, power) = (self.column(other), other.power());
                Operand::Number { node: self.node(Op::Unary(Unary::Negative), &[node]), power }
            }
        }
    }

    /// Numerators times a factor, as those of another exact number.
    fn rescaled(&mut self, node: usize, from: Exact, factor: i128, exact: Exact) -> Operand {
        let (from_wide, wide) = (is_wide(from), is_wide(exact));
        if factor == 1 && from_wide == wide {
            return Operand::Exact { node, exact };
        }
        let node = self.node(Op::Rescale { factor, from_wide, wide }, &[node]);
        Operand::Exact { node, exact }
    }

    /// The exact form of an operand: a constant has one beside exact numbers.
    pub(super) fn exact(&self, operand: Operand) -> Option<Exact> {
        match operand {
            Operand::Exact { exact, .. } => Some(exact),
            Operand::Constant(value) => Some(Exact::constant(value.exact, self.decimals())?.0),
            _ => None,
        }
    }

    /// The numerators of an operand over the denominator of `exact`, as wide as its.
    pub(super) fn numerators(&mut self, operand: Operand, exact: Exact) -> Option<usize> {
        match operand {
            Operand::Exact { node, exact: from } => {
                let factor = exact.denominator / from.denominator;
                match self.rescaled(node, from, factor, exact) {
                    Operand::Exact { node, .. } => Some(node),
                    _ => None,
                }
            }
            Operand::Constant(value) => {
                let (own, numerator) = Exact::constant(value.exact, self.decimals())?;
                let value = numerator.checked_mul(exact.denominator / own.denominator)?;
                Some(self.node(Op::Numerator { value, wide: is_wide(exact) }, &[]))
            }
            _ => None,
        }
    }

    pub(super) fn binary(
        &mut self,
        operator: Operator,
        x: &Expr,
        y: &Expr,
        expr: &Expr,
    ) -> Compiled<Operand> {
        if let Some(truth) = self.words(operator, x, y)? {
            return Ok(Operand::Truth(truth));
        }
        let (a, b) = (self.operand(x)?, self.operand(y)?);
        Ok(match operator {
            Operator::And => self.and(a, b),
            Operator::Or => self.or(a, b),
            Operator::OrElse if a.is_condition() => self.condition_or_else(a, b),
            Operator::OrElse => {
                let power = power(expr)?;
                let (x, y) = (self.number(a, power), self.number(b, power));
                Operand::Number { node: self.node(Op::OrElse, &[x, y]), power }
            }
            Operator::Less => self.compare(Comparison::Less, a, b),
            Operator::AtMost => self.compare(Comparison::AtMost, a, b),
            Operator::Greater => self.compare(Comparison::Less, b, a),
            Operator::AtLeast => self.compare(Comparison::AtMost, b, a),
            Operator::Equal => self.equal(a, b),
            Operator::Unequal => {
                let equal = self.equal(a, b);
                self.not(equal)
            }
            Operator::Plus => self.sum(false, a, b, power(expr)?),
            Operator::Minus => self.sum(true, a, b, power(expr)?),
            Operator::Times | Operator::Over => self.product(operator, a, b, power(expr)?),
        })
    }

    /// Whether a word gene has a word, if that is what is asked.
    fn words(&self, operator: Operator, x: &Expr, y: &Expr) -> Compiled<Option<bool>> {
        let (gene, word) = match (&x.kind, &y.kind) {
            (_, ExprKind::Word(word)) => (x, word),
            (ExprKind::Word(word), _) => (y, word),
            _ => return Ok(None),
        };
        let is = self.word(gene)? == word;
        match operator {
            Operator::Equal => Ok(Some(is)),
            Operator::Unequal => Ok(Some(!is)),
            _ => Err(unchecked(gene)),
        }
    }

    /// x + y or x - y.
    pub(super) fn sum(&mut self, negative: bool, a: Operand, b: Operand, power: i32) -> Operand {
        let exact = self.exact(a).zip(self.exact(b)).and_then(|(a, b)| a.plus(b));
        if let Some(exact) = exact
            && let (Some(x), Some(y)) = (self.numerators(a, exact), self.numerators(b, exact))
        {
            let node = self.node(Op::Sum { negative, wide: is_wide(exact) }, &[x, y]);
            return Operand::Exact { node, exact };
        }
        let arithmetic = if negative { Arithmetic::Minus } else { Arithmetic::Plus };
        self.arithmetic(arithmetic, a, b, power, power)
    }

    fn product(&mut self, operator: Operator, a: Operand, b: Operand, power: i32) -> Operand {
        let factor = match (operator, a, b) {
            (Operator::Times, Operand::Constant(c), Operand::Exact { node, exact })
            | (Operator::Times, Operand::Exact { node, exact }, Operand::Constant(c)) => {
                Some((node, exact, c.exact))
            }
            (Operator::Over, Operand::Exact { node, exact }, Operand::Constant(c)) => {
                Rational::whole(1).over(c.exact).map(|r| (node, exact, r))
            }
            _ => None,
        };
        if let Some((node, from, r)) = factor
            && let Some(exact) = from.scaled(r)
        {
            return self.rescaled(node, from, r.numerator(), exact);
        }
        let arithmetic = if operator == Operator::Times { Arithmetic::Times } else { Arithmetic::Over };
        // A factor has no price in it.
        self.arithmetic(arithmetic, a, b, 0, power)
    }

    /// f64 of two operands; constants beside numbers of the power `beside`.
    pub(super) fn arithmetic(
        &mut self,
        arithmetic: Arithmetic,
        a: Operand,
        b: Operand,
        beside: i32,
        power: i32,
    ) -> Operand {
        let node = match (a, b) {
            (Operand::Constant(value), other) => {
                let (constant, node) = (self.level(value, beside), self.number(other, beside));
                let constant = Constant::new(constant);
                self.node(Op::With { arithmetic, constant, first: true }, &[node])
            }
            (other, Operand::Constant(value)) => {
                let (constant, node) = (self.level(value, beside), self.number(other, beside));
                self.with(arithmetic, node, constant)
            }
            (a, b) => {
                let (x, y) = (self.number(a, beside), self.number(b, beside));
                self.two(arithmetic, x, y)
            }
        };
        Operand::Number { node, power }
    }

    fn equal(&mut self, a: Operand, b: Operand) -> Operand {
        match (a, b) {
            (Operand::Truth(x), Operand::Truth(y)) => Operand::Truth(x == y),
            (Operand::Truth(truth), other) | (other, Operand::Truth(truth)) => {
                if truth {
                    other
                } else {
                    self.not(other)
                }
            }
            (Operand::Condition(x), Operand::Condition(y)) => {
                Operand::Condition(self.node(Op::Same, &[x, y]))
            }
            (a, b) => self.compare(Comparison::Equal, a, b),
        }
    }

    /// A comparison of numbers: exact where both are, or one is and the other is constant.
    pub(super) fn compare(&mut self, comparison: Comparison, a: Operand, b: Operand) -> Operand {
        match (a, b) {
            (Operand::Constant(x), Operand::Constant(y)) => {
                let order = x.exact.compare(y.exact).unwrap_or(Ordering::Equal);
                Operand::Truth(comparison.holds(order, Ordering::Equal))
            }
            (Operand::Exact { node: x, exact: p }, Operand::Exact { node: y, exact: q }) => {
                let common = gcd(p.denominator, q.denominator);
                let (x, left) = self.side(x, p, q.denominator / common);
                let (y, right) = self.side(y, q, p.denominator / common);
                Operand::Condition(self.node(Op::CompareWhole { comparison, left, right }, &[x, y]))
            }
            (Operand::Constant(_), _) => self.compare(comparison.turned(), b, a),
            (_, Operand::Constant(value)) => {
                let exact = self.compare_exact(comparison, a, value);
                exact.unwrap_or_else(|| {
                    let (x, power) = (self.column(a), a.power());
                    let constant = Constant::new(self.level(value, power));
                    Operand::Condition(self.node(Op::CompareWith { comparison, constant }, &[x]))
                })
            }
            (a, b) => {
                let (x, y) = (self.column(a), self.column(b));
                let (comparison, x, product) = match (self.times(y), self.times(x)) {
                    (Some(product), _) => (comparison, x, Some(product)),
                    (None, Some(product)) => (comparison.turned(), y, Some(product)),
                    (None, None) => (comparison, x, None),
                };
                Operand::Condition(match product {
                    Some((y, factor)) => self.node(Op::CompareTimes { comparison, factor }, &[x, y]),
                    None => self.node(Op::Compare(comparison), &[x, y]),
                })
            }
        }
    }

    /// A column times a constant, whose product a comparison need not write down.
    fn times(&self, node: usize) -> Option<(usize, Constant)> {
        let known = &self.plan.frames[self.frame].nodes[node];
        match (&known.op, known.inputs.as_slice()) {
            (&Op::With { arithmetic: Arithmetic::Times, constant, .. }, &[inner]) => {
                Some((inner, constant)).filter(|_| constant.get().abs() <= TAME_FACTOR)
            }
            _ => None,
        }
    }

    /// A side of a comparison: what is a column times a factor is read as that column, with a larger factor.
    fn side(&self, node: usize, exact: Exact, factor: i128) -> (usize, Side) {
        let known = &self.plan.frames[self.frame].nodes[node];
        if let (Op::Rescale { factor: own, from_wide, .. }, [inner]) = (&known.op, known.inputs.as_slice())
            && let Some(factor) = factor.checked_mul(*own)
        {
            let weight = exact.weight / own.abs() + 1;
            return (*inner, Side { factor, weight, wide: *from_wide });
        }
        (node, Side { factor, weight: exact.weight, wide: is_wide(exact) })
    }

    /// N / D against u / w is N against a whole number.
    fn compare_exact(&mut self, comparison: Comparison, a: Operand, value: Value) -> Option<Operand> {
        let Operand::Exact { node, exact } = a else { return None };
        let (own, u) = Exact::constant(value.exact, self.decimals())?;
        let (numerator, w) = (u.checked_mul(exact.denominator)?, own.denominator);
        let (floor, divides) = (numerator.div_euclid(w), numerator.rem_euclid(w) == 0);
        let ceiling = if divides { floor } else { floor + 1 };
        let wide = is_wide(exact);
        let (least, most) = if wide { (i128::MIN, i128::MAX) } else { (i64::MIN.into(), i64::MAX.into()) };
        let (comparison, level) = match comparison {
            Comparison::Less => (Comparison::AtMost, ceiling - 1),
            Comparison::AtMost => (Comparison::AtMost, floor),
            Comparison::Greater => (Comparison::AtLeast, floor + 1),
            Comparison::AtLeast => (Comparison::AtLeast, ceiling),
            // No numerator is the least number.
            Comparison::Equal => (Comparison::Equal, if divides { floor } else { least }),
        };
        let level = if level > most { most } else { level };
        let level = if level < least { least } else { level };
        Some(Operand::Condition(self.node(Op::CompareLevel { comparison, level, wide }, &[node])))
    }

    pub(super) fn not(&mut self, operand: Operand) -> Operand {
        if let Operand::Truth(truth) = operand {
            return Operand::Truth(!truth);
        }
        let node = self.column(operand);
        Operand::Condition(self.node(Op::Not, &[node]))
    }

    pub(super) fn and(&mut self, a: Operand, b: Operand) -> Operand {
        match (a, b) {
            (Operand::Truth(false), _) | (_, Operand::Truth(false)) => Operand::Truth(false),
            (Operand::Truth(true), other) | (other, Operand::Truth(true)) => other,
            (a, b) => {
                let (x, y) = (self.column(a), self.column(b));
                let rising = self.rising(x, y).or_else(|| self.rising(y, x));
                Operand::Condition(rising.unwrap_or_else(|| self.node(Op::And, &[x, y])))
            }
        }
    }

    /// x and y as one node, if y is `not x[1]` or that of a part of x.
    fn rising(&mut self, x: usize, y: usize) -> Option<usize> {
        let inner = |node: usize, is: fn(&Op) -> bool| {
            let known = &self.plan.frames[self.frame].nodes[node];
            known.inputs.first().copied().filter(|_| is(&known.op))
        };
        let (not, before) = (|op: &Op| *op == Op::Not, |op: &Op| *op == Op::ConditionDelay { k: 1 });
        let begun = inner(y, not).and_then(|y| inner(y, before));
        let begun = begun.or_else(|| inner(y, before).and_then(|y| inner(y, not)))?;
        if begun == x {
            return Some(self.node(Op::Rising, &[x]));
        }
        let known = &self.plan.frames[self.frame].nodes[x];
        let rest = match (&known.op, known.inputs.as_slice()) {
            (Op::And, &[rest, part]) | (Op::And, &[part, rest]) if part == begun => rest,
            _ => return None,
        };
        let rising = self.node(Op::Rising, &[begun]);
        Some(self.node(Op::And, &[rest, rising]))
    }

    fn or(&mut self, a: Operand, b: Operand) -> Operand {
        match (a, b) {
            (Operand::Truth(true), _) | (_, Operand::Truth(true)) => Operand::Truth(true),
            (Operand::Truth(false), other) | (other, Operand::Truth(false)) => other,
            (a, b) => {
                let (x, y) = (self.column(a), self.column(b));
                Operand::Condition(self.node(Op::Or, &[x, y]))
            }
        }
    }

    fn condition_or_else(&mut self, a: Operand, b: Operand) -> Operand {
        if let Operand::Truth(_) = a {
            return a;
        }
        let (x, y) = (self.column(a), self.column(b));
        Operand::Condition(self.node(Op::ConditionOrElse, &[x, y]))
    }
}
