//! The files of the repository, for tests that read them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses a part; a failed unwrap fails the test"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// What a file says; its path is from the root.
pub fn file(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// All files below folders of the root, by name, but what is built there or hidden.
pub fn files(folders: &[&str]) -> Vec<PathBuf> {
    let mut left: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut out = Vec::new();
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with('.') || name == "target" || name == "__pycache__" {
                continue;
            }
            if path.is_dir() { left.push(path) } else { out.push(path) }
        }
    }
    out.sort();
    out
}

/// The Rust files below folders of the root: their paths from there, and what they say.
pub fn sources(folders: &[&str]) -> Vec<(String, String)> {
    let rust = files(folders).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    rust.map(|path| {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).unwrap())
    })
    .collect()
}
