//! What may be said of a winner, and no more: whether a search of this size finds as much by luck, what would break it, and
//! whether it earned more than the market did by itself.

use crate::champion::metric;
use crate::table::{number, percent, signed_percent, table, thousands};
use galapagos_run::results::document::{AccountResult, Champion, ResultDocument};
use galapagos_run::results::validation::document::{Confidence, GateResult, Regime, Validation};
use galapagos_run::results::validation::windows::WalkForward;

/// The sentence and the gates, as the end of a run shows them first.
pub fn ladder(validation: &Validation) -> String {
    let word = match validation.validated.as_str() {
        "True" => "VALIDATED: ",
        "False" => "NOT VALIDATED: ",
        _ => "UNDECIDED: ",
    };
    let mut text = format!("Verdict      {word}{}\n", validation.summary);
    if validation.gates.is_empty() {
        return text;
    }
    let row = |gate: &GateResult| {
        let passed = match gate.passed {
            Some(true) => "ok",
            Some(false) => "FAILED",
            None => "not known",
        };
        vec![gate.name.clone(), value(gate, gate.value), needed(gate), passed.to_owned()]
    };
    let rows = validation.gates.iter().map(row).collect();
    for line in table(&["gate", "found", "needed", ""], rows, &["found", "needed"]).lines() {
        text.push_str(&format!("             {line}\n"));
    }
    text
}

/// A value of a gate as people read it. Nothing is rounded up to its threshold.
fn value(gate: &GateResult, value: Option<f64>) -> String {
    match (gate.name.as_str(), value) {
        (_, None) => "-".to_owned(),
        ("lookAhead", Some(passed)) => if passed == 1.0 { "none" } else { "found" }.to_owned(),
        ("trades", Some(trades)) => format!("{trades:.0}"),
        (_, Some(value)) => {
            let text = format!("{value:.3}");
            let misleads =
                gate.passed == Some(false) && text.parse::<f64>().is_ok_and(|shown| shown == gate.threshold);
            if misleads { value.to_string() } else { text }
        }
    }
}

fn needed(gate: &GateResult) -> String {
    match gate.name.as_str() {
        "lookAhead" => "none".to_owned(),
        "costs" | "holdout" => format!("> {}", gate.threshold),
        "pbo" => format!("<= {}", gate.threshold),
        _ => format!(">= {}", gate.threshold),
    }
}

/// What stands behind the gates, by topic.
pub fn reasons(result: &ResultDocument, best: &Champion, validation: &Validation) -> String {
    let mut text = String::new();
    let mut block = |title: &str, lines: Vec<String>| {
        for (i, line) in lines.into_iter().enumerate() {
            text.push_str(&format!("{:13}{line}\n", if i == 0 { title } else { "" }));
        }
    };
    block("Luck", validation.confidence.iter().flat_map(|c| luck(result, c)).collect());
    block("Would break", breaks(validation));
    block("Overfitting", overfitting(result, validation));
    block("Walk-forward", validation.walk_forward.as_ref().map(forward).into_iter().collect());
    block("Market", market(result, best).into_iter().collect());
    text
}

fn luck(result: &ResultDocument, c: &Confidence) -> Vec<String> {
    let searched = thousands(i128::from(result.luck.trials));
    let earlier = match c.prior_trials {
        0 => String::new(),
        n => format!(" and {} of earlier jobs", thousands(i128::from(n))),
    };
    let first = format!(
        "{} different strategies among {searched}{earlier}: luck alone stays below an annual Sharpe of {:.2} in 19 of 20 \
         such searches; this one has {} beyond the market",
        thousands(i128::from(c.effective_trials)),
        c.required_sharpe,
        number(c.timing_sharpe.training, 2),
    );
    let holdout = match (c.timing_sharpe.holdout, c.p_out_of_sample) {
        (sharpe, Some(p)) => format!("holdout {} beyond the market (p {p:.3}); ", number(sharpe, 2)),
        (_, None) => String::new(),
    };
    vec![first, format!("{holdout}confidence {:.3}", c.value)]
}

