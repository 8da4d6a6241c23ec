//! `kubectl galapagos logs` and `events`: what a job said.

use crate::cluster::kubectl::Access;
use crate::exit::{CommandError, CommandResult};
use clap::ValueEnum;
use galapagos_crds::EvolutionJob;
use galapagos_crds::job::coordinator_job;

/// Print the log of a job: of the right container of the right attempt
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos logs btc --follow
  kubectl galapagos logs btc --of import
  kubectl galapagos logs btc --attempt 1 --tail 100
  kubectl galapagos logs btc --of workers")]
pub struct Logs {
    /// The job
    #[arg(value_name = "JOB")]
    pub job: String,
    /// Whose log
    #[arg(long, value_enum, default_value_t)]
    pub of: Of,
    /// Attempt, from 1; absent: the last one. The last two are kept
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub attempt: Option<u32>,
    /// Go on until the container ends
    #[arg(long, short)]
    pub follow: bool,
    /// Only so many lines of the end
    #[arg(long, value_name = "LINES")]
    pub tail: Option<u32>,
}

/// Part of a job that has a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Of {
    /// Holds the evolution.
    #[default]
    Coordinator,
    /// Evaluates beside it.
    LocalWorker,
    /// Makes the dataset before it.
    Import,
    /// The further workers, each line with its pod.
    Workers,
}

/// Print the events of a job, oldest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos events btc")]
pub struct Events {
    /// The job
    #[arg(value_name = "JOB")]
    pub job: String,
}

/// Runs `kubectl galapagos logs`.
pub fn logs(access: &Access, arguments: &Logs) -> CommandResult {
    let job: EvolutionJob = access.json(&["get", "evojob", &arguments.job])?;
    let last = job.status.and_then(|s| s.attempts).map_or(0, |a| a.started);
    let last = u32::try_from(last).unwrap_or(0);
    let attempt = arguments.attempt.unwrap_or(last);
    if attempt == 0 || attempt > last {
        let text = match last {
            0 => format!("{} has no attempt yet: it waits to be admitted", arguments.job),
            _ => format!("{} has no attempt {attempt}: its last one is {last}", arguments.job),
        };
        return Err(CommandError::invalid(text));
    }
    let mut call: Vec<String> = vec!["logs".into()];
    match arguments.of {
        Of::Workers => {
            let selector = format!("galapagos.dev/job={},app.kubernetes.io/component=worker", arguments.job);
            // Kubectl follows five pods at most unless it is told more.
            call.extend(["--selector".into(), selector, "--prefix".into(), "--max-log-requests=1000".into()]);
        }
        of => {
            let container = of.to_possible_value().map(|v| v.get_name().to_owned()).unwrap_or_default();
            call.extend([
                format!("job/{}", coordinator_job(&arguments.job, attempt)),
                "--container".into(),
                container,
            ]);
        }
    }
    if arguments.follow {
        call.push("--follow".into());
    }
    match arguments.tail {
        Some(lines) => call.push(format!("--tail={lines}")),
        // With a selector kubectl shows ten lines unless it is told.
        None => call.push("--tail=-1".into()),
    }
    access.show(&call.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Runs `kubectl galapagos events`.
pub fn events(access: &Access, arguments: &Events) -> CommandResult {
    access.show(&["events", "--for", &format!("evojob/{}", arguments.job)])
}
