//! Faults between the operator and the API server: one fault at one place of a run, repeatable by (place, kind).
//!
//! A layer for the service stack of a `kube::Client`. It counts the writes that pass (POST, PUT, PATCH, DELETE,
//! without those of leases and events, which come by the clock) and the objects that watches tell, each from 1. A
//! sweep runs the same workload once without a fault to learn the counts, then once for every place and kind:
//!
//! ```ignore
//! let faults = Faults::new(Fault::at(3, Kind::CrashAfter));
//! let client = ClientBuilder::try_from(config)?.with_layer(&faults).build();
//! tokio::select! { _ = operator(client) => {}, () = faults.crashed() => {} } // then start a second operator
//! ```

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body as AxumBody, Bytes, HttpBody};
use http::{Method, Request, Response};
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_stream::StreamExt;
use tower::{BoxError, Layer, Service};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The process dies before the write leaves.
    CrashBefore,
    /// The process dies when the server has carried out the write.
    CrashAfter,
    /// The server carries out the write, the reply is lost.
    LoseReply,
    /// The server answers 409 instead of carrying it out.
    Conflict,
    /// The write is late by [`DELAY`].
    Delay,
    /// A watch does not tell an object. Counted over the objects that watches tell, not over writes.
    HideEvent,
}

impl Kind {
    /// All that happen to a write.
    pub const WRITES: [Kind; 5] =
        [Kind::CrashBefore, Kind::CrashAfter, Kind::LoseReply, Kind::Conflict, Kind::Delay];
}

/// Longer than a tick of anything, shorter than a deadline.
pub const DELAY: Duration = Duration::from_secs(3);

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The write, or the object told by a watch, from 1. 0: none.
    pub at: usize,
    pub kind: Kind,
}

impl Fault {
    pub const fn at(at: usize, kind: Kind) -> Fault {
        Fault { at, kind }
    }

    /// For the run that counts.
    pub const NONE: Fault = Fault { at: 0, kind: Kind::CrashBefore };
}

/// A write as it passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    pub method: Method,
    pub path: String,
    pub body: Value,
}

impl Write {
    /// A delete that might meet another object of that name.
    pub fn is_blind_delete(&self) -> bool {
        self.method == Method::DELETE && !self.body["preconditions"]["uid"].is_string()
    }
}

#[derive(Debug)]
struct State {
    fault: Fault,
    writes: Mutex<Vec<Write>>,
    told: Mutex<usize>,
    happened: Mutex<Option<String>>,
    dead: watch::Sender<bool>,
}

/// The layer, and what it saw.
#[derive(Clone, Debug)]
pub struct Faults {
    state: Arc<State>,
}

impl Faults {
    pub fn new(fault: Fault) -> Faults {
        let (dead, _) = watch::channel(false);
        let state = State {
            fault,
            writes: Mutex::default(),
            told: Mutex::default(),
            happened: Mutex::default(),
            dead,
        };
        Faults { state: Arc::new(state) }
    }

    /// The writes that the operator sent or tried to send, in order.
    pub fn writes(&self) -> Vec<Write> {
        self.state.writes.lock().unwrap().clone()
    }

    /// Objects that watches told, hidden ones included.
    pub fn told(&self) -> usize {
        *self.state.told.lock().unwrap()
    }

    /// What the fault hit; None: the run had no such place.
    pub fn happened(&self) -> Option<String> {
        self.state.happened.lock().unwrap().clone()
    }

    /// Returns when the process is to be taken for dead. From then on no request of it passes.
    pub async fn crashed(&self) {
        let mut dead = self.state.dead.subscribe();
        // the sender lives in `self`
        let _ = dead.wait_for(|&dead| dead).await;
    }

    fn is_dead(&self) -> bool {
        *self.state.dead.borrow()
    }

    fn die(&self) {
        self.state.dead.send_replace(true);
    }

    /// Counts a write; the fault that is due now.
    fn write(&self, write: Write) -> Option<Kind> {
        let what = format!("{} {}", write.method, write.path);
        let number = {
            let mut writes = self.state.writes.lock().unwrap();
            writes.push(write);
            writes.len()
        };
        let Fault { at, kind } = self.state.fault;
        (kind != Kind::HideEvent && at == number).then(|| {
            *self.state.happened.lock().unwrap() = Some(what);
            kind
        })
    }

