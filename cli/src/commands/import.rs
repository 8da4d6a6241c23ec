//! `galapagos import`: files in, one checked and published dataset out.

use crate::alike::{MANY, kinds};
use crate::data_dir::DataDir;
use crate::exit::{Blame, CommandError, CommandResult};
use crate::import_progress::Watch;
use crate::inputs::{input, inputs};
use crate::objects::Copies;
use crate::output::Output;
use crate::table::{percent, table, thousands};
use crate::walk::Walk;
use crate::{data_errors, terminal};
use galapagos_run::market::{
    Calendar, CheckOptions, ColumnChoice, DayOrder, DecimalSign, EmptyCells, Gaps, ImportPlan, ImportSummary,
    Interval, LoadOptions, ReadOptions, Stamped, SymbolReport, Zone, import,
};
use galapagos_worker::import::source::cores;
use galapagos_worker::process::exit::with_causes;
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

/// Import market data: check it, publish it as a dataset
///
/// Reads CSV (any delimiter, header found by itself), Parquet, Feather, JSON lines and exchange candle arrays, also
/// packed as .gz, .zst or .zip. Times are UTC at the OPEN of a bar unless said otherwise (--timezone, --stamp). Nothing
/// is ever invented: wrong data is refused with file, line, column and value.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos import AAPL.csv MSFT.csv --dataset us-stocks --interval 1d --calendar sessions:252
  galapagos import btc.csv --dataset btc --interval 1h --symbol BTC --columns time=Date,volume=\"Volume BTC\"
  galapagos import sp500.csv --close-only --dataset index --interval 1d --calendar sessions:252
  galapagos import ES=es.csv.gz --dataset futures --interval 5m --timezone America/Chicago --stamp close
  galapagos import BTC=a.json ETH=b.json --dataset perps --interval 1h --funding BTC=btc-funding.csv
  galapagos import minutes.csv --interval 1m --resample 4h --dataset btc4h --symbol BTC
  galapagos import 's3://quants/raw/*.csv.gz' --dataset stocks --interval 1d --calendar sessions:252
  galapagos import 2026-11.csv --append --dataset btc --symbol BTC
  galapagos import --random-walk bars=525600,seed=1 --dataset walk --interval 1m --symbol WALK

