//! Runs `kubectl`.

use crate::exit::{Blame, CommandError, CommandResult};
use anyhow::Context;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// Which cluster and namespace.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Access {
    /// Namespace; else that of the context
    #[arg(long, short, global = true, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Context of the kubeconfig; else the current one
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Kubeconfig file; else what kubectl takes
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
}

/// A list as the API answers it.
#[derive(Debug, serde::Deserialize)]
pub struct List<T> {
    /// Its objects.
    pub items: Vec<T>,
}

impl Access {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("kubectl");
        if let Some(file) = &self.kubeconfig {
            command.arg("--kubeconfig").arg(file);
        }
        if let Some(context) = &self.context {
            command.arg("--context").arg(context);
        }
        if let Some(namespace) = &self.namespace {
            command.arg("--namespace").arg(namespace);
        }
        command.args(arguments).stdin(Stdio::null());
        command
    }

    /// What it prints, whether it succeeds or not.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn output(&self, arguments: &[&str]) -> CommandResult<Output> {
        self.command(arguments).output().map_err(absent)
    }

    /// What it prints.
    ///
    /// # Errors
    /// It fails: in its own words.
    pub fn text(&self, arguments: &[&str]) -> CommandResult<String> {
        let output = self.output(arguments)?;
        if !output.status.success() {
            return Err(CommandError::invalid(told(&output.stderr)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The JSON that it prints with `-o json`.
    ///
    /// # Errors
    /// It fails, or answers something else.
    pub fn json<T: DeserializeOwned>(&self, arguments: &[&str]) -> CommandResult<T> {
        let text = self.text(&[arguments, &["-o", "json"]].concat())?;
        serde_json::from_str(&text).with_context(|| format!("kubectl {}", arguments.join(" "))).invalid()
    }

    /// Runs it in the terminal of this process.
    ///
    /// # Errors
    /// It fails; it has said why.
    pub fn show(&self, arguments: &[&str]) -> CommandResult {
        let status = self.command(arguments).status().map_err(absent)?;
        if !status.success() {
            return Err(CommandError::invalid(format!("kubectl {} failed ({status})", arguments.join(" "))));
        }
        Ok(())
    }

    /// Makes an object.
    ///
    /// # Errors
    /// The server refuses it.
    pub fn create(&self, object: &Value) -> CommandResult {
        let mut command = self.command(&["create", "-f", "-"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(absent)?;
        if let Some(mut stdin) = child.stdin.take() {
            // If it went away before it read all, its exit tells why.
            let _ = stdin.write_all(object.to_string().as_bytes());
        }
        let output = child.wait_with_output().internal()?;
        if !output.status.success() {
            return Err(CommandError::invalid(told(&output.stderr)));
        }
        Ok(())
    }

    /// Starts it with its stdout to be read; stderr is gathered.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn stream(&self, arguments: &[&str]) -> CommandResult<Child> {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(absent)
    }
}

/// What it wrote to stderr, without its own `error:`.
pub fn told(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let text = text.trim();
    let text =
        text.strip_prefix("error: ").or_else(|| text.strip_prefix("Error from server ")).unwrap_or(text);
    if text.is_empty() { "kubectl failed without a word".to_owned() } else { format!("kubectl: {text}") }
}

fn absent(error: io::Error) -> CommandError {
    let text = match error.kind() {
        io::ErrorKind::NotFound => "kubectl is not on the PATH: install it, or put it there".to_owned(),
        _ => format!("kubectl cannot be started: {error}"),
    };
    CommandError::invalid(text)
}
