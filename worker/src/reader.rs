//! The role `reader`: lets a person copy results out of a volume. Images of this project have no shell and no `tar`, so
//! `kubectl cp` finds nothing to call in their pods.
//!
//! A pod of `galapagos cluster results` runs it and waits; the same program, called inside that pod with `--pack`, writes
//! what is asked for to stdout.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use crate::process::Shell;
use crate::process::exit::{Code, Exit};

/// Let results be copied out of a volume: wait in a pod, or pack a file or folder
///
/// Nothing is written.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos-worker reader
  galapagos-worker reader --pack /state/galapagos/runs/research/btc/blake3/result > result.tar

Exit codes: 0 packed, or waited; 66 there is no such file or folder; 72 it cannot be read; 143 stopped by SIGTERM.")]
pub struct Settings {
    /// Write this file or folder to stdout as a tar, under its own name, and end
    #[arg(long, value_name = "PATH", env = "GALAPAGOS_PACK", hide_env_values = true)]
    pub pack: Option<PathBuf>,
    /// Wait so long at most, in seconds
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 600,
        conflicts_with = "pack",
        env = "GALAPAGOS_SECONDS",
        hide_env_values = true
    )]
    pub seconds: u32,
}

/// Does it.
///
/// # Errors
/// Nothing lies at the path, or it cannot be read or written.
pub fn run(settings: Settings, shell: Shell) -> Result<(), Exit> {
    let Some(path) = settings.pack else {
        let wait = Duration::from_secs(settings.seconds.into());
        let waited = tokio::time::timeout_at(tokio::time::Instant::now() + wait, shell.stop.asked());
        // A pod that was deleted after its work has done it.
        let _ = shell.runtime.block_on(waited);
        return Ok(());
    };
    if let Err(error) = path.symlink_metadata() {
        return Err(Exit::new(
            Code::DataMissing,
            anyhow::Error::new(error).context(path.display().to_string()),
        ));
    }
    let out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    pack(&path, out).map_err(|error| Exit::new(Code::Internal, error))
}

/// Writes a file, or a folder with all that lies in it, as a tar. Links are passed over: they may lead out of the folder.
///
/// # Errors
/// It cannot be read, or `out` not be written.
pub fn pack(path: &Path, out: impl Write) -> anyhow::Result<()> {
    let mut tar = tar::Builder::new(out);
    tar.mode(tar::HeaderMode::Deterministic);
    let name = path.file_name().context("has no name")?;
    add(&mut tar, path, Path::new(name))?;
    tar.into_inner()?.flush()?;
    Ok(())
}

fn add(tar: &mut tar::Builder<impl Write>, path: &Path, name: &Path) -> anyhow::Result<()> {
    let problem = || path.display().to_string();
    let kind = path.symlink_metadata().with_context(problem)?.file_type();
    if kind.is_file() {
        tar.append_file(name, &mut File::open(path).with_context(problem)?).with_context(problem)?;
    } else if kind.is_dir() {
        let entries = path.read_dir().with_context(problem)?;
        let mut names = entries.map(|e| e.map(|e| e.file_name())).collect::<Result<Vec<_>, _>>()?;
        names.sort();
        tar.append_dir(name, path).with_context(problem)?;
        names.iter().try_for_each(|entry| add(tar, &path.join(entry), &name.join(entry)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::io::Read;

    use super::*;

    fn packed(path: &Path) -> BTreeMap<String, String> {
        let mut bytes = Vec::new();
        pack(path, &mut bytes).unwrap();
        let mut archive = tar::Archive::new(&bytes[..]);
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            (entry.path().unwrap().display().to_string(), text)
        });
        entries.collect()
    }

    #[test]
    fn a_folder_is_packed_with_all_that_lies_in_it_but_links() {
        let dir = tempfile::tempdir().unwrap();
        let result = dir.path().join("result");
        fs::create_dir_all(result.join("tables")).unwrap();
        fs::write(result.join("RESULT"), "done").unwrap();
        fs::write(result.join("tables/front.csv"), "a,b\n").unwrap();
        fs::write(dir.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(dir.path().join("secret"), result.join("link")).unwrap();
        let entry = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let all = [
            entry("result", ""),
            entry("result/RESULT", "done"),
            entry("result/tables", ""),
            entry("result/tables/front.csv", "a,b\n"),
        ];
        assert_eq!(packed(&result), BTreeMap::from(all));
        assert_eq!(packed(&result.join("RESULT")), BTreeMap::from([entry("RESULT", "done")]));
        assert!(pack(&dir.path().join("none"), io::sink()).is_err());
    }
}
