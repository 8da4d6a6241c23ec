//! Which batch is in which slot of a worker. Whoever hands out batches knows only their order: the first ones run, those that
//! are handed out ahead wait until a slot is free.

use std::collections::VecDeque;

/// The slots of a worker.
#[derive(Clone, Debug)]
pub struct Slots {
    running: Vec<Option<u64>>,
    waiting: VecDeque<u64>,
}

/// What becomes of the slots when a batch is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freed {
    /// The slot that it was in; `None`: it waited.
    pub slot: Option<usize>,
    /// The batch that has this slot now.
    pub next: Option<u64>,
}

impl Slots {
    /// So many, all free.
    pub fn new(count: usize) -> Slots {
        Slots { running: vec![None; count.max(1)], waiting: VecDeque::new() }
    }

    /// A batch comes; the slot that it is in, if it need not wait.
    pub fn take(&mut self, batch: u64) -> Option<usize> {
        match self.running.iter().position(Option::is_none) {
            Some(slot) => {
                self.running[slot] = Some(batch);
                Some(slot)
            }
            None => {
                self.waiting.push_back(batch);
                None
            }
        }
    }

    /// A batch is over.
    pub fn free(&mut self, batch: u64) -> Freed {
        match self.running.iter().position(|&b| b == Some(batch)) {
            Some(slot) => {
                let next = self.waiting.pop_front();
                self.running[slot] = next;
                Freed { slot: Some(slot), next }
            }
            None => {
                self.waiting.retain(|&b| b != batch);
                Freed { slot: None, next: None }
            }
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.running.len()
    }

    /// Batches that are in one.
    pub fn running(&self) -> usize {
        self.running.iter().flatten().count()
    }

    /// Batches that wait for one.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_batches_run_and_the_others_follow_in_their_order() {
        let mut slots = Slots::new(2);
        assert_eq!(
            [slots.take(10), slots.take(11), slots.take(12), slots.take(13)],
            [Some(0), Some(1), None, None]
        );
        assert_eq!((slots.running(), slots.waiting()), (2, 2));
        assert_eq!(slots.free(11), Freed { slot: Some(1), next: Some(12) });
        assert_eq!(slots.free(13), Freed { slot: None, next: None });
        assert_eq!(slots.free(12), Freed { slot: Some(1), next: None });
        assert_eq!(slots.free(99), Freed { slot: None, next: None });
        assert_eq!((slots.take(14), slots.running(), slots.waiting()), (Some(1), 2, 0));
    }
}
