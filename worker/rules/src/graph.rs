//! The expressions of a strategy as one graph, in which what is the same stands once: `docs/contract/rules.md`, D8.

use crate::canonical::text;
use crate::terms::{Phase, term};
use crate::tree::{Column, Expr, ExprKind, Operator, Timeframe};
use crate::types::Type;
use std::collections::BTreeMap;

/// The place of a node in its graph; what a node needs stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(pub usize);

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub op: Op,
    /// What it is made of, in order.
    pub inputs: Vec<NodeId>,
    /// What it gives.
    pub ty: Option<Type>,
    /// When it is known: with the market, the account or the position.
    pub phase: Phase,
    /// Its canonical text, by which it is found.
    pub text: String,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A literal.
    Number(String),
    /// A gene.
    Gene(String),
    /// A field of the market or a term of the account.
    Term(String),
    /// A column of a file of signals.
    Column(Column),
    /// A value of a word gene.
    Word(String),
    /// The value of the row before, in a scan. Each scan means its own, so that no two share what holds it.
    Itself,
    /// A timeframe.
    Timeframe(Timeframe),
    /// A symbol.
    Symbol(String),
    /// The other sign.
    Negative,
    /// The opposite.
    Not,
    /// An operator.
    Binary(Operator),
    /// A function, with the labels of its arguments.
    Call(String, Vec<Option<String>>),
    /// So many rows before.
    Index,
    /// One column of several.
    Field(String),
}

/// Nodes without repetition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    nodes: Vec<Node>,
    by_text: BTreeMap<String, NodeId>,
}

impl Graph {
    /// All nodes; each stands behind its inputs.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// The node of a canonical text, but of a part of a scan that holds `self`.
    pub fn find(&self, text: &str) -> Option<NodeId> {
        self.by_text.get(text).copied()
    }

    /// Adds a checked, canonical tree.
    pub(crate) fn add(&mut self, expr: &Expr) -> NodeId {
        self.add_in(expr, "")
    }

    /// Adds a part of the scan of this text; outside of scans it is empty.
    fn add_in(&mut self, expr: &Expr, scan: &str) -> NodeId {
        let text = text(expr);
        let is_scan = matches!(&expr.kind, ExprKind::Call(name, _) if name == "scan");
        let key = if !is_scan && holds_itself(expr) { format!("{text} in {scan}") } else { text.clone() };
        if let Some(&id) = self.by_text.get(&key) {
            return id;
        }
        let scan = if is_scan { &text } else { scan };
        let inputs: Vec<NodeId> = expr.parts().into_iter().map(|part| self.add_in(part, scan)).collect();
        let own = match &expr.kind {
            ExprKind::Name(name) => term(name).map_or(Phase::Market, |term| term.phase),
            ExprKind::Call(name, _) if name == "at_entry" => Phase::Position,
            _ => Phase::Market,
        };
        let phase = inputs.iter().map(|&id| self.node(id).phase).fold(own, |a, b| if a > b { a } else { b });
        let op = match &expr.kind {
            ExprKind::Number(text) => Op::Number(text.clone()),
            ExprKind::Gene(name) => Op::Gene(name.clone()),
            ExprKind::Name(name) => Op::Term(name.clone()),
            ExprKind::Column(column) => Op::Column(column.clone()),
            ExprKind::Word(word) => Op::Word(word.clone()),
            ExprKind::Itself => Op::Itself,
            ExprKind::Timeframe(timeframe) => Op::Timeframe(*timeframe),
            ExprKind::Symbol(symbol) => Op::Symbol(symbol.clone()),
            ExprKind::Negative(_) => Op::Negative,
            ExprKind::Not(_) => Op::Not,
            ExprKind::Binary(operator, ..) => Op::Binary(*operator),
            ExprKind::Chain(_, operators) => Op::Binary(operators.first().copied().unwrap_or(Operator::Less)),
            ExprKind::Call(name, arguments) => {
                Op::Call(name.clone(), arguments.iter().map(|a| a.label.clone()).collect())
            }
            ExprKind::Index(..) => Op::Index,
            ExprKind::Field(_, name) => Op::Field(name.clone()),
        };
        let id = NodeId(self.nodes.len());
        self.nodes.push(Node { op, inputs, ty: expr.ty, phase, text });
        self.by_text.insert(key, id);
        id
    }
}

fn holds_itself(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| found |= part.kind == ExprKind::Itself);
    found
}
