//! Everything that a report shows, from the files of a result.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use galapagos_crds::GeneValue;
use galapagos_crds::job::EvolutionJob;
use galapagos_crds::strategy::Scale;
use serde::Deserialize;

use super::account::{self, Account};
use super::band;
use super::error::ReportError;
use super::heat::{self, Heat};
use super::ledger;
use super::stitched::{self, Stitched};
use super::trades::{self, Trades};
use super::years::{self, Years};
use crate::results::document::{Champion, ResultDocument, SCHEMA};

/// The largest document that is read: a hundred thousand generations take a tenth of it.
const LARGEST: u64 = 1 << 28;

/// The files of a result.
#[derive(Clone, Debug)]
pub struct Data {
    /// `result.json`.
    pub document: ResultDocument,
    /// `job.yaml`; `None` where it is missing or of another release.
    pub job: Option<EvolutionJob>,
    /// `best/equity.csv`.
    pub account: Option<Account>,
    /// The band around the account in its training rows: time, lower and upper end.
    pub band: Vec<(i64, f64, f64)>,
    /// `best/trades.csv`.
    pub trades: Option<Trades>,
    /// `best/years.csv`.
    pub years: Option<Years>,
    /// `best/walk_forward.csv`.
    pub stitched: Option<Stitched>,
    /// Maps of `evaluations.parquet`.
    pub maps: Vec<Heat>,
    /// Every how many evaluations went into the maps.
    pub every: u64,
}

#[derive(Deserialize)]
struct Head {
    schema: String,
}

impl Data {
    /// Reads a result.
    ///
    /// # Errors
    /// A file cannot be read, or is not what a run writes. A file that is missing is left out, but `result.json`.
    pub fn read(folder: &Path) -> Result<Data, ReportError> {
        let document = document(folder)?;
        let text = bounded(&folder.join("job.yaml"))?.and_then(|bytes| String::from_utf8(bytes).ok());
        let job = text.and_then(|text| serde_yaml::from_str::<EvolutionJob>(&text).ok());
        let mut data = Data {
            document,
            job,
            account: account::read(&folder.join("best/equity.csv"))?,
            band: Vec::new(),
            trades: trades::read(&folder.join("best/trades.csv"))?,
            years: years::read(&folder.join("best/years.csv"))?,
            stitched: stitched::read(&folder.join("best/walk_forward.csv"))?,
            maps: Vec::new(),
            every: 1,
        };
        let seed = data.job.as_ref().map(|job| job.spec.population.seed);
        data.band = band::of(&data.document, data.account.as_ref(), seed);
        if let Some(shown) = data.shown().cloned()
            && let Some(run) = ledger::read(&folder.join("evaluations.parquet"), &shown.strategy)?
        {
            data.every = run.every;
            data.maps =
                heat::maps(&run, |gene| value(&shown, gene), |gene| data.is_log(&shown.strategy, gene));
        }
        Ok(data)
    }

    /// The individual that the tables beside `result.json` are of: the best, or the nearest where none is feasible.
    pub fn shown(&self) -> Option<&Champion> {
        self.document.best.as_ref().or(self.document.species.first())
    }

    fn is_log(&self, strategy: &str, gene: &str) -> bool {
        let strategies = self.job.iter().flat_map(|job| &job.spec.strategies);
        let genes = strategies.filter(|s| s.name == strategy).flat_map(|s| &s.genes);
        genes.filter(|g| g.name == gene).any(|g| g.scale == Some(Scale::Log))
    }
}

/// `result.json` of a folder with a result.
///
/// # Errors
/// It is missing, cannot be read, or is none that this release reads.
pub fn document(folder: &Path) -> Result<ResultDocument, ReportError> {
    let path = folder.join("result.json");
    let bytes = bounded(&path)?.ok_or_else(|| ReportError::NoResult { path: folder.to_owned() })?;
    let wrong = |source| ReportError::Json { path: path.clone(), source };
    let head: Head = serde_json::from_slice(&bytes).map_err(wrong)?;
    if head.schema != SCHEMA {
        let found = head.schema.chars().take(100).collect();
        return Err(ReportError::Schema { path, found, known: SCHEMA });
    }
    serde_json::from_slice(&bytes).map_err(wrong)
}

fn value(champion: &Champion, gene: &str) -> Option<f64> {
    match champion.genome.get(gene)? {
        GeneValue::Number(value) => Some(value.to_f64()),
        GeneValue::Name(_) => None,
    }
}

/// The bytes of a file of a result; `None`: it is missing.
///
/// # Errors
/// It cannot be read or is too large.
pub fn bounded(path: &Path) -> Result<Option<Vec<u8>>, ReportError> {
    let file = match File::open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(ReportError::read(path))?,
    };
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(ReportError::read(path))?;
    if bytes.len() as u64 > LARGEST {
        return Err(ReportError::TooLarge { path: path.to_owned(), limit: LARGEST });
    }
    Ok(Some(bytes))
}
