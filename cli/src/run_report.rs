//! The end of a run, as JSON and for people.

use crate::champion;
use crate::table::thousands;
use crate::verdict;
use galapagos_run::report::page::REPORT;
use galapagos_run::results::document::{Champion, ResultDocument};
use serde_json::{Value, json};
use std::path::Path;

/// The document that docs/run.md describes, exactly.
pub fn to_json(result: &ResultDocument) -> Value {
    let best = result.best.as_ref().map(|b| {
        json!({
            "strategy": b.strategy,
            "genome": b.genome,
            "fitness": b.fitness,
            "metrics": b.training.metrics,
            "holdout": b.holdout.as_ref().map(|h| &h.metrics),
        })
    });
    let generations = result.generations.iter().map(|g| {
        json!({
            "generation": g.generation, "best": g.best, "median": g.median,
            "diversity": g.diversity, "seconds": g.seconds,
        })
    });
    json!({
        "result_digest": result.result_digest,
        "validation": result.validation,
        "dataset_digest": result.dataset_digest,
        "stopped_by": result.stopped_by,
        "best": best,
        "evaluations": {
            "distinct": result.evaluations.distinct,
            "cached": result.evaluations.cached,
            "failed": result.evaluations.failed,
        },
        "generations": generations.collect::<Vec<_>>(),
        "strategy_bars_per_second": result.strategy_bars_per_second,
    })
}

/// The panel. `limits`: whether the job has any.
pub fn to_text(result: &ResultDocument, folder: &Path, limits: bool) -> String {
    let mut text = String::new();
    match (&result.best, result.species.first()) {
        (Some(best), _) => panel(&mut text, result, best),
        (None, Some(_)) => {
            let outside = if limits { "is outside a limit or " } else { "" };
            text.push_str(&format!(
                "No feasible individual: each {outside}has no usable account. The nearest:\n"
            ));
            for nearest in &result.species {
                text.push_str(&format!(
                    "  {}  {}: {} ({})\n",
                    nearest.strategy,
                    champion::genes(nearest),
                    nearest.class,
                    nearest.objections.join("; "),
                ));
            }
        }
        (None, None) => text.push_str("No individual could be evaluated.\n"),
    }
    if !result.reproducible {
        text.push_str(&format!(
            "Exceptions   {} individuals could not be evaluated: the result is not reproducible without them\n",
            result.evaluations.exceptions
        ));
    }
    if let Some(looks) = result.luck.dataset_holdout_looks.filter(|&looks| looks > 1) {
        text.push_str(&format!("Holdout      this holdout was seen {looks} times, this result included\n"));
    }
    if let Some(dates) = dates(result) {
        text.push_str(&format!("\nDates        {dates}\n"));
    }
    text.push_str(&format!(
        "\nStopped by {} after {} generations: {} distinct, {} cached, {} failed\nResult {}\nFiles in {}\n",
        result.stopped_by,
        result.generations.len(),
        thousands(i128::from(result.evaluations.distinct)),
        thousands(i128::from(result.evaluations.cached)),
        thousands(i128::from(result.evaluations.failed)),
        result.result_digest,
        folder.display(),
    ));
    // A result of an earlier release has none.
    let report = folder.join(REPORT);
    if report.is_file() {
        text.push_str(&format!("Report   {}\n", report.display()));
    }
    text
}

/// The job's dates and the bars between them; `None` without dates.
fn dates(result: &ResultDocument) -> Option<String> {
    let data = &result.data;
    let from = data.from.as_ref().map(|from| format!("from {from} "));
    let to = data.to.as_ref().map(|to| format!("to {to} "));
    if from.is_none() && to.is_none() {
        return None;
    }
    let bars: u64 = data.symbols.iter().map(|s| s.rows).sum();
    let history: u64 = data.symbols.iter().map(|s| s.history).sum();
    let (bars, history) = (thousands(i128::from(bars)), thousands(i128::from(history)));
    let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
    Some(format!("{from}{to}({bars} bars, and {history} before them to warm up)"))
}

fn panel(text: &mut String, result: &ResultDocument, best: &Champion) {
    let held = &result.buy_and_hold;
    let mut columns = vec![("train", Some(&best.training)), ("buy & hold train", Some(&held.training))];
    if held.holdout.is_some() {
        columns.insert(1, ("holdout", best.holdout.as_ref()));
        columns.push(("buy & hold holdout", held.holdout.as_ref()));
    }
    if let Some(validation) = &result.validation {
        text.push_str(&format!("{}\n", verdict::ladder(validation)));
    }
    text.push_str(&format!("Best   {}  {}\n", best.strategy, champion::genes(best)));
    text.push_str(&format!("       reproduce: {}\n\n", result.reproduce));
    text.push_str(&champion::accounts(&best.objective, &columns));
    let symbols = champion::symbols(best);
    if !symbols.is_empty() {
        text.push_str(&format!("\n{symbols}"));
    }
    if result.species.len() > 1 {
        text.push_str(&format!("\n{}", champion::species(&result.species)));
    }
    if let Some(validation) = &result.validation {
        text.push_str(&format!("\n{}", verdict::reasons(result, best, validation)));
    }
    if result.optimistic {
        text.push_str("Optimistic  filled at the close that decided, which nobody can\n");
    }
}

/// What stands between a job and a feasible individual, and what helps; `None` if it has one. `limits`: whether the job
/// has any.
pub fn none_feasible(result: &ResultDocument, limits: bool) -> Option<String> {
    let most = result.excluded.iter().take(3).map(|e| {
        let undefined = match e.undefined {
            0 => String::new(),
            n => format!(", undefined for {}", thousands(i128::from(n))),
        };
        format!("{} excluded {}{undefined}", e.by, thousands(i128::from(e.individuals)))
    });
    let most: Vec<String> = most.collect();
    let because = if most.is_empty() { String::new() } else { format!(": {}", most.join("; ")) };
    let advice = if limits { "Loosen the limits, widen the genes" } else { "Widen the genes" };
    let all = thousands(i128::from(result.evaluations.distinct));
    result
        .best
        .is_none()
        .then(|| format!("none of {all} individuals is feasible{because}. {advice}, or give more data."))
}

/// What `--fail-on-gates` ends with; `None` if the find is validated.
pub fn gates_failed(result: &ResultDocument) -> Option<String> {
    match &result.validation {
        Some(v) if v.validated == "True" => None,
        Some(v) => Some(format!("not validated ({}): {}", v.reason, v.summary)),
        None => Some("not validated: the result is of a release that did not test its winner".to_owned()),
    }
}
