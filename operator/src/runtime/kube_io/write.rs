//! Create, apply, delete, status: each one request through one gate.

use std::future::Future;
use std::sync::Arc;

use http::{Method, Request};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Client;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::timeout;
use tracing::debug;

use super::applied::{Key, Memory};
use super::event_counts::EventCounts;
use super::{DEADLINE, Kind, WriteError};
use crate::runtime::ids::{Name, Namespace, ObjectKey, Uid};
use crate::runtime::leader::Fence;
use crate::runtime::metrics::{Metrics, Verb, WriteOutcome};

/// Writes to the API server. Clones share everything.
#[derive(Clone)]
pub struct KubeIo {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    client: Client,
    /// Who owns the fields that are set, and tells events.
    pub(super) manager: &'static str,
    fence: Fence,
    pub(super) metrics: Metrics,
    applied: Memory,
    pub(super) event_counts: EventCounts,
}

/// What became of a create.
#[derive(Clone, Debug, PartialEq)]
pub enum Created {
    /// It is there now.
    New(Value),
    /// An object of that name was there before; whose it is, is not known.
    Exists,
}

/// What became of an apply.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// The object as the server has it now.
    Sent(Value),
    /// Nothing was sent: the observed object is what this process applied.
    Unchanged,
}

/// What happens to the dependents of a deleted object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// They go afterwards.
    Background,
    /// They go first.
    Foreground,
}

impl Propagation {
    const fn as_str(self) -> &'static str {
        match self {
            Propagation::Background => "Background",
            Propagation::Foreground => "Foreground",
        }
    }
}

impl KubeIo {
    /// Writes through `client` while `fence` is open, as the field manager `manager`.
    pub fn new(client: Client, manager: &'static str, fence: Fence, metrics: Metrics) -> KubeIo {
        let (applied, event_counts) = (Memory::default(), EventCounts::new(manager));
        KubeIo { inner: Arc::new(Inner { client, manager, fence, metrics, applied, event_counts }) }
    }

    /// For reads.
    pub fn client(&self) -> &Client {
        &self.inner.client
    }

    /// Whether a write would be let through now.
    pub fn may_write(&self) -> bool {
        self.inner.fence.holds()
    }

    /// Creates an object; fields that the server does not know are refused.
    pub async fn create(
        &self,
        kind: Kind,
        namespace: &Namespace,
        body: &Value,
    ) -> Result<Created, WriteError> {
        let name = name_of(kind, body)?;
        let path =
            format!("{}?fieldManager={}&fieldValidation=Strict", kind.path(namespace), self.inner.manager);
        let target = Target { verb: Verb::Create, kind, namespace, name: name.as_str() };
        let request = request(Method::POST, &path, "application/json", body)?;
        let outcome = match self.send(target, request).await {
            Ok(created) => (Ok(Created::New(created)), WriteOutcome::Done),
            Err(Failure::Exists) => (Ok(Created::Exists), WriteOutcome::Unchanged),
            Err(failure) => failure.counted(),
        };
        self.count(target, outcome)
    }

    /// Server-side apply of the whole wish, with force: other owners lose the fields that are ours. Skipped if this
    /// process applied an equal body and `observed` shows nothing newer; pass None to apply in any case.
    pub async fn apply(
        &self,
        kind: Kind,
        namespace: &Namespace,
        body: &Value,
        observed: Option<&ObjectMeta>,
    ) -> Result<Applied, WriteError> {
        let name = name_of(kind, body)?;
        let target = Target { verb: Verb::Apply, kind, namespace, name: name.as_str() };
        let key = Key { kind, object: ObjectKey { namespace: namespace.clone(), name: name.clone() } };
        let hash = blake3::hash(&bytes(body)?);
        if observed.is_some_and(|observed| self.inner.applied.holds(&key, hash, body, observed)) {
            return self.count(target, (Ok(Applied::Unchanged), WriteOutcome::Unchanged));
        }
        let path = format!(
            "{}/{name}?fieldManager={}&force=true&fieldValidation=Strict",
            kind.path(namespace),
            self.inner.manager
        );
        let request = request(Method::PATCH, &path, "application/apply-patch+yaml", body)?;
        let outcome = match self.send::<Value>(target, request).await {
            Ok(answer) => {
                if let Ok(meta) = serde_json::from_value::<ObjectMeta>(answer["metadata"].clone()) {
                    self.inner.applied.remember(key, hash, &meta);
                }
                (Ok(Applied::Sent(answer)), WriteOutcome::Done)
            }
            Err(failure) => {
                // whether it was stored is not known
                self.inner.applied.forget(&key);
                failure.counted()
            }
        };
        self.count(target, outcome)
    }

