//! SIGTERM and SIGINT: the first asks the role to leave, the second ends the process at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::exit::Code;
use super::stop::Stop;

/// Exit code of a process ended by SIGTERM, as shells and Kubernetes print it: 128 + 15.
pub const TERMINATED: u8 = Code::Terminated as u8;
/// Exit code of a process ended by SIGINT: 128 + 2.
pub const INTERRUPTED: u8 = 130;

/// Which signal came first. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Received(Arc<AtomicU8>);

impl Received {
    /// The exit code that the first signal stands for, if there was one.
    pub fn code(&self) -> Option<u8> {
        Some(self.0.load(Ordering::Relaxed)).filter(|code| *code != 0)
    }
}

/// Listens from now on. On a thread of its own, so that the second signal works even if the runtime is stuck.
///
/// # Errors
/// The system refuses a thread or a handler.
pub fn listen(stop: &Stop) -> io::Result<Received> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    // Handlers are in place before this function returns: a signal right after it is not lost.
    let (mut terminate, mut interrupt) = {
        let _inside = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    let received = Received::default();
    let (first, stop) = (received.clone(), stop.clone());
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(async {
            let code = next(&mut terminate, &mut interrupt).await;
            first.0.store(code, Ordering::Relaxed);
            tracing::info!(signal = name(code), "asked to leave; a second signal ends the process at once");
            stop.ask();
            let code = next(&mut terminate, &mut interrupt).await;
            tracing::warn!(signal = name(code), "second signal: ended at once");
            std::process::exit(i32::from(code));
        })
    })?;
    Ok(received)
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) -> u8 {
    tokio::select! {
        _ = terminate.recv() => TERMINATED,
        _ = interrupt.recv() => INTERRUPTED,
    }
}

fn name(code: u8) -> &'static str {
    if code == TERMINATED { "SIGTERM" } else { "SIGINT" }
}
