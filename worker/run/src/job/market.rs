//! An open dataset as the engine reads it: the symbols of a job, in ascending order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use galapagos_crds::{EvolutionJobSpec, MarketData};
use galapagos_engine::bars::{Bars, FundingStamp};
use galapagos_engine::beside::Signals;
use galapagos_manifest::Dates;
use galapagos_market::{Calendar, Dataset, Interval, Series};

use super::dates::{self, JOB};
pub use super::market_error::MarketError;
use super::signals::{JobSignals, SignalsFacts};

/// A dataset, the symbols of it that are traded, and the dates that are looked at.
#[derive(Debug)]
pub struct Market {
    dataset: Dataset,
    symbols: Vec<String>,
    funding: Vec<Vec<FundingStamp>>,
    signals: JobSignals,
    dates: Dates,
}

/// What resolving a job needs to know of its data.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Digest of the dataset, 64 hex digits.
    pub digest: String,
    /// All symbols of the dataset, traded or not.
    pub symbols: Vec<String>,
    /// Length of a bar.
    pub interval_ms: i64,
    /// What the import suggested.
    pub calendar: Option<Calendar>,
    /// Whether every symbol has volume.
    pub volume: bool,
    /// Whether every symbol has a funding series.
    pub funding: bool,
    /// Whether the close stands for open, high and low.
    pub close_only: bool,
    /// The files of signals that strategies of the job read, by name.
    pub signals: BTreeMap<String, SignalsFacts>,
}

impl Market {
    /// Opens the data of a job with the signals that its strategies read.
    ///
    /// # Errors
    /// As [`Market::open`], or signals are missing or damaged.
    pub fn of_job(data_dir: &Path, spec: &EvolutionJobSpec) -> Result<Market, MarketError> {
        let mut market = Market::open(data_dir, &spec.market_data)?;
        market.signals = JobSignals::open(&market.dataset, &spec.strategies)?;
        Ok(market)
    }

    /// Opens the bars of a job below `data_dir`: its pinned version, or the latest.
    ///
    /// # Errors
    /// The dataset or a symbol is missing or damaged, has another interval, or no bar between the dates.
    pub fn open(data_dir: &Path, spec: &MarketData) -> Result<Market, MarketError> {
        let dates = galapagos_manifest::dates(spec)?;
        let dataset = Dataset::open(data_dir, &spec.dataset, spec.digest.as_deref())?;
        let asked = Interval::parse(&spec.interval)?;
        if asked != dataset.interval() {
            return Err(MarketError::Interval {
                dataset: spec.dataset.clone(),
                asked: asked.to_string(),
                found: dataset.interval().to_string(),
            });
        }
        let mut symbols: Vec<String> = if spec.symbols.is_empty() {
            dataset.symbols().map(str::to_owned).collect()
        } else {
            spec.symbols.clone()
        };
        symbols.sort();
        symbols.dedup();
        let mut funding = Vec::with_capacity(symbols.len());
        for name in &symbols {
            let series = dataset.symbol(name)?;
            dates::check(&dates, series.symbol, series.time_ms, JOB)?;
            funding.push(stamps(&series));
        }
        Ok(Market { dataset, symbols, funding, signals: JobSignals::default(), dates })
    }

    /// The dataset that is open.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// The rows of the symbols in ascending order of their names, borrowed from the memory map: up to the job's last
    /// date, and from the beginning of the data on, since what lies before the first date warms up.
    pub fn bars(&self) -> Vec<Bars<'_>> {
        let named = self.symbols.iter().zip(&self.funding);
        let all = named.filter_map(|(name, stamps)| self.beside(name, stamps));
        all.map(|bars| dates::until(&bars, self.dates.to_ms)).collect()
    }

    /// The rows of symbols that rules look at beside the traded ones, in ascending order of their names, up to the job's
    /// last date. They have no funding: nothing of theirs is held.
    pub fn others(&self, symbols: &[String]) -> Vec<Bars<'_>> {
        let all = symbols.iter().filter_map(|name| self.beside(name, &[]));
        all.map(|bars| dates::until(&bars, self.dates.to_ms)).collect()
    }

    /// All rows of a symbol, with its signals.
    fn beside<'a>(&'a self, name: &str, stamps: &'a [FundingStamp]) -> Option<Bars<'a>> {
        let bars = bars(&self.dataset.symbol(name).ok()?, stamps);
        Some(Bars { signals: self.signals.of(name).map(Signals::new), ..bars })
    }

    /// What resolving a job needs to know.
    pub fn facts(&self) -> Facts {
        let bars = self.bars();
        Facts {
            digest: self.dataset.digest().to_owned(),
            symbols: self.dataset.symbols().map(str::to_owned).collect(),
            interval_ms: self.dataset.interval().ms(),
            calendar: self.dataset.calendar(),
            volume: bars.iter().all(Bars::has_volume),
            funding: bars.iter().all(|b| !b.funding.is_empty()),
            close_only: self.dataset.is_close_only(),
            signals: self.signals.facts(),
        }
    }
}

/// Takes a look at the files of a dataset, and logs a touch that changed no value.
///
/// # Errors
/// Those of the look.
pub fn same_data(look: galapagos_market::Result<Option<PathBuf>>) -> galapagos_market::Result<()> {
    if let Some(file) = look? {
        tracing::info!(file = %file.display(), "a data file was touched; its values are the same, the run goes on");
    }
    Ok(())
}

/// Series of the market crate as bars of the engine; `funding` are its stamps, converted by [`stamps`].
pub fn bars<'a>(series: &Series<'a>, funding: &'a [FundingStamp]) -> Bars<'a> {
    Bars {
        symbol: series.symbol,
        decimals: series.decimals,
        interval_ms: series.interval_ms,
        time_ms: series.time_ms,
        open: series.open,
        high: series.high,
        low: series.low,
        close: series.close,
        volume: series.volume,
        funding,
        signals: None,
    }
}

/// Funding stamps of the market crate as those of the engine.
pub fn stamps(series: &Series<'_>) -> Vec<FundingStamp> {
    let stamp = |s: &galapagos_market::FundingStamp| FundingStamp {
        time_ms: s.time_ms,
        rate_e9: s.rate_e9,
        mark: s.mark,
    };
    series.funding.iter().map(stamp).collect()
}
