//! `galapagos import --random-walk`: made data instead of files.

use crate::commands::import::{Arguments, print};
use crate::data_errors;
use crate::exit::{Failure, Outcome};
use galapagos_run::market::names::to_symbol;
use galapagos_run::market::{
    Calendar, ImportSummary, LoadOptions, OwnedSeries, RandomWalk, publish, random_walk,
};

/// Makes and publishes the walk of `text`. `--interval` and `--symbol` mean the same as for files.
pub fn execute(text: &str, arguments: &Arguments, load: &LoadOptions) -> Outcome {
    let mut text = text.to_owned();
    if let Some(interval) = &arguments.interval {
        if text.split(',').any(|part| part.trim().starts_with("interval=")) {
            return Err(Failure::invalid("--interval and interval= of --random-walk: give one of them"));
        }
        text.push_str(&format!(",interval={interval}"));
    }
    let walk = RandomWalk::parse(&text).map_err(data_errors::blame)?;
    let (mut series, mut symbols): (Vec<OwnedSeries>, Vec<_>) =
        random_walk(&walk).map_err(data_errors::blame)?.into_iter().unzip();
    if let Some(symbol) = &arguments.symbol {
        let several = series.len() > 1;
        for (i, (one, report)) in series.iter_mut().zip(&mut symbols).enumerate() {
            let name = if several { format!("{symbol}{}", i + 1) } else { symbol.clone() };
            let Some(name) = to_symbol(&name) else {
                let text = format!("--symbol {symbol:?}: use up to 32 letters, digits, '.', '_' and '-'");
                return Err(Failure::invalid(text));
            };
            one.symbol.clone_from(&name);
            report.symbol = name;
        }
    }
    let rows: Vec<_> = series.iter().map(OwnedSeries::as_series).collect();
    let calendar = load.check.calendar.unwrap_or(Calendar::Continuous);
    let data_dir = &arguments.data_dir.data_dir;
    let published = publish(data_dir, &arguments.dataset, walk.interval, Some(calendar), &rows)
        .map_err(data_errors::blame)?;
    let summary = ImportSummary { published: Some(published), symbols, failed: Vec::new() };
    print(&arguments.dataset, &summary, arguments.output)
}
