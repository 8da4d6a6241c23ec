//! A folder of its own for each test, and the real program in it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Far beyond what anything here takes, so that a slow machine fails no test.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Sandbox(tempfile::TempDir);

/// What a process left behind.
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    /// The log, line by line.
    pub log: Vec<Value>,
}

impl Finished {
    /// The last line of the log, which says how it ended.
    pub fn end(&self) -> &Value {
        self.log.last().unwrap()
    }

    pub fn message(&self) -> &str {
        self.end()["message"].as_str().unwrap()
    }
}

impl Sandbox {
    pub fn new() -> Sandbox {
        Sandbox(tempfile::tempdir().unwrap())
    }

    /// A sandbox with the sample data in `data/raw`.
    pub fn with_samples() -> Sandbox {
        let sandbox = Sandbox::new();
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/examples/data");
        std::fs::create_dir_all(sandbox.path("data/raw")).unwrap();
        for name in ["AAPL.csv", "IBM.csv", "MSFT.csv"] {
            std::fs::copy(samples.join(name), sandbox.path("data/raw").join(name)).unwrap();
        }
        sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// A job whose `marketData` has these further lines.
    pub fn job(&self, symbols: &str, market_data: &str) {
        let text = format!(
            "apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: stocks, namespace: research}}
spec:
  marketData:
    dataset: us-stocks
    symbols: {symbols}
    interval: 1d
    calendar: {{type: Sessions, barsPerYear: 252}}
{market_data}
  strategies: [{{name: sma_crossover}}]
  population: {{size: 20, seed: 1}}
"
        );
        self.write("job.yaml", text);
    }

    /// The binary in this sandbox, with none of our variables in its environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galapagos-worker"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GALAPAGOS_")) {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Finished {
        ended(self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    pub fn import(&self) -> Finished {
        self.run(&["import", "--job", "job.yaml", "--data-dir", "data"])
    }

    /// Starts the binary; its log can be followed.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (send, log) = channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| send.send(line)));
        Running { child, log, seen: Vec::new() }
    }
}

fn ended(child: Child) -> Finished {
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        log: log.lines().map(|l| serde_json::from_str(l).unwrap_or(Value::from(l))).collect(),
    }
}

/// A process that is killed with the value.
pub struct Running {
    child: Child,
    log: Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    /// Waits for the line of the log with this message.
    pub fn line(&mut self, message: &str) -> Value {
        loop {
            let Ok(line) = self.log.recv_timeout(PATIENCE) else {
                panic!("no {message:?} in the log, but {:#?}", self.seen);
            };
            let value: Value = serde_json::from_str(&line).unwrap_or_default();
            self.seen.push(line);
            if value["message"].as_str().is_some_and(|m| m.contains(message)) {
                return value;
            }
        }
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for the end: the exit code, and how long it took.
    pub fn end(&mut self) -> (Option<i32>, Duration) {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), began.elapsed());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("still there; the log is {:#?}", self.seen);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Status, headers and body of a page.
pub fn get(address: &str, path: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_owned(), body.to_owned())
}
