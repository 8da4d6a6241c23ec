//! What `galapagos compare` is asked for.

use crate::data_dir::DataDir;
use crate::output::Output;

/// Compare two results: genes, metrics and windows that differ, and whether one is better on the same bars
///
/// Both are back-tested again. The returns of their common bars are drawn together in blocks (stationary bootstrap), so
/// that what moves the market moves both: the mean difference, that of the annual Sharpe ratios, their 95 % intervals, and
/// the chance p of a difference as large if there is none.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos compare results/galapagos/runs/local/my-job/5f3a.../result/result.json .../result.json#2
  galapagos compare old/result/result.json new/result/result.json -o json")]
pub struct Arguments {
    /// result.json of a run, with #RANK for another than the best
    #[arg(value_name = "RESULT[#RANK]")]
    pub a: String,
    /// The one that it is compared with
    #[arg(value_name = "RESULT[#RANK]")]
    pub b: String,
    /// Samples of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    pub samples: u32,
    /// Threads that draw; absent: all cores
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub slots: Option<u16>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub data_dir: DataDir,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}
