//! Jobs of a cluster as a table, and one of them as a page.

use crate::sparkline;
use crate::table::{duration, number, short, table, thousands};
use galapagos_crds::EvolutionJob;
use galapagos_crds::conditions::condition;
use galapagos_crds::status::{EvolutionJobStatus, Phase};
use std::fmt::Write;
use std::time::Duration;

/// Whether nothing more happens to a job by itself.
pub fn has_ended(job: &EvolutionJob) -> bool {
    matches!(phase(job), Some(Phase::Succeeded | Phase::Failed))
}

/// Where a job is.
pub fn phase(job: &EvolutionJob) -> Option<Phase> {
    job.status.as_ref()?.phase
}

/// What a table does without where it has no room, the first first.
const SPARED: [&str; 9] =
    ["strategy", "eval/s", "cost", "workers", "fitness", "validated", "left", "namespace", "best"];

/// All jobs, one a line. `namespaces`: with a column for them. `now` is in seconds since 1970. `width`: columns of signs that
/// there are; lines that would be longer go without [some columns](SPARED).
pub fn list(jobs: &[EvolutionJob], namespaces: bool, now: i64, width: Option<usize>) -> String {
    let mut header: Vec<&str> = [
        if namespaces { &["namespace"][..] } else { &[] },
        &["name", "phase", "done", "best", "fitness", "strategy"],
        &["workers", "eval/s", "left", "cost", "validated", "problem"],
    ]
    .concat();
    let row = |job: &EvolutionJob| {
        let status = job.status.clone().unwrap_or_default();
        let best = status.best.as_ref();
        let workers = status.workers.as_ref().map(|w| format!("{}/{}", w.ready, w.desired));
        let rate = status.evaluations.as_ref().and_then(|e| e.per_second).map(|r| short(r).trim().to_owned());
        let amount = status.cost.as_ref().and_then(|c| c.amount.as_ref()).map(ToString::to_string);
        let validated = status.validation.as_ref().map(|v| v.validated.as_str().to_owned());
        let dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let mut row = vec![
            dash(job.metadata.name.clone()),
            word(&status),
            dash(status.progress.clone()),
            dash(best.and_then(|b| b.rounded.clone())),
            curve(&status),
            dash(best.map(|b| b.strategy.clone())),
            dash(workers),
            dash(rate),
            dash(left(&status, now)),
            dash(amount),
            dash(validated),
            dash(stalled(&status).map(|(reason, _)| reason.to_owned())),
        ];
        if namespaces {
            row.insert(0, dash(job.metadata.namespace.clone()));
        }
        row
    };
    let mut rows: Vec<Vec<String>> = jobs.iter().map(row).collect();
    let mut spared = SPARED.iter();
    loop {
        let text = table(&header, rows.clone(), &["best", "workers", "eval/s", "left", "cost"]);
        let fits = width.is_none_or(|width| text.lines().all(|line| line.chars().count() <= width));
        let Some(name) = spared.next().filter(|_| !fits) else { return text };
        if let Some(at) = header.iter().position(|known| known == name) {
            header.remove(at);
            rows.iter_mut().for_each(|row| drop(row.remove(at)));
        }
    }
}

/// One job.
pub fn page(job: &EvolutionJob, now: i64) -> String {
    let status = job.status.clone().unwrap_or_default();
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name:<12} {value}");
        }
    };
    let name = job.metadata.name.as_deref().unwrap_or_default();
    let namespace = job.metadata.namespace.as_deref().unwrap_or_default();
    line("Job", format!("{name} in {namespace}, pool {}", job.spec.worker_pool_name));
    let queue = status.queue_position.map_or_else(String::new, |at| format!(", position {at} in the queue"));
    line("Phase", word(&status) + &queue);
    if let Some((reason, message)) = stalled(&status) {
        line("Problem", format!("{reason}: {message}"));
    } else if let Some(message) = message(&status, condition::RECONCILING) {
        line("Now", message.to_owned());
    }
    let until = left(&status, now).map_or_else(String::new, |left| format!(", {left} left"));
    line("Generations", status.progress.clone().map_or_else(String::new, |p| p + &until));
    if let Some(found) = &status.evaluations {
        let rate = found.per_second.map_or_else(String::new, |r| format!(", {}/s", short(r).trim()));
        let (distinct, cached) = (thousands(i128::from(found.distinct)), thousands(i128::from(found.cached)));
        line("Evaluations", format!("{distinct} distinct, {cached} cached{rate}"));
    }
    if let Some(workers) = &status.workers {
        line("Workers", format!("{} of {} ready", workers.ready, workers.desired));
    }
    if let Some(cost) = &status.cost {
        let amount = cost.amount.as_ref().map_or_else(String::new, |a| format!(", {a} in all"));
        let time = duration(Duration::from_secs(cost.worker_seconds.max(0).unsigned_abs()));
        line("Cost", format!("{time} of workers{amount}"));
    }
    if let Some(attempts) = status.attempts.as_ref().filter(|a| a.faults + a.disruptions > 0) {
        let (started, faults, disruptions) = (attempts.started, attempts.faults, attempts.disruptions);
        line("Attempts", format!("{started}, {faults} ended by faults, {disruptions} by disruptions"));
    }
    if let Some(best) = &status.best {
        let genes: Vec<String> = best.genome.iter().map(|(gene, value)| format!("{gene}={value}")).collect();
        line("Best", format!("{} {} {}", number(best.fitness, 4), best.strategy, genes.join(" ")));
    }
    if let (Some(first), Some(last)) = (status.history.first(), status.history.last()) {
        line(
            "Fitness",
            format!("{}  best of generations {} to {}", curve(&status), first.generation, last.generation),
        );
        let medians: Vec<Option<f64>> = status.history.iter().map(|g| g.median).collect();
        line("Median", format!("{}  now {}", sparkline::of(&medians), number(last.median, 4)));
    }
    if let Some(verdict) = &status.validation {
        let failed = if verdict.failed.is_empty() {
            String::new()
        } else {
            format!(" ({})", verdict.failed.join(", "))
        };
        let message = message(&status, condition::VALIDATED).unwrap_or(&verdict.reason);
        line("Validated", format!("{}{failed}: {message}", verdict.validated.as_str()));
    }
    if status.completion_time.is_some() && status.results.is_some() {
        line("Result", format!("kubectl galapagos results {name}, kubectl galapagos report {name}"));
    }
    text
}

