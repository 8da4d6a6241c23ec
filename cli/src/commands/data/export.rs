//! `galapagos data export`: a dataset as files.

use crate::data_dir::DataDir;
use crate::exit::CommandResult;
use crate::output::Output;
use crate::{data_errors, terminal};
use galapagos_run::market::Dataset;
use galapagos_run::market::export::{self, Format};
use serde_json::json;
use std::path::PathBuf;

/// Write the bars and funding of a dataset as files that other programs read
///
/// Each symbol becomes a file, its funding a CSV beside it. Imported again they are the same dataset, with the same digest.
/// A file that is there already is not overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos data export us-stocks --to files
  galapagos data export us-stocks --to files --format parquet --symbol AAPL --symbol MSFT")]
pub struct Arguments {
    /// Name of the dataset
    pub name: String,
    /// Folder for the files, which is made if it is missing
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Format of the files
    #[arg(long, value_enum, default_value_t)]
    pub format: FileFormat,
    /// A symbol to write; absent: all
    #[arg(long, value_name = "NAME")]
    pub symbol: Vec<String>,
    /// Another version than the latest; 8 or more digits of its digest
    #[arg(long)]
    pub digest: Option<String>,
    /// Where the datasets lie.
    #[command(flatten)]
    pub data_dir: DataDir,
    /// How to print the names of the files
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// Format of exported files.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub enum FileFormat {
    /// Text, prices digit by digit
    #[default]
    Csv,
    /// Compressed columns
    Parquet,
    /// Arrow's file, which pandas calls feather
    Feather,
}

/// Runs `galapagos data export`.
pub fn execute(arguments: &Arguments) -> CommandResult {
    let format = match arguments.format {
        FileFormat::Csv => Format::Csv,
        FileFormat::Parquet => Format::Parquet,
        FileFormat::Feather => Format::Feather,
    };
    let dataset = Dataset::open(&arguments.data_dir.data_dir, &arguments.name, arguments.digest.as_deref())
        .map_err(data_errors::blame)?;
    let files =
        export::export(&dataset, &arguments.symbol, &arguments.to, format).map_err(data_errors::blame)?;
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    match arguments.output {
        Output::Json => {
            let digest = format!("blake3:{}", dataset.digest());
            terminal::print_json(&json!({"dataset": dataset.name(), "digest": digest, "files": names}))
        }
        Output::Table => terminal::print(&names.iter().map(|name| format!("{name}\n")).collect::<String>()),
    }
}
