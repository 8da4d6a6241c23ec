//! What this process applied, so that an unchanged wish is not sent again with every reconcile.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;

use super::Kind;
use crate::runtime::ids::{ObjectKey, Uid};

/// More objects than an operator has children: beyond it everything is forgotten, which costs one apply each.
const MOST: usize = 20_000;

/// Which object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub kind: Kind,
    pub object: ObjectKey,
}

#[derive(Clone, Debug)]
struct Entry {
    body: blake3::Hash,
    uid: Uid,
    /// Generation or resource version that the apply left behind.
    mark: u64,
}

/// The last apply of each object.
#[derive(Debug, Default)]
pub(super) struct Memory {
    entries: Mutex<HashMap<Key, Entry>>,
}

impl Memory {
    /// Whether `observed` is what applying `body` made, or older than that: then the cache is late and the server
    /// has it already.
    pub(super) fn holds(&self, key: &Key, body: blake3::Hash, wanted: &Value, observed: &ObjectMeta) -> bool {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = entries.get(key) else { return false };
        let Some(mark) = mark(key.kind, observed) else { return false };
        entry.body == body
            && observed.uid.as_deref() == Some(entry.uid.as_str())
            && mark <= entry.mark
            && (mark < entry.mark || has_metadata(observed, wanted))
    }

    /// Remembers what an apply returned.
    pub(super) fn remember(&self, key: Key, body: blake3::Hash, answer: &ObjectMeta) {
        let (Some(uid), Some(mark)) = (Uid::of(answer), mark(key.kind, answer)) else { return };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST {
            entries.clear();
        }
        entries.insert(key, Entry { body, uid, mark });
    }

    /// The object was deleted, or nobody knows what became of the last apply.
    pub(super) fn forget(&self, key: &Key) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// The number that grows with every change of the wish. A resource version grows with any change, which for the
/// kinds without generation comes to the same. Its order may be relied on: KEP 5504.
fn mark(kind: Kind, meta: &ObjectMeta) -> Option<u64> {
    if kind.has_generation() {
        return meta.generation.and_then(|generation| u64::try_from(generation).ok());
    }
    meta.resource_version.as_deref()?.parse().ok()
}

/// Whether labels, annotations and owners that are wanted are there: editing them by hand raises no generation.
fn has_metadata(observed: &ObjectMeta, wanted: &Value) -> bool {
    let metadata = &wanted["metadata"];
    let map = |name: &str, have: &Option<std::collections::BTreeMap<String, String>>| {
        metadata[name].as_object().is_none_or(|want| {
            want.iter().all(|(key, value)| {
                have.as_ref().and_then(|have| have.get(key)).map(String::as_str) == value.as_str()
            })
        })
    };
    let owners = observed.owner_references.as_deref().unwrap_or_default();
    let owned = metadata["ownerReferences"].as_array().is_none_or(|want| {
        want.iter().all(|owner| owners.iter().any(|have| Some(have.uid.as_str()) == owner["uid"].as_str()))
    });
    map("labels", &observed.labels) && map("annotations", &observed.annotations) && owned
}
