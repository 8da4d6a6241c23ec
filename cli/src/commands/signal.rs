//! `galapagos signal`: what a champion wants after the last closed bar.

use crate::backtest::data::{Data, Wanted};
use crate::data_dir::DataDir;
use crate::exit::{Blame, CommandError, CommandResult};
use crate::inputs::input;
use crate::output::Output;
use crate::run_failure::blame_signal;
use crate::table::table;
use crate::{data_errors, terminal, times};
use galapagos_crds::CalendarType;
use galapagos_manifest::Dates;
use galapagos_run::market::{Calendar, Interval};
use galapagos_run::signal::age::MaxAge;
use galapagos_run::signal::chosen::Chosen;
use galapagos_run::signal::decide::{self, Rows};
use galapagos_run::signal::document::{SignalDocument, SymbolSignal};
use std::time::{SystemTime, UNIX_EPOCH};

/// Print what a champion wants to hold after the last closed bar
///
/// The target is the last decision of the very back-test that the simulator does over all bars that are there, from where
/// the account of the training rows began. An order is due at the next open where it differs from the target before.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos signal results/galapagos/runs/local/stocks-daily/5f3a.../result/result.json
  galapagos signal results/galapagos/runs/local/stocks-daily/5f3a... --data us-stocks -o json
  galapagos signal results/galapagos/runs/local/stocks-daily/5f3a.../result/result.json#2 --data AAPL=AAPL.csv --data IBM=IBM.csv --data MSFT=MSFT.csv
  galapagos signal results/galapagos/runs/local/btc/5f3a... --data btc.csv --max-age 2h

Exit codes: 0 done, 2 invalid input, 3 the last bar is older than --max-age.")]
pub struct Arguments {
    /// Folder of a run, the folder result in it, or its result.json, with #RANK for another champion than the best
    #[arg(value_name = "RESULT[#RANK]")]
    pub result: String,
    /// Data: a file, or the name of a dataset, whose latest version is read; SYMBOL= before it names or picks a symbol; give it
    /// again for several; absent: the dataset of the result
    #[arg(long, value_name = "[SYMBOL=]FILE|DATASET")]
    pub data: Vec<String>,
    /// Funding series of a FILE (time,rate[,mark]): FILE or SYMBOL=FILE
    #[arg(long, value_name = "FILE")]
    pub funding: Vec<String>,
    /// How long ago the last bar may have closed, as 90s, 30m, 36h or 5d; usual: two bars, and four days more where the market
    /// has sessions; off: any
    #[arg(long, value_name = "AGE", default_value_t = MaxAge::Off)]
    pub max_age: MaxAge,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub data_dir: DataDir,
    /// How to print the signal
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// Runs `galapagos signal`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let chosen = Chosen::named(&arguments.result).map_err(blame_signal)?;
    let signal = of(&chosen, &arguments)?;
    match arguments.output {
        Output::Json => terminal::print_json(&serde_json::to_value(&signal).internal()?)?,
        Output::Table => terminal::print(&to_text(&signal))?,
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).internal()?;
    let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    if arguments.max_age.is_stale(&signal, now_ms) {
        return Err(CommandError::GatesFailed(format!(
            "the data are stale: their last bar closed at {}, and --max-age is {}",
            signal.closed, arguments.max_age
        )));
    }
    Ok(())
}

fn of(chosen: &Chosen, arguments: &Arguments) -> CommandResult<SignalDocument> {
    let is_dataset = |text: &str| !input(text, None).path.exists() && !text.contains('=');
    match arguments.data.as_slice() {
        [] => decide::on_dataset(chosen, &arguments.data_dir.data_dir, None).map_err(blame_signal),
        [one] if is_dataset(one) => {
            let found = decide::on_dataset(chosen, &arguments.data_dir.data_dir, Some(one));
            found.map_err(blame_signal).map_err(|error| match error {
                CommandError::Invalid(error) => CommandError::Invalid(error.context(format!("--data {one}"))),
                other => other,
            })
        }
        several => of_files(chosen, several, arguments),
    }
}

fn of_files(chosen: &Chosen, data: &[String], arguments: &Arguments) -> CommandResult<SignalDocument> {
    let spec = &chosen.manifest.spec.market_data;
    let symbols = chosen.symbols();
    // Of a single symbol there is no doubt which one a file holds.
    let named = |text: &String| match (symbols.as_slice(), input(text, None)) {
        ([only], found) if found.symbol.is_none() && found.path.exists() => format!("{only}={text}"),
        _ => text.clone(),
    };
    let data: Vec<String> = data.iter().map(named).collect();
    let calendar = spec.calendar.as_ref().map(|calendar| match (calendar.type_, calendar.bars_per_year) {
        (CalendarType::Sessions, Some(bars_per_year)) => Calendar::Sessions { bars_per_year },
        _ => Calendar::Continuous,
    });
    let data = Data::load(&Wanted {
        data: &data,
        data_dir: &arguments.data_dir.data_dir,
        interval: Some(Interval::parse(&spec.interval).map_err(data_errors::blame)?),
        funding: &arguments.funding,
        calendar: calendar.or(Some(Calendar::Continuous)),
        dates: Dates::default(),
    })?;
    let others = |names: &[String]| data.others(names.iter().map(String::as_str));
    let rows = Rows { name: &data.name, facts: data.facts(), bars: data.bars(), others: &others };
    decide::decide(chosen, rows).map_err(blame_signal)
}

fn to_text(signal: &SignalDocument) -> String {
    let genes: Vec<String> = signal.genome.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let price = |value: Option<f64>| value.map_or("-".to_owned(), |v| v.to_string());
    let rows = signal.signals.iter().map(|s: &SymbolSignal| {
        vec![
            s.symbol.clone(),
            s.stamp.clone(),
            s.price.to_string(),
            s.side.name().to_owned(),
            s.target.to_string(),
            if s.changed { "due" } else { "-" }.to_owned(),
            s.since.clone(),
            format!("{:.4}", s.held),
            price(s.stop),
            price(s.take_profit),
        ]
    });
    let header =
        ["symbol", "last bar", "close", "side", "target", "order", "since", "held", "stop", "take-profit"];
    let mut text = format!(
        "{}  {}\ngenome {}\n{} {}\nafter the close of {}\n\n{}",
        signal.strategy,
        genes.join("  "),
        signal.genome_digest,
        signal.dataset,
        signal.dataset_digest,
        times::short(signal.closed_ms),
        table(&header, rows.collect(), &["close", "target", "held", "stop", "take-profit"]),
    );
    if signal.optimistic {
        text.push_str("\nOptimistic: filled at the close that decided, which nobody can.\n");
    }
    text
}
