//! Copies a result, or a file of it, from the volume of a cluster.

use super::kubectl::{Access, told};
use super::reader;
use super::short_pod::{PROGRAM, ShortPod};
use crate::exit::{Blame, CommandError, CommandResult};
use crate::interrupt;
use crate::terminal::BARS;
use anyhow::Context;
use galapagos_crds::{EvolutionJob, WorkerPool};
use galapagos_run::storage::atomic;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long the pod may take to start.
const START: &str = "--timeout=120s";
/// Bytes of a result at most: what a volume hands in is not believed.
const LARGEST: u64 = 64 << 30;

/// A pod that reads; it goes when this is dropped.
#[derive(Debug)]
pub struct Reader<'a> {
    pod: ShortPod<'a>,
    path: String,
    stop: Arc<AtomicBool>,
}

impl<'a> Reader<'a> {
    /// Starts the pod that reads the results of a job.
    ///
    /// # Errors
    /// The job has none yet, its pool is gone, or the pod does not start.
    pub fn start(access: &'a Access, name: &str) -> CommandResult<Reader<'a>> {
        let job: EvolutionJob = access.json(&["get", "evojob", name])?;
        let path = result_path(&job).map_err(CommandError::invalid)?;
        let pool: WorkerPool = access.json(&["get", "wpool", &job.spec.worker_pool_name])?;
        let pod = format!("{name}-reader-{:05}", std::process::id() % 100_000);
        let object =
            reader::pod(&job, &pool, &pod).map_err(|e| CommandError::invalid(format!("{name}: {e}")))?;
        let stop = interrupt::watch("stopping; the pod that reads is removed")?;
        let pod = ShortPod::create(access, &object)?;
        let name = format!("pod/{}", pod.name);
        if let Err(failure) = access.text(&pod.here(&["wait", "--for=condition=Ready", START, &name])) {
            let why = Some(pod.why()).filter(|why| !why.is_empty()).unwrap_or_else(|| failure.message());
            return Err(CommandError::invalid(format!(
                "the pod that reads the state volume does not start: {why}"
            )));
        }
        Ok(Reader { pod, path, stop })
    }

    /// Copies the result folder to `into`, which must not be there yet.
    ///
    /// # Errors
    /// Something is there, the copy breaks off, or what comes is no result.
    pub fn folder(&self, into: &Path) -> CommandResult {
        let (staged, name) = self.unpack(&self.path, into)?;
        let found = staged.path().join(name);
        if !found.join("result.json").is_file() {
            return Err(CommandError::invalid(format!("{}: the folder has no result (yet)", self.path)));
        }
        atomic::publish_folder(&found, into).internal()
    }

    /// A file of the result.
    ///
    /// # Errors
    /// It is not there, or the copy breaks off.
    pub fn file(&self, name: &str, into: &Path) -> CommandResult {
        let (staged, name) = self.unpack(&format!("{}/{name}", self.path), into)?;
        let bytes = fs::read(staged.path().join(name)).internal()?;
        atomic::write(into, &bytes).internal()
    }

    /// Unpacks what lies at `path` beside `into`, so that it can be moved there in one step. The name it has.
    fn unpack(&self, path: &str, into: &Path) -> CommandResult<(tempfile::TempDir, String)> {
        let parent = into.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).with_context(|| parent.display().to_string()).invalid()?;
        let staged = tempfile::Builder::new().prefix(".galapagos-").tempdir_in(parent);
        let staged = staged.with_context(|| parent.display().to_string()).invalid()?;
        let path = format!("{}/{path}", reader::MOUNT);
        let arguments = ["exec", &self.pod.name, "-c", reader::CONTAINER, "--", PROGRAM];
        let arguments = [&self.pod.here(&[])[..], &arguments, &["reader", "--pack", &path]].concat();
        let mut child = self.pod.access.stream(&arguments)?;
        let stdout = child.stdout.take().context("kubectl has no stdout").internal()?;
        let bar = BARS.add(ProgressBar::new_spinner());
        let style = ProgressStyle::with_template("{spinner} {msg} {bytes} {bytes_per_sec}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message("copying the result");
        bar.enable_steady_tick(Duration::from_millis(200));
        let unpacked = entries(Stopped { inner: bar.wrap_read(stdout), stop: &self.stop }, staged.path());
        bar.finish_and_clear();
        if unpacked.is_err() {
            // It would wait for somebody to read.
            let _ = child.kill();
        }
        let ended = child.wait_with_output().internal()?;
        if self.stop.load(Ordering::Relaxed) {
            return Err(CommandError::Interrupted("stopped; nothing was copied".into()));
        }
        if !ended.status.success() && unpacked.is_ok() {
            return Err(CommandError::invalid(format!("the result cannot be read: {}", told(&ended.stderr))));
        }
        unpacked.context("the result did not arrive whole").invalid()?;
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        Ok((staged, name))
    }
}

/// Folder of the result on the state volume.
fn result_path(job: &EvolutionJob) -> Result<String, String> {
    let name = job.metadata.name.as_deref().unwrap_or_default();
    let status = job.status.as_ref();
    let ended = status.is_some_and(|s| s.completion_time.is_some());
    let path = status.and_then(|s| s.results.as_ref()).map(|r| r.path.as_str()).unwrap_or_default();
    if !ended || path.is_empty() {
        let phase = status
            .and_then(|s| s.phase)
            .map_or_else(|| "not seen by an operator".into(), |p| format!("{p:?}"));
        return Err(format!(
            "{name} has no result yet: it is {phase}. `kubectl galapagos stop {name}` ends it with the best so far"
        ));
    }
    // It leads into the volume and is text of a status.
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(format!("{name}: status.results.path {path:?} is no path below the volume"));
    }
    Ok(path.to_owned())
}