Exit code 2 if any symbol failed; the others are published.")]
pub struct Arguments {
    /// Files with bars: FILE or SYMBOL=FILE; several may belong to one symbol. A folder stands for all its files, and 'data/*.csv'
    /// in quotes for those that fit. s3://BUCKET/KEY is an object, s3://BUCKET/raw/ a folder of them, 's3://BUCKET/raw/*.csv' those
    /// that fit; AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL say how to reach them
    #[arg(value_name = "FILE", required_unless_present = "random_walk")]
    pub files: Vec<String>,
    /// Name of the dataset
    #[arg(long, value_name = "NAME")]
    pub dataset: String,
    /// Length of a bar, as 1m, 4h, 1d; absent: the most frequent spacing in the file
    #[arg(long)]
    pub interval: Option<String>,
    /// Make longer bars of them, as 4h of 1h; with a calendar of sessions they begin when a session opens. Bars at both
    /// ends that are not whole are left out, others counted
    #[arg(long, value_name = "INTERVAL", conflicts_with = "random_walk")]
    pub resample: Option<String>,
    /// Symbol of all files, BTC/USDT is called BTC-USDT; absent: the file's own column, else the name of the file
    #[arg(long)]
    pub symbol: Option<String>,
    /// Which column means what: time=, clock= (the time of day beside a date), open=, high=, low=, close=, volume=, symbol=, adjusted=; a column is named as in the
    /// file or by its position, as #6; an empty name leaves it out
    #[arg(long, value_name = "KEY=NAME,...")]
    pub columns: Option<String>,
    /// The files have closes only (and volume, if there is any): open, high and low are the close. Stops and targets
    /// cannot be tested on such a dataset
    #[arg(long)]
    pub close_only: bool,
    /// Multiply open, high, low and close by adjusted close / close, where a column holds the adjusted close. Volumes stay
    #[arg(long, conflicts_with = "close_only")]
    pub adjust: bool,
    /// Order of day and month in dates as 01/02/2020, where the file does not tell
    #[arg(long, value_enum, value_name = "ORDER")]
    pub dates: Option<Dates>,
    /// Zone of times that are written without one, as America/New_York; absent: UTC
    #[arg(long, value_name = "AREA/CITY")]
    pub timezone: Option<String>,
    /// What a time names: the open of its bar, or the close, which is one interval later
    #[arg(long, value_enum, value_name = "END", default_value_t)]
    pub stamp: Stamp,
    /// The sign before a fraction, where numbers have separators and the file does not tell which it is
    #[arg(long, value_enum, value_name = "SIGN")]
    pub decimal: Option<Sign>,
    /// Rows that lack prices: drop them, or refuse the file; absent: those without any value are dropped
    #[arg(long, value_enum, value_name = "WHAT")]
    pub na: Option<Na>,
    /// Keep a last bar that has not ended yet
    #[arg(long)]
    pub keep_last: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub data_dir: DataDir,
    /// Add the rows to those of the dataset, which becomes a new version: rows of both must be equal, symbols that are
    /// not in the files stay. Without it the files take the place of the whole dataset
    #[arg(long, conflicts_with = "random_walk")]
    pub append: bool,
    /// Drop exact duplicates, widen high and low of single bars to their open and close, and accept any share of
    /// missing bars
    #[arg(long)]
    pub repair: bool,
    /// Largest share of missing bars that is accepted
    #[arg(long, value_name = "X", default_value_t = 0.01)]
    pub max_gap_share: f64,
    /// When the market trades: continuous or sessions:BARS_PER_YEAR; a suggestion that a job may override
    #[arg(long)]
    pub calendar: Option<String>,
    /// Funding series (time,rate[,mark]): FILE or SYMBOL=FILE
    #[arg(long, value_name = "FILE")]
    pub funding: Vec<String>,
    /// Make a geometric random walk instead: bars=N[,seed=S][,symbols=K][,start=DATE][,price=P][,volatility=V][,decimals=D]
    #[arg(long, value_name = "KEY=VALUE,...", conflicts_with_all = ["files", "columns", "close_only", "adjust", "funding"])]
    pub random_walk: Option<String>,
    /// Files read at the same time; absent: all cores
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// How often a file is read again when the system fails to read it
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub retries: u32,
    /// How to print the summary
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// Order of day and month.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Dates {
    /// 31/12/2020
    DayMonth,
    /// 12/31/2020
    MonthDay,
}

/// Which end of a bar a time names.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub enum Stamp {
    /// The open
    #[default]
    Open,
    /// The close
    Close,
}

/// The sign before a fraction.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Sign {
    /// 1,234.56
    Point,
    /// 1.234,56
    Comma,
}

/// What to do with rows that lack prices.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Na {
    /// Leave such rows out and count them
    Drop,
    /// Refuse the file
    Refuse,
}

/// Runs `galapagos import`.
pub fn execute(mut arguments: Arguments) -> CommandResult {
    if !(0.0..=1.0).contains(&arguments.max_gap_share) {
        let text = format!("--max-gap-share {}: must lie between 0 and 1", arguments.max_gap_share);
        return Err(CommandError::invalid(text));
    }
    let mut copies = Copies::default();
    arguments.files = copies.fetch(&arguments.files)?;
    arguments.funding = copies.fetch(&arguments.funding)?;
    import_files(&arguments, &copies).map_err(|e| copies.blamed(e))
}