fn breaks(v: &Validation) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(cost) = v.costs.last() {
        let sharpe = if cost.feasible { number(cost.sharpe, 2) } else { "not feasible".to_owned() };
        parts.push(format!("costs x{} Sharpe {sharpe}", cost.factor));
    }
    if let Some(n) = &v.neighbourhood {
        parts.push(format!("neighbours keep {:.0} %", (n.median * 100.0).floor()));
    }
    if let Some(c) = &v.concentration {
        parts.push(format!("without its 5 best bars {}", signed_percent(Some(c.return_without_best_bars))));
    }
    for regime in v.regimes.iter().flatten().filter(|r| r.bars > 0 && r.returns < 0.0) {
        parts.push(format!("loses in {} months", months(regime)));
    }
    if parts.is_empty() { Vec::new() } else { vec![parts.join(" · ")] }
}

fn months(regime: &Regime) -> &str {
    match regime.market.as_str() {
        "up" => "rising",
        "down" => "falling",
        other => other,
    }
}

fn overfitting(result: &ResultDocument, v: &Validation) -> Vec<String> {
    let mut parts = Vec::new();
    parts.extend(v.pbo.as_ref().map(|p| format!("PBO {:.2}", p.value)));
    if let Some(r) = &v.random_genomes {
        let positive = percent(Some(r.positive)).replace(".0 %", " %");
        parts.push(format!("random genes: median Sharpe {:.2}, {positive} positive", r.median));
    }
    if let Some(dsr) = result.luck.deflated_sharpe {
        parts.push(format!("deflated Sharpe {dsr:.2} (harsh when an edge is real)"));
    }
    if parts.is_empty() { Vec::new() } else { vec![parts.join(" · ")] }
}

/// What the tests of all windows made of it together.
fn forward(walk: &WalkForward) -> String {
    let of = |name| metric(Some(&walk.stitched), name);
    format!(
        "evolved anew {} times and traded forward: Sharpe {}, return {} (p {}) · of the training it keeps {} of the growth a \
         year and {} of the Sharpe ratio",
        walk.windows.len(),
        number(of("sharpe"), 2),
        signed_percent(of("total_return")),
        number(walk.p, 3),
        percent(walk.efficiency),
        percent(walk.sharpe_efficiency),
    )
}

/// Where the winner is below buying and holding the same rows.
fn market(result: &ResultDocument, best: &Champion) -> Option<String> {
    let held = &result.buy_and_hold;
    let training = below("training", Some(&best.training), Some(&held.training));
    let holdout = below("holdout", best.holdout.as_ref(), held.holdout.as_ref());
    let parts: Vec<String> = training.into_iter().chain(holdout).collect();
    (!parts.is_empty()).then(|| format!("it is below: buying and holding had {}", parts.join(", and ")))
}

fn below(rows: &str, ours: Option<&AccountResult>, theirs: Option<&AccountResult>) -> Option<String> {
    let lower = |name: &str, title: &str, show: &dyn Fn(Option<f64>) -> String| {
        let (we, they) = (metric(ours, name)?, metric(theirs, name)?);
        (we < they).then(|| format!("{title} {} against {}", show(Some(they)), show(Some(we))))
    };
    let by = [
        lower("total_return", "a return of", &signed_percent),
        lower("sharpe", "a Sharpe ratio of", &|v| number(v, 2)),
    ];
    let by: Vec<String> = by.into_iter().flatten().collect();
    (!by.is_empty()).then(|| format!("{} on the {rows} rows", by.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(name: &str, value: f64, threshold: f64, passed: bool) -> GateResult {
        let name = name.to_owned();
        GateResult { name, value: Some(value), threshold, passed: Some(passed), sentence: String::new() }
    }

    #[test]
    fn a_value_never_looks_like_the_threshold_that_it_missed() {
        let shown = |g: GateResult| (value(&g, g.value), needed(&g));
        let close = shown(gate("confidence", 0.949_96, 0.95, false));
        assert_eq!(close, ("0.94996".to_owned(), ">= 0.95".to_owned()));
        assert_eq!(shown(gate("confidence", 0.9581, 0.95, true)).0, "0.958");
        assert_eq!(shown(gate("costs", 0.0, 0.0, false)), ("0".to_owned(), "> 0".to_owned()));
        assert_eq!(shown(gate("trades", 41.0, 10.0, true)), ("41".to_owned(), ">= 10".to_owned()));
        assert_eq!(shown(gate("lookAhead", 1.0, 1.0, true)), ("none".to_owned(), "none".to_owned()));
    }
}
