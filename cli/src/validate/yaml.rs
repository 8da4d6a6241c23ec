//! YAML text as a tree in which every key and value knows its line and column.
//!
//! Scalars are resolved as kubectl resolves them (YAML 1.1): an unquoted `off` is a boolean there, so it is one
//! here, and a manifest that passes here means the same on a server.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};
use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, Span};

use super::LocatedFinding;

/// Nodes of all documents together, after aliases are filled in: far above any manifest, and a bound on what a
/// few nested aliases can make of a few lines.
const MAX_NODES: usize = 200_000;
/// Nesting of lists and maps; the deepest manifest has about 12.
const MAX_DEPTH: usize = 60;

/// Line and column, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Number of the line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A value and where it begins.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where the value begins.
    pub at: Position,
    /// The value itself.
    pub content: Content,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Content {
    /// Anything but lists, maps and fractions.
    Scalar(Value),
    /// A number with a fraction, or beyond 64 bits, as it was written.
    Float(f64, String),
    /// A word that is a boolean only because it is not quoted, as it was written.
    Word(bool, String),
    /// The items of a list, in order.
    List(Vec<Node>),
    /// A map, in the order of the text.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key as text.
    pub key: String,
    /// Where the key begins.
    pub at: Position,
    /// The value that the key has.
    pub value: Node,
}

impl Node {
    /// The value of a key of a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|e| e.key == key).map(|e| &e.value)
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(Value::String(s)) => Some(s),
            _ => None,
        }
    }

    /// As JSON. A number that JSON cannot hold is null; the structural check reports it.
    pub fn to_json(&self) -> Value {
        match &self.content {
            Content::Scalar(v) => v.clone(),
            Content::Float(x, _) => Number::from_f64(*x).map_or(Value::Null, Value::Number),
            Content::Word(b, _) => Value::Bool(*b),
            Content::List(items) => items.iter().map(Node::to_json).collect(),
            Content::Map(entries) => Value::Object(
                entries.iter().map(|e| (e.key.clone(), e.value.to_json())).collect::<Map<_, _>>(),
            ),
        }
    }

    fn size(&self) -> usize {
        1 + match &self.content {
            Content::List(items) => items.iter().map(Node::size).sum(),
            Content::Map(entries) => entries.iter().map(|e| 1 + e.value.size()).sum(),
            _ => 0,
        }
    }
}

/// The documents of a text; empty ones are left out, as kubectl does.
pub fn parse(text: &str) -> Result<Vec<Node>, LocatedFinding> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| {
            let at = Position { line: e.marker().line().max(1), column: e.marker().col() + 1 };
            builder.problem(at, format!("not YAML: {e}"), None)
        })?;
        builder.take(event, position(&span))?;
    }
    Ok(builder.documents)
}

fn position(span: &Span) -> Position {
    Position { line: span.start.line().max(1), column: span.start.col() + 1 }
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    document: usize,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
}

struct Open {
    node: Node,
    anchor: usize,
    key: Option<(String, Position)>,
}

impl Builder {
    fn problem(&self, at: Position, message: String, suggestion: Option<String>) -> LocatedFinding {
        LocatedFinding {
            document: self.document,
            line: at.line,
            column: at.column,
            path: String::new(),
            message,
            suggestion,
            excerpt: None,
        }
    }

