//! `galapagos validate`: everything wrong with manifests, without a server.

use crate::args::Output;
use crate::exit::{Blame, Failure, Outcome};
use crate::terminal;
use crate::validate::{Kind, Problem, read_documents, validate};
use anyhow::Context;
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};

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

/// Does it.
pub fn execute(arguments: Arguments) -> Outcome {
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
        found.extend(problems.into_iter().map(|p| {
            json!({
                "file": file.display().to_string(), "document": p.document, "line": p.line, "column": p.column,
                "path": p.path, "message": p.message, "suggestion": p.suggestion,
            })
        }));
    }
    match arguments.output {
        Output::Table => terminal::print(&text)?,
        Output::Json => terminal::print_json(&json!({"valid": count == 0, "problems": found}))?,
    }
    match count {
        0 => Ok(()),
        1 => Err(Failure::invalid("1 problem")),
        n => Err(Failure::invalid(format!("{n} problems"))),
    }
}

/// The text of a manifest; `-` is stdin.
pub fn read_manifest(file: &Path) -> Outcome<String> {
    let mut text = String::new();
    if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).context("stdin").invalid()?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| file.display().to_string()).invalid()
}

/// `FILE:LINE:COLUMN: message`, one a line.
pub fn lines(file: &Path, problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{}:{problem}\n", file.display())).collect()
}
