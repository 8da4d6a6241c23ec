//! The series of an own strategy: how many of each the genes make, and what each gene does.

use crate::job::space::SpeciesSpace;
use galapagos_rules::functions::function;
use galapagos_rules::lint::Remark;
use galapagos_rules::terms::{Phase, term};
use galapagos_rules::{Expr, ExprKind, GUARDS, Strategy};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// More series of one form than this share little.
pub const MANY: u64 = 200;

/// A series that looks at several rows, and that a population computes once for all.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its expression, without lets.
    pub text: String,
    /// The same as a tree.
    pub tree: Expr,
    /// The first expression that holds it.
    pub path: String,
    /// Genes that shape it, with the number of their values.
    pub genes: Vec<(String, u64)>,
    /// How many of it there are over all values of these genes, at most.
    pub distinct: u64,
}

/// What a gene does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GeneUse {
    /// Its name.
    pub name: String,
    /// How many values it has.
    pub values: u64,
    /// What it does.
    pub role: Role,
    /// Over all values, how many series it has a part in.
    pub series: u64,
}

/// What a gene does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Each of its values is another series.
    Series,
    /// It is only compared or computed with, row by row: its values share their series.
    Threshold,
    /// A word that chooses between expressions.
    Choice,
    /// A stop gene, which acts by itself.
    Stop,
}

/// All series, each once, in the order of the expressions.
pub fn columns(rules: &Strategy, species: &SpeciesSpace) -> Vec<Column> {
    let lens = lens(species);
    let (mut seen, mut out) = (BTreeSet::new(), Vec::new());
    for expression in &rules.expressions {
        collect(&expression.tree, &mut |tree| {
            let text = tree.to_string();
            if !seen.insert(text.clone()) {
                return;
            }
            let genes: Vec<(String, u64)> = genes_of(tree)
                .into_iter()
                .map(|name| (name.to_owned(), *lens.get(name).unwrap_or(&1)))
                .collect();
            let distinct = genes.iter().fold(1_u64, |product, (_, n)| product.saturating_mul(*n));
            out.push(Column { text, tree: tree.clone(), path: expression.path.clone(), genes, distinct });
        });
    }
    out
}

/// What each gene does, in the order of the genome.
pub fn genes(rules: &Strategy, species: &SpeciesSpace, columns: &[Column]) -> Vec<GeneUse> {
    let lens = lens(species);
    let role = |name: &str, series: u64| {
        if GUARDS.contains(&name) {
            Role::Stop
        } else if rules.genes.get(name).is_some_and(|domain| domain.words().is_some()) {
            Role::Choice
        } else if series > 0 {
            Role::Series
        } else {
            Role::Threshold
        }
    };
    let use_of = |name: &str| {
        let shaped = columns.iter().filter(|column| column.genes.iter().any(|(gene, _)| gene == name));
        let series = shaped.fold(0_u64, |sum, column| sum.saturating_add(column.distinct));
        let values = *lens.get(name).unwrap_or(&1);
        GeneUse { name: name.to_owned(), values, role: role(name, series), series }
    };
    species.space().genes().iter().map(|gene| use_of(&gene.name)).collect()
}

/// A remark on a series of which there are many.
pub fn many(column: &Column) -> Option<Remark> {
    if column.distinct <= MANY {
        return None;
    }
    let genes: Vec<String> = column.genes.iter().map(|(name, n)| format!("{n} of ${name}")).collect();
    let message = format!(
        "is a series of its own for each value of its genes, up to {} ({}), which individuals seldom share; a larger \
         step makes fewer",
        column.distinct,
        genes.join(" times ")
    );
    Some(Remark { path: column.path.clone(), part: column.text.clone(), message })
}

fn lens(species: &SpeciesSpace) -> BTreeMap<&str, u64> {
    let space = species.space();
    space
        .genes()
        .iter()
        .map(|gene| gene.name.as_str())
        .zip(space.lens().iter().map(|n| u64::from(*n)))
        .collect()
}

/// The series of a tree, inner ones first.
fn collect<'a>(tree: &'a Expr, each: &mut dyn FnMut(&'a Expr)) {
    match &tree.kind {
        // Its call is no column of its own.
        ExprKind::Field(x, _) => x.parts().into_iter().for_each(|part| collect(part, each)),
        _ => tree.parts().into_iter().for_each(|part| collect(part, each)),
    }
    if looks_back(tree) && is_of_market(tree) && !holds_itself(tree) {
        each(tree);
    }
}

/// Whether it is more than a calculation of values of the same row.
fn looks_back(tree: &Expr) -> bool {
    match &tree.kind {
        ExprKind::Field(..) => true,
        ExprKind::Call(name, _) => {
            // Comparisons, though with the row before, are decided like comparisons: without a series.
            let compares = ["cross_up", "cross_down", "rising", "falling"].contains(&name.as_str());
            let same_row = ["sqrt", "log", "exp", "on", "of", "at_entry"].contains(&name.as_str());
            function(name).is_some_and(|f| !compares && !same_row && !f.holds_terms() && !f.is_tuple())
        }
        // A fixed number of rows before is the series itself.
        ExprKind::Index(_, k) => !genes_of(k).is_empty(),
        _ => false,
    }
}

fn is_of_market(tree: &Expr) -> bool {
    let mut market = true;
    tree.walk(&mut |part| {
        market &= match &part.kind {
            ExprKind::Name(name) => term(name).is_none_or(|term| term.phase == Phase::Market),
            ExprKind::Call(name, _) => name != "at_entry",
            _ => true,
        };
    });
    market
}

/// A part of a scan that holds `self` is no column without it.
fn holds_itself(tree: &Expr) -> bool {
    let is_scan = matches!(&tree.kind, ExprKind::Call(name, _) if name == "scan");
    let mut found = false;
    tree.walk(&mut |part| found |= part.kind == ExprKind::Itself);
    found && !is_scan
}

fn genes_of(tree: &Expr) -> BTreeSet<&str> {
    let mut out = BTreeSet::new();
    tree.walk(&mut |part| {
        if let ExprKind::Gene(name) = &part.kind {
            out.insert(name.as_str());
        }
    });
    out
}