fn import_files(arguments: &Arguments, copies: &Copies) -> CommandResult {
    let load = load_options(arguments)?;
    if let Some(text) = &arguments.random_walk {
        let walk = Walk {
            text,
            interval: arguments.interval.as_deref(),
            symbol: arguments.symbol.as_deref(),
            calendar: load.check.calendar,
            dataset: &arguments.dataset,
            data_dir: &arguments.data_dir.data_dir,
        };
        return print(&arguments.dataset, false, &walk.import()?, arguments.output, copies);
    }
    let symbol = arguments.symbol.as_deref();
    let mut files = Vec::new();
    for text in &arguments.files {
        files.extend(inputs(text, symbol).map_err(CommandError::invalid)?);
    }
    let plan = ImportPlan {
        inputs: files,
        data_dir: arguments.data_dir.data_dir.clone(),
        dataset: arguments.dataset.clone(),
        load,
        threads: arguments.threads.unwrap_or_else(cores),
        retries: arguments.retries,
        partial: true,
        append: arguments.append,
    };
    let summary = execute_plan(&plan)?;
    print(&arguments.dataset, arguments.close_only, &summary, arguments.output, copies)?;
    failures(&summary)
}

/// Runs an import with a bar for each file.
pub(super) fn execute_plan(plan: &ImportPlan) -> CommandResult<ImportSummary> {
    let watch = Watch::start(plan);
    let summary = import(plan, &|event| watch.event(&event)).map_err(data_errors::blame);
    watch.finish();
    summary
}

/// The failure of an import in which at least one symbol failed.
pub(super) fn failures(summary: &ImportSummary) -> CommandResult {
    if summary.failed.is_empty() {
        return Ok(());
    }
    let texts: Vec<String> = summary.failed.iter().map(|f| with_causes(&f.error)).collect();
    let all = summary.failed.iter().zip(&texts).map(|(f, text)| (f.what.as_str(), text.as_str()));
    let lines: String = match texts.len() > MANY {
        true => kinds(all).iter().map(|k| format!("\n  {}: {}{}", k.name, k.text, k.tail())).collect(),
        false => all.map(|(what, text)| format!("\n  {what}: {text}")).collect(),
    };
    let names = summary.failed.len();
    let kept = if summary.published.is_some() { "the others are published" } else { "nothing is published" };
    let verb = if names == 1 { "was" } else { "were" };
    Err(CommandError::invalid(format!("{names} of the import {verb} refused, {kept}:{lines}")))
}

fn load_options(arguments: &Arguments) -> CommandResult<LoadOptions> {
    let columns = match &arguments.columns {
        Some(text) => ColumnChoice::parse(text).map_err(data_errors::blame)?,
        None => ColumnChoice::default(),
    };
    let columns =
        if arguments.close_only { columns.close_only().map_err(data_errors::blame)? } else { columns };
    let columns = if arguments.adjust { columns.adjusted() } else { columns };
    let day_order = arguments.dates.map(|dates| match dates {
        Dates::DayMonth => DayOrder::DayMonth,
        Dates::MonthDay => DayOrder::MonthDay,
    });
    let interval =
        arguments.interval.as_deref().map(Interval::parse).transpose().map_err(data_errors::blame)?;
    let calendar =
        arguments.calendar.as_deref().map(Calendar::parse).transpose().map_err(data_errors::blame)?;
    let resample =
        arguments.resample.as_deref().map(Interval::parse).transpose().map_err(data_errors::blame)?;
    let zone = arguments.timezone.as_deref().map(Zone::parse).transpose().map_err(data_errors::blame)?;
    let now =
        SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|t| i64::try_from(t.as_millis()).ok());
    Ok(LoadOptions {
        read: ReadOptions {
            columns,
            day_order,
            decimal: arguments.decimal.map(|sign| match sign {
                Sign::Point => DecimalSign::Point,
                Sign::Comma => DecimalSign::Comma,
            }),
            zone,
            stamp: match arguments.stamp {
                Stamp::Open => Stamped::Open,
                Stamp::Close => Stamped::Close,
            },
            empty: arguments.na.map(|na| match na {
                Na::Drop => EmptyCells::Drop,
                Na::Refuse => EmptyCells::Refuse,
            }),
        },
        check: CheckOptions {
            interval,
            calendar,
            max_gap_share: arguments.max_gap_share,
            repair: arguments.repair,
            now_ms: now.filter(|_| !arguments.keep_last),
            resample,
        },
        funding: arguments.funding.iter().map(|text| input(text, arguments.symbol.as_deref())).collect(),
    })
}

