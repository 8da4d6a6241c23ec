//! A server that records requests and answers as told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tower::service_fn;

use crate::runtime::kube_io::{Kind, KubeIo, Own};
use crate::runtime::leader::Fence;
use crate::runtime::metrics::Metrics;

/// A kind of the operator's own.
pub const OWN: Kind = Kind::Own(Own { group: "example.dev", version: "v1", kind: "Thing", plural: "things" });

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: String,
    pub content: String,
    pub body: Value,
}

/// What comes back.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A status code and a body.
    With(u16, Value),
    /// Nothing, ever.
    Never,
}

#[derive(Clone)]
pub struct Server {
    seen: Arc<Mutex<Vec<Seen>>>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    metrics: Metrics,
}

impl Server {
    /// Answers in this order, then with 200 and the body that came.
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Server {
        Server {
            seen: Arc::default(),
            answers: Arc::new(Mutex::new(answers.into_iter().collect())),
            metrics: Metrics::new(),
        }
    }

    pub fn io(&self, fence: Fence) -> KubeIo {
        KubeIo::new(self.client(), "galapagos-operator", fence, self.metrics.clone())
    }

    /// What was counted.
    pub fn counted(&self) -> String {
        let (mut registry, mut text) = (Registry::default(), String::new());
        self.metrics.register(&mut registry);
        encode(&mut text, &registry).unwrap();
        text
    }

    fn client(&self) -> Client {
        let server = self.clone();
        let service = service_fn(move |request: Request<Body>| {
            let server = server.clone();
            async move {
                let (parts, body) = request.into_parts();
                let bytes = body.collect_bytes().await?;
                let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
                server.seen.lock().unwrap().push(Seen {
                    method: parts.method.to_string(),
                    path: parts.uri.path().to_owned(),
                    query: parts.uri.query().unwrap_or_default().to_owned(),
                    content: parts.headers["content-type"].to_str().unwrap_or_default().to_owned(),
                    body: body.clone(),
                });
                let answer = server.answers.lock().unwrap().pop_front().unwrap_or(Answer::With(200, body));
                let Answer::With(code, body) = answer else {
                    tokio::time::sleep(Duration::from_secs(100_000)).await;
                    unreachable!()
                };
                let response =
                    Response::builder().status(code).body(Body::from(body.to_string().into_bytes()));
                Ok::<_, tower::BoxError>(response?)
            }
        });
        Client::new(service, "default")
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The only request.
    pub fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }
}

/// What the API server says when it refuses.
pub fn refusal(code: u16, reason: &str, message: &str) -> Answer {
    let body = json!({
        "apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message,
    });
    Answer::With(code, body)
}

pub fn deployment(name: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "research", "labels": {"app.kubernetes.io/name": "galapagos"}},
        "spec": {"replicas": replicas},
    })
}
