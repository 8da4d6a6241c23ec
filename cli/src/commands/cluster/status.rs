//! `kubectl galapagos status` and `watch`: jobs, once or live.

use super::Printed;
use crate::cluster::chart::Seen;
use crate::cluster::kubectl::{Access, List};
use crate::cluster::view;
use crate::exit::{CommandError, CommandResult};
use crate::live::{self, Live};
use crate::output::Output;
use crate::terminal;
use galapagos_crds::EvolutionJob;
use galapagos_crds::conditions::condition;
use galapagos_crds::status::Phase;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Show jobs: how far they are, the best fitness so far as a curve, workers, cost, what needs a person
///
/// In a terminal one job has a chart of its best fitness, too.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos status
  kubectl galapagos status btc --watch
  kubectl galapagos status -A -o json")]
pub struct Arguments {
    /// What is shown.
    #[command(flatten)]
    pub(super) shown: Shown,
    /// Show it anew every two seconds until all jobs have ended
    #[arg(long, short)]
    pub watch: bool,
}

/// Show jobs anew every two seconds until all have ended: status --watch in fewer words
///
/// In a terminal what is shown changes in its place, and one job has a chart of its best fitness; elsewhere each change is
/// printed. Ctrl-C ends watching, not the job.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos watch btc
  kubectl galapagos watch -A

Exit codes: 0 all have ended, or the job that is named has a result; 2 that one failed.")]
pub struct Watch {
    /// What is shown.
    #[command(flatten)]
    pub(super) shown: Shown,
}

/// What is shown.
#[derive(Debug, clap::Args)]
pub(super) struct Shown {
    /// One job, as a page; absent: all of the namespace, as a table
    #[arg(value_name = "JOB")]
    job: Option<String>,
    /// Jobs of all namespaces
    #[arg(long, short = 'A', conflicts_with = "job")]
    all_namespaces: bool,
    /// How to print it.
    #[command(flatten)]
    printed: Printed,
}

/// Time between two looks.
const PAUSE: Duration = Duration::from_secs(2);
/// Rows of the chart at most.
const TALLEST: u16 = 15;
/// Rows that are left to the command above what is shown and the prompt below it.
const PROMPT: u16 = 2;

/// Runs `kubectl galapagos watch`.
pub fn watch(access: &Access, Watch { shown }: Watch) -> CommandResult {
    execute(access, &Arguments { shown, watch: true })
}

/// Runs `kubectl galapagos status`.
pub fn execute(access: &Access, Arguments { shown: what, watch }: &Arguments) -> CommandResult {
    let (mut shown, mut seen, mut live) = (String::new(), Seen::default(), Live::default());
    loop {
        let jobs = jobs(access, what)?;
        let terminal = live::size();
        let mut text = text(what, &jobs, terminal)?;
        if let (Some(_), [job], Output::Table, Some(size)) =
            (&what.job, &jobs[..], what.printed.output, terminal)
        {
            seen.add(job.status.as_ref().map(|s| s.history.as_slice()).unwrap_or_default());
            text.push_str(&chart(&seen, &text, size));
        }
        match terminal {
            Some(size) if *watch => live.show(&text, size)?,
            _ if text != shown => terminal::print(&text)?,
            _ => {}
        }
        shown = text;
        if !watch || jobs.iter().all(view::has_ended) {
            return match (&what.job, jobs.first()) {
                (Some(_), Some(job)) if *watch => ended(job),
                _ => Ok(()),
            };
        }
        std::thread::sleep(PAUSE);
    }
}

/// The chart that fits below a text, with an empty line between them.
fn chart(seen: &Seen, text: &str, (rows, columns): (u16, u16)) -> String {
    let used = u16::try_from(live::rows(text, columns)).unwrap_or(u16::MAX);
    let left = rows.saturating_sub(used).saturating_sub(PROMPT + 2).min(TALLEST);
    match seen.chart(columns, left) {
        chart if chart.is_empty() => chart,
        chart => format!("\n{chart}"),
    }
}

fn jobs(access: &Access, arguments: &Shown) -> CommandResult<Vec<EvolutionJob>> {
    if let Some(name) = &arguments.job {
        return Ok(vec![access.json(&["get", "evojob", name])?]);
    }
    let all: &[&str] = if arguments.all_namespaces { &["--all-namespaces"] } else { &[] };
    let list: List<EvolutionJob> = access.json(&[&["get", "evojob"], all].concat())?;
    Ok(list.items)
}

fn text(arguments: &Shown, jobs: &[EvolutionJob], terminal: Option<(u16, u16)>) -> CommandResult<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
    Ok(match (arguments.printed.output, &arguments.job, jobs) {
        (Output::Json, Some(_), [job]) => json(&job.status)?,
        (Output::Json, _, jobs) => json(&jobs)?,
        (Output::Table, Some(_), [job]) => view::page(job, now),
        (Output::Table, _, []) => "no jobs; kubectl apply -f job.yaml makes one\n".to_owned(),
        (Output::Table, _, jobs) => {
            let width = terminal.map(|(_, columns)| usize::from(columns));
            view::list(jobs, arguments.all_namespaces, now, width)
        }
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
