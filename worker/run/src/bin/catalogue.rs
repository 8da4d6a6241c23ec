//! Writes `crds/generated/strategies.json` from the engine and, with `--rules`, the reference of the language of rules;
//! or checks that they are current.
//!
//! `cargo run -p galapagos-run --bin catalogue [-- --check] [--out FILE] [--rules FILE]`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const DEFAULT: &str = "crds/generated/strategies.json";

fn main() -> ExitCode {
    match execute() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn execute() -> Result<(), String> {
    let mut path = PathBuf::from(DEFAULT);
    let mut rules: Option<PathBuf> = None;
    let mut check = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--check" => check = true,
            "--out" => path = arguments.next().ok_or("--out needs a file")?.into(),
            "--rules" => rules = Some(arguments.next().ok_or("--rules needs a file")?.into()),
            other => {
                return Err(format!("{other:?} is not an option: use --out FILE, --rules FILE or --check"));
            }
        }
    }
    let text = galapagos_run::catalogue::catalogue()
        .map_err(|e| e.to_string())?
        .to_json()
        .map_err(|e| format!("the catalogue cannot be written: {e}"))?;
    put(&path, &text, check)?;
    rules.map_or(Ok(()), |rules| put(&rules, &galapagos_run::rules::reference::page(), check))
}

fn put(path: &Path, text: &str, check: bool) -> Result<(), String> {
    if check {
        let found = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let stale = || format!("{} is not current: make generated", path.display());
        return if found == text { Ok(()) } else { Err(stale()) };
    }
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}
