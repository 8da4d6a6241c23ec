//! `galapagos fetch`: public candles of an exchange, into the importer.

use super::import;
use crate::backtest::arguments::stamp;
use crate::data_dir::DataDir;
use crate::exit::{CommandError, CommandResult};
use crate::fetch_progress::Watch;
use crate::objects::Copies;
use crate::output::Output;
use crate::times;
use crate::{data_errors, interrupt};
use galapagos_manifest::fetch::usual_market;
use galapagos_run::market::names::{check_dataset_name, to_symbol};
use galapagos_run::market::{Calendar, CheckOptions, ImportPlan, Input, Interval, LoadOptions, ReadOptions};
use galapagos_worker::import::fetch::{DUMPS, FetchError, Fetched, Market, Order, Question, Venue, fetch};
use galapagos_worker::import::source::cores;
use galapagos_worker::process::exit::Code;
use std::time::{SystemTime, UNIX_EPOCH};

/// Fetch public bars of an exchange and publish them as a dataset
///
/// Asks the documented HTTP API page by page, slowly enough for its limits, and hands what comes to the importer with all its
/// checks. Needs no account. Pages that are there are kept until the dataset is published: the same command again goes on
/// where it stopped, and no dataset ever holds a half of what was asked for.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos fetch binance BTCUSDT ETHUSDT --interval 1h --from 2023-01-01 --dataset spot
  galapagos fetch binance BTC=BTCUSDT --market perpetual --funding --interval 1h --from 2023-01-01 --to 2026-01-01 --dataset perps
  galapagos fetch hyperliquid BTC ETH --funding --interval 1h --from 2026-05-01 --dataset hl
  galapagos fetch kraken XBTUSD --interval 1d --from 2025-01-01 --dataset kraken
  galapagos fetch kraken PF_XBTUSD --market perpetual --interval 1h --from 2024-01-01 --dataset futures

Hyperliquid has the newest 5,000 bars only, the spot market of Kraken the newest 720: a note says what that leaves out.
Exit code 2 if the exchange refuses or the data are wrong, 1 if it cannot be reached: run the same command again then.")]
pub struct Arguments {
    /// The exchange
    #[arg(value_name = "EXCHANGE")]
    pub venue: VenueName,
    /// Symbols as the exchange writes them, or NAME=SYMBOL to call one otherwise in the dataset
    #[arg(value_name = "SYMBOL", required = true)]
    pub symbols: Vec<String>,
    /// What the symbols are traded as; absent: spot at binance and kraken, perpetual at hyperliquid
    #[arg(long, value_enum)]
    pub market: Option<MarketName>,
    /// Length of a bar, as 1m, 4h, 1d
    #[arg(long)]
    pub interval: String,
    /// Make longer bars of them, as 4h of 1h: bars at both ends that are not whole are left out, others counted
    #[arg(long, value_name = "INTERVAL")]
    pub resample: Option<String>,
    /// First stamp that counts: a date as 2022-01-31 (00:00 UTC), or a time as 2022-01-31T09:30:00Z
    #[arg(long, value_name = "DATE", value_parser = stamp)]
    pub from: i64,
    /// The stamp before which bars count; absent: to the last bar that has ended
    #[arg(long, value_name = "DATE", value_parser = stamp)]
    pub to: Option<i64>,
    /// Fetch the funding of perpetuals too
    #[arg(long)]
    pub funding: bool,
    /// Name of the dataset
    #[arg(long, visible_alias = "name", value_name = "NAME")]
    pub dataset: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub data_dir: DataDir,
    /// Add the bars to those of the dataset, which becomes a new version; without it they take the place of the whole
    /// dataset
    #[arg(long)]
    pub append: bool,
    /// Drop exact duplicates, widen high and low of single bars to their open and close, and accept any share of missing bars and payments
    #[arg(long)]
    pub repair: bool,
    /// Largest share of missing bars that is accepted
    #[arg(long, value_name = "X", default_value_t = 0.01)]
    pub max_gap_share: f64,
    /// Another host that speaks the same, as data-api.binance.vision for the spot market of Binance, with https:// before
    /// its name; http:// for this machine alone
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Where the monthly files of Binance are, which take the place of pages where a month has more than 2,000 bars; none:
    /// ask for pages alone; absent: data.binance.vision, none with --endpoint
    #[arg(long, value_name = "URL")]
    pub dumps: Option<String>,
    /// How often a page is asked for again, with growing pauses
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub retries: u32,
    /// How to print the summary
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// An exchange.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum VenueName {
    /// Spot and USD-M perpetuals
    Binance,
    /// Perpetuals and spot, the newest 5,000 bars
    Hyperliquid,
    /// Spot (the newest 720 bars) and perpetuals
    Kraken,
}

/// What a symbol is traded as.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum MarketName {
    /// The asset itself
    Spot,
    /// A perpetual contract
    Perpetual,
}

