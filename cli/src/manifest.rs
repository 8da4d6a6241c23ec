//! Manifests in files: the job, with `--set` and with the strategies of other files.

use crate::exit::{Blame, CommandError, CommandResult};
use crate::manifest_text::{Layout, lines, read_manifest};
use crate::results_dir::newest_of;
use crate::run_failure::blame_resolve;
use crate::set;
use crate::signal_files::{self, Beside};
use crate::strategy_files::inlined;
use crate::validate::{LocatedFinding, job_of, load_job, read_documents};
use crate::warm_start::Named;
use galapagos_crds::{EvolutionJob, WorkerPool};
use galapagos_manifest::Finding;
use galapagos_run::job::resolve::ResolveError;
use std::path::Path;

/// The job of a file (of several, `name`), with the assignments of `--set` in it, and its pool if that is there.
pub fn load(
    file: &Path,
    name: Option<&str>,
    assignments: &[String],
) -> CommandResult<(EvolutionJob, Option<WorkerPool>)> {
    load_beside(file, name, assignments, &newest_of)
}

/// The same, and where runs are that it begins with by the names of their jobs.
pub fn load_beside(
    file: &Path,
    name: Option<&str>,
    assignments: &[String],
    by_name: &Named<'_>,
) -> CommandResult<(EvolutionJob, Option<WorkerPool>)> {
    let text = inlined(&read_manifest(file)?, file, Layout::SameLine, by_name)?;
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

/// Publishes the files of signals that a job's strategies name, with the version of the dataset that it asks for.
pub fn publish_signals(job: &mut EvolutionJob, file: &Path, data_dir: &Path) -> CommandResult {
    let data = &job.spec.market_data;
    let beside = Beside { data_dir, dataset: &data.dataset, digest: data.digest.as_deref() };
    signal_files::publish(&mut job.spec.strategies, file, beside)
}

/// Whose fault it is that the job of such a file does not fit its data: what is wrong with an expression is shown in it.
pub fn blame(file: &Path, name: Option<&str>, assignments: &[String], error: ResolveError) -> CommandError {
    let ResolveError::Manifest(finding) = error else { return blame_resolve(error) };
    // Assignments and stdin are not to be read again.
    let readable = finding.column > 0 && assignments.is_empty() && file.as_os_str() != "-";
    match readable.then(|| place(file, name, &finding)).flatten() {
        Some(found) => refused(1, &lines(file, &[found])),
        None => blame_resolve(ResolveError::Manifest(finding)),
    }
}

fn place(file: &Path, name: Option<&str>, finding: &Finding) -> Option<LocatedFinding> {
    let documents = read_documents(&read_manifest(file).ok()?).ok()?;
    Some(job_of(&documents, name)?.found(finding.clone()))
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
