//! A cluster in memory: an API server that keeps what is written and tells it to watches, a controller of Jobs, and
//! coordinators that end with a result after a while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::body::Body;
use galapagos_protocol::tls::issue::Authority;
use http::{Method, Request, Response};
use jiff::Timestamp;
use kube::Client;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tower::service_fn;

use super::selector::{Labels, has, selector};
use crate::certificates::Ca;
use crate::context::{Clock, Context};
use crate::controllers;
use crate::event_recorder::EventRecorder;
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::names::OPERATOR;
use crate::origin::Maker;
use crate::progress::Hub;
use crate::runtime::ids::example;
use crate::runtime::kube_io::KubeIo;
use crate::runtime::leader::Fence;
use crate::runtime::watches::{self as watching, Health, Pulse};
use crate::settings::Settings;
use crate::watches::{self, Triggers};

/// Plural, namespace and name.
type Key = (String, String, String);

struct State {
    born: (Timestamp, Instant),
    version: u64,
    objects: BTreeMap<Key, Value>,
    /// Plural, label selector, and where to tell.
    watches: Vec<(String, Labels, mpsc::UnboundedSender<String>)>,
    /// Patches of statuses, by plural and name.
    status_patches: BTreeMap<(String, String), u32>,
}

impl State {
    /// The time of the world, which goes with the runtime's clock.
    fn now(&self) -> Timestamp {
        self.born.0 + self.born.1.elapsed()
    }

    fn put(&mut self, key: Key, mut object: Value) -> Value {
        let before = self.objects.get(&key);
        let stripped = |o: &Value| {
            let mut o = o.clone();
            o["metadata"]["resourceVersion"] = Value::Null;
            o
        };
        if let Some(before) = before {
            object["metadata"]["uid"] = before["metadata"]["uid"].clone();
            object["metadata"]["creationTimestamp"] = before["metadata"]["creationTimestamp"].clone();
            object["metadata"]["generation"] = before["metadata"]["generation"].clone();
            if before["spec"] != object["spec"] {
                object["metadata"]["generation"] =
                    json!(before["metadata"]["generation"].as_i64().unwrap_or(1) + 1);
            }
            if stripped(before) == stripped(&object) {
                return before.clone();
            }
        } else {
            object["metadata"]["uid"] = json!(format!("uid-{}-{}", key.0, key.2));
            object["metadata"]["creationTimestamp"] = json!(format!("{:.0}", self.now()));
            object["metadata"]["generation"] = json!(1);
            object["metadata"]["namespace"] = json!(key.1);
        }
        let type_ = if before.is_some() { "MODIFIED" } else { "ADDED" };
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.tell(&key.0, type_, &object);
        self.objects.insert(key, object.clone());
        object
    }

    fn remove(&mut self, key: &Key) -> Option<Value> {
        let mut object = self.objects.remove(key)?;
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.tell(&key.0, "DELETED", &object);
        Some(object)
    }

    fn tell(&mut self, plural: &str, type_: &str, object: &Value) {
        let line = format!("{}\n", json!({"type": type_, "object": object}));
        self.watches.retain(|(of, labels, watch)| {
            of != plural || !has(object, labels) || watch.send(line.clone()).is_ok()
        });
    }
}

/// The cluster. Clones are the same.
#[derive(Clone)]
pub struct Cluster {
    state: Arc<Mutex<State>>,
    /// How long coordinators run.
    runs: Duration,
    /// Of its operators.
    metrics: Arc<Metrics>,
}

impl Default for Cluster {
    fn default() -> Cluster {
        Cluster::of_runs(Duration::from_secs(8))
    }
}

const NAMESPACE: &str = "research";

fn key(plural: &str, name: &str) -> Key {
    (plural.to_owned(), NAMESPACE.to_owned(), name.to_owned())
}

impl Cluster {
    /// One whose coordinators run so long.
    pub fn of_runs(runs: Duration) -> Cluster {
        let state = State {
            born: (Timestamp::now(), Instant::now()),
            version: 0,
            objects: BTreeMap::new(),
            watches: Vec::new(),
            status_patches: BTreeMap::new(),
        };
        Cluster { state: Arc::new(Mutex::new(state)), runs, metrics: Arc::new(Metrics::new()) }
    }

    /// The time of its world, in whole seconds.
    pub fn now(&self) -> String {
        format!("{:.0}", self.state.lock().unwrap().now())
    }

    /// Makes or replaces an object, as a person would.
    pub fn apply(&self, plural: &str, object: Value) {
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        self.state.lock().unwrap().put(key(plural, &name), object);
    }

    /// Changes an object that is there.
    pub fn edit(&self, plural: &str, name: &str, change: impl FnOnce(&mut Value)) {
        let mut state = self.state.lock().unwrap();
        let key = key(plural, name);
        let Some(mut object) = state.objects.get(&key).cloned() else { return };
        change(&mut object);
        state.put(key, object);
    }

