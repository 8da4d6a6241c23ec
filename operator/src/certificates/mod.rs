//! The authority of this installation and the certificates of jobs.
//!
//! One Secret in the operator's own namespace holds the authority. It is made once, by whichever replica comes first,
//! and may be brought by a person: a `kubernetes.io/tls` Secret whose certificate may sign.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use galapagos_protocol::tls::issue::{Authority, Leaf};
use galapagos_protocol::tls::{Identity, JobUid, Role, TlsError, client_config};
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use rustls::ClientConfig;
use serde_json::{Value, json};

use crate::labels::{self, Component};
use crate::names::OPERATOR;
use crate::progress::Credentials;
use crate::runtime::ids::{Namespace, Uid};
use crate::runtime::kube_io::{Created, Kind, KubeIo, WriteError};

/// Name of the authority's Secret.
pub const SECRET: &str = "galapagos-ca";
/// Key of its certificate; as in every Secret of this type.
const CERTIFICATE: &str = "tls.crt";
/// Key of its private key.
const KEY: &str = "tls.key";
/// Longest wait for the Secret.
const LATE: Duration = Duration::from_secs(10);
/// Client certificates of the operator are made anew after this time, long before they end.
const RENEWED_AFTER: Duration = Duration::from_secs(180 * 24 * 3600);

/// The authority cannot be had, or does not sign.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// The API server refuses, or does not answer.
    #[error("cannot read Secret {namespace}/{SECRET}; check the operator's Role: {source}")]
    Read {
        /// Where.
        namespace: Namespace,
        /// What came back.
        source: Box<kube::Error>,
    },
    /// The same for the write.
    #[error("cannot create Secret {namespace}/{SECRET}; check the operator's Role: {source}")]
    Create {
        /// Where.
        namespace: Namespace,
        /// What came back.
        source: Box<WriteError>,
    },
    /// The Secret is there without a certificate or key in it.
    #[error(
        "Secret {namespace}/{SECRET} has no text `{key}`; put a PEM there, or delete the Secret and a new one is made"
    )]
    Missing {
        /// Where.
        namespace: Namespace,
        /// What is not there.
        key: &'static str,
    },
    /// What is in the Secret does not make an authority.
    #[error(
        "Secret {namespace}/{SECRET} holds no usable authority, a CA certificate and its key as PKCS#8; mend it, or delete \
         it and a new one is made: {source}"
    )]
    Unusable {
        /// Where.
        namespace: Namespace,
        /// Why not.
        source: TlsError,
    },
    /// No answer.
    #[error("the API server did not answer about Secret {namespace}/{SECRET} within {} s", LATE.as_secs())]
    Late {
        /// Where.
        namespace: Namespace,
    },
    /// A certificate cannot be made.
    #[error(transparent)]
    Issue(#[from] TlsError),
}

/// What a job's Secret holds: each role's pods mount their own pair and `ca`.
pub struct Certificates {
    /// Certificate of the authority, PEM.
    pub ca: String,
    /// The coordinator's pair.
    pub coordinator: Leaf,
    /// The workers' pair.
    pub worker: Leaf,
}

/// The authority, and the operator's own client certificates, one per job.
pub struct Ca {
    authority: Authority,
    fingerprint: String,
    clients: Mutex<HashMap<JobUid, Client>>,
}

struct Client {
    made: SystemTime,
    config: Arc<ClientConfig>,
}

impl Ca {
    /// The authority of the Secret in `namespace`; made and stored if there is none.
    ///
    /// # Errors
    /// [`CaError`]: trying again may help.
    pub async fn load_or_create(io: &KubeIo, namespace: &Namespace) -> Result<Ca, CaError> {
        let loading = Ca::ask(io, namespace);
        let late = |_| CaError::Late { namespace: namespace.clone() };
        tokio::time::timeout(LATE, loading).await.map_err(late)?
    }

