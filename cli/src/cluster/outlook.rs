//! What is left of a job on a cluster: pure, from what its status has measured.

use crate::table::{duration, short, thousands};
use galapagos_crds::EvolutionJob;
use galapagos_crds::status::Phase;
use serde::Serialize;
use std::fmt::Write;
use std::time::Duration;

/// What is left of a job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outlook {
    /// The job.
    pub job: String,
    /// Generations that are done.
    pub done: u32,
    /// Generations that it shall have.
    pub generations: u32,
    /// Evaluations at most: of each individual of each generation that is left.
    pub evaluations_at_most: u64,
    /// Evaluations as so far: without those that the ledger answers.
    pub evaluations: u64,
    /// Distinct evaluations a second, as measured.
    pub per_second: Option<f64>,
    /// Seconds to its end while it runs.
    pub seconds: f64,
    /// Pods that evaluate now, the coordinator's among them.
    pub workers: u32,
    /// Price of one for an hour.
    pub price_per_hour: Option<f64>,
    /// What it has cost.
    pub cost_so_far: Option<f64>,
    /// What is left to pay with as many workers as now.
    pub cost_left: Option<f64>,
}

/// What is left of a job; `None` before anything is measured, or once it has ended. `price`: of a worker for an hour. `now` is in
/// seconds since 1970.
pub fn outlook(job: &EvolutionJob, price: Option<f64>, now: i64) -> Option<Outlook> {
    let status = job.status.as_ref()?;
    let count = |n: Option<i32>| n.and_then(|n| u32::try_from(n).ok());
    let (done, generations) = (count(status.generation)?, count(status.generations)?);
    let left = generations.saturating_sub(done);
    if done == 0 || matches!(status.phase, Some(Phase::Succeeded | Phase::Failed)) {
        return None;
    }
    let evaluations_at_most = u64::from(left) * u64::from(count(status.population)?);
    let counted = status.evaluations.clone().unwrap_or_default();
    let share = match counted.completed {
        completed if completed > 0 => (counted.distinct as f64 / completed as f64).clamp(0.0, 1.0),
        _ => 1.0,
    };
    let evaluations = (evaluations_at_most as f64 * share).ceil() as u64;
    let per_second = counted.per_second.filter(|rate| *rate > 0.0);
    let expected = status.estimated_completion_time.as_ref().filter(|_| status.phase == Some(Phase::Running));
    let expected = expected.map(|end| (end.0.as_second() - now).max(0) as f64);
    let measured: Vec<f64> = status.history.iter().filter_map(|g| g.seconds).collect();
    let mean = || {
        let sum: f64 = measured.iter().sum();
        (!measured.is_empty()).then(|| f64::from(left) * sum / measured.len() as f64)
    };
    let seconds = expected.or_else(mean).or_else(|| per_second.map(|rate| evaluations as f64 / rate))?;
    let workers = status.workers.as_ref().map_or(1, |w| u32::try_from(w.ready).unwrap_or(0).max(1));
    Some(Outlook {
        job: job.metadata.name.clone().unwrap_or_default(),
        done,
        generations,
        evaluations_at_most,
        evaluations,
        per_second,
        seconds,
        workers,
        price_per_hour: price,
        cost_so_far: status.cost.as_ref().and_then(|c| c.amount.as_ref()).map(|amount| amount.to_f64()),
        cost_left: price.map(|price| f64::from(workers) * price * seconds / 3600.0),
    })
}

impl Outlook {
    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::from("Measured on the cluster while the job ran\n\n");
        let mut line = |name: &str, value: String| {
            let _ = writeln!(text, "{name:<12} {value}");
        };
        let left = self.generations.saturating_sub(self.done);
        line("Generations", format!("{left} left of {}", self.generations));
        let rate = self.per_second.map_or_else(String::new, |rate| format!(", {}/s now", short(rate).trim()));
        let (expected, most) =
            (thousands(i128::from(self.evaluations)), thousands(i128::from(self.evaluations_at_most)));
        line("Evaluations", format!("about {expected} left, at most {most}{rate}"));
        let time = duration(Duration::from_secs_f64(self.seconds.clamp(0.0, 1e15)));
        let pods = if self.workers == 1 { "1 worker" } else { &format!("{} workers", self.workers) };
        line("Time", format!("about {time} left with {pods}"));
        let so_far = self.cost_so_far.map_or_else(String::new, |cost| format!("{cost:.4} so far, "));
        match (self.cost_left, self.price_per_hour) {
            (Some(left), Some(price)) => {
                line("Cost", format!("{so_far}about {left:.4} more at {price} a worker and hour"));
            }
            _ => line(
                "Cost",
                "unknown: costPerWorkerHour of the pool, or --price, says what a worker costs".into(),
            ),
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::example;
    use serde_json::{Value, json};

    fn status(phase: &str) -> Value {
        json!({
            "phase": phase, "generation": 10, "generations": 50, "population": 100,
            "estimatedCompletionTime": "1970-01-01T00:03:20Z",
            "evaluations": {"completed": 1000, "distinct": 750, "cached": 250, "perSecond": 30.0},
            "workers": {"desired": 4, "ready": 4}, "cost": {"workerSeconds": 360, "amount": "0.02"},
            "history": [{"generation": 9, "seconds": 2.0}, {"generation": 10, "seconds": 4.0}],
        })
    }

    #[test]
    fn what_is_left_comes_from_what_was_measured() {
        let found = outlook(&example("btc", &status("Running")), Some(0.9), 100).unwrap();
        let text = "\
Measured on the cluster while the job ran

Generations  40 left of 50
Evaluations  about 3,000 left, at most 4,000, 30/s now
Time         about 1 min 40 s left with 4 workers
Cost         0.0200 so far, about 0.1000 more at 0.9 a worker and hour
";
        assert_eq!(found.text(), text);
        // Whoever does not run has no expected end: generations take as long as they took.
        let held = outlook(&example("btc", &status("Suspended")), None, 100).unwrap();
        assert_eq!((held.seconds, held.cost_left), (120.0, None));
        assert!(held.text().contains("--price"));
    }

    #[test]
    fn before_a_generation_and_after_the_end_nothing_is_known() {
        for (phase, generation) in [("Running", 0), ("Succeeded", 50), ("Failed", 3)] {
            let mut status = status(phase);
            status["generation"] = json!(generation);
            assert_eq!(outlook(&example("btc", &status), None, 0), None, "{phase}");
        }
        assert_eq!(outlook(&example("btc", &Value::Null), None, 0), None);
    }
}
