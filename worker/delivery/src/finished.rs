//! Runs that have a result, found below what people name.

use std::fs;
use std::path::{Path, PathBuf};

use galapagos_run::report::data;
use galapagos_run::report::error::ReportError;
use galapagos_run::report::locate;
use galapagos_run::results::document::ResultDocument;
use galapagos_run::storage::digest::Digest;
use galapagos_run::storage::run_folder::{self, DIGEST, ResultMark};

use crate::error::DeliveryError;

/// Folders below the one that was named: `galapagos/runs/<namespace>/<job>/<inputs digest>`, and one more.
const DEPTH: u32 = 6;
/// Most files of a result, and folders in one another: a run writes some twenty in two.
const FILES: usize = 1000;

/// A finished run.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The folder of the result.
    pub folder: PathBuf,
    /// `result.json`.
    pub document: ResultDocument,
    /// The files of the result, as paths below the folder with `/` between the parts, and their bytes, in order of the paths.
    pub files: Vec<(String, u64)>,
    inputs: Digest,
    result: Digest,
}

impl Finished {
    /// Reads the result in a folder.
    ///
    /// # Errors
    /// It is none, or its files do not fit each other.
    pub fn read(folder: &Path) -> Result<Finished, DeliveryError> {
        let document = data::document(folder)?;
        let not_whole = |problem: String| DeliveryError::NotWhole { path: folder.to_owned(), problem };
        let digest = |name: &str, text: &str| {
            Digest::parse(text).ok_or_else(|| not_whole(format!("{name} in result.json is no digest")))
        };
        let inputs = digest("inputs_digest", &document.inputs_digest)?;
        let result = digest("result_digest", &document.result_digest)?;
        for (what, name) in [("namespace", &document.job.namespace), ("job", &document.job.name)] {
            run_folder::check_name(what, name).map_err(|e| not_whole(e.to_string()))?;
        }
        let said = digest_of(folder).ok_or_else(|| not_whole(format!("{DIGEST} cannot be read")))?;
        if said != document.result_digest {
            return Err(not_whole(format!("{DIGEST} and result.json have two digests")));
        }
        let mut files = Vec::new();
        list(folder, "", 0, &mut files)?;
        files.sort();
        Ok(Finished { folder: folder.to_owned(), document, files, inputs, result })
    }

    /// Where it lies at a destination: namespace, job, inputs digest and result digest, both as 64 hexadecimal digits.
    pub fn place(&self) -> [String; 4] {
        let job = &self.document.job;
        [job.namespace.clone(), job.name.clone(), self.inputs.hex(), self.result.hex()]
    }

    /// Namespace and name of its job, for people.
    pub fn name(&self) -> String {
        format!("{}/{}", self.document.job.namespace, self.document.job.name)
    }

    /// What is written last at a destination: the mark that all is there.
    pub fn mark(&self) -> ResultMark {
        ResultMark {
            digest: self.document.result_digest.clone(),
            generation: u32::try_from(self.document.generations.len()).unwrap_or(u32::MAX),
            stopped_by: self.document.stopped_by.clone(),
        }
    }

    /// Fails if another result has taken its place since it was read, whose files may be among those that were delivered. It is
    /// asked last, before the mark.
    pub(crate) fn still_there(&self) -> Result<(), DeliveryError> {
        if digest_of(&self.folder).is_some_and(|said| said == self.document.result_digest) {
            return Ok(());
        }
        let problem = "another one took its place while it was read".to_owned();
        Err(DeliveryError::NotWhole { path: self.folder.clone(), problem })
    }

    /// The bytes of its mark.
    pub(crate) fn mark_bytes(&self) -> Result<Vec<u8>, DeliveryError> {
        let not_whole = |e: serde_json::Error| DeliveryError::NotWhole {
            path: self.folder.clone(),
            problem: e.to_string(),
        };
        serde_json::to_vec(&self.mark()).map_err(not_whole)
    }

    /// All bytes of its files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, bytes)| bytes).sum()
    }
}

/// What the file of a result says that its digest is; `None`: it cannot be read.
pub(crate) fn digest_of(folder: &Path) -> Option<String> {
    Some(fs::read_to_string(folder.join(DIGEST)).ok()?.trim().to_owned())
}

/// The results that `path` names: one by its run, its folder or its file, or those of all finished runs below it, in order of
/// their paths. What `--fresh` moved aside is left out.
///
/// # Errors
/// There is none. What is not whole is an error only where it was named itself.
pub fn below(path: &Path) -> Result<Vec<PathBuf>, DeliveryError> {
    match locate::result_folder(path) {
        Ok(result) => {
            let run = result.parent().filter(|_| result.ends_with(run_folder::RESULT));
            let is_run = run.is_some_and(|run| run.join("manifest.json").is_file());
            match run.filter(|_| is_run) {
                // It is being written again, or was when something was killed.
                Some(run) if run_folder::mark(run).is_none() => {
                    Err(ReportError::Unfinished { path: run.to_owned() }.into())
                }
                _ => Ok(vec![result]),
            }
        }
        Err(ReportError::NoResult { .. }) if path.is_dir() => {
            let mut out = Vec::new();
            let entries = fs::read_dir(path).map_err(DeliveryError::read(path))?;
            walk(entries, 0, &mut out);
            out.sort();
            if out.is_empty() { Err(DeliveryError::NoRun { path: path.to_owned() }) } else { Ok(out) }
        }
        Err(other) => Err(other.into()),
    }
}

fn walk(entries: fs::ReadDir, depth: u32, out: &mut Vec<PathBuf>) {
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Not through links, and not what was moved aside or is being written.
        let passed = name.starts_with('.') || name.contains(".old-") || name.ends_with(".tmp");
        if passed || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        if run_folder::mark(&path).is_some() {
            out.push(path.join(run_folder::RESULT));
        } else if path.join(run_folder::MARK).is_file() && path.join("result.json").is_file() {
            // As a delivery to a folder leaves it.
            out.push(path);
        } else if depth < DEPTH && !path.join("manifest.json").is_file() {
            // What may not be read (lost+found) or has just gone has no run for us.
            if let Ok(entries) = fs::read_dir(&path) {
                walk(entries, depth + 1, out);
            }
        }
    }
}

fn list(folder: &Path, before: &str, depth: u32, out: &mut Vec<(String, u64)>) -> Result<(), DeliveryError> {
    for entry in fs::read_dir(folder).map_err(DeliveryError::read(folder))? {
        let entry = entry.map_err(DeliveryError::read(folder))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(DeliveryError::read(&path))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // Of an editor, of a file manager, of a copy under way.
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{before}{name}");
        if kind.is_dir() && depth < DEPTH {
            list(&path, &format!("{name}/"), depth + 1, out)?;
        } else if kind.is_file() && name != run_folder::MARK {
            out.push((name, entry.metadata().map_err(DeliveryError::read(&path))?.len()));
        }
        if out.len() > FILES {
            let problem = format!("it has more than {FILES} files");
            return Err(DeliveryError::NotWhole { path: folder.to_owned(), problem });
        }
    }
    Ok(())
}
