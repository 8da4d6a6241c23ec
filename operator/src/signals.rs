//! SIGTERM and SIGINT: the first asks the process to end well, the second ends it at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Exit code of a process that was told twice.
const IMPATIENT: i32 = 130;

/// Starts to listen. The receiver turns true at the first signal.
///
/// # Errors
/// The process cannot have handlers.
pub fn listen() -> std::io::Result<watch::Receiver<bool>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            if stop.send_replace(true) {
                tracing::warn!(signal = name, "ends at once");
                std::process::exit(IMPATIENT);
            }
            tracing::info!(signal = name, "stops");
        }
    });
    Ok(stopped)
}

/// Returns once the process was asked to stop.
pub async fn asked(mut stopped: watch::Receiver<bool>) {
    // The sender lives as long as the process.
    let _ = stopped.wait_for(|&stop| stop).await;
}
