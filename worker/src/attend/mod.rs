//! The role `worker`: attends to the coordinator of one job, evaluates its batches, sends the results back.
//!
//! * [`connect`]: dials, again and again; [`session`]: one stream; [`outgoing`]: its upward half.
//! * [`prepared_job`]: the job on its data, kept from stream to stream; [`windows`]: its rows, and those of its windows;
//!   [`slots`]: the threads that evaluate.
//! * [`lease`], [`queue`]: batches on their way to a slot; [`report`]: results on their way back.
//! * [`trouble`]: why a worker cannot take part, and what becomes of its process.
//!
//! Guarantees: what is sent was computed on the dataset and the inputs that the coordinator named, by the same engine,
//! and the files were still unchanged after it was computed. What was computed for one stream is never reported to
//! another. Nothing waits without a bound: a worker holds two batches per slot, and a slot that writes to a stream is
//! set free when the stream ends.

mod connect;
mod lease;
mod memory;
mod outgoing;
mod prepared_job;
mod queue;
mod report;
mod session;
mod settings;
mod slots;
mod trouble;
mod windows;

use std::io::Read;
use std::sync::Arc;

use galapagos_protocol::tls::Identity;

use crate::metrics::WorkerMetrics;
use crate::process::exit::{Code, Exit};
use crate::process::stop::Stop;
use crate::process::{Shell, job_file};
use connect::DialTarget;
use memory::Memory;
use prepared_job::{PreparedJob, ProcessContext};
pub use settings::Settings;

/// A worker between two messages.
struct Worker {
    name: String,
    context: ProcessContext,
    shell: Shell,
    /// The job as it was last set up.
    prepared: Option<PreparedJob>,
}

/// Runs the role until the job is done, or until it has to leave. Blocks the thread; see [`attend`].
///
/// # Errors
/// [`Exit`]: why it ended before the job was done.
pub fn run(settings: Settings, shell: Shell) -> Result<(), Exit> {
    let runtime = shell.runtime.clone();
    runtime.block_on(attend(settings, shell))
}

/// Attends until the job is done. Handing over the result of a small batch takes no thread but the slot's own and the
/// runtime's.
///
/// # Errors
/// [`Exit`]: 64 another job or a wrong manifest, 65 and 66 the data, 67 another engine, 72 a fault, 143 stopped.
pub async fn attend(settings: Settings, shell: Shell) -> Result<(), Exit> {
    let manifest = job_file::read(&settings.job)?;
    shell.job.set(job_file::name(&manifest));
    let spec = |error| Exit::new(Code::Spec, error);
    let identity = Identity::load(&settings.tls_dir).map_err(spec)?;
    let target = DialTarget::new(&settings.coordinator, &settings.job_uid, &identity).map_err(spec)?;
    if settings.leave_with_stdin {
        leave_with_stdin(&shell.stop).map_err(|e| Exit::new(Code::Internal, e))?;
    }
    let metrics = WorkerMetrics::register(&shell.metrics);
    let slots = settings.slots();
    metrics.slots.set(slots as i64);
    let context = ProcessContext {
        manifest: Arc::new(manifest),
        data_dir: settings.data_dir.clone(),
        slots,
        memory: Arc::new(Memory::new(metrics.clone())),
        metrics,
    };
    let mut worker = Worker { name: settings.name(), context, shell, prepared: None };
    connect::attend_all(&mut worker, &target).await
}

/// A thread of its own: reading from stdin cannot be interrupted, and a runtime would wait for it when it ends.
fn leave_with_stdin(stop: &Stop) -> std::io::Result<()> {
    let stop = stop.clone();
    let wait = move || {
        let mut buffer = [0; 256];
        let mut stdin = std::io::stdin().lock();
        // What comes is not for us; an error ends it as the end does.
        while stdin.read(&mut buffer).is_ok_and(|n| n > 0) {}
        tracing::info!("stdin has ended: leaving");
        stop.ask();
    };
    std::thread::Builder::new().name("stdin".to_owned()).spawn(wait).map(drop)
}