    fn take(&mut self, event: Event<'_>, at: Position) -> Result<(), LocatedFinding> {
        match event {
            Event::DocumentStart(..) => {
                self.document = self.documents.len();
                self.anchors.clear();
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let string =
                    style != ScalarStyle::Plain || tag.is_some_and(|t| t.core_suffix() == Some("str"));
                let content =
                    if string { Content::Scalar(Value::String(text.into_owned())) } else { resolve(&text) };
                self.add(Node { at, content }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.start(Node { at, content: Content::List(Vec::new()) }, anchor)
            }
            Event::MappingStart(_, anchor, _) => {
                self.start(Node { at, content: Content::Map(Vec::new()) }, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(done) => self.add(merged(done.node), done.anchor),
                None => Ok(()),
            },
            Event::Alias(id) => {
                let Some(mut node) = self.anchors.get(&id).cloned() else {
                    return Err(self.problem(at, "the alias has no anchor before it".to_owned(), None));
                };
                self.nodes += node.size();
                node.at = at;
                self.add(node, 0)
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, node: Node, anchor: usize) -> Result<(), LocatedFinding> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.problem(node.at, format!("nested deeper than {MAX_DEPTH} levels"), None));
        }
        self.open.push(Open { node, anchor, key: None });
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), LocatedFinding> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self.problem(node.at, format!("more than {MAX_NODES} values"), None));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            if !matches!(node.content, Content::Scalar(Value::Null)) {
                self.documents.push(node);
            }
            return Ok(());
        };
        match (&mut open.node.content, open.key.take()) {
            (Content::Map(entries), Some((key, at))) => entries.push(Entry { key, at, value: node }),
            (Content::Map(entries), None) => {
                let at = node.at;
                let key = match node.content {
                    Content::Scalar(Value::String(text))
                    | Content::Float(_, text)
                    | Content::Word(_, text) => text,
                    Content::Scalar(other) => other.to_string(),
                    _ => {
                        return Err(self.problem(
                            at,
                            "a key must be a word, not a list or map".to_owned(),
                            None,
                        ));
                    }
                };
                if entries.iter().any(|e| e.key == key) {
                    return Err(self.problem(at, format!("key {key:?} already set in map"), None));
                }
                open.key = Some((key, at));
            }
            (Content::List(items), _) => items.push(node),
            _ => {}
        }
        Ok(())
    }
}

/// Fills in `<<: *anchor`: the map's own keys win.
fn merged(mut node: Node) -> Node {
    let Content::Map(entries) = &mut node.content else { return node };
    let Some(i) = entries.iter().position(|e| e.key == "<<") else { return node };
    let sources = match &entries[i].value.content {
        Content::Map(_) => vec![entries[i].value.clone()],
        Content::List(items) => items.clone(),
        _ => return node,
    };
    let at = entries.remove(i).at;
    for entry in sources.iter().flat_map(Node::entries) {
        if !entries.iter().any(|e| e.key == entry.key) {
            entries.push(Entry { key: entry.key.clone(), at, value: entry.value.clone() });
        }
    }
    node
}

/// An unquoted scalar, by the rules of YAML 1.1 as kubectl's parser has them.
fn resolve(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Content::Scalar(Value::Null),
        "true" | "True" | "TRUE" => return Content::Scalar(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Content::Scalar(Value::Bool(false)),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            return Content::Word(true, text.to_owned());
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return Content::Word(false, text.to_owned());
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "-.inf" | "-.Inf" | ".nan" | ".NaN" | ".NAN" => {
            return Content::Float(f64::NAN, text.to_owned());
        }
        _ => {}
    }
    number(text).unwrap_or_else(|| Content::Scalar(Value::String(text.to_owned())))
}

fn number(text: &str) -> Option<Content> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return None;
    }
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let based = |prefix: &str, radix| digits.strip_prefix(prefix).map(|d| i128::from_str_radix(d, radix));
    let octal =
        digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| (b'0'..=b'7').contains(&b));
    let whole = based("0x", 16)
        .or_else(|| based("0b", 2))
        .or_else(|| based("0o", 8))
        .or_else(|| octal.then(|| i128::from_str_radix(digits, 8)))
        .or_else(|| digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse()));
    if let Some(Ok(magnitude)) = whole
        && !digits.contains(['+', '-'])
    {
        let value = if negative { -magnitude } else { magnitude };
        let exact =
            i64::try_from(value).map(Number::from).or_else(|_| u64::try_from(value).map(Number::from));
        if let Ok(n) = exact {
            return Some(Content::Scalar(Value::Number(n)));
        }
    }
    let float_shape = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().any(|b| b.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    let value: f64 = float_shape.then(|| plain.parse().ok())??;
    // A server gets 1.0 as 1: JSON has one kind of number, and the client prints whole floats without a point.
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Some(Content::Scalar(Value::from(value as i64)));
    }
    Some(Content::Float(value, text.to_owned()))
}
