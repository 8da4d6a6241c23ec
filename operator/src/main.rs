//! The binary `galapagos-operator`.

use std::process::ExitCode;

use clap::Parser;
use galapagos_operator::{logs, run, settings::Settings};

fn main() -> ExitCode {
    let settings = Settings::parse();
    logs::init(&settings);
    match run::run(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