    async fn ask(io: &KubeIo, namespace: &Namespace) -> Result<Ca, CaError> {
        let secrets: Api<Secret> = Api::namespaced(io.client().clone(), namespace.as_str());
        let unread = |source| CaError::Read { namespace: namespace.clone(), source: Box::new(source) };
        if let Some(found) = secrets.get_opt(SECRET).await.map_err(unread)? {
            return Ca::from_secret(&found, namespace);
        }
        let made = Authority::new(SystemTime::now())?;
        match io.create(Kind::Secret, namespace, &secret(&made, namespace)).await {
            Ok(Created::New(_)) => {
                tracing::info!(secret = SECRET, namespace = namespace.as_str(), "authority made");
                Ok(Ca::new(made))
            }
            // Another replica was faster, or the reply to an earlier try was lost: what is stored counts.
            Ok(Created::Exists) => Ca::from_secret(&secrets.get(SECRET).await.map_err(unread)?, namespace),
            Err(source) => Err(CaError::Create { namespace: namespace.clone(), source: Box::new(source) }),
        }
    }

    /// An authority that is there already.
    pub fn new(authority: Authority) -> Ca {
        let fingerprint = blake3::hash(authority.certificate_pem().as_bytes()).to_hex().to_string();
        Ca { authority, fingerprint, clients: Mutex::default() }
    }

    fn from_secret(secret: &Secret, namespace: &Namespace) -> Result<Ca, CaError> {
        let text = |key: &'static str| {
            let bytes = secret.data.as_ref().and_then(|data| data.get(key));
            bytes
                .and_then(|bytes| std::str::from_utf8(&bytes.0).ok())
                .ok_or_else(|| CaError::Missing { namespace: namespace.clone(), key })
        };
        Authority::from_pem(text(CERTIFICATE)?, text(KEY)?)
            .map(Ca::new)
            .map_err(|source| CaError::Unusable { namespace: namespace.clone(), source })
    }

    /// 64 hex digits that stand for this authority: another one has others.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// New certificates for the pods of the job with this UID.
    ///
    /// # Errors
    /// The UID cannot stand in a certificate, or there is no randomness.
    pub fn issue(&self, uid: &Uid) -> Result<Certificates, CaError> {
        let (job, now) = (JobUid::new(uid.as_str())?, SystemTime::now());
        Ok(Certificates {
            ca: self.authority.certificate_pem().to_owned(),
            coordinator: self.authority.leaf(Role::Coordinator, &job, now)?,
            worker: self.authority.leaf(Role::Worker, &job, now)?,
        })
    }

    /// What the operator shows to the coordinator of a job; made at the first call, kept in memory only.
    ///
    /// # Errors
    /// `now` is not a date that a certificate can carry, or there is no randomness.
    pub fn client_config(&self, job: &JobUid, now: SystemTime) -> Result<Arc<ClientConfig>, TlsError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(job) {
            // A clock that was set back makes the age unknown: then a new one, which is valid by the clock as it is.
            if now.duration_since(client.made).is_ok_and(|age| age < RENEWED_AFTER) {
                return Ok(Arc::clone(&client.config));
            }
        }
        let leaf = self.authority.leaf(Role::Operator, job, now)?;
        let identity =
            Identity::from_pem(self.authority.certificate_pem(), &leaf.certificate_pem, &leaf.key_pem)?;
        let config = client_config(&identity)?;
        clients.insert(job.clone(), Client { made: now, config: Arc::clone(&config) });
        Ok(config)
    }

    /// Forgets the client certificate of a job that is over.
    pub fn forget(&self, job: &JobUid) {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).remove(job);
    }
}

impl Credentials for Ca {
    fn client_config(&self, job: &JobUid) -> Result<Arc<ClientConfig>, TlsError> {
        Ca::client_config(self, job, SystemTime::now())
    }

    fn forget(&self, job: &JobUid) {
        Ca::forget(self, job);
    }
}

// Neither is derived: a private key must not end up in a log.
impl fmt::Debug for Ca {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ca").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("ca", &self.ca).finish_non_exhaustive()
    }
}

fn secret(authority: &Authority, namespace: &Namespace) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": SECRET,
            "namespace": namespace,
            "labels": {
                labels::NAME: labels::GALAPAGOS,
                labels::COMPONENT: Component::Tls.as_str(),
                labels::MANAGED_BY: OPERATOR,
            },
        },
        "type": "kubernetes.io/tls",
        "stringData": {CERTIFICATE: authority.certificate_pem(), KEY: authority.key_pem()},
    })
}
