//! The cluster of this machine: brought up if it is not, and left to whoever started it to take down.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use galapagos_e2e::program;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::Value;

/// Where the cluster's programs and files are.
#[derive(Debug)]
pub struct Cluster {
    /// How to reach the API.
    pub kubeconfig: PathBuf,
    /// kubectl, helm and the rest.
    bin: PathBuf,
    /// Its state: logs, and the storage that all nodes share.
    state: PathBuf,
}

/// The cluster. The first call brings it up.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let kubeconfig = text(Command::new(script("up.sh")).stderr(Stdio::inherit()));
        let lib = script("lib.sh").display().to_string();
        let folders = text(
            Command::new("bash").args(["-c", &format!("source '{lib}'; echo \"$BIN\"; echo \"$STATE\"")]),
        );
        let (bin, state) = folders.trim().split_once('\n').expect("two folders");
        Cluster { kubeconfig: kubeconfig.trim().into(), bin: bin.into(), state: state.into() }
    })
}

impl Cluster {
    /// A folder of the storage that all nodes share.
    pub fn shared(&self, name: &str) -> PathBuf {
        self.state.join("shared").join(name)
    }

    /// Who asked the API for what.
    pub fn audit_log(&self) -> PathBuf {
        self.state.join("log/audit.log")
    }

    /// kubectl, as people use it.
    pub fn kubectl(&self) -> Command {
        let mut command = Command::new(self.bin.join("kubectl"));
        command.arg("--kubeconfig").arg(&self.kubeconfig).stdin(Stdio::null());
        command
    }

    /// helm, as people use it.
    pub fn helm(&self) -> Command {
        let mut command = Command::new(self.bin.join("helm"));
        command.arg("--kubeconfig").arg(&self.kubeconfig).stdin(Stdio::null());
        command
    }

    /// kwok, which plays nodes that exist in the API only.
    pub fn kwok(&self) -> Command {
        let stages = self.bin.with_file_name("share").join("kwok-stages.yaml");
        let mut command = Command::new(self.bin.join("kwok"));
        command.arg("--kubeconfig").arg(&self.kubeconfig).arg("--config").arg(stages);
        command.arg("--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake");
        command
    }

    /// `kubectl apply` of an object that lies in no namespace.
    pub fn apply(&self, object: &Value) {
        use std::io::Write;
        let mut command = self.kubectl();
        command.args(["apply", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(object.to_string().as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "kubectl apply of {object}");
    }

    /// A client. It belongs to the runtime that makes it.
    pub async fn client(&self) -> Client {
        Client::try_from(self.config().await).unwrap()
    }

    /// How to reach it. Watches may be silent for long.
    pub async fn config(&self) -> Config {
        let file = Kubeconfig::read_from(&self.kubeconfig).unwrap();
        let options = KubeConfigOptions::default();
        let mut config = Config::from_custom_kubeconfig(file, &options).await.unwrap();
        config.read_timeout = None;
        config
    }

    /// Cuts the power of a node.
    pub fn kill_node(&self, number: u32) {
        text(Command::new(script("kill-node.sh")).arg(number.to_string()));
    }

    /// Boots a node that was killed.
    pub fn start_node(&self, number: u32) {
        text(Command::new(script("start-node.sh")).arg(number.to_string()));
    }
}

fn script(name: &str) -> PathBuf {
    program::root().join("e2e/cluster").join(name)
}

/// What a command prints.
///
/// # Panics
/// It fails.
#[track_caller]
pub fn text(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// All that a command said.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Gives a folder and all in it to the user that pods run as.
pub fn give_to_pods(folder: &Path) {
    text(Command::new("chown").args(["-R", "65532:65532"]).arg(folder));
}
