//! What happened lately, in sentences: the newest, and how many there were.

use std::collections::VecDeque;

use super::moment::Moment;
use super::view::{EventView, Kind};

/// Events that are kept.
pub const KEPT: usize = 100;
/// Characters of a sentence at most: names in it come from manifests and messages of other machines.
const LONGEST: usize = 300;

/// The newest events.
#[derive(Clone, Debug, Default)]
pub struct Events {
    kept: VecDeque<EventView>,
    count: u64,
}

impl Events {
    /// One more.
    pub fn push(&mut self, now: Moment, kind: Kind, text: &str) {
        self.count += 1;
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        let text = bounded(text, LONGEST);
        self.kept.push_back(EventView { time: now.milliseconds(), kind, text });
    }

    /// Oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &EventView> {
        self.kept.iter()
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.count
    }
}

/// A text without control characters, cut where it is too long.
pub fn bounded(text: &str, longest: usize) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut out: String = plain.take(longest).collect();
    if text.chars().nth(longest).is_some() {
        out.push_str("...");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_and_all_are_counted() {
        let mut events = Events::default();
        for i in 0..250_u64 {
            events.push(Moment(i * 1000), Kind::Note, &format!("event {i}"));
        }
        let kept: Vec<u64> = events.iter().map(|e| e.time).collect();
        assert_eq!((kept.len(), kept[0], kept[KEPT - 1], events.count()), (KEPT, 150, 249, 250));
    }

    #[test]
    fn a_long_or_broken_text_becomes_one_short_line() {
        assert_eq!(bounded("a\nb\u{1b}[2J", 20), "a b [2J");
        assert_eq!(bounded("\u{e9}\u{e9}\u{e9}", 2), "\u{e9}\u{e9}...");
    }
}
