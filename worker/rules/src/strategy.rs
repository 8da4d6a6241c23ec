//! A document checked as a whole: `docs/contract/rules.md`, D1 and D9.

use crate::canonical::{canonical, text};
use crate::check::{Checker, Clause, Market};
use crate::document::{Document, Reentry, Side};
use crate::error::{Error, Fault, Kind};
use crate::functions;
use crate::gene::{GUARDS, Genes, Values, domains};
use crate::graph::{Graph, NodeId};
use crate::inline::Lets;
use crate::order::{self, Order};
use crate::parse::parse;
use crate::structure::{LANGUAGE, structure};
use crate::terms::Phase;
use crate::tree::{Column, Expr, ExprKind};
use crate::warm_up::{At, Calendar, cause, period_genes, warm_up};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A strategy whose rules are right.
#[derive(Clone, Debug)]
pub struct Strategy {
    /// Its name.
    pub name: String,
    /// Its genes.
    pub genes: Genes,
    /// Its expressions, in the order of the contract.
    pub expressions: Vec<Expression>,
    /// All of them as one graph.
    pub graph: Graph,
    /// Which gene is below which.
    pub order: Vec<Order>,
    /// Closes without an entry after an exit.
    pub cooldown_bars: u32,
    /// The longest time in a position.
    pub max_bars: Option<u32>,
    /// When a stop, a target or the time may be followed by an entry.
    pub reentry: Reentry,
    /// Lets that no expression needs.
    pub unused_lets: Vec<String>,
}

/// An expression of a strategy.
#[derive(Clone, Debug)]
pub struct Expression {
    /// Its path, as `rules.long.enter`.
    pub path: String,
    /// What it decides.
    pub place: Clause,
    /// Its canonical tree.
    pub tree: Expr,
    /// The text of that.
    pub text: String,
    /// Its node in the graph.
    pub node: NodeId,
}

/// The warm-up of a strategy and what causes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarmUp {
    /// W: the first row that counts is W - 1.
    pub rows: i64,
    /// The expression.
    pub path: String,
    /// The part of it, canonical.
    pub cause: String,
    /// The genes of its periods, each with its bounds, or its value in the genome.
    pub genes: Vec<(String, String)>,
}

