//! What the server refused a moment ago is not sent again with every report of a coordinator: a person has to act first.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use galapagos_crds::conditions::StalledReason;
use serde_json::Value;

use crate::runtime::kube_io::Kind;

/// What was refused last, by UID of the job and kind of its child.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<HashMap<(String, Kind), Refusal>>);

#[derive(Debug)]
struct Refusal {
    body: blake3::Hash,
    at: Instant,
    reason: StalledReason,
    message: String,
}

impl Refusals {
    fn all(&self) -> MutexGuard<'_, HashMap<(String, Kind), Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why this very object was refused less than `lately` ago.
    pub fn recent(
        &self,
        uid: &str,
        kind: Kind,
        body: &Value,
        lately: Duration,
    ) -> Option<(StalledReason, String)> {
        let all = self.all();
        let refusal =
            all.get(&(uid.to_owned(), kind)).filter(|r| r.at.elapsed() < lately && r.body == hash(body))?;
        Some((refusal.reason, refusal.message.clone()))
    }

    /// It is refused now.
    pub fn note(&self, uid: &str, kind: Kind, body: &Value, reason: StalledReason, message: &str) {
        let (body, at, message) = (hash(body), Instant::now(), message.to_owned());
        self.all().insert((uid.to_owned(), kind), Refusal { body, at, reason, message });
    }

    /// Keeps what is known of jobs that are there.
    pub fn retain(&self, is_there: impl Fn(&str) -> bool) {
        self.all().retain(|(uid, _), _| is_there(uid));
    }
}

fn hash(body: &Value) -> blake3::Hash {
    blake3::hash(body.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_holds_for_the_same_object_and_for_a_while() {
        let (refusals, minute) = (Refusals::default(), Duration::from_secs(60));
        refusals.note("a", Kind::Service, &json!({"x": 1}), StalledReason::InvalidTemplate, "no");
        let told = Some((StalledReason::InvalidTemplate, "no".to_owned()));
        assert_eq!(refusals.recent("a", Kind::Service, &json!({"x": 1}), minute), told);
        assert_eq!(refusals.recent("a", Kind::Service, &json!({"x": 2}), minute), None, "somebody acted");
        assert_eq!(refusals.recent("a", Kind::Service, &json!({"x": 1}), Duration::ZERO), None, "long ago");
        assert_eq!(refusals.recent("a", Kind::Deployment, &json!({"x": 1}), minute), None, "another child");
        assert_eq!(refusals.recent("b", Kind::Service, &json!({"x": 1}), minute), None);
        refusals.retain(|uid| uid != "a");
        assert_eq!(refusals.recent("a", Kind::Service, &json!({"x": 1}), minute), None);
    }
}
