//! Why a dataset could not be made from its source.

use std::io;
use std::path::PathBuf;

use galapagos_manifest::Finding;
use galapagos_market::{Error, ErrorKind, ImportFailure};

use super::download::DownloadError;
use super::fetch::FetchError;
use crate::process::exit::{Code, code_of, with_causes};

/// Why a dataset could not be made. Texts name the field of the job.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The path points where it must not.
    #[error("marketData.source.path {path:?}: {problem}")]
    Path {
        /// As the job has it.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// There is nothing at the path.
    #[error("marketData.source.path {path:?}: {problem} in {}", data_dir.display())]
    SourceMissing {
        /// As the job has it.
        path: String,
        /// What is missing, in words.
        problem: &'static str,
        /// Where it was looked for.
        data_dir: PathBuf,
    },
    /// The system failed to look at the path.
    #[error("marketData.source.path {path:?} cannot be read")]
    SourceUnreadable {
        /// As the job has it.
        path: String,
        /// The reason that the system gave.
        source: io::Error,
    },
    /// The file could not be fetched.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// The exchange did not give it.
    #[error("marketData.source.fetch: {0}")]
    Fetch(#[from] FetchError),
    /// A field of the source cannot be used.
    #[error(transparent)]
    Field(#[from] Finding),
    /// The dataset does not exist and the job does not say where it comes from.
    #[error(
        "marketData.dataset {dataset} is not in {}, and the job has no marketData.source: import it, or say where its \
         files are",
        data_dir.display()
    )]
    NoSource {
        /// Name of the dataset.
        dataset: String,
        /// Where it was looked for.
        data_dir: PathBuf,
    },
    /// The dataset exists, but not in the version that the job pins. To import its source would change the dataset
    /// for every job that pins none.
    #[error(
        "marketData.digest {digest}: dataset {dataset} exists in {} in other versions only: correct the digest, or \
         import the version",
        data_dir.display()
    )]
    NoSuchVersion {
        /// Name of the dataset.
        dataset: String,
        /// As the job has it.
        digest: String,
        /// Where it was looked for.
        data_dir: PathBuf,
    },
    /// The source is not the data that the job pins.
    #[error(
        "marketData.digest is {pinned}, but what marketData.source holds is blake3:{found}; it is published: correct \
         the digest or the source"
    )]
    OtherData {
        /// As the job has it.
        pinned: String,
        /// Digest of what was imported, 64 hex digits.
        found: String,
    },
    /// Options, names, or the volume.
    #[error(transparent)]
    Market(#[from] Error),
    /// Files or symbols were refused, so nothing was published.
    #[error("{}", refusal(failed))]
    Refused {
        /// The files and symbols that were refused, each with its error.
        failed: Vec<ImportFailure>,
    },
}

impl ImportError {
    /// The exit code that it means.
    pub fn code(&self) -> Code {
        match self {
            ImportError::Path { .. } | ImportError::Field(_) => Code::Spec,
            ImportError::SourceMissing { .. }
            | ImportError::NoSource { .. }
            | ImportError::NoSuchVersion { .. } => Code::DataMissing,
            ImportError::SourceUnreadable { .. } => Code::Internal,
            ImportError::Download(error) => error.code(),
            ImportError::Fetch(error) => error.code(),
            ImportError::OtherData { .. } => Code::DataInvalid,
            ImportError::Market(error) => code_of(error.kind()),
            ImportError::Refused { failed } => {
                // Invalid data first: another attempt would not help.
                let rank = [ErrorKind::Invalid, ErrorKind::Spec, ErrorKind::Missing];
                let worst = rank.into_iter().find(|kind| failed.iter().any(|f| f.error.kind() == *kind));
                worst.map_or(Code::Internal, code_of)
            }
        }
    }
}

fn refusal(failed: &[ImportFailure]) -> String {
    let lines = failed.iter().map(|f| format!("\n  {}: {}", f.what, with_causes(&f.error)));
    let verb = if failed.len() == 1 { "was" } else { "were" };
    format!(
        "{} of the import {verb} refused, nothing is published:{}",
        failed.len(),
        lines.collect::<String>()
    )
}
