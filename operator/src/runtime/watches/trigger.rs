//! Where to say that something has to be reconciled.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use kube::Resource;
use kube::runtime::reflector::ObjectRef;
use tokio::sync::mpsc;

/// The way of one kind to its controller. On a replica that does not lead nobody listens, and nothing is queued. Clones
/// are the same.
pub struct Trigger<K: Resource>
where
    K::DynamicType: Hash + Eq,
{
    sender: Arc<Mutex<Option<mpsc::UnboundedSender<ObjectRef<K>>>>>,
}

impl<K: Resource> Clone for Trigger<K>
where
    K::DynamicType: Hash + Eq,
{
    fn clone(&self) -> Trigger<K> {
        Trigger { sender: self.sender.clone() }
    }
}

impl<K: Resource> Default for Trigger<K>
where
    K::DynamicType: Hash + Eq,
{
    fn default() -> Trigger<K> {
        Trigger::new()
    }
}

impl<K: Resource> Trigger<K>
where
    K::DynamicType: Hash + Eq,
{
    /// Nobody listens yet.
    pub fn new() -> Trigger<K> {
        Trigger { sender: Arc::new(Mutex::new(None)) }
    }

    /// Asks for a reconcile. False if nobody listens: this replica does not lead.
    pub fn send(&self, object: ObjectRef<K>) -> bool {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().is_some_and(|sender| sender.send(object).is_ok())
    }

    /// Listens, from now on instead of who listened before.
    pub fn connect(&self) -> mpsc::UnboundedReceiver<ObjectRef<K>> {
        let (sender, receiver) = mpsc::unbounded_channel();
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }
}
