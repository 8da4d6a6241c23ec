//! `galapagos import-signals`: a file of numbers, checked against the bars of a dataset and published with it.

use crate::commands::import::Dates;
use crate::data_dir::DataDir;
use crate::exit::{Blame, CommandResult};
use crate::output::Output;
use crate::signal_files::{Beside, name_of, plan};
use crate::table::{short, table, thousands};
use crate::{data_errors, terminal, times};
use galapagos_crds::signals::{CONDITIONS, TARGET};
use galapagos_run::market::{DayOrder, SignalsImport, SignalsReport, import_signals};
use serde_json::json;
use std::path::PathBuf;

/// Import columns that were computed elsewhere, for strategies that read them
///
/// Reads Parquet, Feather or CSV: a time, a symbol if the dataset has several, and numbers or booleans. A row belongs
/// to the bar that OPENS at its time, and counts as known at the CLOSE of that bar. Empty cells are unknown.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos import-signals momentum.parquet --dataset us-stocks
  galapagos import-signals model.csv --dataset btc --symbol BTC --name model --drop-unmatched

A column `target`, or columns `long_entry`, `long_exit`, `short_entry`, `short_exit`, need no rules; any other column
is read by its name in the rules of a strategy.")]
pub struct Arguments {
    /// File with the columns
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Name of the dataset whose bars they belong to
    #[arg(long, value_name = "NAME")]
    pub dataset: String,
    /// Version of the dataset; absent: the latest
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
    /// Name of the signals; absent: that of the file
    #[arg(long)]
    pub name: Option<String>,
    /// Symbol of all rows; absent: the file's own column, else the only symbol of the dataset
    #[arg(long)]
    pub symbol: Option<String>,
    /// Order of day and month in dates as 01/02/2020
    #[arg(long, value_enum, value_name = "ORDER")]
    pub dates: Option<Dates>,
    /// Leave out rows whose symbol or bar the dataset does not have, and say how many
    #[arg(long)]
    pub drop_unmatched: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub data_dir: DataDir,
    /// How to print the summary
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// Runs `galapagos import-signals`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let name = arguments.name.clone().unwrap_or_else(|| name_of(&arguments.file));
    let beside = Beside {
        data_dir: &arguments.data_dir.data_dir,
        dataset: &arguments.dataset,
        digest: arguments.digest.as_deref(),
    };
    let day_order = arguments.dates.map(|dates| match dates {
        Dates::DayMonth => DayOrder::DayMonth,
        Dates::MonthDay => DayOrder::MonthDay,
    });
    let report = import_signals(&SignalsImport {
        symbol: arguments.symbol.as_deref(),
        day_order,
        drop_unmatched: arguments.drop_unmatched,
        ..plan(&arguments.file, &name, beside)
    });
    let report = report.map_err(data_errors::blame)?;
    match arguments.output {
        Output::Json => {
            let mut value = serde_json::to_value(&report).internal()?;
            value["digest"] = json!(format!("blake3:{}", report.digest));
            value["dataset"] =
                json!({"name": arguments.dataset, "digest": format!("blake3:{}", report.dataset)});
            value["outcome"] = json!(report.outcome.map(|outcome| format!("{outcome:?}").to_lowercase()));
            terminal::print_json(&value)
        }
        Output::Table => terminal::print(&text(&arguments.dataset, &report)),
    }
}

fn text(dataset: &str, report: &SignalsReport) -> String {
    let symbols = report.symbols.iter().map(|s| {
        let (bars, rows) = (thousands(i128::from(s.bars)), thousands(i128::from(s.rows)));
        vec![s.symbol.clone(), bars, rows, times::short(s.from_ms), times::short(s.to_ms)]
    });
    let mut out = table(&["symbol", "bars", "rows", "from", "to"], symbols.collect(), &["bars", "rows"]);
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), short);
    let columns = report
        .columns
        .iter()
        .map(|c| vec![c.column.clone(), thousands(i128::from(c.known)), number(c.least), number(c.most)]);
    out.push('\n');
    out.push_str(&table(
        &["column", "known", "least", "most"],
        columns.collect(),
        &["known", "least", "most"],
    ));
    for note in &report.notes {
        out.push_str(&format!("note: {note}\n"));
    }
    out.push_str(&format!(
        "\n{} blake3:{}, with {dataset} blake3:{}\n",
        report.name, report.digest, report.dataset
    ));
    out.push_str(&format!("\n{}", entry(report)));
    out
}

/// The entry of a manifest that reads the columns.
fn entry(report: &SignalsReport) -> String {
    let names: Vec<&str> = report.columns.iter().map(|c| c.column.as_str()).collect();
    let decides = names.contains(&TARGET) || names.contains(&CONDITIONS[0]) || names.contains(&CONDITIONS[2]);
    let mut out = format!(
        "strategies:\n- name: my_{0}\n  signals: {{name: {0}, columns: [{1}], digest: \"blake3:{2}\"}}\n",
        report.name,
        names.join(", "),
        report.digest
    );
    if !decides {
        out.push_str(&format!(
            "  rules:\n    language: 1\n    long: {{enter: \"{0} > 0\", exit: \"{0} < 0\"}}\n",
            names[0]
        ));
    }
    out
}