    /// Counts what a watch tells; whether it is hidden.
    fn hides(&self, line: &[u8]) -> bool {
        let Ok(event) = serde_json::from_slice::<Value>(line) else { return false };
        if !matches!(event["type"].as_str(), Some("ADDED" | "MODIFIED" | "DELETED")) {
            return false;
        }
        let number = {
            let mut told = self.state.told.lock().unwrap();
            *told += 1;
            *told
        };
        let hidden = self.state.fault == Fault::at(number, Kind::HideEvent);
        if hidden {
            let what = format!(
                "{} {} {}",
                event["type"], event["object"]["kind"], event["object"]["metadata"]["name"]
            );
            *self.state.happened.lock().unwrap() = Some(what);
        }
        hidden
    }
}

impl<S> Layer<S> for Faults {
    type Service = Faulty<S>;

    fn layer(&self, inner: S) -> Faulty<S> {
        Faulty { faults: self.clone(), inner: Arc::new(tokio::sync::Mutex::new(inner)) }
    }
}

/// The service under the layer.
pub struct Faulty<S> {
    faults: Faults,
    inner: Arc<tokio::sync::Mutex<S>>,
}

impl<S, B> Service<Request<Body>> for Faulty<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<AxumBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<AxumBody>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (faults, inner) = (self.faults.clone(), self.inner.clone());
        let dying = self.faults.clone();
        Box::pin(async move {
            tokio::select! {
                biased;
                () = dying.crashed() => never().await,
                answer = pass(faults, inner, request) => answer,
            }
        })
    }
}

/// A dead process gets no answers; its tasks are dropped by whoever awaits [`Faults::crashed`].
async fn never<T>() -> T {
    std::future::pending::<Infallible>().await;
    unreachable!()
}

async fn pass<S, B>(
    faults: Faults,
    inner: Arc<tokio::sync::Mutex<S>>,
    request: Request<Body>,
) -> Result<Response<AxumBody>, BoxError>
where
    S: Service<Request<Body>, Response = Response<B>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (parts, body) = request.into_parts();
    let bytes = body.collect_bytes().await?;
    let fault = is_counted(&parts.method, parts.uri.path()).then(|| {
        faults.write(Write {
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
        })
    });
    let fault = fault.flatten();
    match fault {
        Some(Kind::CrashBefore) => {
            faults.die();
            return never().await;
        }
        Some(Kind::Conflict) => return Ok(conflict()),
        Some(Kind::Delay) => tokio::time::sleep(DELAY).await,
        _ => {}
    }
    if faults.is_dead() {
        return never().await;
    }
    let is_watch = parts.uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "watch=true"));
    let request = Request::from_parts(parts, Body::from(bytes));
    let answer = {
        let mut inner = inner.lock().await;
        std::future::poll_fn(|cx| inner.poll_ready(cx)).await.map_err(Into::into)?;
        inner.call(request)
    };
    if matches!(fault, Some(Kind::CrashAfter | Kind::LoseReply)) {
        // carried out even if its caller gives up meanwhile
        tokio::spawn(async move { answer.await.map(|_| ()).map_err(Into::into) }).await??;
        if fault == Some(Kind::CrashAfter) {
            faults.die();
            return never().await;
        }
        return Err("the connection was closed before the reply came".into());
    }
    let response = answer.await.map_err(Into::into)?;
    Ok(if is_watch && response.status().is_success() {
        response.map(|body| watched(faults, AxumBody::new(body)))
    } else {
        response.map(AxumBody::new)
    })
}

/// Leases are renewed and events told by the clock: counting them would make places differ between runs.
fn is_counted(method: &Method, path: &str) -> bool {
    let writes = matches!(*method, Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
    // /api/v1/namespaces/NAME/events/...
    let is_event = path.starts_with("/api/v1/") && path.split('/').nth(5) == Some("events");
    writes && !path.contains("/apis/coordination.k8s.io/") && !is_event
}

fn conflict() -> Response<AxumBody> {
    let status = json!({
        "apiVersion": "v1", "kind": "Status", "status": "Failure", "code": 409, "reason": "Conflict",
        "message": "the object has been modified; please apply your changes to the latest version and try again",
    });
    let mut response = Response::new(AxumBody::from(status.to_string()));
    *response.status_mut() = http::StatusCode::CONFLICT;
    response
}

/// The stream without the hidden line, and without end of a half line: frames are not lines.
fn watched(faults: Faults, body: AxumBody) -> AxumBody {
    let mut rest: Vec<u8> = Vec::new();
    let lines = body.into_data_stream().map(move |frame| {
        rest.extend_from_slice(&frame?);
        let mut passed = Vec::new();
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            if !faults.hides(&line) {
                passed.extend_from_slice(&line);
            }
        }
        Ok::<_, axum::Error>(Bytes::from(passed))
    });
    AxumBody::from_stream(lines)
}