impl fmt::Display for WarmUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` in {}", short(&self.cause), self.path)?;
        let genes: Vec<String> = self.genes.iter().map(|(name, value)| format!("${name} {value}")).collect();
        if genes.is_empty() { Ok(()) } else { write!(f, ", with {}", genes.join(", ")) }
    }
}

/// An expression as far as a line of a message holds it.
pub fn short(text: &str) -> String {
    const WIDEST: usize = 90;
    match text.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{} ..", &text[..end]),
        None => text.to_owned(),
    }
}

/// A text of a document.
struct Source<'a> {
    path: String,
    place: Clause,
    text: &'a str,
}

/// Checks a document as a whole; all errors, those of a string once.
pub fn check(document: &Document, market: &Market) -> Result<Strategy, Vec<Error>> {
    checked(document, market).map_err(|errors| {
        let named = |e| Error { strategy: document.name.clone(), ..e };
        errors.into_iter().map(named).collect()
    })
}

fn checked(document: &Document, market: &Market) -> Result<Strategy, Vec<Error>> {
    let rules = &document.rules;
    let (genes, mut errors) = domains(&document.genes);
    errors.extend(structure(document));
    if !errors.is_empty() {
        return Err(errors);
    }
    let sources = sources(document);
    let orders = rules.order.iter().enumerate().map(|(i, text)| (format!("rules.order[{i}]"), text));
    let orders: Vec<(String, &String)> = orders.collect();
    let path = |source: usize| match sources.get(source) {
        Some(found) => found.path.clone(),
        None => orders.get(source - sources.len()).map(|(path, _)| path.clone()).unwrap_or_default(),
    };
    let located = |fault: Fault| {
        let path = path(fault.source);
        fault.at(&path)
    };

    // Syntax of all strings first.
    let trees: Vec<Result<Expr, Fault>> =
        sources.iter().enumerate().map(|(i, source)| parse(source.text, i)).collect();
    let parsed: Vec<Result<order::Parsed, Fault>> =
        orders.iter().enumerate().map(|(i, (_, text))| order::parse(text, sources.len() + i)).collect();
    let faults = trees.iter().filter_map(|tree| tree.as_ref().err().cloned());
    let faults = faults.chain(parsed.iter().filter_map(|order| order.as_ref().err().cloned()));
    errors.extend(faults.map(located));
    if !errors.is_empty() {
        return Err(errors);
    }
    let trees: Vec<Expr> = trees.into_iter().flatten().collect();
    let parsed: Vec<order::Parsed> = parsed.into_iter().flatten().collect();

    let named = rules.lets.keys().cloned().zip(trees.iter().cloned()).collect();
    for name in Lets::circles(&named) {
        let source = rules.lets.keys().position(|key| *key == name).unwrap_or(0);
        let message = format!("{name} needs itself");
        errors.push(located(Fault::new(source, (0, 1), Kind::Cycle, message)));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let lets = Lets::new(named);
    let checker = Checker { genes: &genes, market, lets: rules.lets.keys().map(String::as_str).collect() };
    let (mut expressions, mut graph) = (Vec::new(), Graph::default());
    for (i, (source, tree)) in sources.iter().zip(&trees).enumerate() {
        let tree = lets.expand(tree, i).and_then(|mut tree| {
            checker.check(&mut tree, source.place, i, source.text.chars().count()).map(|()| tree)
        });
        match tree {
            Ok(tree) if source.place != Clause::Let => {
                let tree = canonical(&tree);
                let (text, node) = (text(&tree), graph.add(&tree));
                let (path, place) = (source.path.clone(), source.place);
                expressions.push(Expression { path, place, tree, text, node });
            }
            Ok(_) => {}
            Err(fault) => errors.push(located(fault)),
        }
    }
    errors.extend(parsed.iter().filter_map(|order| order::check(order, &genes).err()).map(located));
    // The first of each string: what is wrong in a let is found again wherever it is named.
    let mut seen = BTreeSet::new();
    errors.retain(|error| seen.insert(error.path.clone()));
    let named = lets.used(trees.iter().skip(rules.lets.len()));
    let mut used = BTreeSet::new();
    let counts = |i: usize| rules.lets.keys().nth(i).is_none_or(|name| named.contains(name));
    trees.iter().enumerate().filter(|(i, _)| counts(*i)).for_each(|(_, tree)| collect_genes(tree, &mut used));
    let unused = unused(&genes, &used);
    if !errors.is_empty() || !unused.is_empty() {
        return Err(unused.into_iter().chain(errors).collect());
    }
    Ok(Strategy {
        name: document.name.clone(),
        genes,
        expressions,
        graph,
        order: parsed.into_iter().map(|order| order.order).collect(),
        cooldown_bars: rules.cooldown_bars.unwrap_or(0),
        max_bars: rules.max_bars,
        reentry: rules.reentry.unwrap_or_default(),
        unused_lets: rules.lets.keys().filter(|name| !named.contains(*name)).cloned().collect(),
    })
}

/// The texts of a document, lets first.
fn sources(document: &Document) -> Vec<Source<'_>> {
    let rules = &document.rules;
    let mut all = Vec::new();
    for (name, text) in &rules.lets {
        all.push(Source { path: format!("rules.let.{name}"), place: Clause::Let, text: &text.0 });
    }
    let places = |key: &str| match key {
        "enter" => Clause::Enter,
        "exit" => Clause::Exit,
        "stop" => Clause::Stop,
        "target" => Clause::Target,
        "size" => Clause::Size,
        _ => Clause::Risk,
    };
    for (path, side) in [("rules.long", &rules.long), ("rules.short", &rules.short)] {
        for (key, text) in side.iter().flat_map(Side::expressions) {
            all.push(Source { path: format!("{path}.{key}"), place: places(key), text: &text.0 });
        }
    }
    if let Some(text) = &rules.exposure {
        all.push(Source { path: "rules.exposure".to_owned(), place: Clause::Exposure, text: &text.0 });
    }
    all
}

fn collect_genes(tree: &Expr, used: &mut BTreeSet<String>) {
    tree.walk(&mut |part| {
        if let ExprKind::Gene(name) = &part.kind {
            used.insert(name.clone());
        }
    });
}

fn unused(genes: &Genes, used: &BTreeSet<String>) -> Vec<Error> {
    let inert = |name: &str| !used.contains(name) && !GUARDS.contains(&name);
    let mut all: Vec<_> = genes.iter().filter(|(name, _)| inert(name)).collect();
    all.sort_by_key(|(_, domain)| domain.position);
    let error = |(name, domain): (&String, &crate::gene::Domain)| {
        let message = format!("no expression uses ${name}");
        Error::of_field(format!("genes[{}]", domain.position), Kind::Unused, message)
    };
    all.into_iter().map(error).collect()
}

fn volumes<'a>(tree: &'a Expr, of: Option<&'a str>, found: &mut BTreeSet<Option<&'a str>>) {
    let of = other(tree).or(of);
    let reads = match &tree.kind {
        ExprKind::Name(name) => name == "volume",
        ExprKind::Call(name, _) => functions::function(name).is_some_and(|f| f.volume),
        _ => false,
    };
    if reads {
        found.insert(of);
    }
    tree.parts().into_iter().for_each(|part| volumes(part, of, found));
}

fn columns<'a>(tree: &'a Expr, of: Option<&'a str>, found: &mut BTreeSet<(&'a Column, Option<&'a str>)>) {
    if let ExprKind::Column(column) = &tree.kind {
        found.insert((column, of));
    }
    let of = other(tree).or(of);
    tree.parts().into_iter().for_each(|part| columns(part, of, found));
}

/// The symbol that a call of `of` looks at.
fn other(tree: &Expr) -> Option<&str> {
    let ExprKind::Call(_, arguments) = &tree.kind else { return None };
    match &arguments.first()?.value.kind {
        ExprKind::Symbol(symbol) => Some(symbol),
        _ => None,
    }
}

impl Strategy {
    /// The rules as the inputs of a run hold them: canonical texts, defaults filled in.
    pub fn canonical(&self) -> Value {
        let mut out = Map::new();
        out.insert("language".to_owned(), json!(LANGUAGE));
        let mut sides: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for expression in &self.expressions {
            let text = Value::String(expression.text.clone());
            match expression.path.trim_start_matches("rules.").split_once('.') {
                Some((side, key)) => drop(sides.entry(side).or_default().insert(key.to_owned(), text)),
                None => drop(out.insert("exposure".to_owned(), text)),
            }
        }
        for (side, texts) in sides {
            out.insert(side.to_owned(), Value::Object(texts));
        }
        let order: Vec<String> = self.order.iter().map(ToString::to_string).collect();
        out.insert("cooldownBars".to_owned(), json!(self.cooldown_bars));
        out.insert("maxBars".to_owned(), json!(self.max_bars));
        out.insert("order".to_owned(), json!(order));
        out.insert("reentry".to_owned(), json!(self.reentry));
        Value::Object(out)
    }

    /// The symbols that expressions look at beside the one that is traded.
    pub fn symbols(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for expression in &self.expressions {
            expression.tree.walk(&mut |part| {
                if let ExprKind::Symbol(symbol) = &part.kind {
                    found.insert(symbol.as_str());
                }
            });
        }
        found
    }

    /// The columns of signals that expressions read; with the other symbol on whose rows, if it is one.
    pub fn columns(&self) -> BTreeSet<(&Column, Option<&str>)> {
        let mut found = BTreeSet::new();
        self.expressions.iter().for_each(|expression| columns(&expression.tree, None, &mut found));
        found
    }

    /// The symbols whose volume expressions read; nothing stands for the one that is traded.
    pub fn volumes(&self) -> BTreeSet<Option<&str>> {
        let mut found = BTreeSet::new();
        self.expressions.iter().for_each(|expression| volumes(&expression.tree, None, &mut found));
        found
    }

    /// Why fills at the close of the signal itself are impossible, if they are: what acts inside of bars, or knows the
    /// position, needs the next open.
    pub fn same_close_objection(&self) -> Option<Error> {
        let acts = |e: &&Expression| {
            matches!(e.place, Clause::Stop | Clause::Target) || self.graph.node(e.node).phase != Phase::Market
        };
        let path = self.expressions.iter().find(acts).map(|e| e.path.as_str());
        let path = path.or((self.cooldown_bars > 0).then_some("rules.cooldownBars"));
        let path = path.or(self.max_bars.is_some().then_some("rules.maxBars"))?;
        let message = "fills at the close of the signal are not in use yet beside this";
        Some(Error { strategy: self.name.clone(), ..Error::of_field(path, Kind::Reserved, message) })
    }

    /// The warm-up of all expressions together. Nothing, if one looks at another timeframe or symbol and there is no
    /// calendar.
    pub fn warm_up(&self, at: At<'_>, calendar: Option<&dyn Calendar>) -> Option<WarmUp> {
        let (rows, expression) = self.longest(at, calendar)?;
        let cause = cause(&expression.tree, at, calendar);
        let value = |name: &str| match (at, &self.genes.get(name)?.values) {
            (At::Genome(genome), _) => genome.get(name).cloned(),
            (At::Bounds, Values::Numbers { interval, .. }) => {
                Some(format!("{} to {}", interval.low.numerator(), interval.high.numerator()))
            }
            (At::Bounds, Values::Words(_)) => None,
        };
        let genes = period_genes(cause).into_iter().filter_map(|name| Some((name.clone(), value(&name)?)));
        let (path, genes) = (expression.path.clone(), genes.collect());
        Some(WarmUp { rows, path, cause: text(cause), genes })
    }

    /// Only the rows of the warm-up, which takes much less than to say what causes it.
    pub fn warm_up_rows(&self, at: At<'_>, calendar: Option<&dyn Calendar>) -> Option<i64> {
        self.longest(at, calendar).map(|(rows, _)| rows)
    }

    /// The rows of the warm-up, and the first expression that needs so many.
    fn longest(&self, at: At<'_>, calendar: Option<&dyn Calendar>) -> Option<(i64, &Expression)> {
        let mut most: Option<(i64, &Expression)> = None;
        for expression in &self.expressions {
            let rows = warm_up(&expression.tree, at, calendar)?;
            if most.is_none_or(|(before, _)| rows > before) {
                most = Some((rows, expression));
            }
        }
        let (rows, expression) = most?;
        Some((rows.checked_add(1)?, expression))
    }
}
