//! What `galapagos backtest` is asked for.

use super::options;
use crate::data_dir::DataDir;
use crate::exit::{CommandError, CommandResult};
use crate::output::Output;
use crate::times;
use galapagos_manifest::{Dates, SPELLING, stamp_ms};
use std::path::PathBuf;

/// Back-test one genome, or replay a stored result and assert its bits
///
/// A decision at the close of a bar is filled at the next open. The warm-up is that of the genome itself.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos backtest --data AAPL.csv --bars-per-year 252 --strategy sma_crossover --gene fast_period=10 --gene slow_period=30
  galapagos backtest --data us-stocks --strategy rsi_filter --taker-fee 0.001 --side long-short -o json
  galapagos backtest --data BTC=btc.csv --data ETH=eth.csv --continuous --strategy ema_crossover --execution job-execution.yaml
  galapagos backtest --data AAPL.csv --bars-per-year 252 --rules my_cross.yaml --gene fast_period=10 --gene slow_period=30
  galapagos backtest --data us-stocks --strategy sma_crossover --from 2022-01-01 --to 2024-01-01
  galapagos backtest --data AAPL.csv --bars-per-year 252 --strategy atr_stop_loss --trades trades.csv --bars bars.csv
  galapagos backtest results/galapagos/runs/local/my-job/5f3a.../result/result.json#1
  galapagos backtest results/galapagos/runs/local/my-job/5f3a.../result/result.json#3 --trades trades.csv --bars bars.csv")]
pub struct Arguments {
    /// Replay: result.json of a run, with #RANK for another than the best
    #[arg(value_name = "RESULT[#RANK]", conflicts_with_all = ["strategy", "rules", "genes", "data", "execution", "taker_fee", "maker_fee", "slippage", "side", "fill", "capital", "fraction", "keep_open", "window", "bars_per_year", "continuous", "interval", "funding", "from", "to"], required_unless_present_any = ["strategy", "rules"])]
    pub result: Option<String>,
    /// Data: a file, or the name of a dataset; SYMBOL= before it names or picks a symbol; give it again for several
    #[arg(long, value_name = "[SYMBOL=]FILE|DATASET", required_unless_present = "result")]
    pub data: Vec<String>,
    /// First stamp that counts: a date as 2022-01-31 (00:00 UTC), or a time as 2022-01-31T09:30:00Z; bars before it warm
    /// indicators up
    #[arg(long, value_name = "DATE", value_parser = stamp)]
    pub from: Option<i64>,
    /// The stamp before which bars count; neither the bar that opens at it nor any after it is read
    #[arg(long, value_name = "DATE", value_parser = stamp)]
    pub to: Option<i64>,
    /// Strategy, as `galapagos strategies` lists them
    #[arg(long, value_name = "NAME")]
    pub strategy: Option<String>,
    /// A strategy of your own: a file with genes and rules
    #[arg(long, value_name = "FILE", conflicts_with = "strategy")]
    pub rules: Option<PathBuf>,
    /// Value of a gene; absent genes take their defaults
    #[arg(long = "gene", value_name = "NAME=VALUE")]
    pub genes: Vec<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub account: options::AccountArguments,
    /// Bars per year, as 252 for daily bars of stocks
    #[arg(long, value_name = "N", conflicts_with = "continuous")]
    pub bars_per_year: Option<u32>,
    /// The market never closes: a year has 365 days
    #[arg(long)]
    pub continuous: bool,
    /// Length of a bar of a FILE, as 1h; absent: the most frequent spacing
    #[arg(long)]
    pub interval: Option<String>,
    /// Funding series of a FILE (time,rate[,mark]): FILE or SYMBOL=FILE
    #[arg(long, value_name = "FILE")]
    pub funding: Vec<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub data_dir: DataDir,
    /// Write each round trip to this CSV file
    #[arg(long, value_name = "FILE")]
    pub trades: Option<PathBuf>,
    /// Write each bar (close, indicators, signal, position, equity) to this CSV file
    #[arg(long, value_name = "FILE")]
    pub bars: Option<PathBuf>,
    /// How to print the result
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// A stamp as flags take it, in UTC milliseconds.
pub fn stamp(text: &str) -> Result<i64, String> {
    stamp_ms(text).ok_or_else(|| format!("no date and no time; {SPELLING}"))
}

impl Arguments {
    /// The stamps that count.
    pub fn dates(&self) -> CommandResult<Dates> {
        let dates = Dates { from_ms: self.from, to_ms: self.to };
        match (dates.from_ms, dates.to_ms) {
            (Some(from), Some(to)) if from >= to => Err(CommandError::invalid(format!(
                "--to {} is not after --from {}: no bar lies between, since the bar that opens at the second date does not count",
                times::rfc3339(to),
                times::rfc3339(from)
            ))),
            _ => Ok(dates),
        }
    }
}
