//! `kubectl galapagos suspend`, `resume` and `stop`.

use crate::cluster::kubectl::Access;
use crate::cluster::view;
use crate::exit::{CommandError, CommandResult};
use crate::terminal;
use galapagos_crds::EvolutionJob;
use serde_json::{Value, json};

/// Stop a job until it is resumed: its pods go, its checkpoint stays, another job may be admitted
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos suspend btc")]
pub struct Suspend {
    /// The job
    #[arg(value_name = "JOB")]
    pub job: String,
}

/// Let a suspended job go on from its checkpoint
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos resume btc")]
pub struct Resume {
    /// The job
    #[arg(value_name = "JOB")]
    pub job: String,
}

/// End a job with the best that it has found: its generations become those that are done
///
/// It is Complete then, with a result, a verdict and a report. More generations, given later, let it go on.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos stop btc
  kubectl patch evojob btc --type=merge -p '{\"spec\":{\"generations\":200}}'")]
pub struct Stop {
    /// The job
    #[arg(value_name = "JOB")]
    pub job: String,
}

/// Runs `kubectl galapagos suspend`.
pub fn suspend(access: &Access, arguments: &Suspend) -> CommandResult {
    patch(access, &arguments.job, &json!({"suspend": true}))?;
    said(&format!("{} is suspended; kubectl galapagos resume {} lets it go on", arguments.job, arguments.job))
}

/// Runs `kubectl galapagos resume`.
pub fn resume(access: &Access, arguments: &Resume) -> CommandResult {
    patch(access, &arguments.job, &json!({"suspend": false}))?;
    said(&format!("{} is in the queue of its pool again", arguments.job))
}

/// Runs `kubectl galapagos stop`.
pub fn stop(access: &Access, arguments: &Stop) -> CommandResult {
    let name = &arguments.job;
    let job: EvolutionJob = access.json(&["get", "evojob", name])?;
    if view::has_ended(&job) {
        return Err(CommandError::invalid(format!("{name} has ended already")));
    }
    let done = job.status.and_then(|s| s.generation).unwrap_or(0);
    if done < 1 {
        let text =
            format!("{name} has no generation to end with; kubectl delete evojob {name} takes it away");
        return Err(CommandError::invalid(text));
    }
    patch(access, name, &json!({"generations": done}))?;
    said(&format!("{name} ends with the best of {done} generations or those that are done by now"))
}

fn patch(access: &Access, job: &str, spec: &Value) -> CommandResult {
    let patch = json!({"spec": spec}).to_string();
    access.text(&["patch", "evojob", job, "--type=merge", "--patch", &patch])?;
    Ok(())
}

fn said(text: &str) -> CommandResult {
    terminal::print(&format!("{text}\n"))
}
