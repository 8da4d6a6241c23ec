//! Manifests in files: their text, what is wrong with them line by line, and a job with `--set`.

use crate::exit::{Blame, CommandError, CommandResult};
use crate::set;
use crate::validate::{LocatedFinding, load_job};
use anyhow::Context;
use galapagos_crds::{EvolutionJob, WorkerPool};
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

/// The job of a file (of several, `name`), with the assignments of `--set` in it, and its pool if that is there.
pub fn load(
    file: &Path,
    name: Option<&str>,
    assignments: &[String],
) -> CommandResult<(EvolutionJob, Option<WorkerPool>)> {
    let text = read_manifest(file)?;
    let (job, pool) =
        load_job(&text, name).map_err(|problems| refused(problems.len(), &lines(file, &problems)))?;
    if assignments.is_empty() {
        return Ok((job, pool));
    }
    let mut manifest = serde_json::to_value(&job).internal()?;
    for assignment in assignments {
        set::apply(&mut manifest, assignment)?;
    }
    // JSON is YAML; the lines of this text mean nothing to the caller.
    let (job, _) = load_job(&manifest.to_string(), None)
        .map_err(|problems| refused(problems.len(), &without_lines(&problems)))?;
    Ok((job, pool))
}

fn refused(count: usize, lines: &str) -> CommandError {
    let head = if count == 1 { String::new() } else { format!("{count} problems:\n") };
    CommandError::invalid(format!("{head}{}", lines.trim_end()))
}

fn without_lines(problems: &[LocatedFinding]) -> String {
    let line = |p: &LocatedFinding| {
        let hint = p.suggestion.as_ref().map(|s| format!("; {s}")).unwrap_or_default();
        format!("--set: {}{hint}\n", p.message)
    };
    problems.iter().map(line).collect()
}
