//! `kubectl galapagos status`: jobs, once or live.

use super::Printed;
use crate::cluster::kubectl::{Access, List};
use crate::cluster::view;
use crate::exit::{CommandError, CommandResult};
use crate::output::Output;
use crate::terminal;
use galapagos_crds::EvolutionJob;
use galapagos_crds::conditions::condition;
use galapagos_crds::status::Phase;
use std::io::IsTerminal;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Show jobs: how far they are, the best fitness so far as a curve, workers, cost, what needs a person
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos status
  kubectl galapagos status btc --watch
  kubectl galapagos status -A -o json")]
pub struct Arguments {
    /// One job, as a page; absent: all of the namespace, as a table
    #[arg(value_name = "JOB")]
    pub job: Option<String>,
    /// Jobs of all namespaces
    #[arg(long, short = 'A', conflicts_with = "job")]
    pub all_namespaces: bool,
    /// Show it anew every two seconds until all jobs have ended
    #[arg(long, short)]
    pub watch: bool,
    /// How to print it.
    #[command(flatten)]
    pub(super) printed: Printed,
}

/// Time between two looks.
const PAUSE: Duration = Duration::from_secs(2);
/// Clears the screen and goes to its first line.
const CLEAR: &str = "\x1b[2J\x1b[H";

/// Runs it.
pub fn execute(access: &Access, arguments: &Arguments) -> CommandResult {
    let mut shown = String::new();
    loop {
        let jobs = jobs(access, arguments)?;
        let text = text(arguments, &jobs)?;
        if arguments.watch && std::io::stdout().is_terminal() {
            terminal::print(&format!("{CLEAR}{text}"))?;
        } else if text != shown {
            terminal::print(&text)?;
        }
        shown = text;
        if !arguments.watch || jobs.iter().all(view::has_ended) {
            return match (&arguments.job, jobs.first()) {
                (Some(_), Some(job)) if arguments.watch => ended(job),
                _ => Ok(()),
            };
        }
        std::thread::sleep(PAUSE);
    }
}

fn jobs(access: &Access, arguments: &Arguments) -> CommandResult<Vec<EvolutionJob>> {
    if let Some(name) = &arguments.job {
        return Ok(vec![access.json(&["get", "evojob", name])?]);
    }
    let all: &[&str] = if arguments.all_namespaces { &["--all-namespaces"] } else { &[] };
    let list: List<EvolutionJob> = access.json(&[&["get", "evojob"], all].concat())?;
    Ok(list.items)
}

fn text(arguments: &Arguments, jobs: &[EvolutionJob]) -> CommandResult<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
    Ok(match (arguments.printed.output, &arguments.job, jobs) {
        (Output::Json, Some(_), [job]) => json(&job.status)?,
        (Output::Json, _, jobs) => json(&jobs)?,
        (Output::Table, Some(_), [job]) => view::page(job, now),
        (Output::Table, _, []) => "no jobs; kubectl apply -f job.yaml makes one\n".to_owned(),
        (Output::Table, _, jobs) => view::list(jobs, arguments.all_namespaces, now),
    })
}

fn json(value: &impl serde::Serialize) -> CommandResult<String> {
    let text = serde_json::to_string_pretty(value).map_err(|e| CommandError::Internal(e.into()))?;
    Ok(text + "\n")
}

/// How the command ends when the job that was watched has.
fn ended(job: &EvolutionJob) -> CommandResult {
    if view::phase(job) != Some(Phase::Failed) {
        return Ok(());
    }
    let status = job.status.clone().unwrap_or_default();
    let why = view::message(&status, condition::FAILED).unwrap_or("its status does not say why");
    Err(CommandError::invalid(format!("the job failed: {why}")))
}
