//! Writes the generated code of the protocol and the lock of its wire; `--check` only tells whether both are current.
//!
//! Refuses, either way, a change of the .proto files that would make old and new processes misread each other.

mod lock;
mod rules;

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use std::fs;
use std::path::{Path, PathBuf};

const FILES: [&str; 2] = ["galapagos/work/v1/work.proto", "galapagos/progress/v1/progress.proto"];

/// Write the generated code of the protocol and the lock of its fields
#[derive(Parser)]
struct Arguments {
    /// Write nothing; fail if a file is not current
    #[arg(long)]
    check: bool,
    /// Folder with proto/ and src/generated/ [default: this crate's]
    #[arg(long)]
    dir: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let Arguments { check, dir } = Arguments::parse();
    let here = dir.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    let proto = here.join("proto");
    let files: Vec<PathBuf> = FILES.iter().map(|file| proto.join(file)).collect();
    let set = protox::compile(&files, [&proto]).context("the .proto files do not compile")?;

    // The lock first: code of a forbidden change must not even be written.
    let lock_path = proto.join("fields.lock");
    let wire = lock::Wire::from_descriptors(&set)?;
    let locked = match fs::read_to_string(&lock_path) {
        Ok(text) => text.parse::<lock::Wire>().with_context(|| lock_path.display().to_string())?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !check => lock::Wire::default(),
        Err(error) => return Err(error).with_context(|| lock_path.display().to_string()),
    };
    let next = rules::advance(&locked, &wire).map_err(|refusals| {
        anyhow::anyhow!("the wire may not change like this:\n  {}", refusals.join("\n  "))
    })?;

    let fresh = tempfile::tempdir()?;
    tonic_prost_build::configure().out_dir(fresh.path()).compile_fds(set)?;
    let out = here.join("src/generated");
    let mut stale = Vec::new();
    for entry in fs::read_dir(fresh.path())? {
        let entry = entry?;
        let (made, target) = (fs::read_to_string(entry.path())?, out.join(entry.file_name()));
        settle(&target, &made, check, &mut stale)?;
    }
    for entry in fs::read_dir(&out)? {
        let entry = entry?;
        ensure!(
            fresh.path().join(entry.file_name()).exists(),
            "{} is generated from no .proto file: delete it",
            entry.path().display()
        );
    }
    settle(&lock_path, &next.to_string(), check, &mut stale)?;
    if !stale.is_empty() {
        bail!("not current: {}; run `make generated`", stale.join(", "));
    }
    Ok(())
}

/// Makes `path` hold `text`, or notes that it does not.
fn settle(path: &Path, text: &str, check: bool, stale: &mut Vec<String>) -> anyhow::Result<()> {
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    if check {
        stale.push(path.display().to_string());
        return Ok(());
    }
    fs::write(path, text).with_context(|| path.display().to_string())
}
