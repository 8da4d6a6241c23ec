//! `galapagos render`: a manifest as a cluster takes it.

use crate::exit::{CommandError, CommandResult};
use crate::manifest_text::{Layout, read_manifest};
use crate::results_dir::newest_of;
use crate::strategy_files::inlined;
use crate::terminal;
use crate::validate::{Kind, read_documents};
use crate::warm_start::Named;
use galapagos_crds::EvolutionJob;
use galapagos_manifest::unpublished;
use std::path::{Path, PathBuf};

/// Print a manifest with the strategies and individuals of `from` written into it, as a cluster takes it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos render job.yaml | kubectl apply -f -
  galapagos render job.yaml | galapagos validate -")]
pub struct Arguments {
    /// Manifest; - is stdin. Files are relative to it
    #[arg(value_name = "FILE")]
    pub manifest: PathBuf,
}

/// Runs `galapagos render`.
pub fn execute(arguments: Arguments) -> CommandResult {
    render(&arguments.manifest, &newest_of)
}

/// Prints a manifest with all that it names written into it. `by_name`: finds the result of a job that is named instead of a path.
pub fn render(manifest: &Path, by_name: &Named<'_>) -> CommandResult {
    let text = read_manifest(manifest)?;
    let rendered = inlined(&text, manifest, Layout::Lines, by_name)?;
    refuse_signal_files(&rendered)?;
    terminal::print(&rendered)
}

/// A cluster reads only signals that are published.
fn refuse_signal_files(text: &str) -> CommandResult {
    // A text that is not YAML is told by who reads the manifest.
    let documents = read_documents(text).unwrap_or_default();
    for job in documents.iter().filter(|document| document.kind == Kind::EvolutionJob) {
        let Ok(job) = serde_json::from_value::<EvolutionJob>(job.root.to_json()) else { continue };
        if let Some(finding) = unpublished(&job.spec).first() {
            return Err(CommandError::invalid(finding.to_string()));
        }
    }
    Ok(())
}
