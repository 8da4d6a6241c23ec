//! One watch: list everything, follow the changes, start again when the stream ends.

use std::fmt::Debug;
use std::future::Future;
use std::hash::Hash;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use kube::api::{ListParams, WatchParams};
use kube::core::WatchEvent;
use kube::core::error_boundary::InvalidObject;
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::watcher::Event;
use kube::{Api, Resource, ResourceExt};
use rand::Rng;
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, info, warn};

use super::Watch;
use super::health::WatchHealth;
use crate::runtime::backoff::{delay, jittered};
use crate::runtime::ids::Identity;
use crate::runtime::metrics::WatchFailure;

/// Without an object or a bookmark for so long, a stream is started anew where it was. Servers send a bookmark about
/// every minute.
pub(super) const IDLE: Duration = Duration::from_secs(180);
/// Deadline of one page of a list, and of the start of a stream.
const REQUEST: Duration = Duration::from_secs(30);
/// Objects a page.
const PAGE: u32 = 500;
/// Streams end after this time by the server's hand, some earlier so that they do not all end together. Below the
/// read deadline of the client.
const STREAM_SECONDS: std::ops::Range<u32> = 200..285;
/// Back-off of a broken watch.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);
/// Back-off while the kind or the right is missing: a person will mend that and then look.
const LONGEST_MISSING: Duration = Duration::from_secs(5);

/// What changed: before and after. Never both None.
pub struct Change<'a, K> {
    /// The object as it was known; one that is deleted, as its deletion told it.
    pub old: Option<&'a K>,
    /// The object as it is; None: deleted.
    pub new: Option<&'a K>,
}

/// Reads an object that came over the wire.
pub type Open<W, K> = fn(W) -> Result<K, Box<InvalidObject>>;

/// Told of every change.
pub(super) type OnChange<K> = Box<dyn Fn(Change<'_, K>) + Send + Sync>;

/// Follows all objects of one kind.
pub(super) struct Follower<W, K: Resource + Clone + 'static>
where
    K::DynamicType: Hash + Eq + Clone + Default,
{
    pub watch: Watch,
    pub api: Api<W>,
    /// Label selector.
    pub labels: Option<String>,
    pub open: Open<W, K>,
    pub writer: Writer<K>,
    pub store: Store<K>,
    pub on_change: OnChange<K>,
    pub health: WatchHealth,
    /// Everything is listed anew so often.
    pub relist: Duration,
    /// Asks for a list now.
    pub doubted: Arc<Notify>,
}

/// Why a round ended.
#[derive(Debug)]
struct Broken {
    failure: WatchFailure,
    error: String,
}

impl Broken {
    fn unreachable(error: impl Into<String>) -> Broken {
        Broken { failure: WatchFailure::Unreachable, error: error.into() }
    }
}

impl From<kube::Error> for Broken {
    fn from(error: kube::Error) -> Broken {
        let failure = match &error {
            kube::Error::Api(status) => match status.code {
                404 => WatchFailure::Missing,
                401 | 403 => WatchFailure::Forbidden,
                410 => WatchFailure::Expired,
                _ => WatchFailure::Refused,
            },
            kube::Error::SerdeError(_) => WatchFailure::Unreadable,
            _ => WatchFailure::Unreachable,
        };
        Broken { failure, error: error.to_string() }
    }
}

/// A request with a deadline.
async fn in_time<T>(request: impl Future<Output = Result<T, kube::Error>>) -> Result<T, Broken> {
    match timeout(REQUEST, request).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Broken::unreachable(format!("no answer within {} s", REQUEST.as_secs()))),
    }
}

