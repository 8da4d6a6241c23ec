//! The promises of a status.

mod any;
mod budget;
pub(super) mod facts;
mod schema;
mod survival;
mod table;
mod valid;
mod verdict;

use galapagos_crds::EvolutionJobStatus;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// A moment of the tests, `seconds` after the first one.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

fn condition<'a>(status: &'a EvolutionJobStatus, type_: &str) -> Option<&'a Condition> {
    status.conditions.iter().find(|c| c.type_ == type_)
}
