//! Somebody who watches pods during a whole case.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, ResourceExt};
use tokio::task::JoinHandle;

#[derive(Default)]
struct Seen {
    /// Names by UID, of all that ever were.
    ever: BTreeMap<String, String>,
    /// Those that are there and not on their way out.
    now: std::collections::BTreeSet<String>,
    /// The largest number at one time.
    most: usize,
}

/// Watches pods until it is dropped.
pub struct Witness {
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl Witness {
    /// Starts to watch the pods of a label selector.
    pub fn new(pods: Api<Pod>, labels: &str) -> Witness {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let mine = seen.clone();
        let events = watcher(pods, watcher::Config::default().labels(labels)).default_backoff();
        let task = tokio::spawn(async move {
            let mut events = std::pin::pin!(events);
            while let Some(event) = events.next().await {
                match event {
                    Ok(watcher::Event::Apply(pod) | watcher::Event::InitApply(pod)) => {
                        mine.lock().unwrap().note(&pod);
                    }
                    Ok(watcher::Event::Delete(pod)) => mine.lock().unwrap().forget(&pod),
                    Ok(watcher::Event::Init | watcher::Event::InitDone) | Err(_) => {}
                }
            }
        });
        Witness { seen, task }
    }

    /// Names of all pods that ever were, by the order of their UIDs.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().ever.values().cloned().collect()
    }

    /// The largest number of pods at one time.
    pub fn most(&self) -> usize {
        self.seen.lock().unwrap().most
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Seen {
    fn note(&mut self, pod: &Pod) {
        let uid = pod.uid().unwrap_or_default();
        self.ever.insert(uid.clone(), pod.name_any());
        if pod.metadata.deletion_timestamp.is_some() {
            self.now.remove(&uid);
            return;
        }
        self.now.insert(uid);
        self.most = self.most.max(self.now.len());
    }

    fn forget(&mut self, pod: &Pod) {
        self.now.remove(&pod.uid().unwrap_or_default());
    }
}
