//! Of what the children of a job were made, and by which operator: what their annotations carry, read once into types.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use std::fmt;

use galapagos_crds::WorkerPool;

use crate::runtime::ids::{Namespace, Uid};
use crate::settings::Settings;

/// What of a pool is no more than how many workers and jobs there may be, and at what price. An autoscaler may edit it
/// every few seconds.
const NUMBERS: [&str; 6] = [
    "maxWorkers",
    "minWorkersPerJob",
    "individualsPerWorker",
    "scaleDownDelaySeconds",
    "maxConcurrentJobs",
    "costPerWorkerHour",
];

/// Which pool, and what pods it makes: templates, volumes and all else that is no mere number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// None: a pool that no API server knows.
    pool: Option<Uid>,
    /// Of its fields.
    hash: String,
}

impl Edition {
    /// The present one.
    pub fn of(pool: &WorkerPool) -> Edition {
        let mut spec = serde_json::to_value(&pool.spec).unwrap_or_default();
        if let Some(fields) = spec.as_object_mut() {
            fields.retain(|field, _| !NUMBERS.contains(&field.as_str()));
        }
        let hash = blake3::hash(spec.to_string().as_bytes()).to_hex();
        Edition { pool: Uid::of(&pool.metadata), hash: hash[..16].to_owned() }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pool = self.pool.as_ref().map_or("", Uid::as_str);
        write!(f, "{pool} edition {}", self.hash)
    }
}

/// Of what the pods of an attempt are made: it differs if anything but the job differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Version and flags of the operator, edition of the pool.
    makers: String,
    /// The attempt.
    attempt: u32,
}

/// Between the two, as annotations have it.
const FOR_ATTEMPT: &str = " for attempt ";

impl Origin {
    /// That of pods which are made now.
    pub fn of(pool: &WorkerPool, settings: &Settings, attempt: u32) -> Origin {
        let flags = format!("{} {:?} {}", settings.image, settings.image_pull_policy, settings.run_as_user);
        let flags = blake3::hash(flags.as_bytes()).to_hex();
        let (version, edition) = (env!("CARGO_PKG_VERSION"), Edition::of(pool));
        Origin { makers: format!("{version} with flags {} of pool {edition}", &flags[..8]), attempt }
    }

    /// As an annotation tells it; none if it tells none.
    pub fn read(annotation: &str) -> Option<Origin> {
        let (makers, attempt) = annotation.rsplit_once(FOR_ATTEMPT)?;
        Some(Origin { makers: makers.to_owned(), attempt: attempt.parse().ok()? })
    }

    /// Whether both are of one attempt, whoever made them of what.
    pub fn is_of_the_attempt_of(&self, other: &Origin) -> bool {
        self.attempt == other.attempt
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{FOR_ATTEMPT}{}", self.makers, self.attempt)
    }
}

/// Which operator makes something: one that was moved with its authority is the same; one whose authority was replaced
/// is, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maker {
    /// Where it runs.
    pub namespace: Namespace,
    /// The first digits of its authority's fingerprint.
    authority: String,
}

impl Maker {
    /// The operator of that namespace with an authority of this fingerprint.
    pub fn new(namespace: Namespace, fingerprint: &str) -> Maker {
        Maker { namespace, authority: fingerprint.chars().take(16).collect() }
    }

    /// As an annotation tells it; none if it tells none.
    pub fn read(annotation: &str) -> Option<Maker> {
        let (namespace, authority) = annotation.split_once(' ')?;
        Some(Maker { namespace: Namespace::new(namespace)?, authority: authority.to_owned() })
    }

    /// Whether it is another operator than `this`.
    pub fn is_another_than(&self, this: &Maker) -> bool {
        self.namespace != this.namespace && self.authority != this.authority
    }
}

impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.namespace, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn pods_of_another_pool_or_another_edition_of_it_have_another_origin() {
        let settings = <Settings as clap::Parser>::parse_from(["operator", "--image", "i"]);
        let of = |uid: &str, generation: i64, more: Value, attempt| {
            let mut spec = json!({"marketData": {"volume": {"emptyDir": {}}}});
            spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let pool: WorkerPool = serde_json::from_value(json!({
                "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool",
                "metadata": {"name": "p", "uid": uid, "generation": generation}, "spec": spec,
            }))
            .unwrap();
            Origin::of(&pool, &settings, attempt)
        };
        let first = of("a", 1, json!({}), 1);
        let template = |image: &str| json!({"spec": {"containers": [{"name": "x", "image": image}]}});
        for other in [
            of("b", 1, json!({}), 1),
            of("a", 1, json!({}), 2),
            of("a", 2, json!({"template": template("x")}), 1),
            of("a", 2, json!({"coordinatorTemplate": template("x")}), 1),
            of("a", 2, json!({"marketData": {"volume": {"emptyDir": {}}, "subPath": "x"}}), 1),
            of("a", 2, json!({"state": {"volume": {"emptyDir": {}}}}), 1),
            of("a", 2, json!({"slotsPerWorker": 2}), 1),
        ] {
            assert_ne!(first, other);
        }
        // As an autoscaler does it.
        for (number, value) in
            [("maxWorkers", json!(3)), ("maxConcurrentJobs", json!(2)), ("costPerWorkerHour", json!("0.1"))]
        {
            assert_eq!(first, of("a", 2, json!({number: value}), 1), "{number}");
        }
        assert_eq!(Origin::read(&first.to_string()), Some(first));
    }

    /// The form in which the release before wrote it: what runs is not touched by an upgrade.
    #[test]
    fn an_origin_is_written_as_it_always_was_and_what_is_none_is_read_as_none() {
        let text = "0.1.0 with flags 0123abcd of pool u edition 0123456789abcdef for attempt 12";
        let read = Origin::read(text).unwrap();
        assert_eq!((read.to_string().as_str(), read.attempt), (text, 12));
        for other in ["", "12", "x for attempt", "x for attempt y", "x for attempt -1"] {
            assert_eq!(Origin::read(other), None, "{other}");
        }
    }

    #[test]
    fn another_operator_has_another_namespace_and_another_authority() {
        let another = |made: &str, this: &str| {
            let (made, this) = (Maker::read(made)?, Maker::read(this)?);
            made.is_another_than(&this).then(|| made.namespace.to_string())
        };
        assert_eq!(another("a 1", "b 2").as_deref(), Some("a"));
        assert_eq!(another("a 1", "a 1"), None);
        assert_eq!(another("a 1", "b 1"), None, "it was moved with its authority");
        assert_eq!(another("a 1", "a 2"), None, "its authority was replaced");
        assert_eq!(another("", "a 1"), None);
        let this = Maker::new(Namespace::usual(), &"f".repeat(64));
        assert_eq!(Maker::read(&this.to_string()), Some(this));
    }
}
