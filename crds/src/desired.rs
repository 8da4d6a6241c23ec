//! The fields of a job that may change while it runs, as one JSON text: a coordinator is started with it, and gets it
//! again at every change.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::job::{EvolutionJob, EvolutionJobSpec};
use crate::stop::Stop;

/// The fields of a job that may change while it runs, as they are now. A field of a later release is passed over: its operator may talk to a coordinator of
/// this one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Desired {
    /// `spec.generations`: the number of generations that the job shall have in all.
    pub generations: u32,
    /// `spec.stop`: when it ends before its last generation.
    pub stop: Stop,
}

impl Desired {
    /// The fields as the manifest of a job has them.
    pub fn from_spec(spec: &EvolutionJobSpec) -> Desired {
        Desired { generations: spec.generations, stop: spec.stop.clone() }
    }

    /// Writes the fields into the manifest of a job.
    pub fn put_into(self, job: &mut EvolutionJob) {
        let Desired { generations, stop } = self;
        (job.spec.generations, job.spec.stop) = (generations, stop);
    }
}

impl fmt::Display for Desired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Desired {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Desired, serde_json::Error> {
        serde_json::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> EvolutionJob {
        serde_json::from_value(serde_json::json!({
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob", "metadata": {"name": "a"},
            "spec": {"marketData": {"dataset": "d", "symbols": ["A"], "interval": "1h"}, "generations": 80,
                     "stop": {"patience": 5, "minDelta": "0.5", "target": "2.5", "maxEvaluations": 7,
                              "maxDurationSeconds": 9, "maxCost": "20"},
                     "strategies": [{"name": "ema_crossover"}], "population": {"size": 100}},
        }))
        .unwrap()
    }

    #[test]
    fn every_field_survives_the_text_and_comes_into_the_manifest() {
        let (written, mut other) = (job(), job());
        (other.spec.generations, other.spec.stop) = (1, Stop::default());
        Desired::from_spec(&written.spec).to_string().parse::<Desired>().unwrap().put_into(&mut other);
        assert_eq!(other.spec, written.spec);
    }

    /// The Job of an attempt keeps its text, whatever the release of the operator that made it.
    #[test]
    fn the_text_of_the_release_before_is_read() {
        let text = r#"{"generations":80,"stop":{"maxCost":"20","maxDurationSeconds":9,"maxEvaluations":7,"minDelta":"0.5","patience":5,"target":"2.5"}}"#;
        assert_eq!(text.parse::<Desired>().unwrap(), Desired::from_spec(&job().spec));
    }

    #[test]
    fn a_field_of_a_later_release_is_passed_over_and_a_missing_one_is_an_error() {
        let later: Desired = r#"{"generations": 8, "stop": {"moon": 1}, "tides": 2}"#.parse().unwrap();
        assert_eq!(later, Desired { generations: 8, stop: Stop::default() });
        for wrong in ["{}", r#"{"generations": 8}"#, r#"{"stop": {}}"#, "8"] {
            assert!(wrong.parse::<Desired>().is_err(), "{wrong}");
        }
    }
}
