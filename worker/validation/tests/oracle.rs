//! Every record of an independent implementation of docs/contract/luck.md.
//!
//! The records lie in `tests/oracle`; `GALAPAGOS_ORACLE` may name more folders of such records. A record whose function
//! is not known here fails: nothing is passed over in silence.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

#[path = "oracle/records.rs"]
mod records;
#[path = "oracle/walk_forward.rs"]
mod walk_forward;

use records::{differences, records, tolerance};
use serde_json::Value;

/// What this crate computes for the input of a record of that function.
fn answer(function: &str, input: &Value) -> Result<Value, String> {
    let found = walk_forward::answer(function, input);
    found.ok_or_else(|| format!("no function {function:?} is known here"))
}

#[test]
fn every_record_agrees() {
    let mut problems = Vec::new();
    let records = records();
    for record in &records {
        let function = record["function"].as_str().unwrap();
        let found = answer(function, &record["input"])
            .and_then(|got| Ok(differences(&got, &record["expected"], tolerance(record)?)))
            .unwrap_or_else(|problem| vec![problem]);
        problems.extend(found.iter().map(|problem| format!("{} {function}: {problem}", record["id"])));
    }
    assert!(
        problems.is_empty(),
        "{} problems in {} records:\n{}",
        problems.len(),
        records.len(),
        problems.join("\n")
    );
}
