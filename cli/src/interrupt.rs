//! Ctrl-C and SIGTERM: the first asks for a safe point, the second ends the process.

use crate::exit::{Blame, CommandResult, INTERRUPTED};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A flag that rises with the first signal. `said` is printed then. With the second signal the process ends with
/// exit code 130 at once; what is on disk stays valid.
pub fn watch(said: &'static str) -> CommandResult<Arc<AtomicBool>> {
    let asked = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the second signal finds the flag up. Both act in the handler itself, so that a process
        // whose threads hang can still be ended.
        flag::register_conditional_shutdown(signal, i32::from(INTERRUPTED), Arc::clone(&asked)).internal()?;
        flag::register(signal, Arc::clone(&asked)).internal()?;
    }
    let mut signals = Signals::new([SIGINT, SIGTERM]).internal()?;
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            crate::terminal::note(said);
        }
    });
    Ok(asked)
}