fn word(status: &EvolutionJobStatus) -> String {
    status.phase.map_or_else(|| "Unseen".to_owned(), |phase| format!("{phase:?}"))
}

/// The best fitness over the last generations.
fn curve(status: &EvolutionJobStatus) -> String {
    let best: Vec<Option<f64>> = status.history.iter().map(|g| g.best).collect();
    sparkline::of(&best)
}

/// Time until the expected end.
fn left(status: &EvolutionJobStatus, now: i64) -> Option<String> {
    let end = status.estimated_completion_time.as_ref().filter(|_| status.phase == Some(Phase::Running))?;
    Some(duration(Duration::from_secs((end.0.as_second() - now).max(0).unsigned_abs())))
}

/// Why a person has to act.
fn stalled(status: &EvolutionJobStatus) -> Option<(&str, &str)> {
    let stalled = status.conditions.iter().find(|c| c.type_ == condition::STALLED && c.status == "True")?;
    Some((&stalled.reason, &stalled.message))
}

/// Reason and message of a condition that is there.
pub fn message<'a>(status: &'a EvolutionJobStatus, type_: &str) -> Option<&'a str> {
    let found = status.conditions.iter().find(|c| c.type_ == type_)?;
    Some(found.message.as_str()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::example;
    use serde_json::{Value, json};

    fn running() -> EvolutionJob {
        example(
            "btc",
            &json!({
                "phase": "Running", "progress": "3/50",
                "estimatedCompletionTime": "1970-01-01T00:03:20Z",
                "evaluations": {"completed": 300, "distinct": 290, "cached": 10, "perSecond": 1234.0},
                "workers": {"desired": 4, "ready": 3},
                "cost": {"workerSeconds": 75, "amount": "0.02"},
                "best": {"strategy": "rsi_filter", "genome": {"period": 14}, "fitness": 1.25, "rounded": "1.2500"},
                "history": [
                    {"generation": 1, "best": 1.0, "median": 0.5}, {"generation": 2, "best": 1.0},
                    {"generation": 3, "best": 1.25, "median": 0.75},
                ],
            }),
        )
    }

    #[test]
    fn a_job_that_runs_shows_how_far_it_is_and_how_its_fitness_rose() {
        let listed = "\
NAME  PHASE    DONE    BEST  FITNESS  STRATEGY    WORKERS  EVAL/S        LEFT  COST  VALIDATED  PROBLEM
btc   Running  3/50  1.2500  ▁▁█      rsi_filter      3/4   1.2 k  1 min 40 s  0.02  -          -
new   Unseen   -          -           -                 -       -           -     -  -          -
";
        assert_eq!(list(&[running(), example("new", &Value::Null)], false, 100, None), listed);
        let narrow = list(&[running()], false, 100, Some(60));
        assert!(
            narrow.contains("3/50") && narrow.contains("1.2500") && !narrow.contains("rsi_filter"),
            "{narrow}"
        );
        assert!(narrow.lines().all(|line| line.chars().count() <= 60), "{narrow}");
        let least = list(&[running()], true, 100, Some(10));
        assert!(least.contains("btc") && least.contains("3/50") && least.contains("PROBLEM"), "{least}");
        let shown = "\
Job          btc in research, pool default
Phase        Running
Generations  3/50, 1 min 40 s left
Evaluations  290 distinct, 10 cached, 1.2 k/s
Workers      3 of 4 ready
Cost         1 min 15 s of workers, 0.02 in all
Best         1.2500 rsi_filter period=14
Fitness      ▁▁█  best of generations 1 to 3
Median       ▁ █  now 0.7500
";
        assert_eq!(page(&running(), 100), shown);
    }

    #[test]
    fn a_job_that_needs_a_person_says_so_and_one_that_ended_how_to_get_its_result() {
        let stalled = example(
            "btc",
            &json!({"phase": "Pending", "queuePosition": 2, "conditions": [{
                "type": "Stalled", "status": "True", "reason": "PoolNotFound", "message": "there is no pool big",
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            }]}),
        );
        let listed = list(std::slice::from_ref(&stalled), true, 0, None);
        assert!(
            listed.contains("research   btc   Pending") && listed.ends_with("PoolNotFound\n"),
            "{listed}"
        );
        let shown = "\
Job          btc in research, pool default
Phase        Pending, position 2 in the queue
Problem      PoolNotFound: there is no pool big
";
        assert_eq!(page(&stalled, 0), shown);
        let ended = example(
            "btc",
            &json!({
                "phase": "Succeeded", "completionTime": "2026-01-01T00:00:00Z", "results": {"path": "p"},
                "validation": {"validated": "False", "reason": "LikelyLuck", "failed": ["confidence"]},
            }),
        );
        let shown = "\
Job          btc in research, pool default
Phase        Succeeded
Validated    False (confidence): LikelyLuck
Result       kubectl galapagos results btc, kubectl galapagos report btc
";
        assert_eq!(page(&ended, 0), shown);
        assert!(has_ended(&ended) && !has_ended(&stalled));
    }
}
