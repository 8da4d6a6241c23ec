//! Prints the CustomResourceDefinitions into folders and their reference into a file, or checks that they are there.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: crdgen [--out DIR]... [--reference FILE] [--check]";

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut args: impl Iterator<Item = String>) -> Result<(), String> {
    let (mut folders, mut reference, mut check) = (Vec::new(), None, false);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--out" => folders.push(PathBuf::from(args.next().ok_or(USAGE)?)),
            "--reference" => reference = Some(PathBuf::from(args.next().ok_or(USAGE)?)),
            "--check" => check = true,
            _ => return Err(format!("{arg}: unknown\n{USAGE}")),
        }
    }
    if folders.is_empty() && reference.is_none() {
        return Err(USAGE.to_owned());
    }
    let files = galapagos_crds::crd::files().map_err(|e| e.to_string())?;
    for folder in &folders {
        for (name, text) in &files {
            put(&folder.join(name), text, check)?;
        }
    }
    reference.map_or(Ok(()), |path| put(&path, &galapagos_crds::reference::page(), check))
}

fn put(path: &Path, text: &str, check: bool) -> Result<(), String> {
    if !check {
        return std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()));
    }
    match std::fs::read_to_string(path) {
        Ok(there) if there == text => Ok(()),
        _ => Err(format!("{} is not current: run `make generated` and commit it", path.display())),
    }
}
