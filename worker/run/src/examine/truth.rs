//! In which rows of the data the conditions of an own strategy are true, false and unknown.

use galapagos_engine::bars::Bars;
use galapagos_engine::graph::{Columns, Market, Plan};
use galapagos_engine::interrupt::Interrupt;
use galapagos_rules::{Clause, Expr, ExprKind, Genome, Operator, Strategy};
use serde::Serialize;
use std::collections::BTreeSet;

/// A condition over rows of the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// The expression that it belongs to.
    pub path: String,
    /// The condition, without lets.
    pub condition: String,
    /// Whether it is the whole expression, not a part of it.
    pub whole: bool,
    /// Rows in which it is true.
    pub met: u64,
    /// Rows in which it is false.
    pub unmet: u64,
    /// Rows in which it is not known.
    pub unknown: u64,
    /// The first row of the symbol in which it is known, over all rows.
    pub first_known: Option<u64>,
}

/// The conditions of entries and exits, and the parts that `and`, `or` and `not` join, over the rows from `start` on. What
/// only the account knows is left out.
pub fn truths(
    rules: &Strategy,
    genome: &Genome,
    bars: &Bars<'_>,
    others: &[Bars<'_>],
    start: usize,
) -> Vec<Truth> {
    let market = Market { bars: *bars, others };
    let mut plan = Plan::new(bars.decimals, market.decimals());
    let mut wanted = Vec::new();
    for expression in &rules.expressions {
        if !matches!(expression.place, Clause::Enter | Clause::Exit) {
            continue;
        }
        let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
        parts(&expression.tree, None, &mut all);
        for (i, tree) in all.into_iter().enumerate() {
            let text = tree.to_string();
            if let Some(slot) = seen.insert(text.clone()).then(|| plan.add(tree, genome).ok()).flatten() {
                wanted.push((expression.path.clone(), text, i == 0, slot));
            }
        }
    }
    let columns = Columns::compute(&plan, &market, Interrupt::NEVER);
    let count = |(path, condition, whole, slot)| {
        let column = columns.conditions(slot);
        let mut truth = Truth { path, condition, whole, met: 0, unmet: 0, unknown: 0, first_known: None };
        truth.first_known = (0..bars.len()).find(|t| column.truth(*t).is_some()).map(|t| t as u64);
        for t in start..bars.len() {
            match column.truth(t) {
                Some(true) => truth.met += 1,
                Some(false) => truth.unmet += 1,
                None => truth.unknown += 1,
            }
        }
        truth
    };
    wanted.into_iter().map(count).collect()
}

/// The same conditions on another symbol are counted together.
pub fn add(all: &mut Vec<Truth>, more: Vec<Truth>) {
    if all.is_empty() {
        *all = more;
        return;
    }
    for (sum, one) in all.iter_mut().zip(more) {
        sum.met += one.met;
        sum.unmet += one.unmet;
        sum.unknown += one.unknown;
        sum.first_known = sum.first_known.into_iter().chain(one.first_known).max();
    }
}

/// A condition, then what it is made of; a row of `and` or `or` is one.
fn parts<'a>(tree: &'a Expr, within: Option<Operator>, out: &mut Vec<&'a Expr>) {
    let operator = match &tree.kind {
        ExprKind::Binary(operator @ (Operator::And | Operator::Or | Operator::OrElse), ..) => Some(*operator),
        _ => None,
    };
    if operator.is_none() || operator != within {
        out.push(tree);
    }
    match &tree.kind {
        ExprKind::Not(x) => parts(x, None, out),
        ExprKind::Binary(_, x, y) if operator.is_some() => {
            parts(x, operator, out);
            parts(y, operator, out);
        }
        _ => {}
    }
}
