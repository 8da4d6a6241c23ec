//! Where runs of this machine lie, for those who look for one by the name of its job.

use crate::exit::CommandResult;
use crate::warm_start::newest;
use std::path::PathBuf;

/// The folder unless one is named.
pub const USUAL: &str = "./results";
/// The variable that names one.
pub const VARIABLE: &str = "GALAPAGOS_RESULTS_DIR";

/// The newest finished run of a job below the folder that the environment names, or the usual one.
///
/// # Errors
/// There is none that has ended.
pub fn newest_of(namespace: Option<&str>, name: &str) -> CommandResult<PathBuf> {
    let folder = std::env::var_os(VARIABLE).map_or_else(|| PathBuf::from(USUAL), PathBuf::from);
    newest(&folder, namespace, name)
}