impl<W, K> Follower<W, K>
where
    W: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
    K: Resource + Clone + Send + Sync + 'static,
    K::DynamicType: Hash + Eq + Clone + Default + Send + Sync,
{
    /// Never ends.
    pub(super) async fn run(mut self) {
        let mut failures = 0;
        // where to go on; None: list first
        let mut version = None;
        let mut relist = Instant::now();
        loop {
            let started = Instant::now();
            let outcome = self.round(&mut version, &mut relist).await;
            let lasted = started.elapsed();
            // a round that went on for a while was a good one, however it ended
            if lasted > LONGEST {
                failures = 0;
            }
            let pause = match outcome {
                // the server ended the stream as asked
                Ok(()) if lasted >= FIRST => {
                    failures = 0;
                    Duration::ZERO
                }
                // it ends streams at once: do not ask in a tight loop
                Ok(()) => self.pause(&mut failures, LONGEST),
                Err(Broken { failure, error }) => {
                    self.health.failed(failure);
                    self.tell(failure, &error, failures);
                    let longest = match failure {
                        WatchFailure::Missing | WatchFailure::Forbidden => LONGEST_MISSING,
                        _ => LONGEST,
                    };
                    // an outage is bridged from where the watch was; but a place that keeps failing is given up:
                    // after a restore of the cluster it may lie in the future
                    let bridge =
                        matches!(failure, WatchFailure::Unreachable | WatchFailure::Refused) && failures < 3;
                    if !bridge {
                        version = None;
                    }
                    self.pause(&mut failures, longest)
                }
            };
            sleep(pause).await;
        }
    }

    fn pause(&self, failures: &mut u32, longest: Duration) -> Duration {
        *failures = failures.saturating_add(1);
        jittered(delay(FIRST, longest, *failures))
    }

    /// Once loudly, then quietly: an outage must not fill the log.
    fn tell(&self, failure: WatchFailure, error: &str, failures: u32) {
        let (watch, failure) = (self.watch.name, failure.as_str());
        if failures == 0 && failure != WatchFailure::Expired.as_str() {
            warn!(watch, failure, error, "a watch broke; it is tried again");
        } else {
            debug!(watch, failure, error, failures, "a watch broke again");
        }
    }

    /// Lists if necessary, then follows one stream to its end.
    async fn round(&mut self, version: &mut Option<String>, relist: &mut Instant) -> Result<(), Broken> {
        if version.is_none() || Instant::now() >= *relist {
            *version = Some(self.list().await?);
            *relist = Instant::now() + jittered(self.relist);
        }
        self.follow(version, *relist).await
    }

    async fn list(&mut self) -> Result<String, Broken> {
        let mut params =
            ListParams { label_selector: self.labels.clone(), limit: Some(PAGE), ..ListParams::default() };
        let mut objects = Vec::new();
        let version = loop {
            let page = in_time(self.api.list(&params)).await?;
            self.health.heard();
            objects.extend(page.items.into_iter().filter_map(|object| self.opened(object)));
            params.continue_token = page.metadata.continue_.filter(|token| !token.is_empty());
            if params.continue_token.is_none() {
                break page.metadata.resource_version.filter(|version| !version.is_empty());
            }
        };
        let Some(version) = version else {
            return Err(Broken {
                failure: WatchFailure::Refused,
                error: "a list without resource version".into(),
            });
        };
        debug!(watch = self.watch.name, objects = objects.len(), version, "listed");
        self.replace(objects);
        self.health.synced();
        Ok(version)
    }

    /// Makes the store what was listed; tells the differences, deletions that nobody saw among them.
    fn replace(&mut self, objects: Vec<K>) {
        let mut before: std::collections::HashMap<ObjectRef<K>, Arc<K>> =
            self.store.state().into_iter().map(|object| (ObjectRef::from_obj(&*object), object)).collect();
        self.writer.apply_watcher_event(&Event::Init);
        let mut changes: Vec<(Option<Arc<K>>, Option<K>)> = Vec::new();
        for object in objects {
            let old = before.remove(&ObjectRef::from_obj(&object));
            let event = Event::InitApply(object);
            self.writer.apply_watcher_event(&event);
            let Event::InitApply(object) = event else { continue };
            let same = old.as_ref().is_some_and(|old| {
                old.meta().resource_version.is_some()
                    && old.meta().resource_version == object.meta().resource_version
            });
            if !same {
                changes.push((old, Some(object)));
            }
        }
        self.writer.apply_watcher_event(&Event::InitDone);
        changes.extend(before.into_values().map(|gone| (Some(gone), None)));
        for (old, new) in &changes {
            (self.on_change)(Change { old: old.as_deref(), new: new.as_ref() });
        }
    }

    async fn follow(&mut self, version: &mut Option<String>, until: Instant) -> Result<(), Broken> {
        let seconds = rand::rng().random_range(STREAM_SECONDS);
        let params = WatchParams {
            label_selector: self.labels.clone(),
            timeout: Some(seconds),
            ..WatchParams::default()
        };
        let from = version.clone().unwrap_or_default();
        let stream = in_time(self.api.watch(&params, &from)).await?;
        self.health.heard();
        let mut stream = pin!(stream.into_stream());
        loop {
            let event = tokio::select! {
                event = timeout(IDLE, stream.next()) => event,
                () = tokio::time::sleep_until(until) => {
                    debug!(watch = self.watch.name, "time to list everything");
                    return Ok(());
                }
                () = self.doubted.notified() => {
                    debug!(watch = self.watch.name, "what is known is doubted: everything is listed");
                    *version = None;
                    return Ok(());
                }
            };
            let event = match event {
                Ok(Some(event)) => event?,
                Ok(None) => return Ok(()),
                Err(_) => {
                    info!(
                        watch = self.watch.name,
                        "neither object nor bookmark for {} s: the stream is started anew",
                        IDLE.as_secs()
                    );
                    return Ok(());
                }
            };
            self.health.heard();
            match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    *version = object.resource_version().or(version.take());
                    self.changed(object);
                }
                WatchEvent::Deleted(object) => {
                    *version = object.resource_version().or(version.take());
                    self.deleted(object);
                }
                WatchEvent::Bookmark(bookmark) => *version = Some(bookmark.metadata.resource_version),
                WatchEvent::Error(status) => return Err(kube::Error::Api(status).into()),
            }
        }
    }

    fn changed(&mut self, object: W) {
        let Some(object) = self.opened(object) else { return };
        let old = self.store.get(&ObjectRef::from_obj(&object));
        let event = Event::Apply(object);
        self.writer.apply_watcher_event(&event);
        if let Event::Apply(object) = &event {
            (self.on_change)(Change { old: old.as_deref(), new: Some(object) });
        }
    }

    fn deleted(&mut self, object: W) {
        // by name: the object may be one that cannot be read
        let meta = object.meta();
        let (Some(name), Some(namespace)) = (&meta.name, &meta.namespace) else { return };
        let Some(old) = self.store.get(&ObjectRef::new(name).within(namespace)) else { return };
        self.writer.apply_watcher_event(&Event::Delete(K::clone(&old)));
        // It may have ended between its last change and its deletion.
        let last = self.opened(object);
        (self.on_change)(Change { old: Some(last.as_ref().unwrap_or(&old)), new: None });
    }

    /// One object that cannot be read must not blind the operator for all others.
    fn opened(&self, object: W) -> Option<K> {
        match (self.open)(object).and_then(identified) {
            Ok(mut object) => {
                slim(object.meta_mut());
                Some(object)
            }
            Err(invalid) => {
                let InvalidObject { error, metadata } = *invalid;
                let (name, namespace) =
                    (metadata.name.unwrap_or_default(), metadata.namespace.unwrap_or_default());
                warn!(
                    watch = self.watch.name,
                    namespace, name, error, "an object cannot be read and is left out"
                );
                self.health.unreadable();
                None
            }
        }
    }
}

/// What is behind this knows an object by its name, namespace and UID.
fn identified<K: Resource>(object: K) -> Result<K, Box<InvalidObject>> {
    match Identity::of(object.meta()) {
        Ok(_) => Ok(object),
        Err(error) => {
            let (error, metadata) = (error.to_string(), object.meta().clone());
            Err(Box::new(InvalidObject { error, metadata }))
        }
    }
}

/// Drops what nobody reads: half of the memory of a typical object.
fn slim(metadata: &mut k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta) {
    metadata.managed_fields = None;
    if let Some(annotations) = &mut metadata.annotations {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
}
