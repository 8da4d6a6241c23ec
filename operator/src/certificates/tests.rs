//! The authority's Secret against a small API server, and what the certificates open.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use galapagos_protocol::tls::issue::Authority;
use galapagos_protocol::tls::{Identity, JobUid, Role, server_config};
use galapagos_protocol::transport;
use http::{Method, Request, Response};
use k8s_openapi::ByteString;
use kube::client::Body;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::service_fn;

use super::{Ca, CaError, KEY, SECRET, secret};
use crate::names::OPERATOR;
use crate::runtime::ids::example::{namespace, uid};
use crate::runtime::kube_io::KubeIo;
use crate::runtime::leader::Fence;
use crate::runtime::metrics::Metrics;

const OWN: &str = "galapagos-system";

/// Secrets by path, and every request as `METHOD path`.
#[derive(Clone, Default)]
struct Server {
    secrets: Arc<Mutex<HashMap<String, Value>>>,
    seen: Arc<Mutex<Vec<String>>>,
    /// What somebody else creates right before our create arrives.
    rival: Arc<Mutex<Option<Value>>>,
}

impl Server {
    fn io(&self) -> KubeIo {
        let server = self.clone();
        let service = service_fn(move |request: Request<Body>| {
            let server = server.clone();
            async move { Ok::<_, Infallible>(server.answer(request).await) }
        });
        KubeIo::new(kube::Client::new(service, "default"), OPERATOR, Fence::open(), Metrics::new())
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        self.seen.lock().unwrap().push(format!("{method} {path}"));
        let body = request.into_body().collect_bytes().await.unwrap();
        let mut secrets = self.secrets.lock().unwrap();
        let (code, answer) = if method == Method::GET {
            secrets.get(&path).map_or_else(|| refusal(404, "NotFound"), |found| (200, found.clone()))
        } else {
            let path = format!("{path}/{SECRET}");
            if let Some(rival) = self.rival.lock().unwrap().take() {
                secrets.insert(path.clone(), stored(rival));
            }
            match secrets.entry(path) {
                Entry::Occupied(_) => refusal(409, "AlreadyExists"),
                Entry::Vacant(place) => {
                    let made = stored(serde_json::from_slice(&body).unwrap());
                    (201, place.insert(made).clone())
                }
            }
        };
        let answer = Body::from(serde_json::to_vec(&answer).unwrap());
        Response::builder().status(code).header("content-type", "application/json").body(answer).unwrap()
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn refusal(code: u16, reason: &str) -> (u16, Value) {
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": reason,
        "reason": reason, "code": code});
    (code, status)
}

/// As a server keeps it: `stringData` becomes `data`.
fn stored(mut secret: Value) -> Value {
    let texts = secret["stringData"].take();
    for (key, text) in texts.as_object().into_iter().flatten() {
        let bytes = ByteString(text.as_str().unwrap().as_bytes().to_vec());
        secret["data"][key] = serde_json::to_value(bytes).unwrap();
    }
    secret.as_object_mut().unwrap().remove("stringData");
    secret
}

fn authority() -> Authority {
    Authority::new(SystemTime::now()).unwrap()
}

#[tokio::test]
async fn the_authority_is_made_once_and_found_again() {
    let server = Server::default();
    let first = Ca::load_or_create(&server.io(), &namespace(OWN)).await.unwrap();
    let second = Ca::load_or_create(&server.io(), &namespace(OWN)).await.unwrap();
    assert_eq!(first.fingerprint(), second.fingerprint());
    let path = format!("/api/v1/namespaces/{OWN}/secrets");
    assert_eq!(
        server.seen(),
        [format!("GET {path}/{SECRET}"), format!("POST {path}"), format!("GET {path}/{SECRET}")]
    );
    let kept = server.secrets.lock().unwrap()[&format!("{path}/{SECRET}")].clone();
    assert_eq!((&kept["type"], &kept["metadata"]["name"]), (&json!("kubernetes.io/tls"), &json!(SECRET)));
}

