//! Operators.

use super::expect::{alike, condition, number, token, whole};
use super::{Checked, Checker, Scope};
use crate::error::{Fault, Kind};
use crate::rational::Interval;
use crate::tree::{Expr, ExprKind, Operator};
use crate::types::{Constant, Number, Type};

impl Checker<'_> {
    pub(super) fn negative(&self, x: &Expr, ty: Type) -> Checked {
        match ty {
            Type::Constant(c) => constant(x, c.interval.negated(), c.integer),
            _ => Ok(Type::Number(number(x, ty)?)),
        }
    }

    pub(super) fn binary(&self, operator: Operator, x: &mut Expr, y: &mut Expr, scope: Scope) -> Checked {
        if matches!(operator, Operator::Equal | Operator::Unequal) && self.words(x, y)? {
            return Ok(Type::Condition);
        }
        let left = self.of(x, scope)?;
        let right = self.of(y, scope)?;
        match operator {
            Operator::And | Operator::Or => {
                condition(x, left)?;
                condition(y, right)?;
                Ok(Type::Condition)
            }
            Operator::OrElse => or_else((x, left), (y, right)),
            Operator::Equal | Operator::Unequal => {
                if left == Type::Condition {
                    condition(y, right)?;
                } else {
                    equality((x, left), (y, right))?;
                }
                Ok(Type::Condition)
            }
            Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast => {
                number(x, left)?;
                number(y, right)?;
                alike(left, y, right)?;
                Ok(Type::Condition)
            }
            Operator::Plus | Operator::Minus | Operator::Times | Operator::Over => {
                arithmetic(operator, (x, left), (y, right))
            }
        }
    }

    /// Whether this compares a word gene with one of its words; the word is marked as one.
    fn words(&self, x: &mut Expr, y: &mut Expr) -> Result<bool, Fault> {
        let words = |expr: &Expr| match &expr.kind {
            ExprKind::Gene(name) => self.genes.get(name).and_then(|domain| domain.words()),
            _ => None,
        };
        let (gene, other, words) = match (words(x), words(y)) {
            (Some(words), None) => (x, y, words),
            (None, Some(words)) => (y, x, words),
            _ => return Ok(false),
        };
        let ExprKind::Name(word) = &other.kind else { return Ok(false) };
        if !words.contains(word) {
            let fault = token(other).fault(Kind::Name, format!("{word} is no value of the gene"));
            let known = words.iter().map(String::as_str);
            return Err(fault.expected(words.join(", ")).nearest(word, known));
        }
        other.kind = ExprKind::Word(word.clone());
        (gene.ty, other.ty) = (Some(Type::Word), Some(Type::Word));
        Ok(true)
    }
}

fn constant(at: &Expr, interval: Option<Interval>, integer: bool) -> Checked {
    match interval {
        Some(interval) => Ok(Type::Constant(Constant { interval, integer })),
        None => Err(whole(at).fault(Kind::Range, "this constant is too large to be exact")),
    }
}

fn or_else((x, left): (&Expr, Type), (y, right): (&Expr, Type)) -> Checked {
    match (left, right) {
        (Type::Condition, Type::Condition) => return Ok(Type::Condition),
        (Type::Condition, _) => condition(y, right)?,
        (_, Type::Condition) => condition(x, left)?,
        _ => {}
    }
    let (a, b) = (number(x, left)?, number(y, right)?);
    let power = alike(left, y, right)?;
    Ok(Type::Number(Number { power, integer: a.integer && b.integer, exact: false }))
}

/// Refuses a comparison by `==` that rounding would decide.
fn equality((x, left): (&Expr, Type), (y, right): (&Expr, Type)) -> Result<(), Fault> {
    let (a, b) = (number(x, left)?, number(y, right)?);
    alike(left, y, right)?;
    let constant = |ty| matches!(ty, Type::Constant(_));
    let fine = |a: Number, a_is_constant: bool, b: Number| {
        a.exact && (b.exact || constant(right)) || a_is_constant && (b.exact || constant(right))
    };
    if a.integer && b.integer || fine(a, constant(left), b) {
        return Ok(());
    }
    let rounded = |n: Number, ty| !n.integer && !n.exact && !constant(ty);
    let at = if rounded(a, left) { x } else { y };
    let fault = whole(at).fault(Kind::Type, "== on a rounded number");
    Err(fault.expected("whole numbers, exact prices or words; otherwise < and >"))
}

fn arithmetic(operator: Operator, (x, left): (&Expr, Type), (y, right): (&Expr, Type)) -> Checked {
    let (a, b) = (number(x, left)?, number(y, right)?);
    let divides = operator == Operator::Over;
    if let Type::Constant(c) = right
        && divides
        && (c.interval.is_zero() || matches!(left, Type::Constant(_)) && c.interval.holds_zero())
    {
        return Err(whole(y).fault(Kind::Range, "this divides by 0"));
    }
    if let (Type::Constant(l), Type::Constant(r)) = (left, right) {
        let interval = match operator {
            Operator::Plus => l.interval.plus(r.interval),
            Operator::Minus => l.interval.minus(r.interval),
            Operator::Times => l.interval.times(r.interval),
            _ => l.interval.over(r.interval),
        };
        return constant(y, interval, l.integer && r.integer && !divides);
    }
    let (left_constant, right_constant) =
        (matches!(left, Type::Constant(_)), matches!(right, Type::Constant(_)));
    let integer = a.integer && b.integer && !divides;
    let (power, exact) = match operator {
        Operator::Plus | Operator::Minus => {
            let exact = (a.exact || left_constant) && (b.exact || right_constant);
            (alike(left, y, right)?, exact)
        }
        Operator::Times => (a.power + b.power, a.exact && right_constant || b.exact && left_constant),
        _ => (a.power - b.power, a.exact && right_constant),
    };
    Ok(Type::Number(Number { power, integer, exact }))
}
