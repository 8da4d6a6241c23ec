//! Where records lie.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

use serde_json::Value;
use std::path::PathBuf;

/// The subfolder that a folder of several sorts of records has for those of the language.
const SUBFOLDER: &str = "rules";

/// All records of a kind: those beside this file, and those of the folders that `GALAPAGOS_ORACLE` names.
pub fn records(kind: &str) -> Vec<Value> {
    // The engine's tests read them, too.
    let own = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../rules/tests/oracle"));
    let named = std::env::var_os("GALAPAGOS_ORACLE").unwrap_or_default();
    let folders =
        std::iter::once(own).chain(std::env::split_paths(&named).filter(|p| !p.as_os_str().is_empty()));
    let mut all = Vec::new();
    for folder in folders {
        let inner = folder.join(SUBFOLDER);
        let folder = if inner.is_dir() { inner } else { folder };
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "json"))
            .collect();
        files.sort();
        for file in files {
            let value: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let records = value["records"].as_array().cloned().unwrap_or_default();
            all.extend(records.into_iter().filter(|record| record["kind"] == kind));
        }
    }
    all
}
