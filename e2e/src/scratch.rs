//! Folders that vanish, with a dataset in them.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::program;

/// A folder of a test, removed with the value (kept when the test fails and GALAPAGOS_CHAOS_KEEP is set).
#[derive(Debug)]
pub struct Scratch {
    folder: Option<TempDir>,
    path: PathBuf,
}

impl Scratch {
    /// An empty folder.
    pub fn new() -> Scratch {
        Scratch::inside(&std::env::temp_dir())
    }

    /// An empty folder inside another, which is made if missing: for what lives as long as its process, whose end removes
    /// nothing.
    pub fn inside(parent: &Path) -> Scratch {
        std::fs::create_dir_all(parent).unwrap();
        let folder = tempfile::Builder::new().prefix("galapagos-e2e-").tempdir_in(parent).unwrap();
        Scratch { path: folder.path().to_owned(), folder: Some(folder) }
    }

    /// A folder whose `data` holds a random walk of so many hourly bars as dataset `walk`, symbol `WALK`.
    pub fn with_walk(bars: u32) -> Scratch {
        let scratch = Scratch::new();
        scratch.walk(&scratch.data(), bars, 5);
        scratch
    }

    /// A folder whose `data` holds the project's daily stocks.
    pub fn with_stocks() -> Scratch {
        let scratch = Scratch::new();
        let samples = program::root().join("deploy/examples/data");
        let files = ["AAPL.csv", "IBM.csv", "MSFT.csv"].map(|f| samples.join(f).display().to_string());
        let mut arguments: Vec<&str> = files.iter().map(String::as_str).collect();
        arguments.extend(["--dataset", "us-stocks", "--interval", "1d", "--calendar", "sessions:252"]);
        import(&scratch.data(), &arguments);
        scratch
    }

    /// Imports a walk into a data folder.
    pub fn walk(&self, data: &Path, bars: u32, seed: u32) {
        let walk = format!("bars={bars},seed={seed}");
        import(data, &["--random-walk", &walk, "--dataset", "walk", "--symbol", "WALK", "--interval", "1h"]);
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// A folder inside, made if missing.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.path.join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// A file inside with this text.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Default for Scratch {
    fn default() -> Scratch {
        Scratch::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let keep = std::thread::panicking() && std::env::var_os("GALAPAGOS_CHAOS_KEEP").is_some();
        if let (true, Some(folder)) = (keep, self.folder.take()) {
            eprintln!("kept: {}", folder.keep().display());
        }
    }
}

/// Copies a folder with its files, as another volume would hold it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// All files below a folder whose names end so, in order.
pub fn files(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, suffix));
        } else if path.to_string_lossy().ends_with(suffix) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn import(data: &Path, arguments: &[&str]) {
    std::fs::create_dir_all(data).unwrap();
    let output =
        program::galapagos().arg("import").args(arguments).arg("--data-dir").arg(data).output().unwrap();
    assert!(output.status.success(), "galapagos import: {}", String::from_utf8_lossy(&output.stderr));
}
