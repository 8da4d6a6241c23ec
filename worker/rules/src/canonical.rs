//! The one form of all trees that mean the same by their form alone, and its text: `docs/contract/rules.md`, D8.

use crate::lex::is_name;
use crate::rational::{Interval, Rational};
use crate::source::quoted;
use crate::tree::{Argument, Expr, ExprKind, Operator};
use crate::types::{Constant, Type};

/// The canonical form of a checked tree.
pub(crate) fn canonical(expr: &Expr) -> Expr {
    let boxed = |x: &Expr| Box::new(canonical(x));
    let kind = match &expr.kind {
        ExprKind::Binary(operator, x, y) => return binary(*operator, canonical(x), canonical(y), expr),
        ExprKind::Negative(x) => ExprKind::Negative(boxed(x)),
        ExprKind::Not(x) => ExprKind::Not(boxed(x)),
        ExprKind::Field(x, name) => ExprKind::Field(boxed(x), name.clone()),
        ExprKind::Index(x, k) => return index(canonical(x), canonical(k), expr),
        ExprKind::Call(name, arguments) => {
            let copied = |a: &Argument| Argument { label: a.label.clone(), value: canonical(&a.value) };
            let mut all: Vec<Argument> = arguments.iter().map(copied).collect();
            if name == "change" && all.len() == 1 {
                all.push(Argument { label: None, value: literal("1", expr) });
            }
            if name == "choose" {
                all[1..].sort_by(|a, b| a.label.cmp(&b.label));
            }
            ExprKind::Call(name.clone(), all)
        }
        other => other.clone(),
    };
    Expr { kind, ..expr.clone() }
}

fn literal(text: &str, at: &Expr) -> Expr {
    let value = Rational::decimal(text).unwrap_or(Rational::ZERO);
    let constant = Constant { interval: Interval::point(value), integer: value.is_whole() };
    let ty = Some(Type::Constant(constant));
    Expr { kind: ExprKind::Number(text.to_owned()), ty, span: at.span }
}

fn binary(operator: Operator, x: Expr, y: Expr, at: &Expr) -> Expr {
    let make = |operator, x, y| {
        let kind = ExprKind::Binary(operator, Box::new(x), Box::new(y));
        Expr { kind, ty: at.ty, span: at.span }
    };
    let ordered = |x: Expr, y: Expr| if text(&y) < text(&x) { (y, x) } else { (x, y) };
    match operator {
        Operator::Greater => make(Operator::Less, y, x),
        Operator::AtLeast => make(Operator::AtMost, y, x),
        Operator::Equal | Operator::Plus | Operator::Times => {
            let (x, y) = ordered(x, y);
            make(operator, x, y)
        }
        Operator::Unequal => {
            let (x, y) = ordered(x, y);
            let equal = make(Operator::Equal, x, y);
            Expr { kind: ExprKind::Not(Box::new(equal)), ty: at.ty, span: at.span }
        }
        Operator::And | Operator::Or => {
            let mut all = Vec::new();
            for side in [x, y] {
                flatten(operator, side, &mut all);
            }
            let mut all: Vec<(String, Expr)> = all.into_iter().map(|part| (text(&part), part)).collect();
            all.sort_by(|a, b| a.0.cmp(&b.0));
            all.dedup_by(|a, b| a.0 == b.0);
            let parts = all.into_iter().map(|(_, part)| part);
            parts.reduce(|left, right| make(operator, left, right)).unwrap_or_else(|| at.clone())
        }
        _ => make(operator, x, y),
    }
}

fn flatten(operator: Operator, expr: Expr, out: &mut Vec<Expr>) {
    match expr.kind {
        ExprKind::Binary(inner, x, y) if inner == operator => {
            flatten(operator, *x, out);
            flatten(operator, *y, out);
        }
        _ => out.push(expr),
    }
}

fn index(x: Expr, k: Expr, at: &Expr) -> Expr {
    let rows = |k: &Expr| match &k.kind {
        ExprKind::Number(text) => text.parse::<u64>().ok(),
        _ => None,
    };
    if rows(&k) == Some(0) {
        return x;
    }
    if let (ExprKind::Index(inner, before), Some(rows_here)) = (&x.kind, rows(&k))
        && let Some(sum) = rows(before).and_then(|before| before.checked_add(rows_here))
    {
        let k = literal(&sum.to_string(), &k);
        return Expr { kind: ExprKind::Index(inner.clone(), Box::new(k)), ty: at.ty, span: at.span };
    }
    Expr { kind: ExprKind::Index(Box::new(x), Box::new(k)), ty: at.ty, span: at.span }
}

/// The text of a canonical tree.
pub(crate) fn text(expr: &Expr) -> String {
    let list = |head: &str, parts: Vec<String>| {
        let parts: String = parts.iter().map(|part| format!(" {part}")).collect();
        format!("({head}{parts})")
    };
    match &expr.kind {
        ExprKind::Number(text) | ExprKind::Name(text) | ExprKind::Word(text) => text.clone(),
        ExprKind::Column(column) => column.to_string(),
        ExprKind::Gene(name) => format!("${name}"),
        ExprKind::Itself => "self".to_owned(),
        ExprKind::Timeframe(timeframe) => timeframe.to_string(),
        ExprKind::Symbol(symbol) if is_name(symbol) => symbol.clone(),
        ExprKind::Symbol(symbol) => quoted(symbol),
        ExprKind::Negative(x) => list("neg", vec![text(x)]),
        ExprKind::Not(x) => list("not", vec![text(x)]),
        ExprKind::Binary(operator @ (Operator::And | Operator::Or), ..) => {
            let mut parts = Vec::new();
            collect(*operator, expr, &mut parts);
            list(operator.text(), parts)
        }
        ExprKind::Binary(operator, x, y) => list(operator.text(), vec![text(x), text(y)]),
        ExprKind::Chain(operands, _) => list("chain", operands.iter().map(text).collect()),
        ExprKind::Index(x, k) => list("at", vec![text(x), text(k)]),
        ExprKind::Field(x, name) => list(".", vec![text(x), name.clone()]),
        ExprKind::Call(name, arguments) => {
            let arm = |a: &Argument| match &a.label {
                Some(label) => format!("(: {label} {})", text(&a.value)),
                None => text(&a.value),
            };
            list(name, arguments.iter().map(arm).collect())
        }
    }
}

fn collect(operator: Operator, expr: &Expr, out: &mut Vec<String>) {
    match &expr.kind {
        ExprKind::Binary(inner, x, y) if *inner == operator => {
            collect(operator, x, out);
            collect(operator, y, out);
        }
        _ => out.push(text(expr)),
    }
}