    /// Deletes the object with that UID. If it is gone, or another object has its name by now, that is done.
    pub async fn delete(
        &self,
        kind: Kind,
        object: &ObjectKey,
        uid: &Uid,
        propagation: Propagation,
    ) -> Result<(), WriteError> {
        let ObjectKey { namespace, name } = object;
        let target = Target { verb: Verb::Delete, kind, namespace, name: name.as_str() };
        let options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid},
            "propagationPolicy": propagation.as_str(),
        });
        let path = format!("{}/{name}", kind.path(namespace));
        let request = request(Method::DELETE, &path, "application/json", &options)?;
        let outcome = match self.send::<Value>(target, request).await {
            Ok(_) => (Ok(()), WriteOutcome::Done),
            Err(Failure::Other(WriteError::NotFound { .. })) => (Ok(()), WriteOutcome::Unchanged),
            Err(Failure::Other(WriteError::Conflict { message })) if is_other_uid(&message) => {
                (Ok(()), WriteOutcome::Unchanged)
            }
            Err(failure) => failure.counted(),
        };
        self.inner.applied.forget(&Key { kind, object: object.clone() });
        self.count(target, outcome)
    }

    /// Server-side apply of the whole status, if the object is still of that resource version:
    /// [`WriteError::Conflict`] otherwise. Returns the object as the server has it now.
    pub async fn patch_status<K: DeserializeOwned>(
        &self,
        kind: Kind,
        object: &ObjectKey,
        resource_version: &str,
        status: &impl Serialize,
    ) -> Result<K, WriteError> {
        let ObjectKey { namespace, name } = object;
        let target = Target { verb: Verb::Status, kind, namespace, name: name.as_str() };
        if resource_version.is_empty() {
            return Err(WriteError::malformed(
                kind,
                format!("{name}: a status needs the resource version it rests on"),
            ));
        }
        let resource = kind.api_resource();
        let body = json!({
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": {"name": name, "namespace": namespace, "resourceVersion": resource_version},
            "status": serde_json::to_value(status).map_err(|error| WriteError::Other(kube::Error::SerdeError(error)))?,
        });
        let path =
            format!("{}/{name}/status?fieldManager={}&force=true", kind.path(namespace), self.inner.manager);
        let request = request(Method::PATCH, &path, "application/apply-patch+yaml", &body)?;
        let outcome = match self.send(target, request).await {
            Ok(object) => (Ok(object), WriteOutcome::Done),
            Err(failure) => failure.counted(),
        };
        self.count(target, outcome)
    }

    /// The gate: every request to the API server that changes something passes here.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        target: Target<'_>,
        request: Request<Vec<u8>>,
    ) -> Result<T, Failure> {
        let Target { verb, kind, namespace, name } = target;
        let Some(pass) = self.inner.fence.enter() else { return Err(Failure::Other(WriteError::NotLeader)) };
        let namespace = namespace.as_str();
        debug!(verb = verb.as_str(), kind = kind.as_str(), namespace, name, "write");
        let answer = answer(timeout(DEADLINE, self.inner.client.request::<T>(request)));
        tokio::select! {
            biased;
            answer = answer => answer,
            () = pass.cut() => Err(Failure::Other(WriteError::NotLeader)),
        }
    }

    pub(super) fn count<T>(
        &self,
        target: Target<'_>,
        (result, outcome): (Result<T, WriteError>, WriteOutcome),
    ) -> Result<T, WriteError> {
        let Target { verb, kind, namespace, name } = target;
        self.inner.metrics.wrote(verb, kind.as_str(), outcome);
        if let Err(error) = &result {
            let namespace = namespace.as_str();
            debug!(verb = verb.as_str(), kind = kind.as_str(), namespace, name, %error, "write failed");
        }
        result
    }
}

/// What is written.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub verb: Verb,
    pub kind: Kind,
    pub namespace: &'a Namespace,
    pub name: &'a str,
}

/// A failed request.
pub(super) enum Failure {
    /// 409 because the name is taken.
    Exists,
    /// Anything else.
    Other(WriteError),
}

impl Failure {
    pub(super) fn counted<T>(self) -> (Result<T, WriteError>, WriteOutcome) {
        let error = match self {
            Failure::Exists => WriteError::Conflict { message: "the object exists".into() },
            Failure::Other(error) => error,
        };
        let outcome = error.outcome();
        (Err(error), outcome)
    }
}

async fn answer<T>(
    request: impl Future<Output = Result<Result<T, kube::Error>, tokio::time::error::Elapsed>>,
) -> Result<T, Failure> {
    match request.await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(kube::Error::Api(status))) if status.is_already_exists() => Err(Failure::Exists),
        Ok(Err(error)) => Err(Failure::Other(WriteError::from_kube(error))),
        Err(_) => Err(Failure::Other(WriteError::Timeout)),
    }
}

/// The server's words for a UID that does not match have changed over the years; these parts have not.
fn is_other_uid(message: &str) -> bool {
    message.contains("UID in precondition")
}

fn bytes(body: &Value) -> Result<Vec<u8>, WriteError> {
    serde_json::to_vec(body).map_err(|error| WriteError::Other(kube::Error::SerdeError(error)))
}

pub(super) fn request(
    method: Method,
    path: &str,
    content: &str,
    body: &Value,
) -> Result<Request<Vec<u8>>, WriteError> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(http::header::CONTENT_TYPE, content)
        .header(http::header::ACCEPT, "application/json")
        .body(bytes(body)?)
        .map_err(|error| WriteError::Other(kube::Error::HttpError(error)))
}

pub(super) fn name_of(kind: Kind, body: &Value) -> Result<Name, WriteError> {
    let resource = kind.api_resource();
    if body["kind"] != resource.kind || body["apiVersion"] != resource.api_version {
        let message =
            format!("apiVersion {} and kind {} of the body are others", body["apiVersion"], body["kind"]);
        return Err(WriteError::malformed(kind, message));
    }
    body["metadata"]["name"]
        .as_str()
        .and_then(Name::new)
        .ok_or_else(|| WriteError::malformed(kind, "the body has no metadata.name"))
}
