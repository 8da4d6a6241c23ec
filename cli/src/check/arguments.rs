//! What `galapagos check` is asked for.

use crate::data_dir::DataDir;
use crate::output::Output;
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
