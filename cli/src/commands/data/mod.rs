//! `galapagos data`: what is in the data folder, whether it is intact, what two versions differ in, and files of it.

mod diff;
mod export;
mod picture;

use crate::alike::MANY;
use crate::data_dir::DataDir;
use crate::data_errors;
use crate::exit::{Blame, CommandError, CommandResult};
use crate::output::Output;
use crate::table::{bytes, percent, signed_percent, table, thousands};
use crate::{terminal, times};
use galapagos_run::market::catalogue::{self, DatasetInfo, SymbolInfo, VersionInfo};
use galapagos_run::market::{Dataset, Outlier, Series};
use galapagos_worker::process::exit::with_causes;
use serde_json::json;
use std::path::{Path, PathBuf};

/// List, show, check, compare and export datasets
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos data list
  galapagos data show us-stocks
  galapagos data check                 # every value of every dataset against its digest
  galapagos data diff us-stocks us-stocks@0f3c52a9
  galapagos data export us-stocks --to files --format parquet")]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List every version of every dataset
    List {
        #[command(flatten)]
        #[expect(missing_docs, reason = "flattened")]
        options: Options,
    },
    /// Show one dataset: symbols, ranges, gaps, memory, and a line of its closes
    Show {
        /// Name of the dataset
        name: String,
        /// Another version than the latest; 8 or more digits of its digest
        #[arg(long)]
        digest: Option<String>,
        /// Write a picture of closes, gaps and volume of every symbol to this file, too
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        #[command(flatten)]
        #[expect(missing_docs, reason = "flattened")]
        options: Options,
    },
    /// Say what two datasets, or two versions of one, differ in
    Diff(diff::Arguments),
    /// Write the bars and funding of a dataset as files that other programs read
    Export(export::Arguments),
    /// Check every value against its digest; exit code 2 if anything was changed
    Check {
        /// Name of the dataset; absent: all
        name: Option<String>,
        #[command(flatten)]
        #[expect(missing_docs, reason = "flattened")]
        options: Options,
    },
}

/// Where, and how to print it.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub data_dir: DataDir,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// Runs `galapagos data`.
pub fn execute(arguments: Arguments) -> CommandResult {
    match arguments.verb {
        Verb::List { options } => list(&options),
        Verb::Show { name, digest, svg, options } => show(&name, digest.as_deref(), svg.as_deref(), &options),
        Verb::Diff(arguments) => diff::execute(&arguments),
        Verb::Export(arguments) => export::execute(&arguments),
        Verb::Check { name, options } => check(name.as_deref(), &options),
    }
}

fn list(options: &Options) -> CommandResult {
    let found = catalogue::list(&options.data_dir.data_dir).map_err(data_errors::blame)?;
    if options.output == Output::Json {
        return terminal::print_json(&json!({"datasets": serde_json::to_value(&found).internal()?}));
    }
    let rows = found.iter().map(|v| {
        let what = v.problem.clone().unwrap_or_else(|| v.symbols.join(" "));
        let name = if v.latest { v.dataset.clone() } else { format!("{} (older)", v.dataset) };
        vec![
            name,
            v.interval.clone(),
            thousands(i128::from(v.rows)),
            range(v),
            v.digest[..12].to_owned(),
            what,
        ]
    });
    terminal::print(&table(
        &["dataset", "interval", "bars", "range", "digest", "symbols"],
        rows.collect(),
        &["bars"],
    ))
}

fn show(name: &str, digest: Option<&str>, svg: Option<&Path>, options: &Options) -> CommandResult {
    let data_dir = &options.data_dir.data_dir;
    let info = catalogue::show(data_dir, name, digest).map_err(data_errors::blame)?;
    let dataset = Dataset::open(data_dir, name, Some(&info.version.digest)).map_err(data_errors::blame)?;
    let symbols: Vec<Series<'_>> = dataset.iter().collect();
    if let Some(file) = svg {
        let title = format!("{name} {}, bars of {}", &info.version.digest[..12], info.version.interval);
        super::report::write(file, &picture::svg(&title, &symbols))?;
    }
    if options.output == Output::Json {
        return terminal::print_json(&serde_json::to_value(&info).internal()?);
    }
    // Of many symbols the table is long enough.
    let lines = symbols.iter().filter(|_| symbols.len() <= MANY);
    let lines: String =
        lines.map(|s| format!("\nCloses of {}\n  {}\n", s.symbol, picture::line(s))).collect();
    terminal::print(&(detail(&info) + &lines))
}