/// Runs `galapagos fetch`.
pub fn execute(arguments: Arguments) -> CommandResult {
    if let Some(to) = arguments.to.filter(|to| *to <= arguments.from) {
        return Err(CommandError::invalid(format!(
            "--to {} is not after --from {}",
            times::rfc3339(to),
            times::rfc3339(arguments.from)
        )));
    }
    if !(0.0..=1.0).contains(&arguments.max_gap_share) {
        let text = format!("--max-gap-share {}: must lie between 0 and 1", arguments.max_gap_share);
        return Err(CommandError::invalid(text));
    }
    let interval = Interval::parse(&arguments.interval).map_err(data_errors::blame)?;
    let resample =
        arguments.resample.as_deref().map(Interval::parse).transpose().map_err(data_errors::blame)?;
    let (names, questions) = questions(&arguments, interval);
    check_names(&arguments.dataset, &names)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let stop = interrupt::watch("stops after this page; once more ends it at once")?;
    let order = Order {
        questions: &questions,
        funding: arguments.funding,
        endpoint: arguments.endpoint.as_deref(),
        private: true,
        dumps: match arguments.dumps.as_deref() {
            Some("none") => None,
            None if arguments.endpoint.is_some() => None,
            url => Some(url.unwrap_or(DUMPS)),
        },
        root: &arguments.data_dir.data_dir,
        retries: arguments.retries,
        now_ms: i64::try_from(now).unwrap_or(i64::MAX),
        stop: &stop,
    };
    let watch = Watch::start(names.clone());
    let fetched = fetch(&order, &|event| watch.event(&event)).map_err(blame);
    watch.finish();
    publish(&arguments, (interval, resample), &names, fetched?)
}

/// The symbols as the dataset calls them, and what to ask for each.
fn questions(arguments: &Arguments, interval: Interval) -> (Vec<String>, Vec<Question>) {
    let venue = match arguments.venue {
        VenueName::Binance => Venue::Binance,
        VenueName::Hyperliquid => Venue::Hyperliquid,
        VenueName::Kraken => Venue::Kraken,
    };
    let market = match arguments.market {
        Some(MarketName::Spot) => Market::Spot,
        Some(MarketName::Perpetual) => Market::Perpetual,
        None => usual_market(venue),
    };
    let question = |text: &String| {
        let (name, symbol) = text.split_once('=').unwrap_or((text, text));
        let symbol = symbol.to_owned();
        let question =
            Question { venue, market, symbol, interval, from_ms: arguments.from, to_ms: arguments.to };
        (name.to_owned(), question)
    };
    arguments.symbols.iter().map(question).unzip()
}

/// Refuses names that the importer would refuse, before anything is fetched for them.
fn check_names(dataset: &str, names: &[String]) -> CommandResult {
    check_dataset_name(dataset).map_err(data_errors::blame)?;
    let mut seen = Vec::new();
    for name in names {
        let Some(symbol) = to_symbol(name).map(|s| s.to_ascii_lowercase()) else {
            let text =
                format!("{name:?} is no name of a symbol in a dataset: write NAME=SYMBOL, as BTC=BTCUSDT");
            return Err(CommandError::invalid(text));
        };
        if seen.contains(&symbol) {
            return Err(CommandError::invalid(format!(
                "{name}: two symbols would be called the same: write NAME=SYMBOL"
            )));
        }
        seen.push(symbol);
    }
    Ok(())
}

/// Imports what was fetched, all or nothing, and removes the pages if it is published.
fn publish(
    arguments: &Arguments,
    (interval, resample): (Interval, Option<Interval>),
    names: &[String],
    fetched: Vec<Fetched>,
) -> CommandResult {
    let inputs = names
        .iter()
        .zip(&fetched)
        .flat_map(|(name, f)| f.bars.iter().map(move |path| Input::for_symbol(name, path)));
    let funding = names
        .iter()
        .zip(&fetched)
        .filter_map(|(name, f)| f.funding.as_ref().map(|path| Input::for_symbol(name, path)));
    let plan = ImportPlan {
        inputs: inputs.collect(),
        data_dir: arguments.data_dir.data_dir.clone(),
        dataset: arguments.dataset.clone(),
        load: LoadOptions {
            read: ReadOptions::default(),
            check: CheckOptions {
                interval: Some(interval),
                calendar: Some(Calendar::Continuous),
                max_gap_share: arguments.max_gap_share,
                repair: arguments.repair,
                // What had not ended was left out already.
                now_ms: None,
                resample,
            },
            funding: funding.collect(),
        },
        threads: cores(),
        retries: 2,
        partial: false,
        append: arguments.append,
    };
    let mut summary = import::execute_plan(&plan)?;
    for (name, fetched) in names.iter().zip(&fetched) {
        let named = to_symbol(name);
        if let Some(report) = summary.symbols.iter_mut().find(|s| Some(&s.symbol) == named.as_ref()) {
            report.notes.splice(0..0, fetched.notes.iter().cloned());
        }
    }
    import::failures(&summary)?;
    import::print(&arguments.dataset, false, &summary, arguments.output, &Copies::default())?;
    fetched.into_iter().try_for_each(|one| one.remove().map_err(blame))
}

fn blame(error: FetchError) -> CommandError {
    match error.code() {
        Code::Terminated => CommandError::Interrupted(error.to_string()),
        Code::Internal => CommandError::Internal(error.into()),
        _ => CommandError::Invalid(error.into()),
    }
}
