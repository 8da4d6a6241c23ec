//! The last words of a process: a small file that Kubernetes keeps in the status of the finished container.

use std::io;
use std::path::Path;

use super::exit::Exit;
use galapagos_protocol::last_words;

/// Writes `text`, which [`last_words::write`] has kept to the length that Kubernetes keeps.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    std::fs::write(path, text)
}

/// Why a process failed.
pub fn failure(exit: &Exit) -> String {
    last_words::write(&last_words::failure(exit.reason, format!("{:#}", exit.error)))
}
