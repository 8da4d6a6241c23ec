//! What the tests of the binary share: a folder of their own and the real program.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses a part; a failed unwrap fails the test"
)]

pub mod browser;

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

/// The real binary.
pub const BINARY: &str = env!("CARGO_BIN_EXE_galapagos");

/// A data and a results folder that vanish with the value.
pub struct Sandbox {
    folder: tempfile::TempDir,
}

/// What a process left behind.
pub struct Finished {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    pub fn new() -> Sandbox {
        Sandbox { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Writes a file and returns its path.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The binary in this sandbox, with a small and quiet environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .current_dir(self.path())
            .env_remove("RUST_LOG")
            .env_remove("GALAPAGOS_DATA_DIR")
            .env_remove("GALAPAGOS_RESULTS_DIR")
            .env_remove("GALAPAGOS_RESULTS")
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs the binary, which must succeed.
    pub fn ok(&self, arguments: &[&str]) -> Finished {
        let ended = self.run(arguments);
        assert_eq!(ended.code, 0, "galapagos {}\n{}{}", arguments.join(" "), ended.stdout, ended.stderr);
        ended
    }

    /// Runs the binary, which must succeed and print one JSON document.
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.ok(arguments).json()
    }

    /// Imports a random walk as dataset `walk`, symbol `WALK`.
    pub fn walk(&self, bars: u32, seed: u32) {
        let walk = format!("bars={bars},seed={seed}");
        self.ok(&[
            "import",
            "--random-walk",
            &walk,
            "--dataset",
            "walk",
            "--symbol",
            "WALK",
            "--interval",
            "1h",
        ]);
    }
}

impl Finished {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }
}

impl From<Output> for Finished {
    fn from(output: Output) -> Finished {
        Finished {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A small job on the dataset of [`Sandbox::walk`]: milliseconds a generation.
pub fn small_job(population: u32, generations: u32) -> String {
    format!(
        "\
apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: small}}
spec:
  marketData: {{dataset: walk, symbols: [WALK], interval: 1h, calendar: {{type: Continuous}}}}
  strategies:
  - {{name: sma_crossover, genes: [{{name: slow_period, min: 10, max: 120}}]}}
  - {{name: rsi_filter}}
  population: {{size: {population}, seed: 9}}
  generations: {generations}
  execution: {{side: LongShort, takerFee: \"0.0001\"}}
  stop: {{patience: 1000}}
"
    )
}

/// The folder of the only run of job `name` under `results`.
pub fn run_folder(results: &Path, name: &str) -> PathBuf {
    let job = results.join("galapagos/runs/local").join(name);
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&job)
        .unwrap_or_else(|e| panic!("{}: {e}", job.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && path.file_name().unwrap().len() == 64)
        .collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders.remove(0)
}

/// A program that listens.
pub struct Listening {
    pub child: Child,
    pub address: String,
    /// The rest of what it says. Somebody has to read on, or it waits to be heard.
    pub log: BufReader<ChildStderr>,
    /// What it has said so far.
    pub said: String,
}

/// Starts a program and waits until it says, behind `word`, where it listens.
pub fn listening(mut command: Command, word: &str) -> Listening {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let (mut said, mut line) = (String::new(), String::new());
    let address = loop {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "it ended: {said}");
        said.push_str(&line);
        if let Some((_, address)) = line.trim().split_once(word) {
            break address.trim_end_matches('/').to_owned();
        }
    };
    Listening { child, address, log, said }
}

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Compares with a stored file. `UPDATE_GOLDEN=1` writes it instead.
pub fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return;
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == text,
        "{} differs; look at it, then UPDATE_GOLDEN=1. Now it is:\n{text}",
        path.display()
    );
}
