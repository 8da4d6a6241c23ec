//! `kubectl galapagos render`: a manifest as the cluster takes it, with what jobs of the cluster have found.

use crate::cluster::fetch::Reader;
use crate::cluster::kubectl::Access;
use crate::commands::render::render;
use crate::exit::{Blame, CommandError, CommandResult};
use std::path::PathBuf;

/// Print a manifest with what it names written into it: strategies of files, individuals of results of jobs of the cluster
///
/// As galapagos render, but a name in population.from is that of a job of the namespace, which has ended: its result is copied
/// here for the moment, by a pod that reads the state volume.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos render job.yaml | kubectl apply -f -")]
pub struct Arguments {
    /// Manifest; - is stdin. Files are relative to it
    #[arg(value_name = "FILE")]
    pub manifest: PathBuf,
}

/// Runs it.
pub fn execute(access: &Access, arguments: &Arguments) -> CommandResult {
    let copies = tempfile::tempdir().internal()?;
    let fetch = |namespace: Option<&str>, name: &str| {
        // A manifest of another namespace begins with a job of that.
        let mut access = access.clone();
        access.namespace = access.namespace.or_else(|| namespace.map(str::to_owned));
        if name.contains(['/', '\\']) || name.starts_with('.') {
            return Err(CommandError::invalid(format!("{name:?} is no name of a job")));
        }
        let into = copies.path().join(name);
        if !into.exists() {
            Reader::start(&access, name)?.folder(&into)?;
        }
        Ok(into)
    };
    render(&arguments.manifest, &fetch)
}