/// Prints what was imported and what was not. `copies`: of files that lie elsewhere.
pub(super) fn print(
    dataset: &str,
    close_only: bool,
    summary: &ImportSummary,
    output: Output,
    copies: &Copies,
) -> CommandResult {
    if output == Output::Json {
        let failed = summary
            .failed
            .iter()
            .map(|f| json!({"what": copies.named(&f.what), "error": copies.named(&with_causes(&f.error))}));
        return terminal::print_json(&json!({
            "dataset": dataset,
            "digest": summary.published.as_ref().map(|p| format!("blake3:{}", p.digest)),
            "folder": summary.published.as_ref().map(|p| p.folder.display().to_string()),
            "outcome": summary.published.as_ref().map(|p| format!("{:?}", p.outcome).to_lowercase()),
            "symbols": serde_json::to_value(&summary.symbols).internal()?,
            "failed": failed.collect::<Vec<_>>(),
            "gone": summary.gone,
        }));
    }
    let Some(published) = &summary.published else { return Ok(()) };
    let rows = summary.symbols.iter().map(|s| {
        vec![
            s.symbol.clone(),
            thousands(i128::from(s.rows)),
            crate::times::short(s.from_ms),
            crate::times::short(s.to_ms),
            missing(&s.gaps),
            percent(Some(s.gaps.share).filter(|_| !s.gaps.expected)),
            s.outliers.to_string(),
        ]
    });
    let header = ["symbol", "bars", "from", "to", "missing", "share", "outliers"];
    let mut text = match summary.symbols.len() > MANY {
        true => totals(&summary.symbols),
        false => table(&header, rows.collect(), &["bars", "missing", "share", "outliers"]),
    };
    let dropped = |s: &SymbolReport| {
        (s.duplicates_dropped > 0).then(|| format!("{} duplicates dropped", s.duplicates_dropped))
    };
    let notes: Vec<(&str, String)> = summary
        .symbols
        .iter()
        .flat_map(|s| s.notes.iter().cloned().chain(dropped(s)).map(|note| (s.symbol.as_str(), note)))
        .collect();
    if summary.symbols.len() > MANY {
        let kinds = kinds(notes.iter().map(|(symbol, note)| (*symbol, note.as_str())));
        text.extend(kinds.iter().map(|k| format!("note: {}: {}{}\n", k.name, k.text, k.tail())));
    } else {
        text.extend(notes.iter().map(|(symbol, note)| format!("note: {symbol}: {note}\n")));
    }
    if !summary.gone.is_empty() {
        text.push_str(&format!(
            "note: the version before had {} too, which this one does not: import those files with it, or say --append to keep them\n",
            summary.gone.join(", ")
        ));
    }
    if close_only {
        text.push_str("note: closes only: stops and targets inside a bar cannot be tested on this dataset\n");
    }
    text.push_str(&format!("\n{dataset} blake3:{}\n", published.digest));
    terminal::print(&copies.named(&text))
}

/// The missing bars of a table. What a market of sessions lacks is mostly nights and weekends.
pub(super) fn missing(gaps: &Gaps) -> String {
    if gaps.expected { "-".to_owned() } else { thousands(i128::from(gaps.missing_bars)) }
}

/// One line for many symbols; each is shown by `-o json` and by `data show`.
fn totals(symbols: &[SymbolReport]) -> String {
    let sum = |of: fn(&SymbolReport) -> u64| thousands(i128::from(symbols.iter().map(of).sum::<u64>()));
    let from = symbols.iter().map(|s| s.from_ms).min().unwrap_or_default();
    let to = symbols.iter().map(|s| s.to_ms).max().unwrap_or_default();
    format!(
        "{} symbols, {} bars from {} to {}, {} missing, {} outliers; -o json has each symbol\n",
        thousands(symbols.len() as i128),
        sum(|s| s.rows),
        crate::times::short(from),
        crate::times::short(to),
        sum(|s| if s.gaps.expected { 0 } else { s.gaps.missing_bars }),
        sum(|s| s.outliers),
    )
}
