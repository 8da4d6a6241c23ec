//! What every reconcile may use: handles, nothing computed.

use std::sync::Arc;

use jiff::Timestamp;

use crate::certificates::Ca;
use crate::event_recorder::EventRecorder;
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::origin::Maker;
use crate::progress::Hub;
use crate::runtime::kube_io::KubeIo;
use crate::settings::Settings;
use crate::watches::{Caches, Triggers};

/// Handles that the controllers share.
pub struct Context {
    /// The only way to write.
    pub io: KubeIo,
    /// Where events are told.
    pub events: EventRecorder,
    /// What is watched.
    pub caches: Caches,
    /// How to have an object looked at.
    pub triggers: Triggers,
    /// The streams of running coordinators.
    pub hub: Hub,
    /// Who signs the certificates of jobs.
    pub ca: Arc<Ca>,
    /// Which operator this is.
    pub maker: Maker,
    /// The arguments of the process.
    pub settings: Settings,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What is remembered of jobs and pools.
    pub memory: Memory,
    /// The time of the world.
    pub clock: Clock,
    /// When this replica began to lead.
    pub since: std::time::Instant,
}

/// The time of the world; tests turn it.
pub struct Clock(pub Box<dyn Fn() -> Timestamp + Send + Sync>);

impl Default for Clock {
    fn default() -> Clock {
        Clock(Box::new(Timestamp::now))
    }
}

impl Clock {
    /// It now.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}
