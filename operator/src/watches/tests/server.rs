//! A server of lists and streams.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use galapagos_crds::{EvolutionJob, WorkerPool};
use http::{Request, Response};
use kube::Client;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tower::service_fn;

use crate::metrics::Metrics;
use crate::runtime::watches::{Health, Pulse, Settings, Tasks};
use crate::watches::{Caches, Requests, Triggers, start};

/// The plural here of pods of workers, which are watched apart from those of coordinators.
pub const WORKER_PODS: &str = "pods of workers";

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub plural: String,
    pub path: String,
    pub query: String,
    pub accept: String,
}

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    /// What a list of a plural says; nothing here: an empty list.
    lists: HashMap<String, (u16, Value)>,
    /// What the next stream of a plural says first, instead of being opened.
    refusals: HashMap<String, (u16, Value)>,
    streams: HashMap<String, mpsc::UnboundedSender<String>>,
    /// Nothing is answered for these plurals.
    deaf: Vec<String>,
}

#[derive(Clone, Default)]
pub struct Server {
    state: Arc<Mutex<State>>,
}

impl Server {
    /// What lists of a plural contain from now on.
    pub fn holds(&self, plural: &str, version: u64, items: &[Value]) {
        let list = json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": version.to_string()}, "items": items});
        self.state.lock().unwrap().lists.insert(plural.into(), (200, list));
    }

    /// What lists of a plural answer from now on.
    pub fn refuses(&self, plural: &str, code: u16) {
        self.state.lock().unwrap().lists.insert(plural.into(), (code, status(code)));
    }

    /// What the next stream of a plural answers instead of starting.
    pub fn refuses_stream_once(&self, plural: &str, code: u16) {
        self.state.lock().unwrap().refusals.insert(plural.into(), (code, status(code)));
    }

    /// From now on nothing of that plural is answered, and its stream is silent.
    pub fn is_deaf_to(&self, plural: &str) {
        self.state.lock().unwrap().deaf.push(plural.into());
    }

    pub fn hears_again(&self) {
        self.state.lock().unwrap().deaf.clear();
    }

    /// Says something on the stream of a plural.
    pub fn says(&self, plural: &str, type_: &str, object: &Value) {
        let line = format!("{}\n", json!({"type": type_, "object": object}));
        self.state.lock().unwrap().streams[plural].send(line).unwrap();
    }

    /// Ends the stream of a plural.
    pub fn hangs_up(&self, plural: &str) {
        self.state.lock().unwrap().streams.remove(plural);
    }

    pub fn seen(&self, plural: &str) -> Vec<Seen> {
        self.state.lock().unwrap().seen.iter().filter(|seen| seen.plural == plural).cloned().collect()
    }

    pub fn lists_seen(&self, plural: &str) -> usize {
        self.seen(plural).iter().filter(|seen| !seen.query.contains("watch=true")).count()
    }

    fn answer(&self, request: &Request<kube::client::Body>) -> Option<Response<Body>> {
        let mut state = self.state.lock().unwrap();
        let path = request.uri().path().to_owned();
        let query = request.uri().query().unwrap_or_default().to_owned();
        let plural = match path.rsplit('/').next().unwrap_or_default() {
            "pods" if query.contains("component%3Dworker") => WORKER_PODS.to_owned(),
            plural => plural.to_owned(),
        };
        let accept = request
            .headers()
            .get("accept")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        state.seen.push(Seen { plural: plural.clone(), path, query: query.clone(), accept });
        if state.deaf.contains(&plural) {
            return None;
        }
        let response = |code: u16, body: Body| Response::builder().status(code).body(body).unwrap();
        if query.contains("watch=true") {
            if let Some((code, body)) = state.refusals.remove(&plural) {
                return Some(response(code, body.to_string().into()));
            }
            let (sender, receiver) = mpsc::unbounded_channel();
            state.streams.insert(plural, sender);
            let lines = UnboundedReceiverStream::new(receiver).map(Ok::<_, std::convert::Infallible>);
            return Some(response(200, Body::from_stream(lines)));
        }
        let empty =
            json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": []});
        let (code, body) = state.lists.get(&plural).cloned().unwrap_or((200, empty));
        Some(response(code, body.to_string().into()))
    }

