//! Jobs with a fault, and what is found of it.

use galapagos_crds::conditions::StalledReason::{self, InvalidSpec};
use galapagos_crds::{Catalogue, EvolutionJob};
use galapagos_manifest::Weight::{self, Impossible, Misleading};
use galapagos_manifest::{Finding, check};
use serde_json::{Value, json};

/// A job of these strategies, with other fields of its spec.
pub fn job(strategies: Value, extra: Value) -> EvolutionJob {
    let mut spec = json!({
        "marketData": {"dataset": "d", "symbols": ["A"], "interval": "1h"},
        "strategies": strategies, "population": {"size": 100},
    });
    spec.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    serde_json::from_value(json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob", "metadata": {"name": "j"}, "spec": spec
    }))
    .unwrap()
}

/// What is wrong with it.
pub fn findings(strategies: Value, extra: Value) -> Vec<Finding> {
    check(&job(strategies, extra), Catalogue::embedded())
}

/// The only finding is this one.
#[track_caller]
pub fn is(found: &[Finding], path: &str, of: (StalledReason, Weight), text: &str, advice: &str) {
    let [finding] = found else { panic!("expected one finding, found {found:#?}") };
    assert_eq!(finding.path, path);
    assert_eq!(finding.text, text);
    assert_eq!(finding.advice.as_deref().unwrap_or_default(), advice);
    assert_eq!((finding.reason, finding.weight), of);
}

/// No field can be so.
pub const INVALID: (StalledReason, Weight) = (InvalidSpec, Impossible);
/// It would be passed over.
#[allow(dead_code, reason = "each test binary uses its own part")]
pub const MISLEADING: (StalledReason, Weight) = (InvalidSpec, Misleading);
