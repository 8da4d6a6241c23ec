//! How an estimate is shown: as text or JSON.

use super::Estimate;
use crate::exit::{Blame, CommandResult};
use crate::output::Output;
use crate::table::{bytes, duration, number, table, thousands};
use crate::terminal;
use galapagos_manifest::{Dates, show_stamp};
use galapagos_run::job::dates::between;
use serde_json::json;
use std::time::Duration;

/// Prints the estimate, as text or JSON.
pub fn print(estimate: &Estimate, output: Output) -> CommandResult {
    match output {
        Output::Json => terminal::print_json(&to_json(estimate)?),
        Output::Table => terminal::print(&to_text(estimate)),
    }
}

/// The document of `-o json`.
pub fn to_json(e: &Estimate) -> CommandResult<serde_json::Value> {
    let symbols = e.symbols.iter().map(|s| {
        json!({"symbol": s.symbol, "bars": s.bars, "warm_up_bars": s.warm_up, "warm_up_species": s.species,
               "training_bars": s.training, "holdout_bars": s.holdout})
    });
    let species = e.species.iter().map(|s| {
        json!({"strategy": s.name, "space": s.points.to_string(), "path": s.path, "seconds_per_evaluation": s.seconds})
    });
    let value = json!({
        "job": e.job,
        "symbols": symbols.collect::<Vec<_>>(),
        "from": e.dates.from_ms.map(show_stamp),
        "to": e.dates.to_ms.map(show_stamp),
        "holdout_stamps": e.holdout,
        "species": species.collect::<Vec<_>>(),
        "generations": e.generations,
        "population": e.population,
        "evaluations": u64::try_from(e.evaluations).internal()?,
        "workers": e.cluster.workers,
        "slots_per_worker": e.cluster.slots_per_worker,
        "seconds": e.seconds,
        "start_seconds": e.start_seconds,
        "here": {"slots": e.here.slots, "seconds": e.here.seconds, "memory_bytes": e.memory.here},
        "walk_forward": e.walk_forward.map(|w| json!({
            "windows": w.windows, "runs": w.runs, "seconds": e.here.seconds - e.here.without_windows,
        })),
        "memory_bytes": e.memory.worker,
        "coordinator_memory_bytes": e.memory.coordinator,
        "cost": e.cost(),
        "warnings": e.warnings,
    });
    Ok(value)
}

/// The text for people.
pub fn to_text(e: &Estimate) -> String {
    let mut text = String::new();
    if e.dates != Dates::default() {
        text.push_str(&format!("Dates        {}\n\n", between(&e.dates)));
    }
    let rows = e.symbols.iter().map(|s| {
        vec![
            s.symbol.clone(),
            thousands(s.bars as i128),
            format!("{} ({})", thousands(s.warm_up as i128), s.species.as_deref().unwrap_or("warmupBars")),
            thousands(s.training as i128),
            thousands(s.holdout as i128),
        ]
    });
    let header = ["symbol", "bars", "warm-up (because of)", "training", "holdout"];
    text.push_str(&table(&header, rows.collect(), &["bars", "training", "holdout"]));
    let rows = e.species.iter().map(|s| {
        let points = i128::try_from(s.points).unwrap_or(i128::MAX);
        vec![
            s.name.clone(),
            thousands(points),
            s.path.to_owned(),
            format!("{} ms", number(Some(s.seconds * 1e3), 3)),
        ]
    });
    text.push('\n');
    let header = ["strategy", "space", "path", "an evaluation"];
    text.push_str(&table(&header, rows.collect(), &["space", "an evaluation"]));
    let evaluations = i128::try_from(e.evaluations).unwrap_or(i128::MAX);
    text.push_str(&format!(
        "\nEvaluations  at most {} ({} generations of {})\n",
        thousands(evaluations),
        e.generations,
        thousands(i128::from(e.population))
    ));
    let start = match e.start_seconds {
        0.0 => String::new(),
        s => format!(", and {} until workers have started", time(s)),
    };
    text.push_str(&format!(
        "Time         about {} with {} x {} slots{start}\n",
        time(e.seconds),
        e.cluster.workers,
        e.cluster.slots_per_worker,
    ));
    text.push_str(&format!(
        "Here         about {} with galapagos run and {} slots\nMemory       about {} here; {} a worker, {} its coordinator\n",
        time(e.here.seconds),
        e.here.slots,
        bytes(e.memory.here),
        bytes(e.memory.worker),
        bytes(e.memory.coordinator),
    ));
    if let Some(w) = &e.walk_forward {
        let each = u128::from(e.generations) * u128::from(e.population);
        let all = i128::try_from(u128::from(w.windows) * each).unwrap_or(i128::MAX);
        text.push_str(&format!(
            "Walk-forward {} windows x {} generations x {} = {} evaluations on {:.0} % of the rows = {:.1} more runs, about \
             {} of the time here; {} without it\n",
            w.windows,
            e.generations,
            thousands(i128::from(e.population)),
            thousands(all),
            100.0 * w.runs / f64::from(w.windows),
            w.runs,
            time(e.here.seconds - e.here.without_windows),
            time(e.here.without_windows),
        ));
    }
    match (e.cost(), e.cluster.price_per_hour) {
        (Some(cost), Some(price)) => {
            text.push_str(&format!("Cost         about {cost:.4} at {price} a worker and hour\n"))
        }
        _ => text.push_str(
            "Cost         unknown: name --price, or costPerWorkerHour in a WorkerPool of the file\n",
        ),
    }
    for warning in &e.warnings {
        text.push_str(&format!("Note         {warning}\n"));
    }
    text
}

fn time(seconds: f64) -> String {
    duration(Duration::from_secs_f64(seconds.clamp(0.0, 1e15)))
}
