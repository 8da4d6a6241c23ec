//! What `galapagos neighbours` is asked for.

use crate::data_dir::DataDir;
use clap::ValueEnum;

/// Evaluate the genes around an individual of a result: a map of two of them
///
/// All other genes stay as they are. A real edge is a hill, not a lonely peak. The map is of the training rows.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos neighbours results/galapagos/runs/local/my-job/5f3a.../result/result.json --genes fast_period,slow_period
  galapagos neighbours .../result.json#2 --genes rsi_period,oversold_threshold --radius 10 --metric sharpe
  galapagos neighbours .../result.json --genes fast_period,slow_period -o csv > map.csv")]
pub struct Arguments {
    /// result.json of a run, with #RANK for another than the best
    #[arg(value_name = "RESULT[#RANK]")]
    pub result: String,
    /// Two genes: the first goes down, the second across
    #[arg(long, value_name = "A,B", value_delimiter = ',', required = true)]
    pub genes: Vec<String>,
    /// Positions of the grid to each side; of a gene that is a name, all are shown
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub radius: u32,
    /// What is shown; absent: the objective of the job
    #[arg(long, value_name = "NAME")]
    pub metric: Option<String>,
    /// Threads that evaluate; absent: all cores
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub slots: Option<u16>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub data_dir: DataDir,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: MapOutput,
}

/// How a map is printed on stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MapOutput {
    /// For people.
    #[default]
    Table,
    /// One JSON document, nothing else.
    Json,
    /// A line for each cell.
    Csv,
}
