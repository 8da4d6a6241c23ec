//! Claims as they were a moment ago. Every reconcile of a job needs them, and they hardly change; a watch would cost the
//! right to list all claims of a cluster.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::{Api, Client};

use crate::runtime::ids::ObjectKey;

/// How long an answer is used. One that says "not there" is not kept.
const FRESH: Duration = Duration::from_secs(10);

/// A claim and when it was read.
type Seen = (Instant, Arc<PersistentVolumeClaim>);

/// By name, since a pool names a claim and knows no UID of it; nothing stays longer than an answer is used.
#[derive(Debug, Default)]
pub struct Claims(Mutex<HashMap<ObjectKey, Seen>>);

impl Claims {
    fn all(&self) -> MutexGuard<'_, HashMap<ObjectKey, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The claim, if it is there.
    ///
    /// # Errors
    /// The API server cannot be asked.
    pub async fn get(
        &self,
        client: &Client,
        claim: &ObjectKey,
    ) -> Result<Option<Arc<PersistentVolumeClaim>>, kube::Error> {
        {
            let mut known = self.all();
            known.retain(|_, (at, _)| at.elapsed() < FRESH);
            if let Some((_, found)) = known.get(claim) {
                return Ok(Some(Arc::clone(found)));
            }
        }
        let claims = Api::<PersistentVolumeClaim>::namespaced(client.clone(), claim.namespace.as_str());
        let found = claims.get_opt(claim.name.as_str()).await?.map(Arc::new);
        if let Some(found) = &found {
            self.all().insert(claim.clone(), (Instant::now(), Arc::clone(found)));
        }
        Ok(found)
    }

    /// What is known of the claim is not true any more: it was written.
    pub fn forget(&self, claim: &ObjectKey) {
        self.all().remove(claim);
    }
}
