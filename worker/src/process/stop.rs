//! SIGTERM and SIGINT, once for tasks that wait and once for threads that poll.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// The wish that this process leaves. Clones share it.
#[derive(Clone, Debug)]
pub struct Stop {
    flag: Arc<AtomicBool>,
    asked: Arc<watch::Sender<bool>>,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop { flag: Arc::new(AtomicBool::new(false)), asked: Arc::new(watch::Sender::new(false)) }
    }
}

impl Stop {
    /// Asks everyone to leave.
    pub fn ask(&self) {
        self.flag.store(true, Ordering::Relaxed);
        self.asked.send_replace(true);
    }

    /// For threads that poll.
    pub fn flag(&self) -> &AtomicBool {
        &self.flag
    }

    /// Whether it was asked.
    pub fn is_asked(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    /// Resolves once it is asked.
    pub async fn asked(&self) {
        let mut receiver = self.asked.subscribe();
        // The sender lives in `self`: waiting cannot fail.
        let _ = receiver.wait_for(|asked| *asked).await;
    }
}
