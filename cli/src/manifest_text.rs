//! The text of manifests, and what is wrong with them line by line.

use crate::exit::{Blame, CommandResult};
use crate::validate::LocatedFinding;
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
