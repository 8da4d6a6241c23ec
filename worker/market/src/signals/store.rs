//! Signals on disk: written aside, renamed under their digest, read back and checked.

use super::align::Aligned;
use super::import::check_name;
use super::manifest::{FORMAT, SignalsHash, SignalsManifest};
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::ipc;
use crate::layout::{bars_file, make_readable, replace_file, sync_folder};
use crate::map::map;
use crate::names::is_digest;
use crate::publish::{PublishOutcome, write_file};
use std::path::{Path, PathBuf};

/// One version of signals, open. Its values are copies: a file that is changed later changes none of them.
#[derive(Clone, Debug)]
pub struct SignalsVersion {
    manifest: SignalsManifest,
    /// For each symbol the columns that are wanted.
    values: Vec<SymbolColumns>,
}

/// A symbol with columns by name.
pub type SymbolColumns = (String, Vec<(String, Vec<f64>)>);

impl SignalsVersion {
    /// Its digest: 64 hex digits.
    pub fn digest(&self) -> &str {
        &self.manifest.digest
    }

    /// Names of all its columns.
    pub fn columns(&self) -> &[String] {
        &self.manifest.columns
    }

    /// The columns that are wanted, by symbol: a row for each bar, NaN where nothing is known. They are given once.
    pub fn take_values(&mut self) -> Vec<SymbolColumns> {
        std::mem::take(&mut self.values)
    }
}

fn folder(dataset: &Dataset, name: &str) -> PathBuf {
    dataset.folder().join("signals").join(name)
}

/// Names of the signals that are published with this version of a dataset, ascending, each with its latest digest.
///
/// # Errors
/// `Io` if they cannot be read.
pub fn find(dataset: &Dataset) -> Result<Vec<(String, String)>> {
    let parent = dataset.folder().join("signals");
    let entries = match std::fs::read_dir(&parent) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::io("read", &parent, e)),
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut all: Vec<(String, String)> = names
        .filter(|name| check_name(name).is_ok())
        .filter_map(|name| latest(dataset, &name).map(|digest| (name, digest)))
        .collect();
    all.sort();
    Ok(all)
}

fn latest(dataset: &Dataset, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(folder(dataset, name).join("LATEST")).ok()?;
    Some(text.trim().to_owned()).filter(|digest| is_digest(digest))
}

/// Opens signals of a dataset: version `digest` (64 hex digits, with or without `blake3:` before them), or the latest.
/// Values are kept of the columns in `wanted`, or of all if it is empty.
///
/// # Errors
/// `Missing` if there are none, `Invalid` if a file is cut, changed or swapped.
pub fn open(
    dataset: &Dataset,
    name: &str,
    digest: Option<&str>,
    wanted: &[String],
) -> Result<SignalsVersion> {
    check_name(name)?;
    let pinned = digest.map(|digest| digest.strip_prefix("blake3:").unwrap_or(digest).to_owned());
    let missing = |what: String| Error::Missing { what, hint: hint(dataset, name) };
    let with = format!("dataset {} blake3:{}", dataset.name(), dataset.digest());
    let digest = pinned.or_else(|| latest(dataset, name));
    let digest = digest.ok_or_else(|| missing(format!("a file of signals {name} of {with}")))?;
    if !is_digest(&digest) {
        return Err(Error::option("signals.digest", digest, "is no digest: write blake3: and 64 hex digits"));
    }
    let version = folder(dataset, name).join(&digest);
    if !version.join("manifest.json").exists() {
        return Err(missing(format!("version {digest} of signals {name} of {with}")));
    }
    open_folder(dataset, &version, name, &digest, wanted)
}

fn hint(dataset: &Dataset, name: &str) -> String {
    let all = find(dataset).unwrap_or_default();
    let all: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let there = if all.is_empty() { String::new() } else { format!("there are {}; ", all.join(", ")) };
    format!("{there}publish it with galapagos import-signals FILE --dataset {} --name {name}", dataset.name())
}

