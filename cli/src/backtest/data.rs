//! Where the bars of a back-test come from: files as they are, or published datasets.

use super::arguments::Arguments;
use crate::exit::{Blame, CommandError, CommandResult};
use crate::inputs::input;
use crate::run_failure::blame_market;
use crate::signal_files::{self, Beside};
use crate::{data_errors, terminal};
use galapagos_crds::StrategySpec;
use galapagos_manifest::Dates;
use galapagos_run::engine::bars::{Bars, FundingStamp};
use galapagos_run::engine::beside::Signals;
use galapagos_run::job::dates;
use galapagos_run::job::market::{Facts, bars, stamps};
use galapagos_run::job::signals::{JobSignals, written_out};
use galapagos_run::market::{
    Calendar, CheckOptions, Dataset, Interval, LoadOptions, OwnedSeries, ReadOptions, Series, dataset_digest,
    load_file,
};
use std::path::Path;

/// The symbols of a back-test with their calendar.
pub struct Data {
    /// Name of the dataset, or of the files.
    pub name: String,
    /// Digest of the canonical stream, with prefix.
    pub digest: String,
    /// Bars a year of the calendar.
    pub bars_per_year: f64,
    /// The stamps that count.
    pub dates: Dates,
    /// Whether a dataset has closes only.
    pub close_only: bool,
    series: Vec<Owner>,
    funding: Vec<Vec<FundingStamp>>,
    signals: JobSignals,
}

enum Owner {
    File(OwnedSeries),
    Dataset(std::rc::Rc<Dataset>, String),
}

impl Owner {
    fn series(&self) -> Option<Series<'_>> {
        match self {
            Owner::File(series) => Some(series.as_series()),
            Owner::Dataset(dataset, symbol) => dataset.symbol(symbol).ok(),
        }
    }
}

/// What is to be read.
pub struct Wanted<'a> {
    /// Files and datasets, as `--data` takes them.
    pub data: &'a [String],
    /// Where datasets lie.
    pub data_dir: &'a Path,
    /// Length of a bar of a file, if it is known.
    pub interval: Option<Interval>,
    /// Funding series of files, as `--funding` takes them.
    pub funding: &'a [String],
    /// The calendar that was said.
    pub calendar: Option<Calendar>,
    /// The stamps that count.
    pub dates: Dates,
}

impl Data {
    /// Reads everything that the flags of a back-test name.
    pub fn read(arguments: &Arguments) -> CommandResult<Data> {
        let interval = arguments.interval.as_deref().map(Interval::parse).transpose();
        Data::load(&Wanted {
            data: &arguments.data,
            data_dir: &arguments.data_dir.data_dir,
            interval: interval.map_err(data_errors::blame)?,
            funding: &arguments.funding,
            calendar: calendar_of_flags(arguments),
            dates: arguments.dates()?,
        })
    }

    /// Reads what is wanted.
    pub fn load(wanted: &Wanted<'_>) -> CommandResult<Data> {
        let (said, dates) = (wanted.calendar, wanted.dates);
        let mut names = Vec::new();
        let mut series: Vec<Owner> = Vec::new();
        let mut suggested = None;
        let mut whole = None;
        for text in wanted.data {
            let named = input(text, None);
            if named.path.exists() {
                names.push(file_name(&named.path));
                let options = load_options(wanted);
                for (loaded, report) in load_file(&named, &options).map_err(blame_file)? {
                    for note in report.notes {
                        terminal::note(&format!("note: {}: {note}", loaded.symbol));
                    }
                    series.push(Owner::File(loaded));
                }
                continue;
            }
            let (symbol, name) = match text.split_once('=') {
                Some((symbol, name)) => (Some(symbol), name),
                None => (None, text.as_str()),
            };
            let dataset = open(wanted.data_dir, name)?;
            suggested = suggested.or(dataset.calendar());
            if symbol.is_none() && wanted.data.len() == 1 {
                whole = Some(format!("blake3:{}", dataset.digest()));
            }
            names.push(name.to_owned());
            let dataset = std::rc::Rc::new(dataset);
            let all = dataset.symbols().map(str::to_owned).collect::<Vec<_>>();
            for symbol in symbol.map_or(all, |s| vec![s.to_owned()]) {
                dataset.symbol(&symbol).map_err(data_errors::blame)?;
                series.push(Owner::Dataset(dataset.clone(), symbol));
            }
        }
        names.dedup();
        let name = names.join("+");
        Data::join(name, whole, series, said.or(suggested), dates)
    }