/// Unpacks files and folders; anything else, or a name that leads out of the folder, is refused.
fn entries(bytes: impl Read, into: &Path) -> io::Result<()> {
    let mut archive = tar::Archive::new(bytes.take(LARGEST));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path: PathBuf = entry.path()?.into_owned();
        let kind = entry.header().entry_type();
        let refused = |why: &str| Err(io::Error::other(format!("{}: {why}", path.display())));
        if !kind.is_file() && !kind.is_dir() {
            return refused("is neither a file nor a folder");
        }
        entry.set_preserve_permissions(false);
        if !entry.unpack_in(into)? {
            return refused("leads out of the folder");
        }
    }
    Ok(())
}

/// Ends reading when the person asks.
struct Stopped<'a, R> {
    inner: R,
    stop: &'a AtomicBool,
}

impl<R: Read> Read for Stopped<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            // Not `Interrupted`, which readers take for a reason to try again.
            return Err(io::Error::other("stopped"));
        }
        self.inner.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::example;

    #[test]
    fn only_an_ended_job_has_a_result_and_its_path_stays_below_the_volume() {
        let ended = |path: &str| {
            let status = serde_json::json!({
                "phase": "Succeeded", "completionTime": "2026-01-01T00:00:00Z", "results": {"path": path},
            });
            result_path(&example("btc", &status))
        };
        assert_eq!(ended("galapagos/runs/result").unwrap(), "galapagos/runs/result");
        for path in ["/etc", "a/../b", "a//b"] {
            assert!(ended(path).unwrap_err().contains("no path below"), "{path}");
        }
        let running = example("btc", &serde_json::json!({"phase": "Running", "results": {"path": "a"}}));
        assert!(result_path(&running).unwrap_err().contains("it is Running. `kubectl galapagos stop btc`"));
    }

    #[test]
    fn what_leads_out_of_the_folder_is_refused() {
        let packed = |change: &dyn Fn(&mut tar::Header)| {
            let mut tar = tar::Builder::new(Vec::new());
            let mut header = tar::Header::new_gnu();
            header.set_size(1);
            header.set_mode(0o644);
            header.as_mut_bytes()[..4].copy_from_slice(b"a/bc");
            change(&mut header);
            header.set_cksum();
            tar.append(&header, &b"x"[..]).unwrap();
            tar.into_inner().unwrap()
        };
        let dir = tempfile::tempdir().unwrap();
        entries(&packed(&|_| ())[..], dir.path()).unwrap();
        assert_eq!(fs::read(dir.path().join("a/bc")).unwrap(), b"x");
        let out = packed(&|h| h.as_mut_bytes()[..4].copy_from_slice(b"../x"));
        assert!(entries(&out[..], &dir.path().join("a")).is_err());
        let link = packed(&|h| h.set_entry_type(tar::EntryType::Symlink));
        assert!(entries(&link[..], dir.path()).unwrap_err().to_string().contains("neither"));
        let whole = packed(&|_| ());
        assert!(entries(&whole[..512], dir.path()).is_err(), "cut off");
    }
}
