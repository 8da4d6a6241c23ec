//! The strategies of a file: of a manifest, or of a file with genes and rules.

use crate::check::arguments::Arguments;
use crate::exit::{CommandError, CommandResult};
use crate::manifest_text::{Layout, lines, read_manifest};
use crate::output::Output;
use crate::results_dir::newest_of;
use crate::strategy_files::{inlined, name_of};
use crate::terminal;
use crate::validate::{Kind, LocatedFinding, load_job, load_strategy, read_documents};
use galapagos_crds::{EvolutionJob, StrategySpec};
use serde_json::json;

/// What is to be checked.
pub struct Loaded {
    /// Strategies with rules.
    pub strategies: Vec<StrategySpec>,
    /// The job that they are of.
    pub job: Option<EvolutionJob>,
}

/// The strategies, or what is wrong with them.
pub fn load(arguments: &Arguments) -> CommandResult<Result<Loaded, Vec<LocatedFinding>>> {
    let text = read_manifest(&arguments.file)?;
    let documents = match read_documents(&text) {
        Ok(documents) => documents,
        Err(problems) => return Ok(Err(problems)),
    };
    if documents.iter().all(|document| document.kind != Kind::EvolutionJob) {
        if let Some(job) = &arguments.job {
            return Err(CommandError::invalid(format!("--job {job}: the file has no EvolutionJob")));
        }
        let read = load_strategy(&text, &name_of(&arguments.file), arguments.interval.as_deref());
        return Ok(read.map(|strategy| Loaded { strategies: vec![strategy], job: None }));
    }
    let text = inlined(&text, &arguments.file, Layout::SameLine, &newest_of)?;
    let job = match load_job(&text, arguments.job.as_deref()) {
        Ok((job, _)) => job,
        Err(problems) => return Ok(Err(problems)),
    };
    let strategies: Vec<StrategySpec> =
        job.spec.strategies.iter().filter(|strategy| strategy.is_own()).cloned().collect();
    if strategies.is_empty() {
        let text =
            "has no strategy with rules or signals; `galapagos strategies NAME` shows one that is built in";
        return Err(CommandError::invalid(format!("{}: {text}", arguments.file.display())));
    }
    Ok(Ok(Loaded { strategies, job: Some(job) }))
}

/// Prints what is wrong.
pub fn refuse(arguments: &Arguments, problems: &[LocatedFinding]) -> CommandResult {
    match arguments.output {
        Output::Table => terminal::print(&lines(&arguments.file, problems))?,
        Output::Json => {
            let found: Vec<_> = problems.iter().map(|problem| problem.to_json(&arguments.file)).collect();
            terminal::print_json(&json!({"valid": false, "problems": found}))?;
        }
    }
    match problems.len() {
        1 => Err(CommandError::invalid("1 problem")),
        n => Err(CommandError::invalid(format!("{n} problems"))),
    }
}