    fn join(
        name: String,
        whole: Option<String>,
        mut owners: Vec<Owner>,
        calendar: Option<Calendar>,
        dates: Dates,
    ) -> CommandResult<Data> {
        let symbol = |o: &Owner| o.series().map(|s| s.symbol.to_owned()).unwrap_or_default();
        owners.sort_by_key(symbol);
        if let Some(twice) = owners.windows(2).find(|w| symbol(&w[0]) == symbol(&w[1])) {
            let text =
                format!("--data: symbol {} is given twice; name one of them SYMBOL=FILE", symbol(&twice[0]));
            return Err(CommandError::invalid(text));
        }
        let series: Vec<Series<'_>> = owners.iter().filter_map(Owner::series).collect();
        let Some(first) = series.first() else {
            return Err(CommandError::invalid("--data: no bars"));
        };
        let interval_ms = first.interval_ms;
        if let Some(other) = series.iter().find(|s| s.interval_ms != interval_ms) {
            let text = format!(
                "--data: {} and {} have bars of different length; back-test them apart",
                first.symbol, other.symbol
            );
            return Err(CommandError::invalid(text));
        }
        for series in &series {
            dates::check(&dates, series.symbol, series.time_ms, ("--from", "--to")).invalid()?;
        }
        let digest = whole.unwrap_or_else(|| format!("blake3:{}", dataset_digest(interval_ms, &series)));
        let bars_per_year = per_year(calendar, interval_ms)?;
        let funding = series.iter().map(stamps).collect();
        drop(series);
        let close_only = owners.iter().any(|o| matches!(o, Owner::Dataset(d, _) if d.is_close_only()));
        let signals = JobSignals::default();
        Ok(Data { name, digest, bars_per_year, dates, close_only, series: owners, funding, signals })
    }

    /// Opens the signals that a strategy reads, or publishes its file first; the strategy with what they turned out to be.
    /// `file` is that of the strategy.
    pub fn open_signals(
        &mut self,
        file: &Path,
        strategy: &StrategySpec,
        data_dir: &Path,
    ) -> CommandResult<StrategySpec> {
        let mut all = [strategy.clone()];
        if strategy.signals.is_none() {
            return Ok(strategy.clone());
        }
        let mut datasets = self.series.iter().map(|owner| match owner {
            Owner::Dataset(dataset, _) => Some(dataset),
            Owner::File(_) => None,
        });
        let only = datasets.next().flatten();
        let Some(dataset) =
            only.filter(|only| datasets.all(|d| d.is_some_and(|d| d.digest() == only.digest())))
        else {
            let text =
                "signals are published with a dataset: import the bars, and name that dataset with --data";
            return Err(CommandError::invalid(format!("strategy {}: {text}", strategy.name)));
        };
        let beside = Beside { data_dir, dataset: dataset.name(), digest: Some(dataset.digest()) };
        signal_files::publish(&mut all, file, beside)?;
        self.signals = JobSignals::open(dataset, &all).map_err(blame_market)?;
        let [strategy] = all;
        written_out(0, &strategy, &self.signals.facts()).invalid()
    }

    /// Bars with the signals of their symbol.
    fn beside<'a>(&'a self, bars: Bars<'a>) -> Bars<'a> {
        Bars { signals: self.signals.of(bars.symbol).map(Signals::new), ..bars }
    }

