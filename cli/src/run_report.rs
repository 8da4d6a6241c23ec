//! The end of a run, as JSON and for people.

use crate::table::{number, percent, signed_percent, thousands};
use galapagos_worker::results::document::{Account, Champion, MetricMap, ResultDocument};
use serde_json::{Value, json};
use std::path::Path;

/// Below this deflated Sharpe ratio a result counts as luck (Bailey and Lopez de Prado use the usual 5 %).
const CONVINCING: f64 = 0.95;

/// The document of the contract, exactly.
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

/// The panel.
pub fn to_text(result: &ResultDocument, folder: &Path) -> String {
    let mut text = String::new();
    match (&result.best, result.species.first()) {
        (Some(best), _) => panel(&mut text, result, best),
        (None, Some(_)) => {
            text.push_str(
                "No feasible individual: each is outside a limit or has no usable account. The nearest:\n",
            );
            for champion in &result.species {
                let reason = champion.training.reason.as_deref().unwrap_or("outside limits");
                text.push_str(&format!(
                    "  {}  {}: {} ({reason})\n",
                    champion.strategy,
                    genes(champion),
                    champion.class
                ));
            }
            text.push_str("Loosen the limits, widen the genes, or give more data.\n");
        }
        (None, None) => text.push_str("No individual could be evaluated.\n"),
    }
    if !result.reproducible {
        text.push_str(&format!(
            "Exceptions   {} individuals could not be evaluated: the result is not reproducible without them\n",
            result.evaluations.exceptions
        ));
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
    text
}

fn panel(text: &mut String, result: &ResultDocument, best: &Champion) {
    let train = &best.training.metrics;
    let held = best.holdout.as_ref().map(|a| &a.metrics);
    // Buy and hold on the window that counts: the holdout if there is one.
    let (still, window): (&Account, &str) = match &result.buy_and_hold.holdout {
        Some(account) => (account, "buy & hold (holdout)"),
        None => (&result.buy_and_hold.training, "buy & hold"),
    };
    let still = &still.metrics;
    let cell = |of: Option<&MetricMap>, name: &str, show: &dyn Fn(Option<f64>) -> String| {
        of.map_or_else(|| "-".to_owned(), |m| show(m.get(name).copied().flatten()))
    };
    let plain = |decimals: usize| move |v: Option<f64>| number(v, decimals);
    text.push_str(&format!("Best   {}  {}\n", best.strategy, genes(best)));
    text.push_str(&format!("       reproduce: {}\n", result.reproduce));
    text.push_str(&format!("{:12}{:>12}{:>12}{:>23}\n", "", "train", "holdout", window));
    let mut row = |title: &str, name: &str, show: &dyn Fn(Option<f64>) -> String, note: String| {
        let line = format!(
            "{title:12}{:>12}{:>12}{:>23}     {note}",
            cell(Some(train), name, show),
            cell(held, name, show),
            cell(Some(still), name, show),
        );
        text.push_str(line.trim_end());
        text.push('\n');
    };
    row("Sharpe", "sharpe", &plain(2), String::new());
    let drawdowns = [Some(train), held, Some(still)].map(|m| cell(m, "max_drawdown", &percent));
    row("Return", "total_return", &signed_percent, format!("max drawdown {}", drawdowns.join(" / ")));
    let fees = [Some(train), held, Some(still)].map(|m| cell(m, "fees", &plain(0)));
    row("Trades", "trades", &plain(0), format!("fees {}", fees.join(" / ")));
    let luck = &result.luck;
    let trials = thousands(i128::from(luck.trials));
    let effective = luck.effective_trials.map_or_else(String::new, |n| format!(" (N_eff {n:.0})"));
    let verdict = match luck.deflated_sharpe {
        Some(dsr) if dsr >= CONVINCING => {
            format!("more than the luck of {trials} trials explains; the holdout has the last word")
        }
        Some(_) => "not distinguishable from luck. Use fewer genes, more data, or fewer trials.".to_owned(),
        None => "the deflated Sharpe ratio is not defined for this account".to_owned(),
    };
    text.push_str(&format!(
        "Overfitting {trials} trials{effective}: deflated Sharpe {} (convincing: >= {CONVINCING})\nVerdict     {verdict}\n",
        number(luck.deflated_sharpe, 2)
    ));
    if result.optimistic {
        text.push_str("Optimistic  filled at the close that decided, which nobody can\n");
    }
}

fn genes(champion: &Champion) -> String {
    champion.genome.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join("  ")
}
