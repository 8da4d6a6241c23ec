//! Lets put in where they are named, as trees: `docs/contract/rules.md`, D2.

use crate::error::{Fault, Kind};
use crate::parse::{DEEPEST, too_deep};
use crate::source::level_of as level;
use crate::tree::{Argument, Expr, ExprKind, Operator};
use std::collections::{BTreeMap, BTreeSet};

/// The most nodes of a tree, lets put in and chains expanded.
pub const MOST_NODES: u64 = 256;

/// The trees of all lets, and what can be told of them before any is copied.
pub(crate) struct Lets {
    trees: BTreeMap<String, Expr>,
    sizes: BTreeMap<String, Size>,
}

/// How large a tree is once its lets are put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    nodes: u64,
    depth: usize,
}

impl Lets {
    /// The lets that need themselves: of each circle the first by name.
    pub(crate) fn circles(trees: &BTreeMap<String, Expr>) -> Vec<String> {
        let named: BTreeMap<&str, BTreeSet<String>> =
            trees.iter().map(|(name, tree)| (name.as_str(), names(tree, trees))).collect();
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            named.keys().map(|&name| (name, reach(&named, name))).collect();
        let mut firsts: Vec<String> = Vec::new();
        for (&name, below) in &reached {
            let same =
                |first: &String| below.contains(first.as_str()) && reached[first.as_str()].contains(name);
            if below.contains(name) && !firsts.iter().any(same) {
                firsts.push(name.to_owned());
            }
        }
        firsts
    }

    /// Lets without a circle.
    pub(crate) fn new(trees: BTreeMap<String, Expr>) -> Lets {
        let mut lets = Lets { trees, sizes: BTreeMap::new() };
        let names: Vec<String> = lets.trees.keys().cloned().collect();
        for name in names {
            lets.measure(&name);
        }
        lets
    }

    fn measure(&mut self, name: &str) -> Size {
        if let Some(&size) = self.sizes.get(name) {
            return size;
        }
        let Some(tree) = self.trees.get(name).cloned() else { return Size::default() };
        for inner in names(&tree, &self.trees) {
            self.measure(&inner);
        }
        let size = self.size(&tree);
        self.sizes.insert(name.to_owned(), size);
        size
    }

    fn size(&self, expr: &Expr) -> Size {
        if let ExprKind::Name(name) = &expr.kind {
            return self.sizes.get(name).copied().unwrap_or(Size { nodes: 1, depth: 1 });
        }
        let parts: Vec<Size> = expr.parts().into_iter().map(|part| self.size(part)).collect();
        let mut nodes = parts.iter().fold(1_u64, |sum, part| sum.saturating_add(part.nodes));
        let mut depth = 1 + parts.iter().map(|part| part.depth).max().unwrap_or(0);
        match &expr.kind {
            ExprKind::Chain(operands, _) => {
                // Each operand but the first and the last stands twice; a comparison between each two, `and` between
                // those.
                let inner = &parts[1..parts.len() - 1];
                nodes = inner.iter().fold(nodes, |sum, part| sum.saturating_add(part.nodes));
                nodes = nodes.saturating_add(2 * operands.len() as u64 - 4);
                depth += 1;
            }
            // A long sum is no deeper than a short one.
            ExprKind::Binary(operator, x, _) if continues(*operator, x) => {
                let right = parts[1].depth + 1;
                depth = if right > parts[0].depth { right } else { parts[0].depth };
            }
            _ => {}
        }
        Size { nodes, depth }
    }

    /// The tree of `source` with its lets put in and its chains expanded, if it is not too large.
    pub(crate) fn expand(&self, expr: &Expr, source: usize) -> Result<Expr, Fault> {
        let size = self.size(expr);
        if size.nodes > MOST_NODES {
            let message = format!("an expression has at most {MOST_NODES} nodes; this has {}", size.nodes);
            return Err(Fault::new(source, (0, 1), Kind::Limit, message));
        }
        if size.depth > DEEPEST {
            return Err(too_deep(source));
        }
        Ok(self.copy(expr))
    }

    fn copy(&self, expr: &Expr) -> Expr {
        let boxed = |x: &Expr| Box::new(self.copy(x));
        let kind = match &expr.kind {
            ExprKind::Name(name) => match self.trees.get(name) {
                Some(tree) => return self.copy(tree),
                None => return expr.clone(),
            },
            ExprKind::Negative(x) => ExprKind::Negative(boxed(x)),
            ExprKind::Not(x) => ExprKind::Not(boxed(x)),
            ExprKind::Binary(operator, x, y) => ExprKind::Binary(*operator, boxed(x), boxed(y)),
            ExprKind::Index(x, k) => ExprKind::Index(boxed(x), boxed(k)),
            ExprKind::Field(x, name) => ExprKind::Field(boxed(x), name.clone()),
            ExprKind::Call(name, arguments) => {
                let copied = |a: &Argument| Argument { label: a.label.clone(), value: self.copy(&a.value) };
                ExprKind::Call(name.clone(), arguments.iter().map(copied).collect())
            }
            ExprKind::Chain(operands, operators) => return self.chain(expr, operands, operators),
            _ => return expr.clone(),
        };
        Expr::new(kind, expr.span)
    }

    fn chain(&self, expr: &Expr, operands: &[Expr], operators: &[Operator]) -> Expr {
        let compared = operands.windows(2).zip(operators).map(|(pair, operator)| {
            let (left, right) = (Box::new(self.copy(&pair[0])), Box::new(self.copy(&pair[1])));
            Expr::new(ExprKind::Binary(*operator, left, right), expr.span)
        });
        let both = |left, right| {
            let kind = ExprKind::Binary(Operator::And, Box::new(left), Box::new(right));
            Expr::new(kind, expr.span)
        };
        compared.reduce(both).unwrap_or_else(|| expr.clone())
    }

    /// The lets that some trees need, directly or not.
    pub(crate) fn used<'a>(&self, trees: impl Iterator<Item = &'a Expr>) -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        let mut left: Vec<String> = trees.flat_map(|tree| names(tree, &self.trees)).collect();
        while let Some(name) = left.pop() {
            if let Some(tree) = self.trees.get(&name).filter(|_| used.insert(name.clone())) {
                left.extend(names(tree, &self.trees));
            }
        }
        used
    }
}

/// Whether the left operand of an operator is the beginning of the same row of operands.
fn continues(operator: Operator, left: &Expr) -> bool {
    matches!(&left.kind, ExprKind::Binary(inner, ..) if level(*inner) == level(operator) && !inner.compares())
}

/// The lets that a tree names.
fn names(tree: &Expr, lets: &BTreeMap<String, Expr>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    tree.walk(&mut |part| {
        if let ExprKind::Name(name) = &part.kind
            && lets.contains_key(name)
        {
            found.insert(name.clone());
        }
    });
    found
}

/// All lets below one, itself only if it is in a circle.
fn reach<'a>(named: &'a BTreeMap<&str, BTreeSet<String>>, from: &str) -> BTreeSet<&'a str> {
    let (mut reached, mut left) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(name) = left.pop() {
        for next in named.get(name.as_str()).into_iter().flatten() {
            if reached.insert(next.as_str()) {
                left.push(next.clone());
            }
        }
    }
    reached
}
