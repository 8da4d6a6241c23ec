//! Results that may be asked for again, the recent ones of them: what a later generation asks for is much what this one did.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Values by their keys, as many as there is room for.
pub(super) struct Recent<K, V> {
    /// Bytes of either half at most.
    room: usize,
    bytes: usize,
    young: BTreeMap<K, (Arc<V>, usize)>,
    /// Those that were young before. What is asked for here is young again; the rest goes when the young ones fill their half.
    old: BTreeMap<K, (Arc<V>, usize)>,
}

impl<K: Copy + Ord, V> Recent<K, V> {
    /// None yet; all together take so many bytes at most, but for the largest value.
    pub(super) fn new(room: usize) -> Recent<K, V> {
        Recent { room: room / 2, bytes: 0, young: BTreeMap::new(), old: BTreeMap::new() }
    }

    /// The value of a key, if it is still here.
    pub(super) fn get(&mut self, key: K) -> Option<Arc<V>> {
        if let Some((value, _)) = self.young.get(&key) {
            return Some(Arc::clone(value));
        }
        let (value, bytes) = self.old.remove(&key)?;
        self.put(key, Arc::clone(&value), bytes);
        Some(value)
    }

    /// Keeps a value, in place of an earlier one of its key.
    pub(super) fn put(&mut self, key: K, value: Arc<V>, bytes: usize) {
        self.old.remove(&key);
        if let Some((_, before)) = self.young.insert(key, (value, bytes)) {
            self.bytes -= before;
        }
        self.bytes += bytes;
        if self.bytes > self.room {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_makes_room() {
        let mut recent = Recent::new(80);
        for key in 0..1000_u32 {
            recent.put(key, Arc::new(key * 2), 10);
            assert_eq!(recent.get(key).as_deref(), Some(&(key * 2)));
            assert_eq!(recent.get(0).as_deref(), Some(&0), "asked for each time");
            assert!(recent.young.len() + recent.old.len() <= 10);
        }
        assert_eq!(recent.get(17), None);
        recent.put(999, Arc::new(1), 10);
        assert_eq!(recent.get(999).as_deref(), Some(&1));
    }

    #[test]
    fn a_value_larger_than_the_room_is_kept_until_the_next() {
        let mut recent = Recent::new(8);
        recent.put(1, Arc::new(1), 100);
        assert!(recent.get(1).is_some());
        assert_eq!(recent.young.len() + recent.old.len(), 1);
    }
}
