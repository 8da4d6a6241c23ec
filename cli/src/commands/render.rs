//! `galapagos render`: a manifest as a cluster takes it.

use crate::exit::CommandResult;
use crate::manifest_text::read_manifest;
use crate::strategy_files::{Layout, inlined};
use crate::terminal;
use std::path::PathBuf;

/// Print a manifest with the strategies of `from: FILE` written into it, as a cluster takes it
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
    let text = read_manifest(&arguments.manifest)?;
    terminal::print(&inlined(&text, &arguments.manifest, Layout::Lines)?)
}
