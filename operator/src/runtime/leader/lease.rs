//! The lease on the API server.

use std::future::Future;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::PostParams;
use kube::{Api, Client};
use thiserror::Error;

use super::REQUEST;
use super::election::Record;
use crate::runtime::ids::Namespace;

/// Why the lease could not be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Somebody else wrote it first.
    #[error("the lease was written by another candidate in between")]
    Conflict,
    /// The server answered with an error.
    #[error(
        "the API server refuses access to the lease: {0}; the operator needs get, create and update of leases in its own namespace"
    )]
    Refused(#[source] kube::Error),
    /// The server could not be asked.
    #[error("the API server cannot be asked for the lease: {0}")]
    Unreachable(#[source] kube::Error),
    /// The server did not answer.
    #[error("the API server did not answer within {} ms about the lease", REQUEST.as_millis())]
    Late,
}

/// Where the lease lies. A trait, so that elections are tested against a server that is late, loses replies or is
/// not there.
pub trait LeaseStore: Send + Sync {
    /// Reads it. None: there is none.
    fn get(&self) -> impl Future<Output = Result<Option<Record>, StoreError>> + Send;
    /// Creates it, or [`StoreError::Conflict`] if it exists.
    fn create(&self, record: &Record) -> impl Future<Output = Result<Record, StoreError>> + Send;
    /// Replaces that version of it, or [`StoreError::Conflict`] if it changed or is gone.
    fn replace(&self, record: &Record) -> impl Future<Output = Result<Record, StoreError>> + Send;
}

/// A `coordination.k8s.io/v1` Lease.
pub struct KubeLease {
    api: Api<Lease>,
    name: String,
    /// Who owns the fields that are set.
    manager: &'static str,
}

impl KubeLease {
    /// The lease `name` in `namespace`, written as the field manager `manager`.
    pub fn new(client: Client, manager: &'static str, namespace: &Namespace, name: &str) -> KubeLease {
        KubeLease { api: Api::namespaced(client, namespace.as_str()), name: name.to_owned(), manager }
    }

    fn params(&self) -> PostParams {
        PostParams { field_manager: Some(self.manager.to_owned()), ..PostParams::default() }
    }

    fn object(&self, record: &Record) -> Lease {
        let version = (!record.version.is_empty()).then(|| record.version.clone());
        Lease {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                resource_version: version,
                ..ObjectMeta::default()
            },
            spec: Some(LeaseSpec {
                holder_identity: Some(record.holder.clone()),
                lease_duration_seconds: i32::try_from(record.duration.as_secs()).ok(),
                acquire_time: record.acquired.map(MicroTime),
                renew_time: record.renewed.map(MicroTime),
                lease_transitions: Some(record.transitions),
                ..LeaseSpec::default()
            }),
        }
    }
}

fn record(lease: Lease) -> Record {
    let spec = lease.spec.unwrap_or_default();
    let seconds = spec.lease_duration_seconds.and_then(|s| u64::try_from(s).ok()).unwrap_or(0);
    Record {
        holder: spec.holder_identity.unwrap_or_default(),
        duration: Duration::from_secs(seconds),
        acquired: spec.acquire_time.map(|time| time.0),
        renewed: spec.renew_time.map(|time| time.0),
        transitions: spec.lease_transitions.unwrap_or(0),
        version: lease.metadata.resource_version.unwrap_or_default(),
    }
}

fn store_error(error: kube::Error) -> StoreError {
    match &error {
        kube::Error::Api(status) if status.code == 409 => StoreError::Conflict,
        kube::Error::Api(status) if status.code < 500 => StoreError::Refused(error),
        _ => StoreError::Unreachable(error),
    }
}

impl LeaseStore for KubeLease {
    async fn get(&self) -> Result<Option<Record>, StoreError> {
        Ok(self.api.get_opt(&self.name).await.map_err(store_error)?.map(record))
    }

    async fn create(&self, wanted: &Record) -> Result<Record, StoreError> {
        self.api.create(&self.params(), &self.object(wanted)).await.map(record).map_err(store_error)
    }

    async fn replace(&self, wanted: &Record) -> Result<Record, StoreError> {
        match self.api.replace(&self.name, &self.params(), &self.object(wanted)).await {
            Ok(lease) => Ok(record(lease)),
            // deleted in between: the next look creates it
            Err(kube::Error::Api(status)) if status.code == 404 => Err(StoreError::Conflict),
            Err(error) => Err(store_error(error)),
        }
    }
}
