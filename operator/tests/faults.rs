//! The fault layer does what it says, always at the same place.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "a test has a server and a clock")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod support;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body as AxumBody;
use galapagos_operator::runtime::ids::{Name, Namespace, ObjectKey, Uid};
use galapagos_operator::runtime::kube_io::{Kind as Written, KubeIo, Propagation, WriteError};
use galapagos_operator::runtime::leader::Fence;
use galapagos_operator::runtime::metrics::Metrics;
use http::{Request, Response};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::WatchParams;
use kube::client::{Body, ClientBuilder};
use kube::core::WatchEvent;
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};
use support::faults::{Fault, Faults, Kind};
use tokio::time::{Instant, timeout};
use tokio_stream::StreamExt;
use tower::service_fn;

/// A server that says yes to everything and counts what reaches it.
fn client(faults: &Faults, carried_out: &Arc<AtomicUsize>) -> Client {
    let carried_out = carried_out.clone();
    let service = service_fn(move |request: Request<Body>| {
        carried_out.fetch_add(1, Ordering::SeqCst);
        async move {
            let (_, body) = request.into_parts();
            let bytes = body.collect_bytes().await?;
            Ok::<_, tower::BoxError>(Response::new(AxumBody::from(bytes)))
        }
    });
    ClientBuilder::new(service, "default").with_layer(faults).build()
}

fn secret(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}})
}

struct Run {
    faults: Faults,
    io: KubeIo,
    carried_out: Arc<AtomicUsize>,
}

fn namespace() -> Namespace {
    Namespace::new("n").unwrap()
}

fn run(fault: Fault) -> Run {
    let faults = Faults::new(fault);
    let carried_out = Arc::new(AtomicUsize::new(0));
    let io = KubeIo::new(client(&faults, &carried_out), "operator", Fence::open(), Metrics::new());
    Run { faults, io, carried_out }
}

impl Run {
    async fn create(&self, name: &str) -> Result<(), WriteError> {
        self.io.create(Written::Secret, &namespace(), &secret(name)).await.map(|_| ())
    }

    /// The second write never ends; the place where the process is taken for dead.
    async fn crashes_at_the_second_write(&self) {
        self.create("a").await.unwrap();
        tokio::select! {
            _ = self.create("b") => panic!("a dead process gets no answer"),
            () = self.faults.crashed() => {}
        }
        let after = timeout(Duration::from_secs(60), self.create("c")).await;
        assert!(!matches!(after, Ok(Ok(()))), "a dead process writes nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_before_a_write_leaves_it_undone() {
    let run = run(Fault::at(2, Kind::CrashBefore));
    run.crashes_at_the_second_write().await;
    assert_eq!(run.carried_out.load(Ordering::SeqCst), 1);
    assert_eq!(run.faults.happened().unwrap(), "POST /api/v1/namespaces/n/secrets");
}

#[tokio::test(start_paused = true)]
async fn a_crash_after_a_write_leaves_it_done() {
    let run = run(Fault::at(2, Kind::CrashAfter));
    run.crashes_at_the_second_write().await;
    assert_eq!(run.carried_out.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_lost_reply_is_an_error_of_a_write_that_is_done() {
    let run = run(Fault::at(1, Kind::LoseReply));
    assert!(matches!(run.create("a").await, Err(WriteError::Other(_))));
    assert_eq!(run.carried_out.load(Ordering::SeqCst), 1);
    run.create("a").await.unwrap();
}

#[tokio::test]
async fn a_conflict_comes_once_and_nothing_is_done() {
    let run = run(Fault::at(1, Kind::Conflict));
    assert!(matches!(run.create("a").await, Err(WriteError::Conflict { .. })));
    assert_eq!(run.carried_out.load(Ordering::SeqCst), 0);
    run.create("a").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_delayed_write_is_done_late() {
    let run = run(Fault::at(1, Kind::Delay));
    let start = Instant::now();
    run.create("a").await.unwrap();
    assert_eq!(start.elapsed(), support::faults::DELAY);
}

#[tokio::test]
async fn writes_are_seen_in_order_and_blind_deletes_are_recognised() {
    let run = run(Fault::NONE);
    run.create("a").await.unwrap();
    let b = ObjectKey { namespace: namespace(), name: Name::new("b").unwrap() };
    run.io.delete(Written::Job, &b, &Uid::new("u").unwrap(), Propagation::Background).await.unwrap();
    let api: Api<ConfigMap> = Api::namespaced(run.io.client().clone(), "n");
    let _ = api.delete("c", &Default::default()).await;
    let writes = run.faults.writes();
    let blind: Vec<bool> = writes.iter().map(|write| write.is_blind_delete()).collect();
    assert_eq!(blind, [false, false, true]);
    assert_eq!(run.faults.happened(), None);
}

#[tokio::test]
async fn one_event_of_a_watch_is_hidden_however_the_stream_is_cut_into_frames() {
    for size in [1, 7, 10_000] {
        let faults = Faults::new(Fault::at(2, Kind::HideEvent));
        let line = |type_: &str, name: &str| {
            let object = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name, "resourceVersion": "1"}});
            format!("{}\n", json!({"type": type_, "object": object}))
        };
        let text =
            [line("ADDED", "a"), line("BOOKMARK", "-"), line("MODIFIED", "b"), line("DELETED", "c")].concat();
        let frames: Arc<Mutex<VecDeque<Vec<u8>>>> =
            Arc::new(Mutex::new(text.as_bytes().chunks(size).map(<[u8]>::to_vec).collect()));
        let service = service_fn(move |_: Request<Body>| {
            let frames: Vec<Vec<u8>> = frames.lock().unwrap().drain(..).collect();
            let stream = tokio_stream::iter(frames).map(Ok::<_, std::convert::Infallible>);
            async move { Ok::<_, std::convert::Infallible>(Response::new(AxumBody::from_stream(stream))) }
        });
        let client = ClientBuilder::new(service, "default").with_layer(&faults).build();
        let api: Api<ConfigMap> = Api::all(client);
        let mut stream = Box::pin(api.watch(&WatchParams::default(), "0").await.unwrap());
        let mut names = Vec::new();
        while let Some(event) = stream.next().await {
            if let WatchEvent::Added(object) | WatchEvent::Modified(object) | WatchEvent::Deleted(object) =
                event.unwrap()
            {
                names.push(object.name_any());
            }
        }
        assert_eq!(names, ["a", "c"], "frames of {size} bytes");
        assert_eq!(faults.told(), 3);
        assert_eq!(faults.happened().unwrap(), "\"MODIFIED\" \"ConfigMap\" \"b\"");
    }
}
