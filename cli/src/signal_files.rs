//! `signals: {file: ..}` of strategies: files beside the manifest, published with the dataset before anything runs.

use crate::exit::{CommandError, CommandResult};
use crate::{data_errors, terminal};
use galapagos_crds::{SignalsSpec, StrategySpec, signals};
use galapagos_run::job::signals::objection;
use galapagos_run::market::{SignalsImport, SignalsReport, import_signals};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The version of a dataset with which files are published.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The data directory.
    pub data_dir: &'a Path,
    /// Name of the dataset.
    pub dataset: &'a str,
    /// Its version; absent: the latest.
    pub digest: Option<&'a str>,
}

/// Publishes the files of strategies, whose paths are relative to `manifest`, and names in the strategies what was
/// published.
pub fn publish(strategies: &mut [StrategySpec], manifest: &Path, beside: Beside<'_>) -> CommandResult {
    let mut published: BTreeMap<String, (PathBuf, SignalsReport)> = BTreeMap::new();
    for (i, strategy) in strategies.iter_mut().enumerate() {
        let Some(given) = strategy.signals.as_mut() else { continue };
        let Some(file) = given.file.take() else { continue };
        let path = manifest.parent().unwrap_or(Path::new("")).join(&file);
        let name = name_of(&path);
        let refused =
            |text: String| CommandError::invalid(format!("spec.strategies[{i}].signals.file: {text}"));
        if published.get(&name).is_some_and(|(other, _)| *other != path) {
            return Err(refused(format!(
                "two files would be published as {name}; give one of them another name"
            )));
        }
        if !published.contains_key(&name) {
            let report = import_signals(&plan(&path, &name, beside)).map_err(data_errors::blame)?;
            report.notes.iter().for_each(|note| terminal::note(&format!("note: {name}: {note}")));
            published.insert(name.clone(), (path, report));
        }
        let Some((_, report)) = published.get(&name) else { continue };
        let digest = format!("blake3:{}", report.digest);
        if let Some(pinned) = given.digest.as_ref().filter(|pinned| **pinned != digest) {
            return Err(refused(format!("{file} has digest {digest}, the manifest says {pinned}")));
        }
        let columns = match given.columns.is_empty() {
            true => report.columns.iter().map(|column| column.column.clone()).collect(),
            false => std::mem::take(&mut given.columns),
        };
        *given = SignalsSpec { name: Some(name), file: None, digest: Some(digest), columns };
    }
    Ok(())
}

/// The import of a file under a name, without any option.
pub fn plan<'a>(file: &'a Path, name: &'a str, beside: Beside<'a>) -> SignalsImport<'a> {
    SignalsImport {
        file,
        data_dir: beside.data_dir,
        dataset: beside.dataset,
        digest: beside.digest,
        name,
        symbol: None,
        day_order: None,
        drop_unmatched: false,
        objection,
        target: signals::TARGET,
    }
}

/// The name under which a file is published that has none: that of the file, as far as names go.
pub fn name_of(file: &Path) -> String {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '_' };
    let name: String = stem.chars().map(plain).collect();
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    let name = if begins { name } else { format!("s_{name}") };
    name.chars().take(30).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_file_has_a_name_for_its_signals() {
        for (file, name) in [
            ("a/my.parquet", "my"),
            ("My Score-2.csv", "my_score_2"),
            ("2024.csv", "s_2024"),
            ("", "s_"),
            ("abcdefghijklmnopqrstuvwxyz0123456789.csv", "abcdefghijklmnopqrstuvwxyz0123"),
        ] {
            assert_eq!(name_of(Path::new(file)), name);
        }
    }
}
