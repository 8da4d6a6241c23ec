//! From one stream to the next: dials the coordinator until it says that the job is done.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use galapagos_protocol::tls::{Identity, JobUid, Role, TlsError, client_config};
use galapagos_protocol::transport;
use rustls::ClientConfig;

use super::Worker;
use super::session::{StreamEnd, attend};
use crate::process::exit::{Code, Exit};

/// Name, TCP, handshake and first frame.
const CONNECTING: Duration = Duration::from_secs(5);
/// Pauses between attempts double from the first to the last of these.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(10);

/// A coordinator that is started beside its workers takes a while to listen: so long that is nothing to warn of.
const STARTING: Duration = Duration::from_secs(30);

/// Where the coordinator is and who we are to it.
pub(super) struct DialTarget {
    address: String,
    uid: JobUid,
    tls: Arc<ClientConfig>,
}

impl DialTarget {
    /// With the certificates in `identity`.
    ///
    /// # Errors
    /// They are not those of a worker of this job.
    pub fn new(address: &str, uid: &str, identity: &Identity) -> Result<DialTarget, TlsError> {
        let uid = JobUid::new(uid)?;
        identity.check(Role::Worker, &uid)?;
        Ok(DialTarget { address: address.to_owned(), uid, tls: client_config(identity)? })
    }
}

/// Attends to one coordinator after the other, until one says that the job is done.
pub(super) async fn attend_all(worker: &mut Worker, target: &DialTarget) -> Result<(), Exit> {
    let stop = worker.shell.stop.clone();
    let (began, mut was_served) = (Instant::now(), false);
    let mut pause = Pause::default();
    loop {
        let tls = Arc::clone(&target.tls);
        let dialled = transport::connect(&target.address, tls, Role::Coordinator, &target.uid, CONNECTING);
        let connected = tokio::select! {
            biased;
            () = stop.asked() => return Err(Exit::terminated()),
            connected = dialled => connected,
        };
        let end = match connected {
            Ok(channel) => attend(worker, channel).await,
            Err(error) => StreamEnd::Again { why: error.to_string(), served: false },
        };
        match end {
            StreamEnd::Finished => {
                tracing::info!("the job is done");
                return Ok(());
            }
            StreamEnd::Stopped => return Err(Exit::terminated()),
            StreamEnd::Trouble(trouble) => return Err(Exit::new(trouble.code(), trouble)),
            StreamEnd::Broke(message) => {
                let error =
                    anyhow::anyhow!("the coordinator says that this worker broke the protocol: {message}");
                return Err(Exit::new(Code::Internal, error));
            }
            StreamEnd::Again { why, served } => {
                if served {
                    pause = Pause::default();
                    was_served = true;
                }
                let next = pause.next();
                if is_usual(began.elapsed(), was_served) {
                    tracing::debug!(why, seconds = next.as_secs_f64(), "no coordinator yet; trying again");
                } else {
                    tracing::warn!(why, seconds = next.as_secs_f64(), "no coordinator; trying again");
                }
                tokio::select! {
                    biased;
                    () = stop.asked() => return Err(Exit::terminated()),
                    () = tokio::time::sleep(next) => {}
                }
                worker.context.metrics.reconnects.inc();
            }
        }
    }
}

/// Whether a coordinator that does not answer is no more than one that starts.
fn is_usual(since_start: Duration, was_served: bool) -> bool {
    !was_served && since_start < STARTING
}

/// Pauses between attempts: each about twice the one before, none the same for two workers, so that a coordinator that
/// comes back does not meet all of them at once.
#[derive(Debug, Default)]
struct Pause {
    doublings: u32,
}

impl Pause {
    fn next(&mut self) -> Duration {
        let longest = FIRST_PAUSE.saturating_mul(1 << self.doublings.min(16)).min(LAST_PAUSE);
        self.doublings = self.doublings.saturating_add(1);
        // Between half of it and all; each state of the standard library's hasher is random.
        let share = (RandomState::new().hash_one(self.doublings) >> 11) as f64 / (1u64 << 53) as f64;
        longest.mul_f64(0.5 + share / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coordinator_that_starts_is_no_warning_and_one_that_is_lost_or_does_not_come_is() {
        assert!(is_usual(Duration::from_secs(2), false) && is_usual(Duration::from_secs(29), false));
        assert!(!is_usual(STARTING, false) && !is_usual(Duration::from_secs(2), true));
    }

    #[test]
    fn pauses_double_up_to_ten_seconds_and_differ() {
        let mut pause = Pause::default();
        let pauses: Vec<Duration> = (0..40).map(|_| pause.next()).collect();
        let mut longest = FIRST_PAUSE;
        for found in &pauses {
            assert!(*found >= longest / 2 && *found <= longest, "{pauses:?}");
            longest = (longest * 2).min(LAST_PAUSE);
        }
        assert!(pauses[10..].windows(2).any(|w| w[0] != w[1]));
    }
}
