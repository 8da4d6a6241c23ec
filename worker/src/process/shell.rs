//! What a role gets from the process around it.

use std::path::PathBuf;

use tokio::runtime::Handle;

use super::health::Health;
use super::logs::JobName;
use super::stop::Stop;
use crate::metrics::Metrics;

/// Handles of the process; clones share them.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The wish that this process leaves. A role polls or awaits it and is gone 5 s later.
    pub stop: Stop,
    /// What `/live` and `/ready` answer.
    pub health: Health,
    /// Where a role registers its metrics.
    pub metrics: Metrics,
    /// The job that every log line names: a role sets it as soon as it knows it.
    pub job: JobName,
    /// The runtime. A role runs on a thread that has entered it, so `tokio::spawn` works there, and so does
    /// `block_on` of this handle.
    pub runtime: Handle,
    /// Where the last words of the process go, at most `last_words::LIMIT` bytes: a coordinator writes its
    /// final report there; the process itself writes only why it failed.
    pub termination: Option<PathBuf>,
}

impl Shell {
    /// A shell without logs, signals, HTTP or a termination file: for tests and for roles inside another program.
    pub fn bare(runtime: Handle) -> Shell {
        Shell {
            stop: Stop::default(),
            health: Health::default(),
            metrics: Metrics::default(),
            job: JobName::default(),
            runtime,
            termination: None,
        }
    }
}
