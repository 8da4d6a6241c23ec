//! Whatever is told, the status can be written.

use galapagos_crds::EvolutionJobStatus;
use galapagos_crds::conditions::condition as types;
use proptest::prelude::*;

use super::any::owned;
use super::condition;
use super::schema::problems;
use crate::evolution_job::status::{Change, LIMIT, build, differs};

/// What is generated is large, and unoptimised code moves it over the stack many times.
const STACK: usize = 64 << 20;

// Contract K4.
#[test]
fn every_status_passes_the_schema_and_fits_and_equals_itself_when_read_back() {
    let run = || {
        proptest!(ProptestConfig::with_cases(96), |(first in owned(), second in owned())| {
            let definition = galapagos_crds::crd::evolution_job();
            let schema = &galapagos_crds::crd::schema(&definition)["properties"]["status"];
            let before = build(None, &first.facts(), first.now);
            let after = build(Some(&before), &second.facts(), second.now);
            for status in [&before, &after] {
                let json = serde_json::to_string(status).unwrap();
                prop_assert!(json.len() <= LIMIT, "{} bytes", json.len());
                let value = serde_json::from_str(&json).unwrap();
                prop_assert_eq!(problems(schema, &value), Vec::<String>::new());
                let read: EvolutionJobStatus = serde_json::from_str(&json).unwrap();
                prop_assert_eq!(differs(Some(&read), status), Change::None);
                prop_assert!(condition(status, types::RECONCILING).is_none() || condition(status, types::STALLED).is_none());
                prop_assert!(condition(status, types::READY).is_some());
                prop_assert!(status.conditions.iter().all(|c| c.message.len() <= 1024 && !c.reason.is_empty()));
            }
            // Nothing new is nothing to write.
            let again = build(Some(&after), &second.facts(), second.now);
            prop_assert_eq!(differs(Some(&after), &again), Change::None);
        });
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(run).unwrap();
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}
