//! A tree as text that is read back as the same tree.

use crate::tree::{Expr, ExprKind, Operator};
use std::fmt;

/// How tightly an expression holds together: what stands below something tighter needs parentheses.
fn level(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Binary(operator, ..) => level_of(*operator),
        ExprKind::Not(_) => 4,
        ExprKind::Chain(..) => 5,
        ExprKind::Negative(_) => 8,
        ExprKind::Index(..) | ExprKind::Field(..) => 9,
        _ => 10,
    }
}

/// How tightly an operator holds its operands together.
pub(crate) fn level_of(operator: Operator) -> u8 {
    match operator {
        Operator::OrElse => 1,
        Operator::Or => 2,
        Operator::And => 3,
        Operator::Plus | Operator::Minus => 6,
        Operator::Times | Operator::Over => 7,
        _ => 5,
    }
}

struct Within<'a>(&'a Expr, u8);

impl fmt::Display for Within<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if level(self.0) < self.1 { write!(f, "({})", self.0) } else { write!(f, "{}", self.0) }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Number(text) | ExprKind::Name(text) | ExprKind::Word(text) => f.write_str(text),
            ExprKind::Column(column) => f.write_str(&column.column),
            ExprKind::Gene(name) => write!(f, "${name}"),
            ExprKind::Itself => f.write_str("self"),
            ExprKind::Timeframe(timeframe) => write!(f, "{timeframe}"),
            ExprKind::Symbol(symbol) => write!(f, "{}", quoted(symbol)),
            ExprKind::Negative(x) => write!(f, "-{}", Within(x, 8)),
            ExprKind::Not(x) => write!(f, "not {}", Within(x, 4)),
            ExprKind::Binary(operator, x, y) => {
                // From the left; comparisons do not nest without parentheses.
                let own = level_of(*operator);
                let left = own + u8::from(operator.compares());
                write!(f, "{} {} {}", Within(x, left), operator.text(), Within(y, own + 1))
            }
            ExprKind::Chain(operands, operators) => {
                for (i, operand) in operands.iter().enumerate() {
                    if i > 0 {
                        write!(f, " {} ", operators[i - 1].text())?;
                    }
                    write!(f, "{}", Within(operand, 6))?;
                }
                Ok(())
            }
            ExprKind::Call(name, arguments) => {
                write!(f, "{name}(")?;
                for (i, argument) in arguments.iter().enumerate() {
                    let comma = if i > 0 { ", " } else { "" };
                    match &argument.label {
                        Some(label) => write!(f, "{comma}{label}: {}", argument.value)?,
                        None => write!(f, "{comma}{}", argument.value)?,
                    }
                }
                f.write_str(")")
            }
            ExprKind::Index(x, k) => write!(f, "{}[{k}]", Within(x, 9)),
            // The point behind a number would be read as its own.
            ExprKind::Field(x, name) if matches!(x.kind, ExprKind::Number(_)) => write!(f, "({x}).{name}"),
            ExprKind::Field(x, name) => write!(f, "{}.{name}", Within(x, 9)),
        }
    }
}

/// A symbol in the quotes that it does not hold itself.
pub(crate) fn quoted(symbol: &str) -> String {
    if symbol.contains('"') { format!("'{symbol}'") } else { format!("\"{symbol}\"") }
}