    pub fn client(&self) -> Client {
        let server = self.clone();
        let service = service_fn(move |request: Request<kube::client::Body>| {
            let answer = server.answer(&request);
            async move {
                match answer {
                    Some(answer) => Ok::<_, std::convert::Infallible>(answer),
                    None => std::future::pending().await,
                }
            }
        });
        Client::new(service, "default")
    }

    /// Starts all watches.
    pub fn watched(&self, settings: &Settings) -> Watched {
        let metrics = Arc::new(Metrics::new());
        let health = Health::new(Pulse::new(), metrics.runtime.clone());
        let triggers = Triggers::new();
        let (caches, tasks) = start(&self.client(), settings, &triggers, &health);
        Watched { caches, health, triggers, metrics, _tasks: tasks }
    }
}

pub struct Watched {
    pub caches: Caches,
    pub health: Health,
    pub triggers: Triggers,
    pub metrics: Arc<Metrics>,
    _tasks: Tasks,
}

impl Watched {
    /// Waits for a condition that does not tell when it is met.
    pub async fn until(&self, what: &str, met: impl Fn(&Watched) -> bool) {
        let all = async {
            while !met(self) {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(3600), all)
            .await
            .unwrap_or_else(|_| panic!("{what}: not within an hour"));
    }

    /// Everything is filled.
    pub async fn filled(&self) {
        timeout(Duration::from_secs(3600), self.caches.filled()).await.unwrap();
    }

    /// Everything is filled, and what that asked for is forgotten.
    pub async fn settled(&self) -> Requests {
        self.filled().await;
        sleep(Duration::from_millis(100)).await;
        let mut requests = self.triggers.connect(&self.caches);
        drain(&mut requests);
        requests
    }
}

/// The names that were asked for.
pub fn drain(requests: &mut Requests) -> (Vec<String>, Vec<String>) {
    let (mut jobs, mut pools) = (Vec::new(), Vec::new());
    while let Ok(job) = requests.jobs.try_recv() {
        jobs.push(format!("{}/{}", job.namespace.unwrap_or_default(), job.name));
    }
    while let Ok(pool) = requests.pools.try_recv() {
        pools.push(format!("{}/{}", pool.namespace.unwrap_or_default(), pool.name));
    }
    for names in [&mut jobs, &mut pools] {
        names.sort();
        names.dedup();
    }
    (jobs, pools)
}

fn status(code: u16) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": "no", "reason": "No"})
}

pub fn job(name: &str, pool: &str, version: u64) -> Value {
    json!({
        "apiVersion": "galapagos.dev/v1alpha1",
        "kind": "EvolutionJob",
        "metadata": {"name": name, "namespace": "research", "uid": format!("uid-{name}"), "resourceVersion": version.to_string()},
        "spec": {
            "workerPoolName": pool,
            "marketData": {"dataset": "d", "symbols": ["BTC"], "interval": "1h"},
            "strategies": [{"name": "ema_crossover"}],
            "population": {"size": 100},
        },
    })
}

pub fn pool(name: &str, version: u64) -> Value {
    json!({
        "apiVersion": "galapagos.dev/v1alpha1",
        "kind": "WorkerPool",
        "metadata": {
            "name": name, "namespace": "research", "uid": format!("uid-{name}"), "generation": 1,
            "resourceVersion": version.to_string(),
        },
        "spec": {"marketData": {"volume": {"persistentVolumeClaim": {"claimName": "data"}}}},
    })
}

pub fn child(kind: &str, name: &str, label: (&str, &str), version: u64) -> Value {
    let api_version = match kind {
        "Job" => "batch/v1",
        "Deployment" => "apps/v1",
        "NetworkPolicy" => "networking.k8s.io/v1",
        _ => "v1",
    };
    json!({
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {
            "name": name, "namespace": "research", "uid": format!("uid-{name}"), "labels": {label.0: label.1},
            "resourceVersion": version.to_string(),
        },
    })
}

#[test]
fn the_objects_of_these_tests_are_readable() {
    let _: EvolutionJob = serde_json::from_value(job("a", "p", 1)).unwrap();
    let _: WorkerPool = serde_json::from_value(pool("p", 1)).unwrap();
}
