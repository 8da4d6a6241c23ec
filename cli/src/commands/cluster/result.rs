//! `kubectl galapagos results` and `report`: what a job left on its volume.

use crate::cluster::fetch::Reader;
use crate::cluster::kubectl::Access;
use crate::exit::{CommandError, CommandResult};
use crate::terminal;
use std::path::{Path, PathBuf};

/// Copy the result of a job into a folder
///
/// A pod in the image of the job mounts the state volume of its pool, read only, for as long as the copy takes. The folder
/// appears when all of it has arrived.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos results btc -o btc-result
  galapagos report btc-result
  galapagos backtest btc-result/result.json --data-dir data")]
pub struct Results {
    /// The job, which has ended
    #[arg(value_name = "JOB")]
    pub job: String,
    /// Folder that is made; absent: JOB-result
    #[arg(long, short, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// Fetch the report of a job: one page that any browser opens from disk
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos report btc
  kubectl galapagos report btc -o today.html")]
pub struct Report {
    /// The job, which has ended
    #[arg(value_name = "JOB")]
    pub job: String,
    /// File to write; absent: JOB.html
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Runs `kubectl galapagos results`.
pub fn results(access: &Access, arguments: &Results) -> CommandResult {
    let into = arguments.output.clone().unwrap_or_else(|| format!("{}-result", arguments.job).into());
    if into.symlink_metadata().is_ok() {
        let text = format!("{} is there already: name another folder with --output", into.display());
        return Err(CommandError::invalid(text));
    }
    Reader::start(access, &arguments.job)?.folder(&into)?;
    said(&into)
}

/// Runs `kubectl galapagos report`.
pub fn report(access: &Access, arguments: &Report) -> CommandResult {
    let into = arguments.output.clone().unwrap_or_else(|| format!("{}.html", arguments.job).into());
    if into.is_dir() {
        return Err(CommandError::invalid(format!("{} is a folder; name a file", into.display())));
    }
    Reader::start(access, &arguments.job)?.file("report.html", &into)?;
    said(&into)
}

fn said(path: &Path) -> CommandResult {
    terminal::print(&format!("{}\n", path.display()))
}
