//! `galapagos front`: which of the individuals that nothing dominates to take.

use std::path::Path;

use crate::exit::{CommandError, CommandResult};
use crate::names::unknown;
use crate::neighbours::arguments::MapOutput;
use crate::opened::{file, read};
use crate::table::{number, table};
use crate::terminal;
use clap::ValueEnum;
use galapagos_run::engine::evaluation::Metric;
use galapagos_run::results::front::{self, Choice, Front, FrontPoint};
use serde_json::json;

/// Choose among the individuals of a run with several objectives that no other one dominates
///
/// Each objective is measured by its range on the front. The limits leave points out before anything is chosen; the ranges
/// stay those of the whole front.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos front results/galapagos/runs/local/my-job/5f3a.../result
  galapagos front .../result/result.json --method utility --weight sharpe=2 --weight max_drawdown=1
  galapagos front .../result --limit 'max_drawdown<=0.2' --limit 'trades>=30' --top 20 -o csv > front.csv")]
pub struct Arguments {
    /// A run, its folder result, or its result.json
    #[arg(value_name = "RESULT")]
    pub result: String,
    /// What comes first
    #[arg(long, value_enum, default_value_t)]
    pub method: Method,
    /// How much an objective counts with --method utility; absent ones count 1
    #[arg(long, value_name = "OBJECTIVE=W")]
    pub weight: Vec<String>,
    /// Only points that keep this bound on a metric or objective, as 'max_drawdown<=0.2'
    #[arg(long, value_name = "METRIC<=X")]
    pub limit: Vec<String>,
    /// Points that are shown
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    pub top: u16,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: MapOutput,
}

/// How a point of a front is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Farthest below the plane through the ends of the front.
    #[default]
    Knee,
    /// Nearest to the best values of all objectives at once.
    Ideal,
    /// The best sum of all objectives, weighted.
    Utility,
}

/// Runs `galapagos front`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let path = file(Path::new(&arguments.result));
    let document = read(&path)?;
    let Some(front) = document.front else {
        return Err(CommandError::invalid(format!(
            "{}: its job has one objective, so there is no front; name two to four in spec.objectives",
            path.display()
        )));
    };
    let weights = weights(&arguments, &front)?;
    let limits =
        arguments.limit.iter().map(|text| limit(text, &front)).collect::<CommandResult<Vec<Bound>>>()?;
    if front.points.is_empty() {
        let text = "the front has no point: no individual could be evaluated; the table evaluations.parquet says why";
        return Err(CommandError::NoneFeasible(text.to_owned()));
    }
    let ordered = ordered(&front, arguments.method, &weights, &limits);
    if ordered.is_empty() {
        let text = format!("no point of the front keeps {}", arguments.limit.join(" and "));
        return Err(CommandError::NoneFeasible(text));
    }
    let shown: Vec<FrontPoint> =
        ordered.into_iter().take(arguments.top.into()).map(|at| front.points[at].clone()).collect();
    match arguments.output {
        MapOutput::Table => terminal::print(&to_text(&front, &shown)),
        MapOutput::Json => terminal::print_json(&json!({
            "objectives": front.objectives,
            "count": front.count,
            "hypervolume": front.hypervolume,
            "reference": front.reference,
            "feasible": front.feasible,
            "points": shown,
        })),
        MapOutput::Csv => {
            let mut out = Vec::new();
            let written = front::table(&mut out, &Front { points: shown, ..front });
            written.map_err(|e| CommandError::Internal(e.into()))?;
            terminal::print(&String::from_utf8_lossy(&out))
        }
    }
}

/// The points that keep the limits, the best by the method first; those of equal worth as the front has them. One that is
/// not feasible is ordered by what it breaks, which the front has done.
fn ordered(front: &Front, method: Method, weights: &[f64], limits: &[Bound]) -> Vec<usize> {
    let choice = match method {
        Method::Knee => Choice::Knee,
        Method::Ideal => Choice::Ideal,
        Method::Utility => Choice::Utility,
    };
    let distances = front.distances(choice, weights);
    let kept = |&at: &usize| limits.iter().all(|bound| bound.is_kept(front, &front.points[at]));
    let mut order: Vec<usize> = (0..front.points.len()).filter(kept).collect();
    if front.feasible {
        order.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]).then(a.cmp(&b)));
    }
    order
}

fn weights(arguments: &Arguments, front: &Front) -> CommandResult<Vec<f64>> {
    let mut weights = vec![1.0; front.objectives.len()];
    let names: Vec<&str> = front.objectives.iter().map(|o| o.name.as_str()).collect();
    if !arguments.weight.is_empty() && arguments.method != Method::Utility {
        let text = "--weight: only --method utility weighs the objectives; add it, or leave the weights out";
        return Err(CommandError::invalid(text));
    }
    for text in &arguments.weight {
        let parts =
            text.split_once('=').and_then(|(name, w)| Some((name.trim(), w.trim().parse::<f64>().ok()?)));
        let Some((name, weight)) = parts.filter(|(_, w)| w.is_finite() && *w >= 0.0) else {
            let text =
                format!("--weight {text}: write OBJECTIVE=W with a number that is not negative, as sharpe=2");
            return Err(CommandError::invalid(text));
        };
        let Some(at) = names.iter().position(|n| *n == name) else {
            let text = unknown("objective", name, names.iter().copied());
            return Err(CommandError::invalid(format!("--weight: {text}")));
        };
        weights[at] = weight;
    }
    Ok(weights)
}

/// A bound of the command line.
struct Bound {
    name: String,
    at_most: bool,
    value: f64,
}

