//! What is allowed and hardly meant: remarks on checked rules.

mod range;
mod verdict;

use crate::check::Clause;
use crate::gene::GUARDS;
use crate::strategy::{Expression, Strategy};
use crate::tree::{Expr, ExprKind};
use crate::types::Type;
use serde::Serialize;
use std::collections::BTreeSet;
use verdict::{Verdict, verdict};

/// Something that is hardly meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The expression, as `rules.long.enter`.
    pub path: String,
    /// The part of it that is meant; empty for the whole.
    pub part: String,
    /// What is odd about it, and what to do.
    pub message: String,
}

/// Everything that is allowed and hardly meant.
pub fn lint(strategy: &Strategy) -> Vec<Remark> {
    let mut out: Vec<Remark> = Vec::new();
    for expression in &strategy.expressions {
        prices(expression, &mut out);
        decided(&expression.tree, &expression.path, &mut out);
        clause(expression, &mut out);
    }
    sides(strategy, &mut out);
    for name in &strategy.unused_lets {
        let message = "nothing needs it; remove it".to_owned();
        out.push(Remark { path: format!("rules.let.{name}"), part: String::new(), message });
    }
    let mut seen = BTreeSet::new();
    out.retain(|remark| seen.insert((remark.path.clone(), remark.part.clone(), remark.message.clone())));
    out
}

fn remark(path: &str, part: &Expr, message: impl Into<String>) -> Remark {
    Remark { path: path.to_owned(), part: part.to_string(), message: message.into() }
}

fn whole(path: &str, message: impl Into<String>) -> Remark {
    Remark { path: path.to_owned(), part: String::new(), message: message.into() }
}

/// Prices beside plain numbers.
fn prices(expression: &Expression, out: &mut Vec<Remark>) {
    expression.tree.walk(&mut |part| {
        let (x, y) = match &part.kind {
            ExprKind::Binary(operator, x, y) if operator.compares() => (x.as_ref(), y.as_ref()),
            ExprKind::Call(name, arguments) if ["cross_up", "cross_down"].contains(&name.as_str()) => {
                let [x, y] = arguments.as_slice() else { return };
                (&x.value, &y.value)
            }
            _ => return,
        };
        let is_price = |e: &Expr| matches!(e.ty, Some(Type::Number(number)) if number.power != 0);
        let level = match (is_price(x), is_price(y)) {
            (true, false) => y,
            (false, true) => x,
            _ => return,
        };
        let Some(Type::Constant(constant)) = level.ty else { return };
        // Zero is zero in every unit.
        if constant.interval.low.numerator() == 0 && constant.interval.high.numerator() == 0 {
            return;
        }
        let message = format!(
            "compares a price with {level}, which means something else for each symbol and year; write a \
             price, as an average or a multiple of the close"
        );
        out.push(remark(&expression.path, part, message));
    });
}

/// Conditions whose form decides them, the innermost ones.
fn decided(expr: &Expr, path: &str, out: &mut Vec<Remark>) {
    let before = out.len();
    for part in expr.parts() {
        decided(part, path, out);
    }
    if expr.ty != Some(Type::Condition) || out.len() > before {
        return;
    }
    match verdict(expr) {
        Verdict::Never => out.push(remark(path, expr, "is never true")),
        Verdict::Always => out.push(remark(path, expr, "is true wherever it is known; leave it out")),
        Verdict::Open => {}
    }
}

/// What follows for the whole expression.
fn clause(expression: &Expression, out: &mut Vec<Remark>) {
    let path = &expression.path;
    match (expression.place, verdict(&expression.tree)) {
        (Clause::Enter, Verdict::Never) => out.push(whole(path, "the side is never entered")),
        (Clause::Enter, Verdict::Always) => {
            out.push(whole(path, "the side is entered as soon as it can be, whatever the market does"));
        }
        (Clause::Exit, Verdict::Never) => out.push(whole(path, "the exit is never reached")),
        (Clause::Exit, Verdict::Always) => out.push(whole(path, "every position is left at its first close")),
        _ => {}
    }
}

/// What the expressions of a side are together.
fn sides(strategy: &Strategy, out: &mut Vec<Remark>) {
    let find = |side: &str, place: Clause| {
        let prefix = format!("rules.{side}.");
        strategy.expressions.iter().find(|e| e.place == place && e.path.starts_with(&prefix))
    };
    let guarded = strategy.genes.keys().any(|name| GUARDS.contains(&name.as_str()));
    for (side, other) in [("long", "short"), ("short", "long")] {
        let Some(enter) = find(side, Clause::Enter) else { continue };
        let exit = find(side, Clause::Exit);
        if let Some(exit) = exit.filter(|exit| exit.text == enter.text) {
            out.push(whole(&exit.path, "is the same condition as the entry"));
        }
        let leaves = exit.is_some_and(|exit| verdict(&exit.tree) != Verdict::Never);
        let closes = leaves
            || [Clause::Stop, Clause::Target].iter().any(|place| find(side, *place).is_some())
            || strategy.max_bars.is_some()
            || find(other, Clause::Enter).is_some()
            || guarded;
        if !closes {
            let message =
                "nothing closes a position of this side: give it an exit, a stop, a target or maxBars";
            out.push(whole(&format!("rules.{side}"), message));
        }
    }
}
