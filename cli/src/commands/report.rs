//! `galapagos report`: a result as one page for people.

use crate::exit::{Blame, CommandError, CommandResult};
use crate::terminal;
use galapagos_run::report::error::ReportError;
use galapagos_run::report::{locate, page};
use galapagos_run::storage::atomic;
use std::path::{Path, PathBuf};

/// Show a result as one page: verdict, account, species, maps of genes, months, trades, costs, search
///
/// One file that any browser opens from disk and any printer prints. It fetches nothing, and the same result gives the same
/// bytes. Every run writes it as result/report.html; this makes it of older results too.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos report results/galapagos/runs/local/stocks-daily/*
  galapagos report results/galapagos/runs/local/stocks-daily/*/result/result.json -o stocks.html
  galapagos report RUN -o - > stocks.html")]
pub struct Arguments {
    /// Folder of a run, the folder result in it, or its result.json
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// File to write; - is stdout
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    pub output: PathBuf,
}

/// Runs `galapagos report`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let page = locate::result_folder(&arguments.run).and_then(|folder| page::of(&folder)).map_err(blame)?;
    if arguments.output == Path::new("-") {
        return terminal::print(&page);
    }
    write(&arguments.output, &page)?;
    terminal::print(&format!("{}\n", arguments.output.display()))
}

/// Writes a page, whole or not at all.
pub fn write(file: &Path, page: &str) -> CommandResult {
    if file.is_dir() {
        return Err(CommandError::invalid(format!(
            "{} is a folder; name a file, as report.html",
            file.display()
        )));
    }
    atomic::write(file, page.as_bytes()).internal()
}

/// Whose fault it is that there is no page.
pub fn blame(error: ReportError) -> CommandError {
    if error.is_of_the_input() {
        CommandError::Invalid(error.into())
    } else {
        CommandError::Internal(error.into())
    }
}
