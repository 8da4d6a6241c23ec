//! One object that breaks its reconcile does not break those of others.

use std::sync::Mutex;
use std::time::SystemTime;

use clap::Parser;
use galapagos_crds::EvolutionJob;
use galapagos_protocol::tls::issue::Authority;
use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use kube::runtime::{reflector, watcher};
use serde_json::json;
use tower::service_fn;

use super::*;
use crate::certificates::Ca;
use crate::context::Clock;
use crate::event_recorder::EventRecorder;
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::names::OPERATOR;
use crate::origin::Maker;
use crate::progress::Hub;
use crate::runtime::ids::example::{namespace, uid};
use crate::runtime::kube_io::{KubeIo, WriteError};
use crate::runtime::leader::Fence;
use crate::runtime::watches::{Health, Pulse, Settings as Watching};
use crate::settings::Settings;
use crate::watches::{self, Triggers};

/// A context without a cluster: whatever is asked, nothing is there. And the task that would tell its events.
fn context() -> (Arc<Context>, impl Future<Output = ()>) {
    let nothing = service_fn(|_: Request<Body>| async {
        Ok::<_, std::convert::Infallible>(Response::builder().status(404).body(Body::empty()).unwrap())
    });
    let client = Client::new(nothing, "default");
    let metrics = Arc::new(Metrics::new());
    let io = || KubeIo::new(client.clone(), OPERATOR, Fence::closed(), metrics.runtime.clone());
    let triggers = Triggers::new();
    let health = Health::new(Pulse::new(), metrics.runtime.clone());
    let (caches, _) = watches::start(&client, &Watching::default(), &triggers, &health);
    let ca = Arc::new(Ca::new(Authority::new(SystemTime::now()).unwrap()));
    let (news, _) = tokio::sync::mpsc::unbounded_channel();
    let (events, recording) = EventRecorder::new(io(), metrics.runtime.clone());
    let memory = Memory::new();
    let context = Context {
        events,
        io: io(),
        caches,
        triggers,
        hub: Hub::new(ca.clone(), news, &memory.all),
        maker: Maker::new(namespace("galapagos"), ca.fingerprint()),
        ca,
        settings: Settings::parse_from(["operator", "--image", "i"]),
        metrics,
        memory,
        clock: Clock::default(),
        since: Instant::now(),
    };
    (Arc::new(context), recording)
}

fn job(name: &str) -> EvolutionJob {
    serde_json::from_value(json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob",
        "metadata": {"name": name, "namespace": "n", "uid": name},
        "spec": {"marketData": {"dataset": "d", "symbols": ["A"], "interval": "1h"},
                 "strategies": [{"name": "ema_crossover"}], "population": {"size": 100}},
    }))
    .unwrap()
}

/// A cache that is filled with these jobs.
fn cache(names: &[&str]) -> Store<EvolutionJob> {
    let (store, mut writer) = reflector::store();
    writer.apply_watcher_event(&watcher::Event::Init);
    for name in names {
        writer.apply_watcher_event(&watcher::Event::InitApply(job(name)));
    }
    writer.apply_watcher_event(&watcher::Event::InitDone);
    store
}

// Contract K1.
#[tokio::test]
async fn a_panic_in_one_reconcile_stops_nobody_else_and_is_backed_off_told_and_counted() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let (ctx, _telling) = context();
    let store = cache(&["bad", "good"]);
    let (ask, requests) = tokio::sync::mpsc::unbounded_channel();
    let controlling = control(
        Controller::EvolutionJob,
        store,
        UnboundedReceiverStream::new(requests),
        Arc::clone(&ctx),
        |job, _| async move {
            let name = job.name_any();
            SEEN.lock().unwrap().push(name.clone());
            assert_ne!(name, "bad", "this object breaks it");
            Ok(Action::await_change())
        },
    );
    let seen = |name: &str| SEEN.lock().unwrap().iter().filter(|seen| *seen == name).count();
    let watching = async {
        for name in ["bad", "good"] {
            ask.send(ObjectRef::new(name).within("n")).unwrap();
        }
        // The second try of the bad one comes by its back-off, and by nobody's asking.
        while seen("bad") < 2 || seen("good") < 1 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        ask.send(ObjectRef::new("good").within("n")).unwrap();
        while seen("good") < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = controlling => panic!("the controller ended"),
        ended = tokio::time::timeout(Duration::from_secs(20), watching) => ended.expect("in time"),
    }
    assert!(ctx.memory.backoff.failures(&uid("bad")) >= 2 && ctx.memory.backoff.failures(&uid("good")) == 0);
    let text = ctx.metrics.text().unwrap();
    let counted =
        "galapagos_operator_reconciles_total{controller=\"evolution_job\",outcome=\"panicked\"} 2\n";
    assert!(text.contains(counted), "{text}");
    assert_eq!(ctx.events.waiting(), 2, "one event for each, which the server counts as one");
}

// Contract K1.
#[tokio::test]
async fn conflicts_that_do_not_end_make_the_operator_look_at_the_server_again() {
    let (ctx, _telling) = context();
    let store = cache(&["stale"]);
    let (ask, requests) = tokio::sync::mpsc::unbounded_channel();
    let controlling = control(
        Controller::EvolutionJob,
        store,
        UnboundedReceiverStream::new(requests),
        Arc::clone(&ctx),
        |_, _| async move {
            let message = "the object has been modified".to_owned();
            Err(Error::Job(evolution_job::Error::Write(WriteError::Conflict { message })))
        },
    );
    ask.send(ObjectRef::new("stale").within("n")).unwrap();
    tokio::select! {
        () = controlling => panic!("the controller ended"),
        listed = tokio::time::timeout(Duration::from_secs(20), ctx.caches.doubts.raised(EVOLUTION_JOBS)) => {
            listed.expect("it is listed anew");
        }
    }
    assert!(ctx.memory.backoff.failures(&uid("stale")) >= STALE, "one conflict is another writer");
}
