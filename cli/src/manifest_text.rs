//! The text of manifests, and what is wrong with them line by line.

use crate::exit::{Blame, CommandResult};
use crate::validate::{LocatedFinding, Node, Position};
use anyhow::Context;
use std::io::Read;
use std::path::Path;

/// The text of a manifest; `-` is stdin.
pub fn read_manifest(file: &Path) -> CommandResult<String> {
    let mut text = String::new();
    if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).context("stdin").invalid()?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| file.display().to_string()).invalid()
}

/// `FILE:LINE:COLUMN: message`, one a line, with the part of an expression that is at fault below it.
pub fn lines(file: &Path, problems: &[LocatedFinding]) -> String {
    let line = |problem: &LocatedFinding| {
        let excerpt = problem.excerpt.iter().flat_map(|excerpt| excerpt.lines());
        let excerpt: String = excerpt.map(|line| format!("    {line}\n")).collect();
        format!("{}:{problem}\n{excerpt}", file.display())
    };
    problems.iter().map(line).collect()
}

/// How what stands elsewhere is written into a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// For people and servers: fields in lines of their own.
    Lines,
    /// On the line of `from`, so that every line keeps its number.
    SameLine,
}

/// Where a manifest says `from`, and what is to stand there.
pub struct Splice {
    /// The first byte of the key.
    pub from: usize,
    /// The byte behind its value.
    pub to: usize,
    /// What takes their place.
    pub text: String,
}

/// The byte that a position stands at.
pub fn offset(text: &str, at: Position) -> usize {
    let before: usize = text.split_inclusive('\n').take(at.line.saturating_sub(1)).map(str::len).sum();
    let line = text.get(before..).unwrap_or_default();
    let within = line.char_indices().nth(at.column.saturating_sub(1)).map_or(line.len(), |(i, _)| i);
    before + within
}

/// Where a scalar ends that is spelled on one line.
pub fn end(text: &str, node: &Node) -> Option<usize> {
    let begin = offset(text, node.at);
    let rest = text.get(begin..)?;
    let value = node.text()?;
    let spelled = match rest.chars().next()? {
        quote @ ('"' | '\'') => 2 + rest.get(1..)?.find(quote)?,
        _ => rest.starts_with(value).then_some(value.len())?,
    };
    Some(begin + spelled)
}
