//! Why a file could not be fetched.

use std::io;
use std::net::IpAddr;

use crate::process::exit::Code;

/// Why a file could not be fetched. URLs are shown without their query, which may hold a key.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The address of the file cannot be used.
    #[error("marketData.source.http.url: {0}")]
    Url(String),
    /// Its host is inside a private network.
    #[error(
        "marketData.source.http.url: {host} is at {address}, which is not a public address; import from the volume \
         instead (marketData.source.path)"
    )]
    Private {
        /// The host of the URL.
        host: String,
        /// The address that its name leads to.
        address: IpAddr,
    },
    /// The server does not give it.
    #[error("marketData.source.http.url: {url} answered with status {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status that came back.
        status: u16,
    },
    /// It is sent around.
    #[error("marketData.source.http.url: more than {most} redirects; give the URL they lead to")]
    Redirects {
        /// Number of redirects that are followed.
        most: usize,
    },
    /// It is too large.
    #[error(
        "marketData.source.http.url: the file has more than {max_bytes} bytes; import from the volume instead"
    )]
    TooLarge {
        /// What is fetched at most.
        max_bytes: u64,
    },
    /// It is not the file that the job means.
    #[error(
        "marketData.source.http.sha256 is {expected}, but the file of {bytes} bytes that was downloaded has {found}: \
         correct it, or find out who changed the file"
    )]
    Digest {
        /// As the job has it.
        expected: String,
        /// The digest of what came.
        found: String,
        /// The size of what came, in bytes.
        bytes: u64,
    },
    /// The network or the server failed.
    #[error("marketData.source.http.url: {url} cannot be reached")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// What the HTTP client said.
        source: Box<ureq::Error>,
    },
    /// The network or the server failed on the way.
    #[error("marketData.source.http.url: the download broke off")]
    Interrupted(#[source] io::Error),
    /// The temporary file cannot be written.
    #[error("marketData.source.http: the download cannot be written to the data directory")]
    Disk(#[from] io::Error),
    /// Somebody asked the process to leave.
    #[error("the download was stopped")]
    Stopped,
}

impl DownloadError {
    /// The exit code that it means.
    pub fn code(&self) -> Code {
        match self {
            DownloadError::Url(_) | DownloadError::Private { .. } | DownloadError::Redirects { .. } => {
                Code::Spec
            }
            DownloadError::TooLarge { .. } | DownloadError::Digest { .. } => Code::DataInvalid,
            // 408 and 429 ask for another attempt; other errors of this class will be the same again.
            DownloadError::Status { status, .. }
                if (400..500).contains(status) && ![408, 429].contains(status) =>
            {
                Code::DataMissing
            }
            DownloadError::Status { .. }
            | DownloadError::Unreachable { .. }
            | DownloadError::Interrupted(_)
            | DownloadError::Disk(_) => Code::Internal,
            DownloadError::Stopped => Code::Terminated,
        }
    }
}