#[tokio::test]
async fn the_authority_of_a_faster_replica_counts() {
    let server = Server::default();
    let theirs = authority();
    *server.rival.lock().unwrap() = Some(secret(&theirs, &namespace(OWN)));
    let ca = Ca::load_or_create(&server.io(), &namespace(OWN)).await.unwrap();
    assert_eq!(ca.fingerprint(), Ca::new(theirs).fingerprint());
    assert_ne!(ca.fingerprint(), Ca::new(authority()).fingerprint());
}

#[tokio::test]
async fn a_secret_that_is_no_authority_is_told_and_left_alone() {
    let path = format!("/api/v1/namespaces/{OWN}/secrets/{SECRET}");
    let mut without_key = secret(&authority(), &namespace(OWN));
    without_key["stringData"].as_object_mut().unwrap().remove(KEY);
    let mut mixed = secret(&authority(), &namespace(OWN));
    mixed["stringData"][KEY] = json!(authority().key_pem());
    for (wrong, missing) in [(without_key, true), (mixed, false)] {
        let server = Server::default();
        server.secrets.lock().unwrap().insert(path.clone(), stored(wrong));
        let error = Ca::load_or_create(&server.io(), &namespace(OWN)).await.unwrap_err();
        assert_eq!(matches!(error, CaError::Missing { .. }), missing, "{error}");
        assert!(error.to_string().contains("delete"), "{error}");
        assert!(!error.to_string().contains("PRIVATE"));
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn no_private_key_is_printed() {
    let ca = Ca::new(authority());
    let certificates = ca.issue(&uid("0b7e5f2c")).unwrap();
    ca.client_config(&JobUid::new("0b7e5f2c").unwrap(), SystemTime::now()).unwrap();
    for printed in [format!("{ca:?}"), format!("{certificates:?}")] {
        assert!(!printed.contains("PRIVATE KEY"), "{printed}");
    }
    assert!(ca.issue(&uid("Not a UID")).is_err());
}

#[test]
fn the_operators_own_certificate_is_made_once_and_renewed_before_it_ends() {
    let (ca, job, now) = (Ca::new(authority()), JobUid::new("a").unwrap(), SystemTime::now());
    let day = Duration::from_secs(24 * 3600);
    let first = ca.client_config(&job, now).unwrap();
    assert!(Arc::ptr_eq(&first, &ca.client_config(&job, now + 100 * day).unwrap()));
    let renewed = ca.client_config(&job, now + 200 * day).unwrap();
    assert!(!Arc::ptr_eq(&first, &renewed));
    let back = ca.client_config(&job, now).unwrap();
    assert!(!Arc::ptr_eq(&renewed, &back), "a clock that was set back");
    ca.forget(&job);
    assert!(!Arc::ptr_eq(&back, &ca.client_config(&job, now).unwrap()));
}

#[tokio::test]
async fn what_is_issued_lets_the_operator_reach_the_coordinator_of_that_job_only() {
    let ca = Ca::new(authority());
    let certificates = ca.issue(&uid("a")).unwrap();
    let pair = &certificates.coordinator;
    let own = Identity::from_pem(&certificates.ca, &pair.certificate_pem, &pair.key_pem).unwrap();
    let (job, other) = (JobUid::new("a").unwrap(), JobUid::new("b").unwrap());
    own.check(Role::Coordinator, &job).unwrap();
    let worker = &certificates.worker;
    let worker = Identity::from_pem(&certificates.ca, &worker.certificate_pem, &worker.key_pem).unwrap();
    worker.check(Role::Worker, &job).unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut incoming = transport::incoming(listener, server_config(&own, &job, &[Role::Operator]).unwrap());
    tokio::spawn(async move {
        // A connection that is accepted is answered by a first frame.
        while let Some(Ok(mut connection)) = futures::StreamExt::next(&mut incoming).await {
            tokio::spawn(async move {
                use tokio::io::AsyncWriteExt as _;
                let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
                let _ = connection.write_all(&settings).await;
                tokio::time::sleep(Duration::from_secs(5)).await;
            });
        }
    });
    let dial = async |job: &JobUid| {
        let config = ca.client_config(job, SystemTime::now()).unwrap();
        transport::connect(&address, config, Role::Coordinator, job, Duration::from_secs(20)).await
    };
    dial(&job).await.unwrap();
    assert!(dial(&other).await.unwrap_err().is_about_identity());
}
