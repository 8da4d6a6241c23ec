//! The default genome on the data of `--data`.

use crate::backtest::arguments::Arguments as BacktestArguments;
use crate::backtest::options;
use crate::backtest::single::{Done, run_strategy};
use crate::check::arguments::Arguments;
use crate::check::load::Loaded;
use crate::exit::CommandResult;
use crate::output::Output;
use galapagos_crds::{EvolutionJob, SignalsSpec, StrategySpec};
use std::path::Path;

/// The back-test of the default genome; nothing without data. A job says the options of its account; rules of a file are
/// tested on the sides that they have.
pub fn run(arguments: &Arguments, loaded: &Loaded, strategy: &StrategySpec) -> CommandResult<Option<Done>> {
    if arguments.data.is_empty() {
        return Ok(None);
    }
    let job = loaded.job.as_ref();
    let asked = asked(arguments, job, strategy);
    let execution = match job {
        Some(job) => job.spec.execution.clone(),
        None => asked.account.resolve()?,
    };
    run_strategy(&arguments.file, strategy, &execution, &asked).map(Some)
}

fn asked(arguments: &Arguments, job: Option<&EvolutionJob>, strategy: &StrategySpec) -> BacktestArguments {
    let calendar = job.and_then(|job| job.spec.market_data.calendar.as_ref());
    let bars_per_year = calendar.and_then(|calendar| calendar.bars_per_year);
    let symbols = job.map(|job| job.spec.market_data.symbols.as_slice()).unwrap_or_default();
    let of_signals = strategy.signals.as_ref().and_then(SignalsSpec::rules);
    let side =
        strategy.rules.as_ref().or(of_signals.as_ref()).map(|rules| match (&rules.long, &rules.short) {
            (Some(_), None) => options::SideFlag::Long,
            (None, Some(_)) => options::SideFlag::Short,
            _ => options::SideFlag::LongShort,
        });
    BacktestArguments {
        result: None,
        data: arguments.data.iter().flat_map(|text| picked(text, symbols)).collect(),
        from: None,
        to: None,
        strategy: None,
        rules: Some(arguments.file.clone()),
        genes: Vec::new(),
        account: options::AccountArguments { side, ..options::AccountArguments::default() },
        bars_per_year,
        // Trades and conditions do not ask how many bars make a year.
        continuous: bars_per_year.is_none(),
        interval: arguments.interval.clone(),
        funding: Vec::new(),
        data_dir: arguments.data_dir.clone(),
        trades: None,
        bars: None,
        output: Output::Table,
    }
}

/// Of a dataset only the symbols of the job.
fn picked(text: &str, symbols: &[String]) -> Vec<String> {
    if symbols.is_empty() || text.contains('=') || Path::new(text).exists() {
        return vec![text.to_owned()];
    }
    symbols.iter().map(|symbol| format!("{symbol}={text}")).collect()
}
