//! `galapagos run --workers N`: this very program again, as worker processes.

use crate::exit::{Blame, CommandResult};
use galapagos_run::dashboard::work::WorkLog;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_worker::fleet::{Fleet, Plan};
use galapagos_worker::import::source::cores;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

/// The first argument that makes this program `galapagos-worker`; for its own children only.
pub const VERB: &str = "__galapagos-worker";

/// Starts the workers of a job whose evaluations look at `bars` rows. `slots` of each; absent: the cores shared evenly. `log`: the
/// book in which they are.
pub fn start(
    job: &ResolvedJob,
    bars: u64,
    data_dir: &Path,
    workers: NonZeroUsize,
    slots: Option<NonZeroUsize>,
    log: Arc<WorkLog>,
) -> CommandResult<Fleet> {
    let even = NonZeroUsize::new(cores() / workers).unwrap_or(NonZeroUsize::MIN);
    let plan = Plan {
        workers,
        slots: slots.unwrap_or(even),
        program: std::env::current_exe().internal()?,
        arguments: vec![OsString::from(VERB)],
        data_dir: data_dir.to_owned(),
    };
    Fleet::start(job, bars, &plan, log).internal()
}
