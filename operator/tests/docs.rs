//! What the documentation lists is what there is: names of metrics, values of their labels, events, reasons.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::collections::BTreeSet;
use std::time::Duration;

use galapagos_crds::conditions::{
    CompleteReason, DataReadyReason, EventReason, ReadyReason, ReconcilingReason, StalledReason,
    SuspendedReason, ValidatedReason, WorkersReadyReason,
};
use galapagos_crds::status::Phase;
use galapagos_operator::metrics::{Controller, Metrics, Outcome};
use galapagos_operator::runtime::kube_io::Kind;
use galapagos_operator::runtime::metrics::{Verb, WatchFailure, WriteOutcome};
use galapagos_operator::watches;

fn page(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../docs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// From the heading to the next one of its level.
fn section(page: &str, heading: &str) -> String {
    let rest =
        page.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no section {heading}"));
    rest.split("\n## ").next().unwrap().to_owned()
}

/// What the first cells of a section's rows name.
fn listed(section: &str) -> Vec<String> {
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let names = rows.filter_map(|row| row.split_once('`')).map(|(name, _)| name);
    names.map(|name| name.split('{').next().unwrap_or(name).to_owned()).collect()
}

/// Every family with a series: one without is not printed.
fn exposition() -> String {
    let metrics = Metrics::new();
    metrics.reconciled(Controller::EvolutionJob, Outcome::Completed, Duration::from_millis(20));
    metrics.runtime.wrote(Verb::Create, Kind::Secret.as_str(), WriteOutcome::Done);
    metrics.runtime.watch_failed(watches::WORKERS.name, WatchFailure::Expired);
    metrics.completed(None);
    metrics.runtime.event(EventReason::Queued.as_str());
    metrics.text().unwrap()
}

#[test]
fn the_documentation_lists_exactly_the_metrics_there_are() {
    let text = exposition();
    let types =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).filter_map(|line| line.split_once(' '));
    let mut there: Vec<String> = types
        .map(|(name, kind)| if kind == "counter" { format!("{name}_total") } else { name.to_owned() })
        .collect();
    let mut listed = listed(&section(&page("monitoring.md"), "Operator"));
    there.sort();
    listed.sort();
    assert_eq!(listed, there);
}

#[test]
fn a_row_has_the_type_of_its_metric() {
    let section = section(&page("monitoring.md"), "Operator");
    for line in exposition().lines() {
        let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' ')) else {
            continue;
        };
        let row = section.lines().find(|row| {
            let rest = row.strip_prefix(&format!("| `{name}")).unwrap_or("-");
            rest.trim_start_matches("_total").starts_with(['`', '{'])
        });
        let row = row.unwrap_or_else(|| panic!("{name} has no row"));
        assert_eq!(row.split(" | ").nth(1), Some(kind), "{row}");
    }
}

#[test]
fn the_documentation_names_every_value_of_a_label() {
    let section = section(&page("monitoring.md"), "Operator");
    // The lists of both files: `Variant = "value",`.
    let sources = [include_str!("../src/metrics.rs"), include_str!("../src/runtime/metrics.rs")];
    let lines = sources.iter().flat_map(|source| source.lines());
    let values = lines.filter_map(|line| line.trim().strip_suffix("\",")?.split_once(" = \""));
    let mut values: BTreeSet<&str> = values.map(|(_, value)| value).collect();
    assert!(values.len() > 15, "{values:?}");
    values.extend(watches::ALL.map(|watch| watch.name));
    for value in values {
        assert!(section.contains(&format!("`{value}`")), "{value}");
    }
    for phase in
        [Phase::Pending, Phase::Preparing, Phase::Running, Phase::Suspended, Phase::Succeeded, Phase::Failed]
    {
        assert!(section.contains(&format!("`{phase:?}`")), "{phase:?}");
    }
}

#[test]
fn the_documentation_lists_exactly_the_events_there_are() {
    let mut listed = listed(&section(&page("monitoring.md"), "Events"));
    let mut there: Vec<String> = EventReason::ALL.iter().map(|reason| reason.as_str().to_owned()).collect();
    listed.sort();
    there.sort();
    assert_eq!(listed, there);
}

#[test]
fn the_documentation_explains_every_reason_of_a_condition() {
    let section = section(&page("operator.md"), "Conditions");
    let reasons = [
        ReadyReason::ALL.iter().map(|r| r.as_str()).collect::<Vec<_>>(),
        ReconcilingReason::ALL.iter().map(|r| r.as_str()).collect(),
        StalledReason::ALL.iter().map(|r| r.as_str()).collect(),
        DataReadyReason::ALL.iter().map(|r| r.as_str()).collect(),
        WorkersReadyReason::ALL.iter().map(|r| r.as_str()).collect(),
        SuspendedReason::ALL.iter().map(|r| r.as_str()).collect(),
        CompleteReason::ALL.iter().map(|r| r.as_str()).collect(),
        ValidatedReason::ALL.iter().map(|r| r.as_str()).collect(),
    ];
    for reason in reasons.concat() {
        assert!(section.contains(&format!("`{reason}`")), "{reason}");
    }
}

#[test]
fn the_documentation_names_no_reason_that_there_is_not() {
    let section = section(&page("operator.md"), "Conditions");
    let known: BTreeSet<&str> = ReconcilingReason::ALL
        .iter()
        .map(|r| r.as_str())
        .chain(StalledReason::ALL.iter().map(|r| r.as_str()))
        .collect();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let first_cells = rows.filter_map(|row| row.split(" | ").next());
    let named = first_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect::<BTreeSet<&str>>();
    assert_eq!(named.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(named.len() > 20, "{named:?}");
}
