//! Objects that others changed in a way that cannot be merged.
//!
//! Server-side apply merges lists by a key: the number of a Service's port, the number of a container's. Whoever edits
//! the key by hand makes an entry of their own of ours, ours is added beside it, and both have one name. The server
//! refuses that, and every later apply with it.

use http::Method;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::write::{Failure, Target, name_of, request};
use super::{Applied, Kind, KubeIo, Propagation, WriteError};
use crate::runtime::ids::{Name, Namespace, ObjectKey, Uid};
use crate::runtime::metrics::{Verb, WriteOutcome};

/// What became of an apply to an object that may be in its own way.
#[derive(Debug, PartialEq)]
pub enum Righted {
    /// It is as it should be.
    Applied(Applied),
    /// It could not be merged and was deleted: it can be made once it is gone.
    Deleted,
}

impl KubeIo {
    /// As [`KubeIo::apply`]. What cannot be merged is replaced: a Service keeps its address and gets our ports instead
    /// of those it has, anything else is deleted.
    pub async fn apply_or_replace(
        &self,
        kind: Kind,
        namespace: &Namespace,
        body: &Value,
        observed: Option<&ObjectMeta>,
    ) -> Result<Righted, WriteError> {
        let message = match self.apply(kind, namespace, body, observed).await {
            Err(WriteError::Invalid { message }) => message,
            other => return other.map(Righted::Applied),
        };
        if !self.is_only_in_its_own_way(kind, namespace, body).await? {
            return Err(WriteError::Invalid { message });
        }
        let name = name_of(kind, body)?;
        tracing::warn!(
            namespace = namespace.as_str(),
            kind = kind.as_str(),
            name = name.as_str(),
            message,
            "cannot be merged, is replaced"
        );
        if kind == Kind::Service {
            self.replace_ports(namespace, &name, &body["spec"]["ports"]).await?;
            return self.apply(kind, namespace, body, None).await.map(Righted::Applied);
        }
        let Some(uid) = observed.and_then(Uid::of) else {
            return Err(WriteError::Invalid { message });
        };
        let object = ObjectKey { namespace: namespace.clone(), name };
        self.delete(kind, &object, &uid, Propagation::Background).await?;
        Ok(Righted::Deleted)
    }

    /// Whether the server would make the object if it were not there. It judges an object before it looks whether the
    /// name is taken. Nothing is stored, so nothing is counted.
    async fn is_only_in_its_own_way(
        &self,
        kind: Kind,
        namespace: &Namespace,
        body: &Value,
    ) -> Result<bool, WriteError> {
        let name = name_of(kind, body)?;
        let path = format!(
            "{}?dryRun=All&fieldManager={}&fieldValidation=Strict",
            kind.path(namespace),
            self.inner.manager
        );
        let target = Target { verb: Verb::Create, kind, namespace, name: name.as_str() };
        match self.send::<Value>(target, request(Method::POST, &path, "application/json", body)?).await {
            Ok(_) | Err(Failure::Exists) => Ok(true),
            Err(Failure::Other(WriteError::Invalid { .. } | WriteError::Forbidden { .. })) => Ok(false),
            // The object is there and fills its quota, which is asked before names are and after the object was found
            // good. Ports are replaced in place; whether what is deleted could be made again is not known.
            Err(Failure::Other(WriteError::Quota { .. })) => Ok(kind == Kind::Service),
            Err(failure) => failure.counted().0,
        }
    }

    /// A patch of this kind owns what it sets, for ever: of a Service that does no harm, since its ports never change.
    async fn replace_ports(
        &self,
        namespace: &Namespace,
        name: &Name,
        ports: &Value,
    ) -> Result<(), WriteError> {
        let kind = Kind::Service;
        let target = Target { verb: Verb::Apply, kind, namespace, name: name.as_str() };
        let path = format!("{}/{name}?fieldManager={}", kind.path(namespace), self.inner.manager);
        let patch = json!([{"op": "replace", "path": "/spec/ports", "value": ports}]);
        let request = request(Method::PATCH, &path, "application/json-patch+json", &patch)?;
        let outcome = match self.send::<Value>(target, request).await {
            Ok(_) => (Ok(()), WriteOutcome::Done),
            Err(failure) => failure.counted(),
        };
        self.count(target, outcome)
    }
}
