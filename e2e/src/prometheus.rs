//! A real Prometheus, and what it answers.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::elsewhere::free_port;
use crate::process::Process;
use crate::program;

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Prometheus and promtool; `None`, and a loud word, on a machine that has none and may not install one.
pub fn programs() -> Option<(PathBuf, PathBuf)> {
    let output =
        Command::new(program::root().join("e2e/prometheus.sh")).stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(3) {
        eprintln!("\n!!! PROMETHEUS WAS NOT ASKED: {stderr}!!!\n");
        return None;
    }
    assert!(output.status.success(), "{stderr}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    let mut lines = stdout.lines().map(PathBuf::from);
    Some((lines.next().unwrap(), lines.next().unwrap()))
}

/// One that runs.
#[derive(Debug)]
pub struct Prometheus {
    process: Process,
    port: u16,
}

impl Prometheus {
    /// Starts it with a configuration, in a folder of its own; `None`: the machine has none.
    pub fn start(folder: &Path, config: &Value) -> Option<Prometheus> {
        let (prometheus, _) = programs()?;
        let file = folder.join("prometheus.yml");
        // JSON is YAML.
        std::fs::write(&file, config.to_string()).unwrap();
        let port = free_port();
        let mut command = Command::new(prometheus);
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.tsdb.path={}", folder.join("tsdb").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}")).current_dir(folder);
        let mut process = Process::start("prometheus", command, &folder.join("prometheus.log"));
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(process.poll().is_none() && began.elapsed() < PATIENCE, "{}", process.tail());
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(Prometheus { process, port })
    }

    /// What a query answers now: a series each, its labels under `metric`.
    pub fn query(&self, query: &str) -> Vec<Value> {
        let mut answer = self.get("query", &[("query", query)]);
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        match answer["data"]["result"].take() {
            Value::Array(series) => series,
            other => panic!("{query}: {other}"),
        }
    }

    /// A page of its API.
    pub fn get(&self, page: &str, parameters: &[(&str, &str)]) -> Value {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--max-time", "20", "--get"]);
        for (name, value) in parameters {
            curl.args(["--data-urlencode", &format!("{name}={value}")]);
        }
        let output = curl.arg(format!("http://127.0.0.1:{}/api/v1/{page}", self.port)).output().unwrap();
        assert!(
            output.status.success(),
            "{}\n{}",
            String::from_utf8_lossy(&output.stderr),
            self.process.tail()
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }
}
