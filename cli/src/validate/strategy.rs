//! A strategy of one's own in a file of its own: `name`, which may be missing, `genes` and `rules`.

use std::sync::LazyLock;

use galapagos_crds::{Catalogue, StrategySpec, crd};
use galapagos_manifest::{Finding, check_strategy};
use serde_json::Value;

use super::yaml::{Content, Entry};
use super::{Document, Kind, LocatedFinding, Node, Position, read_documents, rules, structure};

/// The strategy of a text, called `name` if it has no name. `interval` is that of the bars, if it is known.
///
/// # Errors
/// Everything that is wrong with it, by line and column of the text.
pub fn load_strategy(
    text: &str,
    name: &str,
    interval: Option<&str>,
) -> Result<StrategySpec, Vec<LocatedFinding>> {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        let job = crd::evolution_job();
        crd::schema(&job)["properties"]["spec"]["properties"]["strategies"]["items"].clone()
    });
    let document = named(text, name)?;
    let mut problems = structure::check_part(&document, &SCHEMA);
    if problems.is_empty() && document.root.get("rules").is_none() && document.root.get("signals").is_none() {
        let message = "rules: Required value: what the strategy does, or signals instead".to_owned();
        problems.push(document.problem(document.root.at, "rules", message, None));
    }
    if problems.is_empty() {
        problems = rules::check(&document, &SCHEMA);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let strategy: StrategySpec = serde_json::from_value(document.root.to_json())
        .map_err(|e| vec![document.problem(document.root.at, "", e.to_string(), None)])?;
    let findings = check_strategy(&strategy, interval, Catalogue::embedded());
    if findings.is_empty() {
        Ok(strategy)
    } else {
        Err(findings.into_iter().map(|finding| document.found(finding)).collect())
    }
}

/// A finding on the strategy of a text, the only one of its job, with its place in that text.
pub fn place_in_strategy(text: &str, finding: Finding) -> Option<LocatedFinding> {
    let path = finding.path.strip_prefix("spec.strategies[0].")?.to_owned();
    Some(named(text, "").ok()?.found(Finding { path, ..finding }))
}

/// The only document of a text, with a name.
fn named(text: &str, name: &str) -> Result<Document, Vec<LocatedFinding>> {
    let mut documents = read_documents(text)?;
    let wrong = |message: &str| {
        let Position { line, column } = Position { line: 1, column: 1 };
        let (path, message) = (String::new(), message.to_owned());
        vec![LocatedFinding { document: 0, line, column, path, message, suggestion: None, excerpt: None }]
    };
    let (Some(mut document), None) = (documents.pop(), documents.pop()) else {
        return Err(wrong("a file with a strategy has one document: genes and rules"));
    };
    if document.kind == Kind::EvolutionJob {
        return Err(wrong("this is a job, not a strategy: a file with a strategy has genes and rules"));
    }
    if let Content::Map(entries) = &mut document.root.content
        && !entries.iter().any(|entry| entry.key == "name")
    {
        let at = document.root.at;
        let value = Node { at, content: Content::Scalar(Value::String(name.to_owned())) };
        entries.push(Entry { key: "name".to_owned(), at, value });
    }
    Ok(document)
}
