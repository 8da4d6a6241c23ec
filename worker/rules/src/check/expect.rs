//! What is expected at a place, and the faults that say so.

use super::LONGEST_PERIOD;
use crate::error::{Fault, Kind};
use crate::functions::Function;
use crate::rational::Interval;
use crate::tree::{Expr, ExprKind, Operator};
use crate::types::{Constant, Number, Type};

/// Whether an expression is made of whole literals and integer genes under `+`, `-` and `*`.
pub(super) fn counts(expr: &Expr) -> bool {
    let own = match &expr.kind {
        ExprKind::Number(_) | ExprKind::Gene(_) => {
            matches!(expr.ty, Some(Type::Constant(Constant { integer: true, .. })))
        }
        ExprKind::Negative(_) => true,
        ExprKind::Binary(operator, ..) => {
            matches!(operator, Operator::Plus | Operator::Minus | Operator::Times)
        }
        _ => false,
    };
    own && expr.parts().into_iter().all(counts)
}

/// Refuses a period out of its bounds.
pub(super) fn within(expr: &Expr, interval: Interval, least: i128) -> Result<(), Fault> {
    if interval.low.numerator() < least || interval.high.numerator() > LONGEST_PERIOD {
        let (low, high) = (interval.low.numerator(), interval.high.numerator());
        let is = if low == high { format!("{low}") } else { format!("from {low} to {high}") };
        let message = format!("this is {is}; it lies in {least} to {LONGEST_PERIOD}");
        return Err(whole(expr).fault(Kind::Range, message));
    }
    Ok(())
}

/// A place in a text, for faults.
#[derive(Clone, Copy)]
pub(super) struct Here {
    source: usize,
    span: (usize, usize),
}

impl Here {
    pub(super) fn fault(self, kind: Kind, message: impl Into<String>) -> Fault {
        Fault::new(self.source, self.span, kind, message)
    }
}

/// The whole of an expression, an opening parenthesis included.
pub(super) fn whole(expr: &Expr) -> Here {
    Here { source: expr.span.source, span: (expr.span.from, expr.span.to) }
}

/// The token that gives an expression its name.
pub(super) fn token(expr: &Expr) -> Here {
    Here { source: expr.span.source, span: expr.span.token }
}

/// The number that an expression of type `ty` gives.
pub(super) fn number(expr: &Expr, ty: Type) -> Result<Number, Fault> {
    if let (ExprKind::Gene(name), Type::Word) = (&expr.kind, ty) {
        return Err(token(expr).fault(Kind::Gene, format!("${name} has words; a number is due")));
    }
    ty.number().ok_or_else(|| {
        let fault = whole(expr).fault(Kind::Type, format!("this is {}; a number is due", ty.name()));
        match ty {
            Type::Tuple(f) => fault.expected(one_of(f)),
            _ => fault,
        }
    })
}

pub(super) fn condition(expr: &Expr, ty: Type) -> Result<(), Fault> {
    if ty == Type::Condition {
        return Ok(());
    }
    let fault = whole(expr).fault(Kind::Type, format!("this is {}; a condition is due", ty.name()));
    Err(match ty {
        Type::Tuple(f) => fault.expected(one_of(f)),
        _ => fault,
    })
}

fn one_of(f: &Function) -> String {
    let fields: Vec<String> = f.outputs.iter().map(|output| format!(".{}", output.field)).collect();
    format!("one of {} behind it", fields.join(", "))
}

/// The common price power of two numbers; a constant takes that of the other.
pub(super) fn alike(left: Type, right: &Expr, right_ty: Type) -> Result<i32, Fault> {
    let (x, y) = match (left, right_ty) {
        (Type::Constant(_), Type::Constant(_)) => return Ok(0),
        (Type::Constant(_), Type::Number(other)) | (Type::Number(other), Type::Constant(_)) => {
            return Ok(other.power);
        }
        (Type::Number(x), Type::Number(y)) => (x.power, y.power),
        _ => return Err(whole(right).fault(Kind::Type, "a number is due")),
    };
    if x == y {
        return Ok(x);
    }
    let name = |power: i32| match power {
        0 => "a plain number".to_owned(),
        1 => "a price".to_owned(),
        other => format!("a price to the power {other}"),
    };
    let message = format!("this is {}, beside {}", name(y), name(x));
    Err(whole(right)
        .fault(Kind::Unit, message)
        .expected("num(..) around a price that is meant as a plain number"))
}
