//! Manifests in files: the job, with `--set` and with the strategies of other files.

use crate::exit::{Blame, CommandError, CommandResult};
use crate::manifest_text::{lines, read_manifest};
use crate::set;
use crate::strategy_files::{Layout, inlined};
use crate::validate::{LocatedFinding, load_job};
use galapagos_crds::{EvolutionJob, WorkerPool};
use std::path::Path;

/// The job of a file (of several, `name`), with the assignments of `--set` in it, and its pool if that is there.
pub fn load(
    file: &Path,
    name: Option<&str>,
    assignments: &[String],
) -> CommandResult<(EvolutionJob, Option<WorkerPool>)> {
    let text = inlined(&read_manifest(file)?, file, Layout::SameLine)?;
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
