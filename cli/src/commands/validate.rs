//! `galapagos validate`: everything wrong with manifests, without a server.

use crate::exit::{CommandError, CommandResult};
use crate::manifest_text::{lines, read_manifest};
use crate::output::Output;
use crate::terminal;
use crate::validate::{Kind, read_documents, validate};
use serde_json::json;
use std::path::PathBuf;

/// Check manifests as a server would, with line, column and suggestions
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos validate job.yaml
  kustomize build deploy | galapagos validate -
  galapagos validate *.yaml -o json")]
pub struct Arguments {
    /// Manifests; - is stdin
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// Runs `galapagos validate`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let mut text = String::new();
    let mut found = Vec::new();
    let mut count = 0;
    for file in &arguments.files {
        let manifest = read_manifest(file)?;
        let (ours, problems) = match read_documents(&manifest) {
            Ok(documents) => {
                let ours = documents.iter().filter(|d| !matches!(d.kind, Kind::Other(_))).count();
                (ours, documents.iter().flat_map(validate).collect::<Vec<_>>())
            }
            Err(problems) => (0, problems),
        };
        count += problems.len();
        match problems.is_empty() {
            true => text.push_str(&format!("{}: valid ({ours} checked)\n", file.display())),
            false => text.push_str(&lines(file, &problems)),
        }
        found.extend(problems.iter().map(|problem| problem.to_json(file)));
    }
    match arguments.output {
        Output::Table => terminal::print(&text)?,
        Output::Json => terminal::print_json(&json!({"valid": count == 0, "problems": found}))?,
    }
    match count {
        0 => Ok(()),
        1 => Err(CommandError::invalid("1 problem")),
        n => Err(CommandError::invalid(format!("{n} problems"))),
    }
}
