//! When something was last done for an object, for what may be done only so often.

use std::collections::HashMap;
use std::hash::Hash;

use tokio::time::Instant;

use super::ids::Uid;
use super::per_object::{Memories, PerObject};

/// When each thing was last done. `W` names what was done.
#[derive(Clone, Debug)]
pub struct Recent<W>(PerObject<HashMap<W, Instant>>);

impl<W: Eq + Hash + Send + 'static> Recent<W> {
    /// Nothing was done yet.
    pub fn new(memories: &Memories) -> Recent<W> {
        Recent(memories.another())
    }

    /// When it was done; none if it was not.
    pub fn last(&self, uid: &Uid, what: &W) -> Option<Instant> {
        self.0.get(uid, |done| done.get(what).copied()).flatten()
    }

    /// It is done now.
    pub fn note(&self, uid: &Uid, what: W) {
        self.0.change(uid, |done| done.insert(what, Instant::now()));
    }

    /// How many such things are remembered of an object.
    pub fn count(&self, uid: &Uid, such: impl Fn(&W) -> bool) -> usize {
        self.0.get(uid, |done| done.keys().filter(|what| such(what)).count()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ids::example::uid;
    use super::*;

    #[test]
    fn what_was_done_is_remembered_of_the_object_it_was_done_for() {
        let recent = Recent::new(&Memories::default());
        recent.note(&uid("a"), 1);
        recent.note(&uid("a"), 2);
        assert!(recent.last(&uid("a"), &1).is_some());
        assert_eq!((recent.last(&uid("a"), &3), recent.last(&uid("b"), &1)), (None, None));
        assert_eq!((recent.count(&uid("a"), |what| *what > 0), recent.count(&uid("b"), |_| true)), (2, 0));
    }
}
