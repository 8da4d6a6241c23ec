//! `marketData.source.http`: one file over https, to a temporary folder of the volume, kept only while it is imported.
//!
//! Guarantees: only https, also after redirects; the certificate is checked; every connection goes to an address that
//! was checked to be public, so the cluster's own services and metadata cannot be reached; no proxy, no cookies, no
//! credentials; size and time are bounded; nothing is used before its SHA-256 is right.

pub mod address;
pub(super) mod agent;
mod error;
pub(super) mod url;

use std::io::{Read, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use ring::digest::{Context, SHA256};
use ureq::http::header::{CONTENT_LENGTH, LOCATION};
use ureq::http::{Response, Uri};
use ureq::tls::RootCerts;
use ureq::unversioned::resolver::{DefaultResolver, Resolver};
use ureq::{Agent, Body};

use agent::Reach;
pub use error::DownloadError;

/// Twenty years of minutes of 64 symbols as CSV have about 40 GB; as Parquet, which such a job should use, 8 GB.
pub const MAX_BYTES: u64 = 16 << 30;
/// Redirects that are followed.
const REDIRECTS: usize = 5;
/// The whole download: the largest at 1.2 MB a second.
const WHOLE: Duration = Duration::from_secs(4 * 3600);
/// Between two lines of progress.
const REPORT: Duration = Duration::from_secs(5);
const PREFIX: &str = ".tmp-download-";

/// Fetches files over https.
#[derive(Debug)]
pub struct Fetcher {
    agent: Agent,
    max_bytes: u64,
}

/// A file that was fetched and checked. It vanishes with the value.
#[derive(Debug)]
pub struct Download {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Download {
    /// The file. Its name is that of the URL, since it may name a symbol.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Fetcher {
    /// From public addresses with certificates that browsers trust.
    pub fn public() -> Fetcher {
        Fetcher::new(DefaultResolver::default(), address::is_public, RootCerts::WebPki, MAX_BYTES)
    }

    /// With other names, addresses, roots or sizes.
    pub fn new(
        names: impl Resolver,
        allows: fn(IpAddr) -> bool,
        roots: RootCerts,
        max_bytes: u64,
    ) -> Fetcher {
        let reach = Reach { allows, plain: false, whole: WHOLE };
        Fetcher { agent: agent::agent(names, roots, reach), max_bytes }
    }

    /// Fetches the file at `url` to a temporary folder in `folder`, until `stop` rises. `sha256` are 64 hex digits.
    ///
    /// # Errors
    /// [`DownloadError`]; nothing is left behind.
    pub fn fetch(
        &self,
        url: &str,
        sha256: &str,
        folder: &Path,
        stop: &AtomicBool,
    ) -> Result<Download, DownloadError> {
        let mut response = self.respond(url)?;
        let announced = length(&response);
        if announced.is_some_and(|bytes| bytes > self.max_bytes) {
            return Err(DownloadError::TooLarge { max_bytes: self.max_bytes });
        }
        std::fs::create_dir_all(folder)?;
        clear(folder);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(folder)?;
        let path = folder.path().join(url::file_name(url));
        let mut file = std::fs::File::create(&path)?;
        let mut body = response.body_mut().with_config().limit(u64::MAX).reader();
        let (mut hash, mut buffer) = (Context::new(&SHA256), vec![0; 1 << 17]);
        let (mut bytes, mut reported_at) = (0_u64, Instant::now());
        loop {
            if stop.load(Ordering::Relaxed) {
                return Err(DownloadError::Stopped);
            }
            let read = body.read(&mut buffer).map_err(DownloadError::Interrupted)?;
            if read == 0 {
                break;
            }
            bytes += read as u64;
            if bytes > self.max_bytes {
                return Err(DownloadError::TooLarge { max_bytes: self.max_bytes });
            }
            hash.update(&buffer[..read]);
            file.write_all(&buffer[..read])?;
            if reported_at.elapsed() >= REPORT {
                reported_at = Instant::now();
                tracing::info!(bytes, total = announced, "downloading");
            }
        }
        let found: String = hash.finish().as_ref().iter().map(|b| format!("{b:02x}")).collect();
        if !found.eq_ignore_ascii_case(sha256) {
            return Err(DownloadError::Digest { expected: sha256.to_owned(), found, bytes });
        }
        tracing::info!(bytes, "downloaded");
        Ok(Download { _folder: folder, path })
    }

    /// The answer at the end of all redirects.
    fn respond(&self, text: &str) -> Result<Response<Body>, DownloadError> {
        let mut target = url::parse(text)?;
        for _ in 0..=REDIRECTS {
            tracing::info!(url = url::shown(&target), "downloading");
            let response = self.agent.get(target.clone()).call().map_err(|e| address::refusal(e, &target))?;
            let status = response.status();
            if status.is_success() {
                return Ok(response);
            }
            if !status.is_redirection() {
                return Err(DownloadError::Status { url: url::shown(&target), status: status.as_u16() });
            }
            target = redirect(&response, &target)?;
        }
        Err(DownloadError::Redirects { most: REDIRECTS })
    }
}

fn redirect(response: &Response<Body>, from: &Uri) -> Result<Uri, DownloadError> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    url::redirect(from, location.unwrap_or(""))
}

fn length(response: &Response<Body>) -> Option<u64> {
    response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Removes what killed processes left: older than any download can be.
fn clear(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let modified = entry.metadata().and_then(|m| m.modified()).ok().filter(|_| ours);
        let age = modified.and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_some_and(|age| age > 2 * WHOLE) {
            // Another import may have been faster.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
