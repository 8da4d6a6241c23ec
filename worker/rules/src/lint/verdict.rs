//! Conditions that are decided by their form.

use crate::lint::range::{Range, range};
use crate::tree::{Argument, Expr, ExprKind, Operator};
use crate::types::Type;

/// What the form of a condition says of all rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No row meets it.
    Never,
    /// It is true wherever it is known.
    Always,
    /// The rows decide.
    Open,
}

use Verdict::{Always, Never, Open};

/// What the form of a condition says.
pub(super) fn verdict(expr: &Expr) -> Verdict {
    match &expr.kind {
        ExprKind::Not(x) => match verdict(x) {
            Never => Open,
            // Where x is known it is true; where it is not, `not x` is not met either.
            Always => Never,
            Open => Open,
        },
        ExprKind::Binary(Operator::And, ..) => {
            let all = operands(expr, Operator::And);
            let opposed = |x: &&Expr| matches!(&x.kind, ExprKind::Not(inner) if all.iter().any(|other| **other == **inner));
            if all.iter().any(|x| verdict(x) == Never) || all.iter().any(opposed) {
                return Never;
            }
            if all.iter().all(|x| verdict(x) == Always) { Always } else { Open }
        }
        ExprKind::Binary(Operator::Or, ..) => {
            let all = operands(expr, Operator::Or);
            if all.iter().any(|x| verdict(x) == Always) {
                return Always;
            }
            if all.iter().all(|x| verdict(x) == Never) { Never } else { Open }
        }
        ExprKind::Binary(Operator::OrElse, x, y) => alike(&[x, y]),
        ExprKind::Binary(operator, x, y) if x == y => match operator {
            Operator::Less => Never,
            Operator::AtMost | Operator::Equal => Always,
            _ => Open,
        },
        ExprKind::Binary(operator, x, y) => match (range(x), range(y)) {
            (Some(x), Some(y)) => compared(*operator, x, y),
            _ => Open,
        },
        ExprKind::Index(x, _) => verdict(x),
        ExprKind::Call(name, arguments) => called(name, arguments),
        _ => Open,
    }
}

fn compared(operator: Operator, x: Range, y: Range) -> Verdict {
    let (never, always) = match operator {
        Operator::Less => (x.low >= y.high, x.high < y.low),
        Operator::AtMost => (x.low > y.high, x.high <= y.low),
        Operator::Equal => (x.low > y.high || y.low > x.high, false),
        _ => (false, false),
    };
    if never {
        Never
    } else if always {
        Always
    } else {
        Open
    }
}

fn called(name: &str, arguments: &[Argument]) -> Verdict {
    let values: Vec<&Expr> = arguments.iter().map(|a| &a.value).collect();
    match (name, values.as_slice()) {
        ("cross_up" | "cross_down", [x, y]) if x == y => Never,
        ("cross_up" | "cross_down", [x, y]) => match (range(x), range(y)) {
            (Some(x), Some(y)) if x.high <= y.low || x.low >= y.high => Never,
            _ => Open,
        },
        ("any" | "all" | "at_entry", [x, ..]) | ("on" | "of", [_, x]) => verdict(x),
        ("use", [_, x]) if verdict(x) == Always => Always,
        ("iff", [_, x, y]) if x.ty == Some(Type::Condition) => alike(&[x, y]),
        ("choose", [_, arms @ ..]) if arms.iter().all(|arm| arm.ty == Some(Type::Condition)) => alike(arms),
        _ => Open,
    }
}

/// The verdict that all have.
fn alike(all: &[&Expr]) -> Verdict {
    let first = all.first().map_or(Open, |x| verdict(x));
    if all.iter().all(|x| verdict(x) == first) { first } else { Open }
}

/// The operands of a row of `and` or `or`.
fn operands(expr: &Expr, operator: Operator) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Binary(own, x, y) if *own == operator => {
            operands(x, operator).into_iter().chain(operands(y, operator)).collect()
        }
        _ => vec![expr],
    }
}
