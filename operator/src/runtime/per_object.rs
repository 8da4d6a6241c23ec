//! What is remembered of objects while they live.
//!
//! Nothing tells a reconcile that its object was deleted, so whatever is kept by UID would stay for ever. A memory can
//! only be made as one of [`Memories`], and all of them forget together: [`Memories::keep`] is the one place.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::ids::Uid;

/// A memory, by UID of the object. Clones are the same.
pub struct PerObject<T> {
    entries: Arc<Mutex<HashMap<Uid, T>>>,
}

impl<T> Clone for PerObject<T> {
    fn clone(&self) -> PerObject<T> {
        PerObject { entries: Arc::clone(&self.entries) }
    }
}

impl<T> fmt::Debug for PerObject<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerObject").field("objects", &self.all().len()).finish_non_exhaustive()
    }
}

impl<T> PerObject<T> {
    /// All entries at once, for what must be one step. Held for moments, and never across another memory.
    pub fn all(&self) -> MutexGuard<'_, HashMap<Uid, T>> {
        // What a panic left is whole: no entry is changed in two steps.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `look` makes of the entry of an object, if there is one.
    pub fn get<R>(&self, uid: &Uid, look: impl FnOnce(&T) -> R) -> Option<R> {
        self.all().get(uid).map(look)
    }

    /// Changes the entry of an object; one that is not there begins as usual.
    pub fn change<R>(&self, uid: &Uid, change: impl FnOnce(&mut T) -> R) -> R
    where
        T: Default,
    {
        change(self.all().entry(uid.clone()).or_default())
    }

    /// Remembers this instead of whatever was.
    pub fn set(&self, uid: &Uid, entry: T) {
        let before = self.all().insert(uid.clone(), entry);
        // Outside of the lock: what is dropped may do something.
        drop(before);
    }

    /// Forgets the object.
    pub fn forget(&self, uid: &Uid) -> Option<T> {
        self.all().remove(uid)
    }
}

trait Forgets: Send + Sync {
    fn keep(&self, lives: &dyn Fn(&Uid) -> bool);
}

impl<T: Send> Forgets for Mutex<HashMap<Uid, T>> {
    fn keep(&self, lives: &dyn Fn(&Uid) -> bool) {
        let mut entries = self.lock().unwrap_or_else(PoisonError::into_inner);
        let gone: Vec<(Uid, T)> = entries.extract_if(|uid, _| !lives(uid)).collect();
        drop(entries);
        drop(gone);
    }
}

/// All memories of a process. Clones are the same.
#[derive(Clone, Default)]
pub struct Memories {
    all: Arc<Mutex<Vec<Weak<dyn Forgets>>>>,
}

impl fmt::Debug for Memories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memories").finish_non_exhaustive()
    }
}

impl Memories {
    /// A new memory among them, which knows nothing.
    pub fn another<T: Send + 'static>(&self) -> PerObject<T> {
        let entries = Arc::new(Mutex::new(HashMap::<Uid, T>::new()));
        let as_forgets: Arc<dyn Forgets> = Arc::<Mutex<HashMap<Uid, T>>>::clone(&entries);
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|memory| memory.strong_count() > 0);
        all.push(Arc::downgrade(&as_forgets));
        PerObject { entries }
    }

    /// All of them forget the objects that do not live.
    pub fn keep(&self, lives: impl Fn(&Uid) -> bool) {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for memory in all.iter().filter_map(Weak::upgrade) {
            memory.keep(&lives);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ids::example::uid;
    use super::*;

    #[test]
    fn what_is_remembered_of_an_object_goes_with_it_from_every_memory() {
        let memories = Memories::default();
        let (counts, texts) = (memories.another::<u32>(), memories.another::<String>());
        for object in ["a", "b"] {
            counts.change(&uid(object), |count| *count += 1);
            texts.set(&uid(object), object.to_owned());
        }
        memories.keep(|known| *known == uid("b"));
        assert_eq!((counts.get(&uid("a"), |n| *n), counts.get(&uid("b"), |n| *n)), (None, Some(1)));
        assert_eq!(texts.all().len(), 1);
        assert_eq!(texts.forget(&uid("b")).as_deref(), Some("b"));
    }

    #[test]
    fn an_object_that_is_made_anew_under_its_name_is_another() {
        let memory = Memories::default().another::<u32>();
        memory.set(&uid("first"), 7);
        assert_eq!(memory.change(&uid("second"), |count| *count), 0);
    }

    #[test]
    fn a_memory_that_nobody_has_any_more_is_not_kept() {
        let memories = Memories::default();
        let kept = memories.another::<u32>();
        for _ in 0..100 {
            memories.another::<u32>();
        }
        assert!(memories.all.lock().unwrap().len() <= 2);
        kept.set(&uid("a"), 1);
        memories.keep(|_| false);
        assert!(kept.all().is_empty());
    }

    #[test]
    fn what_is_dropped_may_look_at_the_memory_that_dropped_it() {
        struct Looks(PerObject<Looks>);
        impl Drop for Looks {
            fn drop(&mut self) {
                assert!(self.0.all().is_empty());
            }
        }
        let memories = Memories::default();
        let memory = memories.another::<Looks>();
        memory.set(&uid("a"), Looks(memory.clone()));
        memories.keep(|_| false);
        assert!(memory.all().is_empty());
    }
}
