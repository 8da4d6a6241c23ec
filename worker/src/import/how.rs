//! How an import is done, whatever the source.

use std::sync::atomic::AtomicBool;

use super::download::Fetcher;
use super::fetch::FetchEvent;

/// How an import is done.
#[expect(missing_debug_implementations, reason = "holds a function")]
pub struct How<'a> {
    /// Files read at the same time.
    pub threads: usize,
    /// Fetches what is not on the volume.
    pub fetcher: &'a Fetcher,
    /// Whether an exchange that the job names may lie in a private network: on the machine of who wrote the job.
    pub private: bool,
    /// Hears how far the pages of an exchange are.
    pub fetching: &'a dyn Fn(FetchEvent<'_>),
    /// Raised to end a download.
    pub stop: &'a AtomicBool,
}
