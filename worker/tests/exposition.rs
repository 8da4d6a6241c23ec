//! What `/metrics` says: names, help, units and series are a contract with dashboards and alerts.

use galapagos_worker::metrics::deliver::{DeliverMetrics, To};
use galapagos_worker::metrics::{
    Answer, CoordinatorMetrics, Ignored, Label, Metrics, Outcome, Retry, ServeMetrics, WorkerMetrics,
};

/// The text, without the one value that differs from run to run.
fn exposition(metrics: &Metrics) -> String {
    let text = metrics.text();
    let same = |line: &str| match line.strip_prefix("process_resident_memory_bytes ") {
        Some(bytes) if bytes.parse::<u64>().is_ok_and(|b| b > 1 << 20) => {
            "process_resident_memory_bytes (more than a mebibyte)\n".to_owned()
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(same).collect()
}

#[test]
fn the_metrics_of_a_coordinator_are_pinned() {
    let metrics = Metrics::default();
    let these = CoordinatorMetrics::register(&metrics);
    these.generation.set(3);
    these.evaluations.add(Outcome::Feasible, 7);
    these.evaluations.raise_to(Outcome::Cached, 5);
    these.evaluations.raise_to(Outcome::Cached, 4);
    these.retries.add(Retry::TimedOut, 1);
    these.results_ignored.add(Ignored::Duplicate, 2);
    these.batch_seconds.observe(0.07);
    these.lease_age_seconds.set(0.5);
    these.sent_bytes.inc_by(4096);
    insta::assert_snapshot!("coordinator", exposition(&metrics));
}

#[test]
fn the_metrics_of_a_worker_are_pinned() {
    let metrics = Metrics::default();
    let these = WorkerMetrics::register(&metrics);
    these.evaluations.add(Outcome::Exception, 1);
    these.slots.set(2);
    these.strategy_bars.inc_by(1_000_000);
    insta::assert_snapshot!("worker", exposition(&metrics));
}

#[test]
fn the_metrics_of_the_service_of_signals_are_pinned() {
    let metrics = Metrics::default();
    let these = ServeMetrics::register(&metrics);
    these.answers.add(Answer::Stale, 3);
    these.answer_seconds.observe(0.0002);
    these.champions.set(2);
    these.last_close_seconds.set(1_700_000_000.5);
    these.reloads.inc();
    insta::assert_snapshot!("serve", exposition(&metrics));
}

#[test]
fn the_metrics_of_a_delivery_are_pinned() {
    let metrics = Metrics::default();
    let these = DeliverMetrics::register(&metrics);
    let down = To { to: "s3://quants/runs".to_owned() };
    these.show(&down);
    these.failures.get_or_create(&down).inc();
    these.pending.get_or_create(&down).set(2);
    these.lag_seconds.get_or_create(&down).set(90.5);
    insta::assert_snapshot!("deliver", exposition(&metrics));
}

#[test]
fn the_documentation_lists_exactly_the_metrics_there_are() {
    let metrics = Metrics::default();
    CoordinatorMetrics::register(&metrics);
    WorkerMetrics::register(&metrics);
    ServeMetrics::register(&metrics);
    DeliverMetrics::register(&metrics).show(&To { to: "s3://quants/runs".to_owned() });
    let text = metrics.text();
    let mut there: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|line| line.split_once(' '))
        .map(|(name, kind)| match kind {
            "counter" => format!("{name}_total"),
            "info" => format!("{name}_info"),
            _ => name.to_owned(),
        })
        .collect();
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/monitoring.md")).unwrap();
    let mut listed: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split_once('`'))
        .map(|(name, _)| name.split('{').next().unwrap_or(name).to_owned())
        // The page has the operator's metrics and events, too.
        .filter(|name| name.starts_with("galapagos_") || name.starts_with("process_"))
        .filter(|name| !name.starts_with("galapagos_operator_"))
        .collect();
    there.sort();
    listed.sort();
    assert_eq!(listed, there);
}

#[test]
fn a_label_has_the_values_of_its_list_only() {
    let all = |values: Vec<&str>| values.join(" ");
    assert_eq!(
        all(Outcome::ALL.iter().map(|o| o.as_str()).collect()),
        "feasible infeasible failed cached exception"
    );
    assert_eq!(
        all(Retry::ALL.iter().map(|o| o.as_str()).collect()),
        "lost expired panicked timed_out handed_back"
    );
    assert_eq!(all(Ignored::ALL.iter().map(|o| o.as_str()).collect()), "late duplicate stale");
    assert_eq!(all(Answer::ALL.iter().map(|a| a.as_str()).collect()), "ok stale refused");
    assert!(Outcome::ALL.iter().enumerate().all(|(i, o)| o.index() == i));
}