    /// Takes an object away.
    pub fn remove(&self, plural: &str, name: &str) {
        self.state.lock().unwrap().remove(&key(plural, name));
    }

    /// The objects of a plural.
    pub fn all(&self, plural: &str) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        state.objects.iter().filter(|(key, _)| key.0 == plural).map(|(_, object)| object.clone()).collect()
    }

    /// An object.
    pub fn get(&self, plural: &str, name: &str) -> Value {
        self.state.lock().unwrap().objects.get(&key(plural, name)).cloned().unwrap_or_default()
    }

    /// How often jobs were reconciled.
    pub fn reconciles(&self) -> u64 {
        let text = self.metrics.text().unwrap();
        let of_jobs = |line: &&str| {
            line.starts_with("galapagos_operator_reconciles_total{controller=\"evolution_job\"")
        };
        text.lines().filter(of_jobs).filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// How often statuses of a plural were written.
    pub fn status_patches(&self, plural: &str) -> u32 {
        let state = self.state.lock().unwrap();
        state.status_patches.iter().filter(|((of, _), _)| of == plural).map(|(_, count)| count).sum()
    }

    /// The operator, as long as it is polled.
    pub async fn operator(&self) {
        self.operator_of("galapagos").await;
    }

    /// The operator of that namespace, with an authority of its own.
    pub async fn operator_of(&self, namespace: &str) {
        let metrics = Arc::clone(&self.metrics);
        let health = Health::new(Pulse::new(), metrics.runtime.clone());
        let triggers = Triggers::new();
        let (caches, _watches) =
            watches::start(&self.client(), &watching::Settings::default(), &triggers, &health);
        caches.filled().await;
        let io = KubeIo::new(self.client(), OPERATOR, Fence::open(), metrics.runtime.clone());
        let (events, recording) = EventRecorder::new(io.clone(), metrics.runtime.clone());
        let ca = Arc::new(Ca::new(Authority::new(SystemTime::now()).unwrap()));
        let (news, _told) = mpsc::unbounded_channel();
        let memory = Memory::new();
        let context = Context {
            events,
            hub: Hub::new(ca.clone(), news, &memory.all),
            maker: Maker::new(example::namespace(namespace), ca.fingerprint()),
            io,
            caches,
            triggers,
            ca,
            settings: <Settings as clap::Parser>::parse_from([
                "operator",
                "--image",
                "i",
                "--own-namespace",
                namespace,
            ]),
            metrics,
            memory,
            clock: Clock(Box::new({
                let cluster = self.clone();
                move || cluster.state.lock().unwrap().now()
            })),
            since: std::time::Instant::now(),
        };
        tokio::join!(controllers::run(Arc::new(context)), recording);
    }

    fn client(&self) -> Client {
        let cluster = self.clone();
        let service = service_fn(move |request: Request<kube::client::Body>| {
            let cluster = cluster.clone();
            async move {
                let (parts, body) = request.into_parts();
                let bytes = body.collect_bytes().await?;
                let body = serde_json::from_slice(&bytes).unwrap_or_default();
                Ok::<_, tower::BoxError>(cluster.answer(&parts, body))
            }
        });
        Client::new(service, "default")
    }

    fn answer(&self, parts: &http::request::Parts, body: Value) -> Response<Body> {
        let path: Vec<&str> = parts.uri.path().trim_matches('/').split('/').collect();
        // /api/v1 or /apis/group/version, then perhaps namespaces/name, then the plural.
        let rest = if path[0] == "api" { &path[2..] } else { &path[3..] };
        let rest = if rest[0] == "namespaces" { &rest[2..] } else { rest };
        let plural = rest[0];
        let query = parts.uri.query().unwrap_or_default();
        let mut state = self.state.lock().unwrap();
        match (&parts.method, rest.get(1), rest.get(2)) {
            (&Method::GET, None, _) if query.contains("watch=true") => {
                let (sender, lines) = mpsc::unbounded_channel();
                state.watches.push((plural.to_owned(), selector(query), sender));
                let lines = UnboundedReceiverStream::new(lines).map(Ok::<_, std::convert::Infallible>);
                Response::new(Body::from_stream(lines))
            }
            (&Method::GET, None, _) => {
                // Events are told here, and asked for only about pods that were refused: there are none.
                let is_asked = |kind: &str| kind == plural && plural != "events";
                let labels = selector(query);
                let items = state.objects.iter().filter(|(key, o)| is_asked(&key.0) && has(o, &labels));
                let items: Vec<_> = items.map(|(_, o)| o).collect();
                let meta = json!({"resourceVersion": state.version.to_string()});
                reply(200, &json!({"kind": "List", "apiVersion": "v1", "metadata": meta, "items": items}))
            }
            (&Method::GET, Some(name), _) => match state.objects.get(&key(plural, name)) {
                Some(object) => reply(200, object),
                None => refused(404, "NotFound"),
            },
            (&Method::POST, ..) => {
                let name = body["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                if state.objects.contains_key(&key(plural, &name)) {
                    return refused(409, "AlreadyExists");
                }
                let made = state.put(key(plural, &name), body);
                if plural == "jobs" {
                    tokio::spawn(self.clone().run_job(name));
                }
                reply(201, &made)
            }
            (&Method::PATCH, Some(name), Some(&"status")) => {
                *state.status_patches.entry((plural.to_owned(), (*name).to_owned())).or_default() += 1;
                let Some(mut object) = state.objects.get(&key(plural, name)).cloned() else {
                    return refused(404, "NotFound");
                };
                if object["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"] {
                    return refused(409, "Conflict");
                }
                object["status"] = body["status"].clone();
                reply(200, &state.put(key(plural, name), object))
            }
            (&Method::PATCH, Some(name), _) => {
                let mut object = state.objects.get(&key(plural, name)).cloned().unwrap_or_default();
                for part in ["apiVersion", "kind", "spec"] {
                    object[part] = body[part].clone();
                }
                for part in ["name", "labels", "annotations", "ownerReferences"] {
                    object["metadata"][part] = body["metadata"][part].clone();
                }
                reply(200, &state.put(key(plural, name), object))
            }
            (&Method::DELETE, Some(name), _) => match state.remove(&key(plural, name)) {
                Some(object) => {
                    state.remove(&key("pods", name));
                    reply(200, &object)
                }
                None => refused(404, "NotFound"),
            },
            other => panic!("{other:?} {}", parts.uri),
        }
    }

    /// What Kubernetes makes of a Job: a pod of its name that runs and ends.
    async fn run_job(self, name: String) {
        sleep(Duration::from_secs(1)).await;
        let job = self.get("jobs", &name);
        if job.is_null() {
            return;
        }
        let mut pod = job["spec"]["template"].clone();
        pod["apiVersion"] = json!("v1");
        pod["kind"] = json!("Pod");
        pod["metadata"]["name"] = json!(name);
        pod["metadata"]["ownerReferences"] = json!([{"apiVersion": "batch/v1", "kind": "Job", "name": name,
            "uid": job["metadata"]["uid"], "controller": true}]);
        let statuses = |state: Value| {
            json!([{"name": "coordinator", "state": state, "ready": true,
            "restartCount": 0, "image": "i", "imageID": "i"}])
        };
        let started = self.now();
        pod["status"] = json!({"phase": "Running", "startTime": started,
            "containerStatuses": statuses(json!({"running": {"startedAt": started}}))});
        self.apply("pods", pod);
        sleep(self.runs).await;
        let words = json!({"reason": "GenerationsReached", "succeeded": true, "generation": 5, "generations": 5,
            "resultDigest": "blake3:0", "resultPath": "runs/x"});
        let end = json!({"terminated": {"exitCode": 0, "message": words.to_string(), "reason": "Completed",
            "finishedAt": self.now()}});
        self.edit("pods", &name, |pod| {
            pod["status"]["phase"] = json!("Succeeded");
            pod["status"]["containerStatuses"] = statuses(end);
        });
        self.edit("jobs", &name, |job| {
            job["status"] = json!({"conditions": [{"type": "Complete", "status": "True"}], "succeeded": 1});
        });
    }
}

fn reply(code: u16, body: &Value) -> Response<Body> {
    Response::builder().status(code).body(Body::from(body.to_string())).unwrap()
}

fn refused(code: u16, reason: &str) -> Response<Body> {
    let kind = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure"});
    let mut status = kind;
    status["code"] = json!(code);
    status["reason"] = json!(reason);
    status["message"] = json!("no");
    reply(code, &status)
}

/// A job in the pool `default`.
pub fn job(name: &str) -> Value {
    json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob", "metadata": {"name": name},
        "spec": {
            "workerPoolName": "default",
            "marketData": {"dataset": "d", "symbols": ["BTC"], "interval": "1h"},
            "strategies": [{"name": "ema_crossover"}],
            "population": {"size": 100},
            "generations": 5,
        },
    })
}

/// The pool, with so many concurrent jobs and without workers.
pub fn pool(places: u32) -> Value {
    json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool", "metadata": {"name": "default"},
        "spec": {"maxWorkers": 0, "maxConcurrentJobs": places, "marketData": {"volume": {"emptyDir": {}}}},
    })
}

/// The phase of a job.
pub fn phase(job: &Value) -> &str {
    job["status"]["phase"].as_str().unwrap_or_default()
}
