//! The path that the individuals of an own strategy take, and what keeps them from a faster one.

use galapagos_engine::strategies;
use galapagos_rules::terms::{Phase, term};
use galapagos_rules::{Clause, Expr, ExprKind, Expression, GUARDS, Reentry, Strategy};
use serde::Serialize;

/// How individuals are evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Path {
    /// Which of the ways.
    pub way: Way,
    /// What keeps them from a faster one: an expression or a field, and why.
    pub because: Vec<Reason>,
}

/// The ways, the fastest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Columns and conditions are shared in a batch, and positions follow from them, whatever closes positions: stop genes,
    /// too.
    Batch,
    /// The same while no margin call can close a position; else as below.
    BatchWithoutMargin,
    /// Columns are shared in a batch, and each individual decides row by row.
    Rows,
}

/// What keeps individuals from a faster way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The expression or field, as `rules.long.stop`.
    pub path: String,
    /// The part of it; empty for the whole.
    pub part: String,
    /// Why.
    pub why: &'static str,
}

/// The path of a strategy, as the engine takes it.
pub fn path(rules: &Strategy, strategy: &dyn strategies::Strategy) -> Path {
    let latched = |guarded| strategy.own().is_some_and(|own| own.is_latched(guarded));
    let stopped = rules.genes.keys().any(|name| GUARDS.contains(&name.as_str()));
    let way = match (latched(true), latched(false) && !stopped) {
        (true, _) => Way::Batch,
        (false, true) => Way::BatchWithoutMargin,
        (false, false) => Way::Rows,
    };
    let because = match way {
        Way::Batch => Vec::new(),
        Way::BatchWithoutMargin => unlatched(rules),
        Way::Rows if latched(false) => [unlatched(rules), stop_genes(rules)].concat(),
        Way::Rows => knowing(rules),
    };
    Path { way, because }
}

fn reason(path: &str, part: String, why: &'static str) -> Reason {
    Reason { path: path.to_owned(), part, why }
}

/// What depends on more than conditions of the market.
fn knowing(rules: &Strategy) -> Vec<Reason> {
    let mut out: Vec<Reason> = rules.expressions.iter().filter_map(of_expression).collect();
    if rules.cooldown_bars > 0 {
        out.push(reason("rules.cooldownBars", String::new(), "an entry waits for the last exit"));
    }
    if rules.max_bars.is_some() {
        out.push(reason("rules.maxBars", String::new(), "an exit depends on the entry"));
    }
    out
}

fn stop_genes(rules: &Strategy) -> Vec<Reason> {
    let guards = rules.genes.iter().filter(|(name, _)| GUARDS.contains(&name.as_str()));
    let acts = |(name, domain): (&String, &galapagos_rules::Domain)| {
        reason(&format!("genes[{}]", domain.position), name.clone(), "it closes positions inside of bars")
    };
    guards.map(acts).collect()
}

fn of_expression(expression: &Expression) -> Option<Reason> {
    let why = match expression.place {
        Clause::Stop | Clause::Target => "it is a price that is tested inside of bars",
        Clause::Size | Clause::Risk => "it sizes each entry",
        Clause::Exposure => "a weight is no condition",
        _ => {
            let part = knows(&expression.tree)?;
            return Some(reason(&expression.path, part, "it is known with the account only"));
        }
    };
    Some(reason(&expression.path, String::new(), why))
}

/// The first term of a tree that the market alone does not tell.
fn knows(tree: &Expr) -> Option<String> {
    let mut found = None;
    tree.walk(&mut |part| {
        let knows = match &part.kind {
            ExprKind::Name(name) => term(name).is_some_and(|term| term.phase != Phase::Market),
            ExprKind::Call(name, _) => name == "at_entry",
            _ => false,
        };
        if knows && found.is_none() {
            found = Some(part.to_string());
        }
    });
    found
}

/// What does not keep its latch where something else closes a position.
fn unlatched(rules: &Strategy) -> Vec<Reason> {
    let mut out = Vec::new();
    for side in ["long", "short"] {
        let has = |key: &str| rules.expressions.iter().any(|e| e.path == format!("rules.{side}.{key}"));
        if has("enter") && !has("exit") {
            out.push(reason(&format!("rules.{side}"), String::new(), "it has no exit"));
        }
    }
    if rules.reentry != Reentry::NewSignal {
        out.push(reason("rules.reentry", String::new(), "an entry may follow at once"));
    }
    out
}