fn open_folder(
    dataset: &Dataset,
    folder: &Path,
    name: &str,
    digest: &str,
    wanted: &[String],
) -> Result<SignalsVersion> {
    let damaged = |file: &Path, problem: &str| Error::Damaged {
        dataset: dataset.name().to_owned(),
        file: file.to_owned(),
        problem: format!("{problem}; import the signals again"),
    };
    let path = folder.join("manifest.json");
    let bytes = std::fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
    let manifest: SignalsManifest = serde_json::from_slice(&bytes)
        .map_err(|e| damaged(&path, &format!("is no manifest of signals: {e}")))?;
    if manifest.format != FORMAT {
        let problem = format!("has format {}, this program reads {FORMAT}", manifest.format);
        return Err(damaged(&path, &problem));
    }
    if manifest.name != name || manifest.digest != digest || manifest.dataset != dataset.digest() {
        return Err(damaged(&path, "belongs to other signals or another dataset"));
    }
    let mut hash = SignalsHash::new(dataset.digest(), &manifest.columns, manifest.symbols.len());
    let mut values = Vec::with_capacity(manifest.symbols.len());
    for symbol in &manifest.symbols {
        let series =
            dataset.symbol(symbol).map_err(|_| damaged(&path, "names a symbol that the dataset lacks"))?;
        let file = folder.join(bars_file(symbol));
        let (bytes, _) = map(&file)?;
        let read = ipc::read_signals(&bytes, symbol, &manifest.columns);
        let (time, columns) = read.map_err(|problem| damaged(&file, &problem))?;
        if *time != *series.time_ms {
            return Err(damaged(&file, "has other times than the bars"));
        }
        hash.symbol(symbol, series.len());
        let mut kept = Vec::new();
        for (column, found) in manifest.columns.iter().zip(&columns) {
            if wanted.is_empty() || wanted.contains(column) {
                // What is kept is what is checked, whatever happens to the file.
                let copy = found.to_vec();
                hash.column(&copy);
                kept.push((column.clone(), copy));
            } else {
                hash.column(found);
            }
        }
        values.push((symbol.clone(), kept));
    }
    let found = hash.finish();
    if found != digest {
        return Err(damaged(folder, &format!("was changed: its digest is {found}")));
    }
    Ok(SignalsVersion { manifest, values })
}

/// Publishes columns under their digest, and makes them the latest of their name.
pub(super) fn publish(
    dataset: &Dataset,
    manifest: &SignalsManifest,
    aligned: &[Aligned<'_>],
) -> Result<PublishOutcome> {
    let parent = folder(dataset, &manifest.name);
    std::fs::create_dir_all(&parent).map_err(|e| Error::io("write", &parent, e))?;
    let version = parent.join(&manifest.digest);
    let mut outcome = PublishOutcome::New;
    if version.exists() {
        outcome = match open_folder(dataset, &version, &manifest.name, &manifest.digest, &manifest.columns) {
            Ok(_) => PublishOutcome::Unchanged,
            Err(Error::Damaged { .. } | Error::Io { .. }) => {
                let aside =
                    (1..1000).map(|n| version.with_extension(format!("broken-{n}"))).find(|p| !p.exists());
                let aside = aside.unwrap_or_else(|| version.with_extension("broken"));
                std::fs::rename(&version, &aside).map_err(|e| Error::io("move aside", &version, e))?;
                PublishOutcome::Repaired
            }
            Err(other) => return Err(other),
        };
    }
    if outcome != PublishOutcome::Unchanged {
        write_folder(&parent, &version, manifest, aligned)?;
    }
    if latest(dataset, &manifest.name).as_ref() != Some(&manifest.digest) {
        replace_file(&parent, "LATEST", format!("{}\n", manifest.digest).as_bytes())?;
        outcome = if outcome == PublishOutcome::Unchanged { PublishOutcome::Updated } else { outcome };
    }
    Ok(outcome)
}

fn write_folder(
    parent: &Path,
    version: &Path,
    manifest: &SignalsManifest,
    aligned: &[Aligned<'_>],
) -> Result<()> {
    let failed = |e| Error::io("write", parent, e);
    let temp = tempfile::Builder::new().prefix(".tmp-").tempdir_in(parent).map_err(failed)?;
    for one in aligned {
        let symbol = one.series.symbol;
        write_file(&temp.path().join(bars_file(symbol)), |out| {
            ipc::write_signals(out, symbol, one.series.time_ms, &manifest.columns, &one.values)
        })?;
    }
    // Text and lists into memory: it cannot fail.
    let bytes = serde_json::to_vec_pretty(manifest).unwrap_or_default();
    replace_file(temp.path(), "manifest.json", &bytes)?;
    make_readable(temp.path()).map_err(failed)?;
    match std::fs::rename(temp.path(), version) {
        Ok(()) => {
            // The folder is no longer under its temporary name, so there is nothing left to delete.
            let _ = temp.keep();
            sync_folder(parent)
        }
        // Another import of the same values was faster: what it wrote is the same.
        Err(_) if version.join("manifest.json").exists() => Ok(()),
        Err(e) => Err(failed(e)),
    }
}
