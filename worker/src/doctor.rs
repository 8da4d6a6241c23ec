//! The role `doctor`: looks from inside a pod whether its volumes can be read and written, and whether coordinators can be
//! reached. `kubectl galapagos doctor --probe` makes the pod and reads what this prints.

pub use galapagos_protocol::transport::{PROGRESS_PORT, WORK_PORT};

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use galapagos_run::storage::atomic;
use serde::{Deserialize, Serialize};

use crate::process::Shell;
use crate::process::exit::{Code, Exit, with_causes};

/// Look whether folders can be read and written and addresses be reached; print what was found as JSON
///
/// Nothing stays: what is written is removed again.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos-worker doctor --read /data --write /state
  galapagos-worker doctor --connect 10.0.0.7:7400,10.0.0.7:7401

Exit codes: 0 it looked, whatever it found; 72 nothing can be printed.")]
pub struct Settings {
    /// Folders that must be readable
    #[arg(long, value_name = "DIR", value_delimiter = ',', env = "GALAPAGOS_READ", hide_env_values = true)]
    pub read: Vec<PathBuf>,
    /// Folders that must be writable
    #[arg(long, value_name = "DIR", value_delimiter = ',', env = "GALAPAGOS_WRITE", hide_env_values = true)]
    pub write: Vec<PathBuf>,
    /// Addresses to connect to
    #[arg(
        long,
        value_name = "HOST:PORT",
        value_delimiter = ',',
        env = "GALAPAGOS_CONNECT",
        hide_env_values = true
    )]
    pub connect: Vec<Address>,
}

/// A host and a port.
#[derive(Clone, Debug)]
pub struct Address(String);

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Address, String> {
        let port = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        match port {
            Some((host, 1..)) if !host.is_empty() => Ok(Address(text.to_owned())),
            _ => Err("write HOST:PORT, as coordinator:7400".to_owned()),
        }
    }
}

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Tried {
    /// To read a folder.
    Read,
    /// To write into one.
    Write,
    /// To connect to an address.
    Connect,
}

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// What.
    pub tried: Tried,
    /// The folder or the address.
    pub at: String,
    /// Whether it worked.
    pub worked: bool,
    /// What was seen, or the system's own words.
    pub found: String,
}

/// How long an address may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Most entries of a folder that are looked at.
const MOST: usize = 10_000;

/// Looks, and prints the list of what it [observed](Observed) as JSON on one line.
///
/// # Errors
/// Nothing can be printed.
pub fn run(settings: &Settings, _: &Shell) -> Result<(), Exit> {
    let mut line = serde_json::to_string(&look(settings)).map_err(|e| Exit::new(Code::Internal, e))?;
    line.push('\n');
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).map_err(|e| Exit::new(Code::Internal, e))
}

fn look(settings: &Settings) -> Vec<Observed> {
    let observed = |tried, at: String, found: Result<String, String>| {
        let worked = found.is_ok();
        Observed { tried, at, worked, found: found.unwrap_or_else(|problem| problem) }
    };
    let mut all = Vec::new();
    for folder in &settings.read {
        all.push(observed(Tried::Read, folder.display().to_string(), read(folder)));
    }
    for folder in &settings.write {
        all.push(observed(Tried::Write, folder.display().to_string(), write(folder)));
    }
    for Address(address) in &settings.connect {
        all.push(observed(Tried::Connect, address.clone(), connect(address)));
    }
    all
}

/// Lists a folder and what is below it, and reads the first file that it meets: a server of files may let somebody do the one
/// and not the other.
fn read(folder: &Path) -> Result<String, String> {
    let (mut left, mut looked) = (vec![folder.to_owned()], 0);
    while let Some(path) = left.pop() {
        let said = |e: io::Error| format!("{}: {e}", path.display());
        let mut entries = Vec::new();
        // No more than are looked at: a folder may have millions.
        for entry in path.read_dir().map_err(said)?.take(MOST + 1) {
            entries.push(entry.map_err(said)?.path());
        }
        entries.sort();
        for entry in entries {
            looked += 1;
            if looked > MOST {
                return Ok(format!("readable, no file among the first {MOST} entries"));
            }
            let said = |e: io::Error| format!("{}: {e}", entry.display());
            let kind = entry.symlink_metadata().map_err(said)?.file_type();
            // What a file system keeps for itself is nobody else's.
            if kind.is_dir() && entry.file_name().is_none_or(|name| name != "lost+found") {
                left.push(entry);
            } else if kind.is_file() {
                let read = File::open(&entry).and_then(|mut file| file.read(&mut [0; 1]));
                return read.map(|_| "readable".to_owned()).map_err(said);
            }
        }
    }
    Ok("readable, no files yet".to_owned())
}

/// Writes a file as all files of results are written, and removes it.
fn write(folder: &Path) -> Result<String, String> {
    let path = folder.join(format!(".galapagos-doctor-{}", std::process::id()));
    let written = atomic::write(&path, b"doctor\n").map_err(|e| with_causes(&e));
    let removed = std::fs::remove_file(&path);
    written?;
    removed.map_err(|e| format!("{}: cannot be removed: {e}", path.display()))?;
    let free = rustix::fs::statvfs(folder).map_err(|e| e.to_string())?;
    let gigabytes = free.f_bavail.saturating_mul(free.f_frsize) as f64 / 1e9;
    Ok(format!("writable, {gigabytes:.1} GB free"))
}

fn connect(address: &str) -> Result<String, String> {
    let all = address.to_socket_addrs().map_err(|e| e.to_string())?;
    let began = Instant::now();
    let mut problem = "the name has no address".to_owned();
    for one in all {
        match TcpStream::connect_timeout(&one, PATIENCE) {
            Ok(_) => return Ok(format!("answers after {} ms", began.elapsed().as_millis())),
            Err(e) => problem = e.to_string(),
        }
    }
    Err(problem)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn what_works_and_what_does_not_is_told_and_nothing_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (full, none) = (dir.path().join("full"), dir.path().join("none"));
        std::fs::create_dir_all(full.join("below")).unwrap();
        std::fs::write(full.join("below/file"), "x").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap().to_string();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let settings = Settings {
            read: vec![full.clone(), none.clone()],
            write: vec![full.clone(), none],
            connect: [open, closed].map(|address| address.parse().unwrap()).into(),
        };
        let all = look(&settings);
        let worked: Vec<bool> = all.iter().map(|o| o.worked).collect();
        assert_eq!(worked, [true, false, true, false, true, false], "{all:?}");
        assert_eq!(all[0].found, "readable");
        assert!(all[1].found.contains("No such file"), "{all:?}");
        assert!(all[2].found.contains("GB free"), "{all:?}");
        assert!(all[5].found.contains("refused"), "{all:?}");
        assert_eq!(std::fs::read_dir(&full).unwrap().count(), 1);
    }

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for good in ["coordinator:7400", "10.0.0.7:7401", "[fd00::7]:7400"] {
            assert!(good.parse::<Address>().is_ok(), "{good}");
        }
        for bad in ["coordinator", "coordinator:0", ":7400", "coordinator:many"] {
            assert!(bad.parse::<Address>().unwrap_err().contains("HOST:PORT"), "{bad}");
        }
    }

    #[test]
    fn a_folder_without_files_can_be_read() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("lost+found")).unwrap();
        assert_eq!(read(dir.path()).unwrap(), "readable, no files yet");
    }
}