impl Bound {
    /// An undefined number keeps no bound.
    fn is_kept(&self, front: &Front, point: &FrontPoint) -> bool {
        let objective = front.objectives.iter().position(|o| o.name == self.name);
        let value = match objective {
            Some(at) => point.values.get(at).copied().flatten(),
            None => point.metrics.get(&self.name).copied().flatten(),
        };
        value.is_some_and(|v| if self.at_most { v <= self.value } else { v >= self.value })
    }
}

fn limit(text: &str, front: &Front) -> CommandResult<Bound> {
    let (at_most, parts) = match (text.split_once("<="), text.split_once(">=")) {
        (Some(parts), _) => (true, Some(parts)),
        (None, parts) => (false, parts),
    };
    let parts = parts.and_then(|(name, x)| Some((name.trim(), x.trim().parse::<f64>().ok()?)));
    let Some((name, value)) = parts.filter(|(_, x)| x.is_finite()) else {
        let text = format!("--limit {text}: write METRIC<=X or METRIC>=X in quotes, as 'max_drawdown<=0.2'");
        return Err(CommandError::invalid(text));
    };
    let mut known: Vec<&str> = front.objectives.iter().map(|o| o.name.as_str()).collect();
    for name in front.points.first().iter().flat_map(|p| p.metrics.keys()).map(String::as_str) {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    if !known.contains(&name) {
        let text = match Metric::from_name(name) {
            Some(_) => {
                format!("the job does not compute {name} of each individual (it has: {})", known.join(", "))
            }
            None => unknown("metric", name, known),
        };
        return Err(CommandError::invalid(format!("--limit: {text}")));
    }
    Ok(Bound { name: name.to_owned(), at_most, value })
}

fn to_text(front: &Front, shown: &[FrontPoint]) -> String {
    let volume = number(Some(front.hypervolume), 4);
    let head = if front.feasible {
        format!("{} individuals that no other dominates; they dominate a volume of {volume}", front.count)
    } else {
        "no individual is feasible: these break the limits least".to_owned()
    };
    let mut header = vec!["strategy".to_owned()];
    for objective in &front.objectives {
        header.push(objective.name.clone());
        header.push(format!("{} holdout", objective.name));
    }
    header.push("dsr".to_owned());
    if !front.feasible {
        header.push("violation".to_owned());
    }
    header.push("genes".to_owned());
    let rows = shown.iter().map(|point| {
        let mut row = vec![point.strategy.clone()];
        for (i, value) in point.values.iter().enumerate() {
            row.push(number(*value, 4));
            row.push(number(point.holdout.as_ref().and_then(|h| h.get(i).copied().flatten()), 4));
        }
        row.push(number(point.deflated_sharpe, 3));
        if !front.feasible {
            row.push(number(Some(point.violation), 4));
        }
        let genes: Vec<String> = point.genome.iter().map(|(name, value)| format!("{name} {value}")).collect();
        row.push(genes.join("  "));
        row
    });
    let names: Vec<&str> = header.iter().map(String::as_str).collect();
    format!("{head}\n\n{}", table(&names, rows.collect(), &names[1..names.len() - 1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn a_front() -> Front {
        let point = |sharpe: f64, drawdown: f64, trades: f64| {
            json!({
                "strategy": "x", "genome": {"n": trades.to_string()}, "class": "feasible", "violation": 0.0, "values": [sharpe, drawdown],
                "holdout": null, "crowding": null, "deflated_sharpe": null, "metrics": {"trades": trades},
            })
        };
        let points: Vec<Value> =
            vec![point(4.0, 0.5, 9.0), point(3.8, 0.25, 30.0), point(2.9, 0.16, 50.0), point(2.0, 0.1, 80.0)];
        let goals = [("sharpe", "Maximize"), ("max_drawdown", "Minimize")];
        let objectives = goals.map(|(name, goal)| json!({"name": name, "goal": goal}));
        serde_json::from_value(json!({
            "objectives": objectives, "count": 4, "hypervolume": 1.0, "reference": [0.0, 1.0], "feasible": true,
            "points": points,
        }))
        .unwrap()
    }

    fn first(method: Method, weights: &[f64], limits: &[&str]) -> Option<usize> {
        let front = a_front();
        let limits: Vec<Bound> = limits.iter().map(|text| limit(text, &front).unwrap()).collect();
        ordered(&front, method, weights, &limits).first().copied()
    }

    #[test]
    fn the_first_is_what_the_method_likes_best_among_those_that_keep_the_limits() {
        assert_eq!(first(Method::Knee, &[1.0, 1.0], &[]), Some(1));
        assert_eq!(first(Method::Utility, &[9.0, 0.1], &[]), Some(0));
        assert_eq!(first(Method::Utility, &[0.1, 9.0], &[]), Some(3));
        assert_eq!(first(Method::Knee, &[1.0, 1.0], &["max_drawdown <= 0.2"]), Some(2));
        assert_eq!(first(Method::Knee, &[1.0, 1.0], &["trades>=60"]), Some(3));
        assert_eq!(first(Method::Knee, &[1.0, 1.0], &["trades>=99"]), None);
    }

    #[test]
    fn a_limit_that_cannot_be_read_is_refused_with_what_to_write() {
        let front = a_front();
        let said = |text: &str| limit(text, &front).err().unwrap().message();
        assert!(said("trades<60").starts_with("--limit trades<60: write METRIC<=X"), "{}", said("trades<60"));
        assert!(said("trade>=1").contains("did you mean \"trades\"?"), "{}", said("trade>=1"));
        assert!(said("calmar>=1").contains("does not compute calmar"), "{}", said("calmar>=1"));
    }
}
