//! What keeps individuals from being feasible, counted over a run: when none is left, this says which limit to loosen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::job::fitness::{Judge, Objection};
use crate::storage::record::Record;

/// A limit, or a reason without one, and how many individuals it stands against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// The limit, as `trades >= 10`, or the name of the reason.
    pub by: String,
    /// Distinct individuals that do not keep it; one may be counted at several limits.
    pub individuals: u64,
    /// Those of them whose metric is undefined.
    pub undefined: u64,
}

/// Counts what stands against the individuals of a run.
#[derive(Debug, Default)]
pub struct Tally {
    counts: BTreeMap<String, (u64, u64)>,
}

impl Tally {
    /// Counts what stands against the individual of a record.
    pub fn add(&mut self, record: &Record, judge: &Judge) {
        let Record::Evaluated { verdict, .. } = record else { return };
        for Objection { to, undefined, .. } in judge.objections(verdict) {
            let (all, without) = self.counts.entry(to).or_default();
            *all += 1;
            *without += u64::from(undefined);
        }
    }

    /// The counts, the highest first, then by name.
    pub fn finish(self) -> Vec<Excluded> {
        let counts = self.counts.into_iter();
        let mut out: Vec<Excluded> =
            counts.map(|(by, (individuals, undefined))| Excluded { by, individuals, undefined }).collect();
        out.sort_by(|a, b| b.individuals.cmp(&a.individuals).then_with(|| a.by.cmp(&b.by)));
        out
    }
}
