//! `galapagos validate`: what a server would say of a manifest, with line, column and a suggestion, without one.
//!
//! In this order, each only if the one before found nothing: the YAML itself; structure against the generated
//! schema; the CEL rules; strategies, ranges and metrics by the check of manifests (`galapagos-manifest`).

mod excerpt;
mod load;
mod rules;
mod strategy;
mod structure;
mod yaml;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use galapagos_crds::{Catalogue, GROUP, VERSION, crd};
use galapagos_manifest::Finding;
use serde_json::{Value, json};

pub use load::{job_of, load_job};
pub use strategy::{load_strategy, place_in_strategy};
pub use yaml::{Content, Entry, Node, Position};

/// Something wrong in a manifest, with its line and column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatedFinding {
    /// Number of the document in the file, from 0; empty documents are not counted.
    pub document: usize,
    /// Number of the line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The field, as `spec.strategies[0].name`; empty for the whole document.
    pub path: String,
    /// What is wrong, in the words of a server.
    pub message: String,
    /// What to do about it, if it can be guessed.
    pub suggestion: Option<String>,
    /// The line with carets below what is at fault, where that is a part of an expression.
    pub excerpt: Option<String>,
}

impl LocatedFinding {
    /// As `-o json` prints it, with the file that it is in.
    pub fn to_json(&self, file: &Path) -> Value {
        json!({
            "file": file.display().to_string(), "document": self.document, "line": self.line, "column": self.column,
            "path": self.path, "message": self.message, "suggestion": self.suggestion, "excerpt": self.excerpt,
        })
    }
}

impl std::fmt::Display for LocatedFinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)?;
        self.suggestion.iter().try_for_each(|s| write!(f, "; {s}"))
    }
}

/// Which kind a document is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An EvolutionJob of this version.
    EvolutionJob,
    /// A WorkerPool of this version.
    WorkerPool,
    /// Anything else, as `apps/v1 Deployment`: not ours to check unless its group is.
    Other(String),
}

/// One document of a file.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its number in the file, from 0.
    pub index: usize,
    /// The kind that `apiVersion` and `kind` name.
    pub kind: Kind,
    /// The value of the whole document.
    pub root: Node,
    /// The text of the file.
    source: Arc<str>,
}

impl Document {
    fn new(index: usize, root: Node, source: Arc<str>) -> Document {
        let text = |key| root.get(key).and_then(Node::text).unwrap_or("");
        let (version, kind) = (text("apiVersion"), text("kind"));
        let kind = match (version == format!("{GROUP}/{VERSION}"), kind) {
            (true, "EvolutionJob") => Kind::EvolutionJob,
            (true, "WorkerPool") => Kind::WorkerPool,
            _ => Kind::Other(format!("{version} {kind}")),
        };
        Document { index, kind, root, source }
    }

    /// `metadata.name`, or a made-up one where the server would make one from `generateName`.
    pub fn name(&self) -> Option<String> {
        let metadata = self.root.get("metadata")?;
        let given = metadata.get("name").and_then(Node::text).map(str::to_owned);
        given.or_else(|| Some(format!("{}xxxxx", metadata.get("generateName")?.text()?)))
    }

    /// The document as a server keeps it: defaults filled in. Meaningful only if its structure is right.
    pub fn defaulted(&self) -> Value {
        let mut value = self.root.to_json();
        if let (Some(name), Some(metadata)) = (self.name(), value.get_mut("metadata")) {
            metadata["name"] = Value::String(name);
        }
        match self.definition() {
            Some(definition) => kube::core::cel::apply_defaults(crd::schema(definition), &value),
            None => value,
        }
    }

    fn definition(&self) -> Option<&'static Value> {
        static JOB: LazyLock<Value> = LazyLock::new(crd::evolution_job);
        static POOL: LazyLock<Value> = LazyLock::new(crd::worker_pool);
        match self.kind {
            Kind::EvolutionJob => Some(&JOB),
            Kind::WorkerPool => Some(&POOL),
            Kind::Other(_) => None,
        }
    }

    fn problem(
        &self,
        at: Position,
        path: &str,
        message: String,
        suggestion: Option<String>,
    ) -> LocatedFinding {
        LocatedFinding {
            document: self.index,
            line: at.line,
            column: at.column,
            path: path.to_owned(),
            message,
            suggestion,
            excerpt: None,
        }
    }

    /// A finding with its place in the text, in the words of a server.
    pub fn found(&self, finding: Finding) -> LocatedFinding {
        let Finding { path, text, advice, column, length, .. } = finding;
        let message = format!("{path}: Invalid value: {text}");
        let node = self.node(&path);
        let problem = self.problem(node.at, &path, message, advice);
        let at = match (column, &node.content) {
            // Of a text that is not in this file, only the strategy is.
            (0, _) | (_, Content::Map(_) | Content::List(_)) => return problem,
            (_, Content::Scalar(Value::String(value))) => {
                excerpt::place(&self.source, node.at, value, column)
            }
            _ => Position { column: node.at.column + column - 1, ..node.at },
        };
        let excerpt = Some(excerpt::excerpt(&self.source, at, length));
        LocatedFinding { line: at.line, column: at.column, excerpt, ..problem }
    }

    /// Where a path lies; if it is not in the text (a default, a missing field), where its nearest parent does.
    fn position(&self, path: &str) -> Position {
        self.node(path).at
    }

    fn node(&self, path: &str) -> &Node {
        let mut node = &self.root;
        for step in path.split(['.', '[']) {
            let next = match step.strip_suffix(']') {
                Some(index) => match (&node.content, index.parse::<usize>()) {
                    (Content::List(items), Ok(i)) => items.get(i),
                    _ => node.get(index.trim_matches(['"', '\''])),
                },
                None => node.get(step),
            };
            match next {
                Some(found) => node = found,
                None => break,
            }
        }
        node
    }
}

/// The documents of a file. Fails on text that is not YAML.
pub fn read_documents(text: &str) -> Result<Vec<Document>, Vec<LocatedFinding>> {
    let nodes = yaml::parse(text).map_err(|p| vec![p])?;
    let source: Arc<str> = text.into();
    Ok(nodes.into_iter().enumerate().map(|(i, root)| Document::new(i, root, source.clone())).collect())
}

/// Everything wrong with a document, by the catalogue of this version's engine.
pub fn validate(document: &Document) -> Vec<LocatedFinding> {
    validate_with(document, Catalogue::embedded())
}

/// Everything wrong with a document, by a given catalogue.
pub fn validate_with(document: &Document, strategies: &Catalogue) -> Vec<LocatedFinding> {
    let mut problems = structure::identity(document);
    let Some(definition) = document.definition() else { return problems };
    let schema = crd::schema(definition);
    problems.extend(structure::check(document, schema));
    if problems.is_empty() {
        problems = rules::check(document, schema);
    }
    if problems.is_empty() && document.kind == Kind::EvolutionJob {
        problems = match serde_json::from_value(document.defaulted()) {
            Ok(job) => {
                galapagos_manifest::check(&job, strategies).into_iter().map(|f| document.found(f)).collect()
            }
            Err(e) => vec![document.problem(document.root.at, "", e.to_string(), None)],
        };
    }
    problems
}
