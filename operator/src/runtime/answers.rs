//! What the API server answered about an object a moment ago: it is not asked again with each reconcile.

use std::time::{Duration, Instant};

use super::ids::Uid;
use super::per_object::{Memories, PerObject};

/// The last answer about each object.
#[derive(Clone, Debug)]
pub struct Answers<T>(PerObject<(Instant, T)>);

impl<T: Clone + Send + 'static> Answers<T> {
    /// Nothing was asked yet.
    pub fn new(memories: &Memories) -> Answers<T> {
        Answers(memories.another())
    }

    /// The last answer about an object, if it is younger than `fresh`.
    pub fn recent(&self, uid: &Uid, fresh: Duration) -> Option<T> {
        self.0.get(uid, |(at, answer)| (at.elapsed() < fresh).then(|| answer.clone())).flatten()
    }

    /// It answers now.
    pub fn note(&self, uid: &Uid, answer: T) {
        self.0.set(uid, (Instant::now(), answer));
    }
}

#[cfg(test)]
mod tests {
    use super::super::ids::example::uid;
    use super::*;

    #[test]
    fn an_answer_is_used_for_a_while_and_for_its_object() {
        let answers = Answers::new(&Memories::default());
        answers.note(&uid("a"), "no");
        assert_eq!(answers.recent(&uid("a"), Duration::from_secs(60)), Some("no"));
        assert_eq!(answers.recent(&uid("a"), Duration::ZERO), None);
        assert_eq!(answers.recent(&uid("b"), Duration::from_secs(60)), None);
    }
}
