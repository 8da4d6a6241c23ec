//! A champion of a stored result, with the job that made it.

use std::path::{Path, PathBuf};

use galapagos_crds::{EvolutionJob, EvolutionJobSpec};
use galapagos_engine::ENGINE;
use serde_json::json;

use super::error::SignalError;
use crate::report::data::{bounded, document};
use crate::report::locate::result_folder;
use crate::results::document::{Champion, ResultDocument};
use crate::results::ranking::{parse, ranked};
use crate::storage::digest::Digest;

/// A champion of a stored result, with the job that made it.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The folder with `result.json`.
    pub folder: PathBuf,
    /// What `result.json` says.
    pub document: ResultDocument,
    /// `job.yaml` beside it.
    pub manifest: EvolutionJob,
    /// Rank of the champion, 1 the best.
    pub rank: usize,
    champion: Champion,
}

impl Chosen {
    /// Reads `PATH[#RANK]`; the path is that of a run folder, of the folder `result` in it, or of its `result.json`.
    ///
    /// # Errors
    /// There is no such result or champion, another engine made it, or `job.yaml` is missing beside it.
    pub fn named(text: &str) -> Result<Chosen, SignalError> {
        let (path, rank) = parse(text).ok_or_else(|| SignalError::Rank { given: text.to_owned() })?;
        Chosen::read(&path, rank)
    }

    /// The same of a path and a rank.
    ///
    /// # Errors
    /// As [`Chosen::named`].
    pub fn read(path: &Path, rank: usize) -> Result<Chosen, SignalError> {
        let folder = result_folder(path)?;
        let document = document(&folder)?;
        if document.engine != ENGINE {
            return Err(SignalError::Engine { path: folder.join("result.json"), found: document.engine });
        }
        let count = document.species.len();
        let champion = ranked(&document, rank).ok_or(SignalError::NoChampion { rank, count })?.clone();
        let path = folder.join("job.yaml");
        let wrong = |problem: String| SignalError::Manifest { path: path.clone(), problem };
        let bytes = bounded(&path)?.ok_or_else(|| wrong("is missing beside the result".to_owned()))?;
        let text = String::from_utf8(bytes).map_err(|_| wrong("is not UTF-8".to_owned()))?;
        let manifest = serde_yaml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        Ok(Chosen { folder, document, manifest, rank, champion })
    }

    /// The champion.
    pub fn champion(&self) -> &Champion {
        &self.champion
    }

    /// Name of the job.
    pub fn job(&self) -> &str {
        &self.document.job.name
    }

    /// The symbols that are traded, in ascending order.
    pub fn symbols(&self) -> Vec<String> {
        self.document.data.symbols.iter().map(|s| s.symbol.clone()).collect()
    }

    /// Name of the dataset that the job was run on.
    pub fn dataset(&self) -> &str {
        &self.document.data.dataset
    }

    /// The job's spec for data that have gone on: the latest version of `dataset`, and no last date.
    pub fn going_on(&self, dataset: &str) -> EvolutionJobSpec {
        let mut spec = self.manifest.spec.clone();
        dataset.clone_into(&mut spec.market_data.dataset);
        spec.market_data.digest = None;
        spec.market_data.to = None;
        spec.market_data.symbols = self.symbols();
        spec
    }

    /// The strategy's place in the manifest has a file of signals.
    pub fn reads_signals(&self) -> bool {
        let strategies = self.manifest.spec.strategies.iter();
        strategies.filter(|s| s.name == self.champion.strategy).any(|s| s.signals.is_some())
    }

    /// Digest of engine, strategy and genome.
    ///
    /// # Errors
    /// They cannot be written as JSON.
    pub fn genome_digest(&self) -> Result<String, SignalError> {
        let strategy = self.manifest.spec.strategies.iter().find(|s| s.name == self.champion.strategy);
        let rules = strategy.and_then(|s| s.rules.as_ref()).map(serde_json::to_value).transpose()?;
        let all = json!({
            "engine": ENGINE,
            "strategy": self.champion.strategy,
            "rules": rules,
            "genome": self.champion.genome,
        });
        Ok(Digest::hash(&serde_json_canonicalizer::to_vec(&all)?).to_string())
    }
}
