//! `galapagos export`: a champion as a program of another world, or results to another place.

use crate::delivery;
use crate::exit::{Blame, CommandError, CommandResult};
use crate::run_failure::blame_signal;
use crate::terminal;
use galapagos_run::export::{self, Format};
use galapagos_run::signal::chosen::Chosen;
use galapagos_run::storage::atomic;
use std::path::{Path, PathBuf};

/// Write a champion as a program (Python, Pine, freqtrade), or copy results to a folder, S3 or PostgreSQL
///
/// With --format: the program has the rules of the strategy with the values of its genes. Champions of built-in strategies that
/// rules can say are exported, and own strategies with entries and exits. What has no counterpart is refused by name.
///
/// With --to: each result is copied whole or not at all, and once; what is there already is left as it is, so the same command
/// again catches up. A folder above several runs stands for all that have ended. Keys of S3 are read from AWS_ACCESS_KEY_ID,
/// AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL and AWS_CA_BUNDLE, the password of PostgreSQL from PGPASSWORD.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["format", "to"]).multiple(false), after_help = "\
Examples:
  galapagos export results/galapagos/runs/local/stocks-daily/5f3a.../result/result.json --format python -o stocks.py
  galapagos export results/galapagos/runs/local/stocks-daily/5f3a.../result/result.json#2 --format pine
  galapagos export results/galapagos/runs/local/stocks-daily/5f3a... --format freqtrade -o user_data/strategies/stocks.py
  galapagos export results --to /mnt/archive
  galapagos export results/galapagos/runs/local/stocks-daily --to s3://quants/galapagos --to postgres://quant@db/results

Exit codes: 0 all is there, 1 a destination cannot be used now, 2 invalid input or a destination refuses.")]
pub struct Arguments {
    /// Folder of a run, the folder result in it, or its result.json. For a program one of them, where #RANK names another champion than
    /// the best; for a destination also a folder above runs
    #[arg(value_name = "RESULT[#RANK]", required = true)]
    pub results: Vec<String>,
    /// Language of the program
    #[arg(long, value_enum)]
    pub format: Option<Language>,
    /// File to write the program to; - is stdout
    #[arg(short, long, value_name = "FILE", default_value = "-", conflicts_with = "to")]
    pub output: PathBuf,
    /// Where the results go: a folder, s3://BUCKET/PREFIX or postgres://USER@HOST:PORT/DATABASE; more than one may be named
    #[arg(long, value_name = "DESTINATION")]
    pub to: Vec<String>,
}

/// `--format`.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Language {
    /// A module for pandas and numpy that gives the same trades
    Python,
    /// A strategy of TradingView, Pine version 5
    Pine,
    /// A strategy of freqtrade, interface version 3
    Freqtrade,
}

/// Runs `galapagos export`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let format = match arguments.format {
        Some(Language::Python) => Format::Python,
        Some(Language::Pine) => Format::Pine,
        Some(Language::Freqtrade) => Format::Freqtrade,
        None => return delivery::deliver(&arguments.results, &arguments.to),
    };
    let [result] = arguments.results.as_slice() else {
        return Err(CommandError::invalid(format!(
            "a program is made of one champion, and {} results are named: name one, or a destination with --to",
            arguments.results.len()
        )));
    };
    let chosen = Chosen::named(result).map_err(blame_signal)?;
    let program = export::export(&chosen, format).invalid()?;
    let file = &arguments.output;
    if file == Path::new("-") {
        return terminal::print(&program);
    }
    if file.is_dir() {
        return Err(CommandError::invalid(format!("{} is a folder; name a file", file.display())));
    }
    atomic::write(file, program.as_bytes()).internal()?;
    terminal::print(&format!("{}\n", file.display()))
}
