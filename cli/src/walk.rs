//! `galapagos import --random-walk`: made data instead of files.

use crate::data_errors;
use crate::exit::{CommandError, CommandResult};
use galapagos_run::market::names::to_symbol;
use galapagos_run::market::{Calendar, ImportSummary, OwnedSeries, RandomWalk, publish, random_walk};
use std::path::Path;

/// A dataset to make.
pub struct Walk<'a> {
    /// What `--random-walk` says.
    pub text: &'a str,
    /// `--interval`, which means the same as for files.
    pub interval: Option<&'a str>,
    /// `--symbol`, likewise; several symbols get a number behind it.
    pub symbol: Option<&'a str>,
    /// When the market trades; absent: always.
    pub calendar: Option<Calendar>,
    /// Name of the dataset.
    pub dataset: &'a str,
    /// Folder of the datasets.
    pub data_dir: &'a Path,
}

impl Walk<'_> {
    /// Makes and publishes it.
    pub fn import(&self) -> CommandResult<ImportSummary> {
        let mut text = self.text.to_owned();
        if let Some(interval) = self.interval {
            if text.split(',').any(|part| part.trim().starts_with("interval=")) {
                return Err(CommandError::invalid(
                    "--interval and interval= of --random-walk: give one of them",
                ));
            }
            text.push_str(&format!(",interval={interval}"));
        }
        let walk = RandomWalk::parse(&text).map_err(data_errors::blame)?;
        let (mut series, mut symbols): (Vec<OwnedSeries>, Vec<_>) =
            random_walk(&walk).map_err(data_errors::blame)?.into_iter().unzip();
        if let Some(symbol) = self.symbol {
            let several = series.len() > 1;
            for (i, (one, report)) in series.iter_mut().zip(&mut symbols).enumerate() {
                let name = if several { format!("{symbol}{}", i + 1) } else { symbol.to_owned() };
                let Some(name) = to_symbol(&name) else {
                    let text = format!("--symbol {symbol:?}: use up to 32 letters, digits, '.', '_' and '-'");
                    return Err(CommandError::invalid(text));
                };
                one.symbol.clone_from(&name);
                report.symbol = name;
            }
        }
        let rows: Vec<_> = series.iter().map(OwnedSeries::as_series).collect();
        let calendar = self.calendar.unwrap_or(Calendar::Continuous);
        let published = publish(self.data_dir, self.dataset, walk.interval, Some(calendar), &rows)
            .map_err(data_errors::blame)?;
        Ok(ImportSummary { published: Some(published), symbols, failed: Vec::new(), gone: Vec::new() })
    }
}
