//! Prints the CustomResourceDefinitions into a folder, or checks that the folder holds them.

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: crdgen --out DIR [--check]";

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
    let (mut out, mut check) = (None, false);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--out" => out = Some(PathBuf::from(args.next().ok_or(USAGE)?)),
            "--check" => check = true,
            _ => return Err(format!("{arg}: unknown\n{USAGE}")),
        }
    }
    let out = out.ok_or(USAGE)?;
    for (name, text) in galapagos_crds::crd::files().map_err(|e| e.to_string())? {
        let path = out.join(name);
        if !check {
            std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        } else if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            return Err(format!(
                "{} is not current: run crdgen without --check and commit it",
                path.display()
            ));
        }
    }
    Ok(())
}
