//! What the server refused a moment ago is not sent again with every report of a coordinator: a person has to act first.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use galapagos_crds::conditions::StalledReason;
use serde_json::Value;

use crate::runtime::ids::Uid;
use crate::runtime::kube_io::Kind;
use crate::runtime::per_object::{Memories, PerObject};

/// What was refused last, by kind of the child of a job.
#[derive(Clone, Debug)]
pub struct Refusals(PerObject<HashMap<Kind, Refusal>>);

#[derive(Debug)]
struct Refusal {
    body: blake3::Hash,
    at: Instant,
    reason: StalledReason,
    message: String,
}

impl Refusals {
    /// Nothing was refused yet.
    pub fn new(memories: &Memories) -> Refusals {
        Refusals(memories.another())
    }

    /// Why this very object was refused less than `lately` ago.
    pub fn recent(
        &self,
        uid: &Uid,
        kind: Kind,
        body: &Value,
        lately: Duration,
    ) -> Option<(StalledReason, String)> {
        let told = self.0.get(uid, |of_it| {
            let refusal = of_it.get(&kind).filter(|r| r.at.elapsed() < lately && r.body == hash(body))?;
            Some((refusal.reason, refusal.message.clone()))
        });
        told.flatten()
    }

    /// It is refused now.
    pub fn note(&self, uid: &Uid, kind: Kind, body: &Value, reason: StalledReason, message: &str) {
        let (body, at, message) = (hash(body), Instant::now(), message.to_owned());
        self.0.change(uid, |of_it| of_it.insert(kind, Refusal { body, at, reason, message }));
    }
}

fn hash(body: &Value) -> blake3::Hash {
    blake3::hash(body.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::ids::example::uid;
    use serde_json::json;

    #[test]
    fn a_refusal_holds_for_the_same_object_and_for_a_while() {
        let memories = Memories::default();
        let (refusals, minute) = (Refusals::new(&memories), Duration::from_secs(60));
        let (a, b) = (uid("a"), uid("b"));
        refusals.note(&a, Kind::Service, &json!({"x": 1}), StalledReason::InvalidTemplate, "no");
        let told = Some((StalledReason::InvalidTemplate, "no".to_owned()));
        assert_eq!(refusals.recent(&a, Kind::Service, &json!({"x": 1}), minute), told);
        assert_eq!(refusals.recent(&a, Kind::Service, &json!({"x": 2}), minute), None, "somebody acted");
        assert_eq!(refusals.recent(&a, Kind::Service, &json!({"x": 1}), Duration::ZERO), None, "long ago");
        assert_eq!(refusals.recent(&a, Kind::Deployment, &json!({"x": 1}), minute), None, "another child");
        assert_eq!(refusals.recent(&b, Kind::Service, &json!({"x": 1}), minute), None);
        memories.keep(|known| *known != a);
        assert_eq!(refusals.recent(&a, Kind::Service, &json!({"x": 1}), minute), None);
    }
}
