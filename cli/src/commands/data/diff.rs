//! `galapagos data diff`: what two datasets differ in.

use crate::data_dir::DataDir;
use crate::exit::{Blame, CommandResult};
use crate::output::Output;
use crate::table::{table, thousands};
use crate::{data_errors, terminal, times};
use galapagos_run::market::Dataset;
use galapagos_run::market::diff::{self, FirstDifference, SymbolDiff};
use serde_json::json;
use std::path::Path;

/// Say what two datasets, or two versions of one, differ in
///
/// Bars are matched by their stamps. The exit code is 0 whether they differ or not: `equal` in the JSON says it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos data diff us-stocks us-stocks@0f3c52a9     # the latest version and another one
  galapagos data diff us-stocks us-stocks-2 -o json")]
pub struct Arguments {
    /// A dataset, or a version of it as NAME@DIGEST with 8 or more digits
    #[arg(value_name = "A")]
    pub a: String,
    /// The other one
    #[arg(value_name = "B")]
    pub b: String,
    /// Where the datasets lie.
    #[command(flatten)]
    pub data_dir: DataDir,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// Runs `galapagos data diff`.
pub fn execute(arguments: &Arguments) -> CommandResult {
    let folder = &arguments.data_dir.data_dir;
    let (a, b) = (open(folder, &arguments.a)?, open(folder, &arguments.b)?);
    let found = diff::diff(&a, &b);
    let equal = a.interval() == b.interval() && found.iter().all(SymbolDiff::is_equal);
    if arguments.output == Output::Json {
        let side = |d: &Dataset| json!({"dataset": d.name(), "digest": format!("blake3:{}", d.digest()), "interval": d.interval().to_string()});
        let symbols = serde_json::to_value(&found).internal()?;
        return terminal::print_json(
            &json!({"a": side(&a), "b": side(&b), "equal": equal, "symbols": symbols}),
        );
    }
    let side = |d: &Dataset| format!("{} blake3:{} (bars of {})", d.name(), d.digest(), d.interval());
    let mut text = format!("A  {}\nB  {}\n\n", side(&a), side(&b));
    if equal {
        text.push_str("They say the same.\n");
        return terminal::print(&text);
    }
    let rows = found.iter().map(|s| {
        let count = |n: u64| thousands(i128::from(n));
        vec![
            s.symbol.clone(),
            count(s.rows_a),
            count(s.rows_b),
            count(s.only_a),
            count(s.only_b),
            count(s.changed),
            count(s.funding_changed),
            s.first.as_ref().map_or_else(|| "-".to_owned(), shown),
        ]
    });
    let header =
        ["symbol", "bars A", "bars B", "only A", "only B", "changed", "funding", "first value that differs"];
    text.push_str(&table(
        &header,
        rows.collect(),
        &["bars A", "bars B", "only A", "only B", "changed", "funding"],
    ));
    terminal::print(&text)
}

fn open(folder: &Path, text: &str) -> CommandResult<Dataset> {
    let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    Dataset::open(folder, name, digest).map_err(data_errors::blame)
}

fn shown(first: &FirstDifference) -> String {
    let value = |v: Option<f64>| v.map_or_else(|| "nothing".to_owned(), |v| v.to_string());
    format!("{} of {}: {} and {}", first.column, times::short(first.time_ms), value(first.a), value(first.b))
}
