//! A lease in memory, with the troubles of a real server.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::sleep;

use crate::runtime::leader::{LeaseStore, Record, StoreError};

/// The server.
#[derive(Clone, Default)]
pub struct Server {
    lease: Arc<Mutex<(Option<Record>, u64)>>,
}

impl Server {
    /// A way to it, for one replica.
    pub fn link(&self) -> Link {
        Link {
            server: self.clone(),
            cut: Arc::default(),
            lose_replies: Arc::default(),
            latency: Duration::from_millis(5),
            ahead: SignedDuration::ZERO,
        }
    }

    pub fn holder(&self) -> String {
        self.lease.lock().unwrap().0.as_ref().map(|record| record.holder.clone()).unwrap_or_default()
    }

    /// Somebody deletes the lease by hand.
    pub fn delete(&self) {
        self.lease.lock().unwrap().0 = None;
    }

    /// Somebody edits the lease by hand.
    pub fn edit(&self, change: impl FnOnce(&mut Record)) {
        let mut lease = self.lease.lock().unwrap();
        lease.1 += 1;
        let version = lease.1.to_string();
        if let Some(record) = &mut lease.0 {
            change(record);
            record.version = version;
        }
    }

    fn store(&self, wanted: &Record) -> Result<Record, StoreError> {
        let mut lease = self.lease.lock().unwrap();
        let current = lease.0.as_ref().map(|record| record.version.clone()).unwrap_or_default();
        if current != wanted.version {
            return Err(StoreError::Conflict);
        }
        lease.1 += 1;
        let record = Record { version: lease.1.to_string(), ..wanted.clone() };
        lease.0 = Some(record.clone());
        Ok(record)
    }
}

/// One replica's connection.
#[derive(Clone)]
pub struct Link {
    server: Server,
    /// Nothing goes through; requests hang.
    pub cut: Arc<AtomicBool>,
    /// Requests are carried out, replies do not come.
    pub lose_replies: Arc<AtomicBool>,
    /// Of each direction.
    pub latency: Duration,
    /// How far this replica's time of day is ahead.
    pub ahead: SignedDuration,
}

impl Link {
    async fn there(&self) {
        sleep(self.latency).await;
        if self.cut.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }

    async fn back<T>(&self, answer: T) -> T {
        if self.cut.load(Ordering::SeqCst) || self.lose_replies.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        sleep(self.latency).await;
        answer
    }

    /// What a replica with that clock would have written.
    fn shifted(&self, record: &Record) -> Record {
        let shift = |time: Option<jiff::Timestamp>| time.map(|time| time + self.ahead);
        Record { renewed: shift(record.renewed), acquired: shift(record.acquired), ..record.clone() }
    }
}

impl LeaseStore for Link {
    async fn get(&self) -> Result<Option<Record>, StoreError> {
        self.there().await;
        let record = self.server.lease.lock().unwrap().0.clone();
        self.back(Ok(record)).await
    }

    async fn create(&self, record: &Record) -> Result<Record, StoreError> {
        self.there().await;
        let answer = self.server.store(&Record { version: String::new(), ..self.shifted(record) });
        self.back(answer).await
    }

    async fn replace(&self, record: &Record) -> Result<Record, StoreError> {
        self.there().await;
        let answer = self.server.store(&self.shifted(record));
        self.back(answer).await
    }
}
