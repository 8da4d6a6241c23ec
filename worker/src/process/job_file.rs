//! The manifest of a job in a file, as JSON or YAML.

use std::path::{Path, PathBuf};

use galapagos_crds::{EvolutionJob, GROUP, VERSION};

use super::exit::{Code, Exit};

/// Far above any manifest: the Secret it comes from holds 1 MiB.
const MAX_BYTES: u64 = 4 << 20;

/// Why a file is no job.
#[derive(Debug, thiserror::Error)]
pub enum JobFileError {
    /// It cannot be read.
    #[error("--job {}: cannot be read", path.display())]
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// The reason that the system gave.
        source: std::io::Error,
    },
    /// It is no manifest of a job.
    #[error("--job {}: {problem}", path.display())]
    Invalid {
        /// Path of the file.
        path: PathBuf,
        /// What is wrong with its text.
        problem: String,
    },
}

impl From<JobFileError> for Exit {
    fn from(error: JobFileError) -> Exit {
        Exit::new(Code::Spec, error)
    }
}

/// Reads an EvolutionJob. The rules of the schema beyond types are the server's and of `galapagos validate`.
///
/// # Errors
/// [`JobFileError`]: not readable, not JSON or YAML, another kind, a field of another type.
pub fn read(path: &Path) -> Result<EvolutionJob, JobFileError> {
    let unreadable = |source| JobFileError::Unreadable { path: path.to_owned(), source };
    let invalid = |problem| JobFileError::Invalid { path: path.to_owned(), problem };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_BYTES {
        return Err(invalid(format!("has {size} bytes; a manifest has at most {MAX_BYTES}")));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    parse(&text).map_err(invalid)
}

fn parse(text: &str) -> Result<EvolutionJob, String> {
    let is_json = text.trim_start().starts_with('{');
    let value: serde_json::Value = match is_json {
        true => serde_json::from_str(text).map_err(|e| format!("is not JSON: {e}"))?,
        false => serde_yaml::from_str(text).map_err(|e| format!("is not YAML of one document: {e}"))?,
    };
    let field = |name: &str| value.get(name).and_then(serde_json::Value::as_str).unwrap_or("").to_owned();
    let (version, kind) = (field("apiVersion"), field("kind"));
    if kind != "EvolutionJob" || version != format!("{GROUP}/{VERSION}") {
        return Err(format!(
            "is {:?} of {version:?}, and must be an EvolutionJob of {GROUP}/{VERSION}",
            kind.as_str()
        ));
    }
    serde_json::from_value(value).map_err(|error| {
        // Read again for the place in the text, which a value does not know.
        let placed = match is_json {
            true => serde_json::from_str::<EvolutionJob>(text).err().map(|e| e.to_string()),
            false => serde_yaml::from_str::<EvolutionJob>(text).err().map(|e| e.to_string()),
        };
        placed.unwrap_or_else(|| error.to_string())
    })
}

/// Pins the version of the dataset that an earlier attempt used, unless the job pins one itself.
pub fn keep_version(job: &mut EvolutionJob, digest: Option<&str>) {
    let pinned = &mut job.spec.market_data.digest;
    *pinned = pinned.take().or_else(|| digest.map(str::to_owned));
}

/// What logs call a job: its name, with its namespace if it has one.
pub fn name(job: &EvolutionJob) -> String {
    let name = job.metadata.name.as_deref().unwrap_or("");
    job.metadata
        .namespace
        .as_deref()
        .map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"))
}