fn detail(info: &DatasetInfo) -> String {
    let version = &info.version;
    let rows = info.symbols.iter().map(|s| {
        let longest = match s.gaps.longest_bars {
            0 => "-".to_owned(),
            n => format!("{n} after {}", times::short(s.gaps.longest_after_ms)),
        };
        vec![
            s.symbol.clone(),
            thousands(i128::from(s.rows)),
            times::short(s.from_ms),
            times::short(s.to_ms),
            super::import::missing(&s.gaps),
            percent(Some(s.gaps.share).filter(|_| !s.gaps.expected)),
            longest,
            s.decimals.to_string(),
            if s.volume { format!("yes, {} empty", s.zero_volume_rows) } else { "no".to_owned() },
            s.funding_stamps.to_string(),
            s.outliers.to_string(),
        ]
    });
    let outliers: String = info.symbols.iter().map(outliers).collect();
    let header = [
        "symbol",
        "bars",
        "from",
        "to",
        "missing",
        "share",
        "longest gap",
        "decimals",
        "volume",
        "funding",
        "outliers",
    ];
    let right = ["bars", "missing", "share", "decimals", "funding", "outliers"];
    format!(
        "Dataset   {} (bars of {}, times UTC at open)\nDigest    blake3:{}\nCalendar  {}\n{}{}Folder    {}\nSize      {} in files; galapagos run takes about {} of memory on two slots\n\n{}{outliers}",
        version.dataset,
        version.interval,
        version.digest,
        version.calendar.as_deref().unwrap_or("not said: the job must name one"),
        if version.close_only { "Prices    closes only: open, high and low are the close\n" } else { "" },
        info.signals
            .iter()
            .map(|s| format!("Signals   {} blake3:{}\n", s.name, s.digest))
            .collect::<String>(),
        info.folder.display(),
        bytes(info.file_bytes),
        bytes(info.memory_bytes),
        table(&header, rows.collect(), &right),
    )
}

/// The extreme moves of a symbol, a line each: moves from close to close over 20 times the median move.
fn outliers(symbol: &SymbolInfo) -> String {
    let listed = symbol.outliers_listed.len() as u64;
    if listed == 0 {
        return String::new();
    }
    let line = |o: &Outlier| format!("  {} {}\n", times::short(o.time_ms), signed_percent(Some(o.change)));
    let lines: String = symbol.outliers_listed.iter().map(line).collect();
    let more = match symbol.outliers - listed {
        0 => String::new(),
        n => format!("  and {n} more\n"),
    };
    format!("\nMoves of {} over 20 times the median move\n{lines}{more}", symbol.symbol)
}

fn check(name: Option<&str>, options: &Options) -> CommandResult {
    let checks = catalogue::check(&options.data_dir.data_dir, name).map_err(data_errors::blame)?;
    let problem = |error: &galapagos_run::market::Error| with_causes(error);
    if options.output == Output::Json {
        let list = checks.iter().map(
            |c| json!({"dataset": c.dataset, "digest": c.digest, "problem": c.problem.as_ref().map(problem)}),
        );
        terminal::print_json(&json!({"checks": list.collect::<Vec<_>>()}))?;
    } else {
        let rows = checks.iter().map(|c| {
            let state = c.problem.as_ref().map_or_else(|| "intact".to_owned(), problem);
            vec![c.dataset.clone(), c.digest.chars().take(12).collect(), state]
        });
        terminal::print(&table(&["dataset", "digest", "state"], rows.collect(), &[]))?;
    }
    match checks.iter().filter(|c| c.problem.is_some()).count() {
        0 => Ok(()),
        n => Err(CommandError::invalid(format!(
            "{n} of {} versions cannot be used; import them again",
            checks.len()
        ))),
    }
}

fn range(version: &VersionInfo) -> String {
    if version.problem.is_some() {
        return String::new();
    }
    format!("{} .. {}", times::short(version.from_ms), times::short(version.to_ms))
}
