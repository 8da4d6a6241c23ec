//! `galapagos export`: a champion as a program of another world.

use crate::exit::{Blame, CommandError, CommandResult};
use crate::run_failure::blame_signal;
use crate::terminal;
use galapagos_run::export::{self, Format};
use galapagos_run::signal::chosen::Chosen;
use galapagos_run::storage::atomic;
use std::path::{Path, PathBuf};

/// Write a champion as a program: Python with pandas, Pine for TradingView, or a strategy of freqtrade
///
/// The program has the rules of the strategy with the values of its genes. Champions of built-in strategies that rules can say are
/// exported, and own strategies with entries and exits. What has no counterpart is refused by name.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos export results/galapagos/runs/local/stocks-daily/5f3a.../result/result.json --format python -o stocks.py
  galapagos export results/galapagos/runs/local/stocks-daily/5f3a.../result/result.json#2 --format pine
  galapagos export results/galapagos/runs/local/stocks-daily/5f3a... --format freqtrade -o user_data/strategies/stocks.py")]
pub struct Arguments {
    /// Folder of a run, the folder result in it, or its result.json, with #RANK for another champion than the best
    #[arg(value_name = "RESULT[#RANK]")]
    pub result: String,
    /// Language of the program
    #[arg(long, value_enum)]
    pub format: Language,
    /// File to write; - is stdout
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
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
    let chosen = Chosen::named(&arguments.result).map_err(blame_signal)?;
    let format = match arguments.format {
        Language::Python => Format::Python,
        Language::Pine => Format::Pine,
        Language::Freqtrade => Format::Freqtrade,
    };
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
