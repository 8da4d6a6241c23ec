//! What constants are worth for given genes: the exact value, and the one with every step rounded.

use crate::gene::Genes;
use crate::rational::Rational;
use crate::tree::{Expr, ExprKind, Operator};
use std::collections::BTreeMap;

/// A value for each gene, as text.
pub type Genome = BTreeMap<String, String>;

/// The value of a constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// The exact one; exact partners use it.
    pub exact: Rational,
    /// The one with each leaf and each operation rounded, from left to right.
    pub rounded: f64,
}

/// The genome of the defaults.
pub fn defaults(genes: &Genes) -> Genome {
    genes.iter().map(|(name, domain)| (name.clone(), domain.default.clone())).collect()
}

/// What a constant is worth. Nothing, if it is none or leaves the exact numbers.
pub fn value(expr: &Expr, genome: &Genome) -> Option<Value> {
    let leaf = |text: &str| Some(Value { exact: Rational::decimal(text)?, rounded: text.parse().ok()? });
    match &expr.kind {
        ExprKind::Number(text) => leaf(text),
        ExprKind::Gene(name) => leaf(genome.get(name)?),
        ExprKind::Negative(x) => {
            let x = value(x, genome)?;
            Some(Value { exact: x.exact.negated()?, rounded: -x.rounded })
        }
        ExprKind::Binary(operator, x, y) => {
            let (x, y) = (value(x, genome)?, value(y, genome)?);
            let (exact, rounded) = match operator {
                Operator::Plus => (x.exact.plus(y.exact), x.rounded + y.rounded),
                Operator::Minus => (x.exact.minus(y.exact), x.rounded - y.rounded),
                Operator::Times => (x.exact.times(y.exact), x.rounded * y.rounded),
                Operator::Over => (x.exact.over(y.exact), x.rounded / y.rounded),
                _ => return None,
            };
            Some(Value { exact: exact?, rounded })
        }
        ExprKind::Call(name, arguments) => match name.as_str() {
            "choose" => {
                let ExprKind::Gene(gene) = &arguments.first()?.value.kind else { return None };
                let word = genome.get(gene)?;
                let arm = arguments[1..].iter().find(|arm| arm.label.as_ref() == Some(word))?;
                value(&arm.value, genome)
            }
            "abs" => {
                let x = value(&arguments.first()?.value, genome)?;
                let exact = if x.exact.numerator() < 0 { x.exact.negated()? } else { x.exact };
                Some(Value { exact, rounded: x.rounded.abs() })
            }
            "min" | "max" => {
                let mut all = arguments.iter().map(|a| value(&a.value, genome));
                let mut best = all.next()??;
                for next in all {
                    let next = next?;
                    let (exact, keep) = match name.as_str() {
                        "min" => (best.exact.smaller(next.exact), best.rounded < next.rounded),
                        _ => (best.exact.larger(next.exact), best.rounded > next.rounded),
                    };
                    let rounded = if keep { best.rounded } else { next.rounded };
                    best = Value { exact: exact?, rounded };
                }
                Some(best)
            }
            _ => None,
        },
        _ => None,
    }
}