    /// All symbols that rules may look at: the traded ones, and those of their datasets.
    pub fn symbols(&self) -> Vec<String> {
        let mut all = std::collections::BTreeSet::new();
        for owner in &self.series {
            match owner {
                Owner::File(series) => drop(all.insert(series.symbol.clone())),
                Owner::Dataset(dataset, _) => all.extend(dataset.symbols().map(str::to_owned)),
            }
        }
        all.into_iter().collect()
    }

    /// What a job is resolved by; its own calendar is its manifest's to say.
    pub fn facts(&self) -> Facts {
        let bars = self.bars();
        Facts {
            digest: self.digest.trim_start_matches("blake3:").to_owned(),
            symbols: self.symbols(),
            interval_ms: bars.first().map_or(0, |b| b.interval_ms),
            calendar: None,
            volume: bars.iter().all(Bars::has_volume),
            funding: bars.iter().all(|b| !b.funding.is_empty()),
            close_only: self.close_only,
            signals: self.signals.facts(),
        }
    }

    /// The bars of some of these symbols up to the last date, in their order.
    pub fn others<'a, 's>(&'a self, symbols: impl IntoIterator<Item = &'s str>) -> Vec<Bars<'a>> {
        let found = |symbol: &str| {
            self.series.iter().find_map(|owner| match owner {
                Owner::File(series) => (series.symbol == symbol).then(|| series.as_series()),
                Owner::Dataset(dataset, _) => dataset.symbol(symbol).ok(),
            })
        };
        let all = symbols.into_iter().filter_map(|symbol| Some(bars(&found(symbol)?, &[])));
        all.map(|bars| dates::until(&self.beside(bars), self.dates.to_ms)).collect()
    }

    /// The bars up to the last date, by rising symbol; those before the first date warm up.
    pub fn bars(&self) -> Vec<Bars<'_>> {
        let all = self.series.iter().zip(&self.funding).filter_map(|(o, f)| Some(bars(&o.series()?, f)));
        all.map(|bars| dates::until(&self.beside(bars), self.dates.to_ms)).collect()
    }
}

/// A file may need options that only the import has.
fn blame_file(error: galapagos_run::market::Error) -> CommandError {
    let names_options = error.to_string().contains(" --");
    match data_errors::blame(error) {
        CommandError::Invalid(e) if names_options => {
            CommandError::Invalid(e.context("the options named here are those of galapagos import"))
        }
        other => other,
    }
}

/// Bars per year of a calendar.
fn per_year(calendar: Option<Calendar>, interval_ms: i64) -> CommandResult<f64> {
    match calendar {
        Some(Calendar::Continuous) => Ok(365.0 * 86_400_000.0 / interval_ms as f64),
        Some(Calendar::Sessions { bars_per_year }) => Ok(f64::from(bars_per_year)),
        None => Err(CommandError::invalid(
            "how many bars make a year? Say --continuous for a market that never closes, or --bars-per-year N \
             (252 for daily bars of stocks)",
        )),
    }
}

fn calendar_of_flags(arguments: &Arguments) -> Option<Calendar> {
    match arguments.bars_per_year {
        Some(bars_per_year) => Some(Calendar::Sessions { bars_per_year }),
        None => arguments.continuous.then_some(Calendar::Continuous),
    }
}

fn load_options(wanted: &Wanted<'_>) -> LoadOptions {
    let (interval, calendar) = (wanted.interval, wanted.calendar);
    LoadOptions {
        read: ReadOptions::default(),
        // A quick look at a file: gaps are the import's to refuse.
        check: CheckOptions { interval, calendar, max_gap_share: 1.0, ..CheckOptions::default() },
        funding: wanted.funding.iter().map(|text| input(text, None)).collect(),
    }
}

fn open(data_dir: &Path, name: &str) -> CommandResult<Dataset> {
    Dataset::open(data_dir, name, None).map_err(|error| {
        let looks_like_a_file = name.contains(['/', '.']);
        let hint =
            if looks_like_a_file { ": there is no such file" } else { ": there is no such file or dataset" };
        let failure = data_errors::blame(error);
        match failure {
            CommandError::Invalid(e) => CommandError::Invalid(e.context(format!("--data {name}{hint}"))),
            other => other,
        }
    })
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}
