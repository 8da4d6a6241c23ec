//! `galapagos check`: what strategies of one's own will cost, and what looks odd about them.

use crate::check::{data, load, report, text};
use crate::data_dir::DataDir;
use crate::exit::CommandResult;
use crate::output::Output;
use crate::terminal;
use serde_json::json;
use std::path::PathBuf;

/// Check strategies of your own: columns and their cost, warm-up, genes, what looks odd; with data trades and conditions
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos check my_cross.yaml
  galapagos check my_cross.yaml --data AAPL.csv
  galapagos check job.yaml --data us-stocks -o json

It reads a file with genes and rules, as strategies[].from names it, or a manifest.
What is wrong is told as galapagos validate tells it; what is only odd is a remark.")]
pub struct Arguments {
    /// A file with genes and rules, or a manifest; - is stdin
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Name of the job, if the file has several
    #[arg(long, value_name = "NAME")]
    pub job: Option<String>,
    /// Data: a file, or the name of a dataset; SYMBOL= before it names or picks a symbol; give it again for several
    #[arg(long, value_name = "[SYMBOL=]FILE|DATASET")]
    pub data: Vec<String>,
    /// Length of a bar, as 1h; absent: that of the manifest, or the most frequent spacing of a FILE
    #[arg(long)]
    pub interval: Option<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub data_dir: DataDir,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// Runs `galapagos check`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let loaded = match load::load(&arguments)? {
        Ok(loaded) => loaded,
        Err(problems) => return load::refuse(&arguments, &problems),
    };
    let mut checked = Vec::new();
    for strategy in &loaded.strategies {
        let done = data::run(&arguments, &loaded, strategy)?;
        checked.push(report::report(strategy, done.as_ref())?);
    }
    match arguments.output {
        Output::Table => terminal::print(&checked.iter().map(text::text).collect::<Vec<_>>().join("\n")),
        Output::Json => terminal::print_json(&json!({"valid": true, "strategies": checked})),
    }
}
