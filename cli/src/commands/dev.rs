//! `galapagos dev`: what a cluster's operator does, by hand.

use crate::exit::{Blame, CommandError, CommandResult};
use clap::Subcommand;
use galapagos_worker::protocol::tls::issue::Authority;
use galapagos_worker::protocol::tls::{JobUid, Role};
use std::path::PathBuf;
use std::time::SystemTime;

/// Try a cluster's processes by hand: certificates for a coordinator and its workers
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the text of each verb is that of its arguments")]
pub enum Verb {
    Certs(Certs),
}

/// Make an authority and one certificate for each role of a job
///
/// Writes coordinator/, worker/ and operator/, each with ca.crt, tls.crt and tls.key: the folders that the roles of
/// galapagos-worker take as --tls-dir. The authority's key is thrown away: no further certificate will ever fit these.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos dev certs --job-uid try-1 -o certs
  galapagos-worker coordinator --tls-dir certs/coordinator --job-uid try-1 --job job.yaml --data-dir data --state-dir state
  galapagos-worker worker --coordinator localhost:7400 --tls-dir certs/worker --job-uid try-1 --job job.yaml --data-dir data")]
pub struct Certs {
    /// UID of the job that the certificates are made out for: 1 to 63 of a-z, 0-9 and '-'
    #[arg(long, value_name = "UID")]
    pub job_uid: String,
    /// Folder to write into; it must not have certificates yet
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
}

/// Runs `galapagos dev`.
pub fn execute(arguments: Arguments) -> CommandResult {
    match arguments.verb {
        Verb::Certs(certs) => write(&certs),
    }
}

fn write(certs: &Certs) -> CommandResult {
    let uid = JobUid::new(certs.job_uid.clone()).invalid()?;
    let folders = Role::ALL.map(|role| certs.output.join(role.as_str()));
    if folders.iter().any(|folder| folder.exists()) {
        return Err(CommandError::invalid(format!(
            "{} has certificates already: choose another folder, or remove it",
            certs.output.display()
        )));
    }
    let now = SystemTime::now();
    let authority = Authority::new(now).internal()?;
    for (role, folder) in Role::ALL.into_iter().zip(&folders) {
        authority.leaf(role, &uid, now).internal()?.write(&authority, folder).internal()?;
    }
    crate::terminal::note(&format!("certificates of job {} in {}", uid.as_str(), certs.output.display()));
    Ok(())
}
