//! The roles of the binary: its arguments, one subcommand a role, and which code a role is.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::process::Shell;
use crate::process::args::Common;
use crate::process::entry;
use crate::process::exit::{Code, Exit};
use crate::{attend, coordinator, deliver, doctor, import, reader, serve};

/// Every interface, as a pod needs it.
const USUAL_HTTP_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8080);

const EXAMPLES: &str = "\
Examples:
  galapagos-worker import --job job.yaml --data-dir ./data
  galapagos-worker coordinator --job job.yaml --job-uid u1 --tls-dir tls/coordinator --data-dir ./data --state-dir ./state
  galapagos-worker worker --coordinator host:7400 --job job.yaml --job-uid u1 --tls-dir tls/worker --data-dir ./data
  galapagos-worker serve --data-dir ./data --listen 0.0.0.0:8080 state/galapagos/runs/trading/stocks
  galapagos-worker deliver ./state --to s3://quants/galapagos

Every flag can be given as an environment variable instead: GALAPAGOS_ and its name, as GALAPAGOS_DATA_DIR.
Exit codes: 0 done; 64 manifest or flags wrong, 65 data invalid, 66 data missing, 67 engine mismatch, 68 evaluation
failed (another attempt would end the same way); 70 state not writable, 71 a newer attempt took over, 72 internal;
143 stopped by SIGTERM, 130 by SIGINT (nothing is lost).
SIGTERM and SIGINT: the first asks to leave, the second ends the process at once.";

/// The processes of a Galapagos job: its coordinator, its workers, the import of its data, the copying and the delivery of its
/// results, the service of its signals, and a look at what is around it.
#[derive(Debug, Parser)]
#[command(name = "galapagos-worker", version, about, max_term_width = 110, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Arguments {
    /// What every role has.
    #[command(flatten)]
    pub common: Common,
    /// What this process is.
    #[command(subcommand)]
    pub role: Role,
}

/// What this process is.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the text of each role is that of its settings")]
pub enum Role {
    Coordinator(Box<coordinator::Settings>),
    Worker(attend::Settings),
    Import(import::Settings),
    Reader(reader::Settings),
    /// Answer over HTTP what champions want after the last closed bar
    Serve(serve::Settings),
    Deliver(deliver::Settings),
    Doctor(doctor::Settings),
}

impl entry::Role for Role {
    fn name(&self) -> &'static str {
        match self {
            Role::Coordinator(_) => "coordinator",
            Role::Worker(_) => "worker",
            Role::Import(_) => "import",
            Role::Reader(_) => "reader",
            Role::Serve(_) => "serve",
            Role::Deliver(_) => "deliver",
            Role::Doctor(_) => "doctor",
        }
    }

    // An import is short and shares its pod; nobody probes a reader or a doctor; probes of the service are where its signals are.
    fn usual_http_address(&self) -> Option<SocketAddr> {
        match self {
            Role::Coordinator(_) | Role::Worker(_) => Some(USUAL_HTTP_ADDRESS),
            // It looks once and ends.
            Role::Deliver(settings) if settings.every_seconds == 0 => None,
            Role::Deliver(_) => Some(USUAL_HTTP_ADDRESS),
            Role::Import(_) | Role::Reader(_) | Role::Serve(_) | Role::Doctor(_) => None,
        }
    }

    fn run(self, shell: Shell) -> Result<(), Exit> {
        match self {
            Role::Coordinator(settings) => coordinator::run(*settings, shell),
            Role::Worker(settings) => attend::run(settings, shell),
            Role::Import(settings) => import::run(settings, shell),
            Role::Reader(settings) => reader::run(settings, shell),
            Role::Serve(settings) => serve::run(&settings, &shell, &|_| {}),
            Role::Deliver(settings) => deliver::run(&settings, &shell),
            Role::Doctor(settings) => doctor::run(&settings, &shell),
        }
    }
}

/// Runs the role that `arguments` (the name of the program first) ask for, and answers the exit code.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match Arguments::try_parse_from(arguments) {
        Ok(Arguments { common, role }) => entry::run(&common, role),
        Err(told) => {
            // If neither stdout nor stderr can be written, there is nobody to tell.
            let _ = told.print();
            // Not clap's 2: wrong flags are permanent, as a wrong manifest is.
            ExitCode::from(if told.use_stderr() { Code::Spec as u8 } else { 0 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_page_and_the_help_name_every_exit_code_and_whether_another_attempt_helps() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/worker.md");
        let page = std::fs::read_to_string(page).unwrap();
        let help = Arguments::command().render_long_help().to_string();
        for code in Code::ALL {
            let number = code.number().to_string();
            let row = page.lines().find(|line| line.starts_with(&format!("| {number}")));
            let row = row.unwrap_or_else(|| panic!("docs/worker.md has no row for {number}"));
            assert!(row.contains(&format!("`{}`", code.reason())), "{row}");
            assert_eq!(row.ends_with("| ends the same way |"), code.is_permanent(), "{row}");
            assert!(help.contains(&format!("{number} ")), "the help does not name {number}");
        }
    }
}
