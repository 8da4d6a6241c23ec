//! The result of a back-test, as JSON and for people.

use super::single::Done;
use crate::exit::CommandResult;
use crate::output::Output;
use crate::table::{number, percent, signed_percent, table, thousands};
use crate::{terminal, times};
use galapagos_manifest::Dates;
use galapagos_run::engine::bars::Bars;
use galapagos_run::engine::evaluation::{Evaluation, Metric};
use serde_json::{Map, Value, json};

/// Prints metrics and trades of a back-test, as text or JSON.
pub fn print(done: &Done, output: Output) -> CommandResult {
    match output {
        Output::Json => terminal::print_json(&to_json(done)),
        Output::Table => terminal::print(&to_text(done)),
    }
}

/// Metrics by name; `null` where undefined.
pub fn metrics(evaluation: &Evaluation) -> Value {
    let entry = |m: Metric| {
        let value = evaluation.metrics.get(m);
        let whole = matches!(m, Metric::Trades);
        let value = value.map(|v| if whole { json!(v as i64) } else { json!(v) });
        (m.name().to_owned(), value.unwrap_or(Value::Null))
    };
    Value::Object(Metric::ALL.into_iter().map(entry).collect())
}

/// The document that `-o json` prints; `symbols`, `reason` and `optimistic` besides, and `dates` if some were asked for.
pub fn to_json(done: &Done) -> Value {
    let bars = counted(done);
    let (from, to) = range(&bars);
    let all = &done.report.evaluation;
    let genome: Map<String, Value> =
        done.strategy.pairs(&done.genome).into_iter().map(|(name, text)| (name, json!(text))).collect();
    let symbols: Map<String, Value> = done
        .report
        .per_symbol
        .iter()
        .map(|s| {
            let reason = s.evaluation.reason.map(|r| r.name());
            (s.symbol.clone(), json!({"metrics": metrics(&s.evaluation), "reason": reason}))
        })
        .collect();
    let dates = done.data.dates;
    let mut document = json!({
        "strategy": done.strategy.name(),
        "genome": genome,
        "dataset": {
            "name": done.data.name,
            "digest": done.data.digest,
            "bars": bars.iter().map(Bars::len).sum::<usize>(),
            "from": times::rfc3339(from),
            "to": times::rfc3339(to),
        },
        "warm_up_bars": done.warm_up,
        "open_position": all.open_position,
        "optimistic": done.optimistic(),
        "reason": all.reason.map(|r| r.name()),
        "metrics": metrics(all),
        "sums": {"s1": all.s1.to_string(), "s2": all.s2.to_string()},
        "symbols": symbols,
    });
    if dates != Dates::default() {
        let show = |ms: Option<i64>| ms.map(times::rfc3339);
        document["dates"] = json!({"from": show(dates.from_ms), "to": show(dates.to_ms)});
    }
    document
}

fn to_text(done: &Done) -> String {
    let bars = counted(done);
    let (from, to) = range(&bars);
    let all = &done.report.evaluation;
    let get = |m: Metric| all.metrics.get(m);
    let genes: Vec<String> =
        done.strategy.pairs(&done.genome).into_iter().map(|(name, text)| format!("{name} {text}")).collect();
    let count: usize = bars.iter().map(Bars::len).sum();
    let mut text = format!(
        "{}  {}\n{}, {} bars of {} .. {}, warm-up {}\n{}\n\n",
        done.strategy.name(),
        genes.join("  "),
        done.data.name,
        thousands(count as i128),
        times::short(from),
        times::short(to),
        done.warm_up,
        done.data.digest,
    );
    let row = |name: &str, value: String, note: String| vec![name.to_owned(), value, note];
    let rows = vec![
        row("sharpe", number(get(Metric::Sharpe), 3), format!("sortino {}", number(get(Metric::Sortino), 3))),
        row(
            "return",
            signed_percent(get(Metric::TotalReturn)),
            format!("buy & hold {}", signed_percent(get(Metric::BuyAndHoldReturn))),
        ),
        row(
            "a year",
            signed_percent(get(Metric::Cagr)),
            format!("volatility {}", percent(get(Metric::Volatility))),
        ),
        row(
            "max drawdown",
            percent(get(Metric::MaxDrawdown)),
            format!("calmar {}", number(get(Metric::Calmar), 2)),
        ),
        row(
            "trades",
            number(get(Metric::Trades), 0),
            format!(
                "win rate {}, profit factor {}, exposure {}",
                percent(get(Metric::WinRate)),
                number(get(Metric::ProfitFactor), 2),
                percent(get(Metric::Exposure))
            ),
        ),
        row(
            "final equity",
            number(get(Metric::FinalEquity), 2),
            format!("fees {}, funding {}", number(get(Metric::Fees), 2), number(get(Metric::Funding), 2)),
        ),
    ];
    text.push_str(
        &table(&["", "value", ""], rows, &["value"])
            .lines()
            .skip(1)
            .map(|l| format!("{l}\n"))
            .collect::<String>(),
    );
    if done.report.per_symbol.len() > 1 {
        let rows = done.report.per_symbol.iter().map(|s| {
            let get = |m: Metric| s.evaluation.metrics.get(m);
            vec![
                s.symbol.clone(),
                number(get(Metric::Sharpe), 3),
                signed_percent(get(Metric::TotalReturn)),
                percent(get(Metric::MaxDrawdown)),
                number(get(Metric::Trades), 0),
            ]
        });
        let header = ["symbol", "sharpe", "return", "max drawdown", "trades"];
        text.push('\n');
        text.push_str(&table(&header, rows.collect(), &header[1..]));
    }
    if let Some(reason) = all.reason {
        text.push_str(&format!("\nNot feasible: {}\n", reason.name()));
    }
    if done.optimistic() {
        text.push_str("\nOptimistic: filled at the close that decided, which nobody can.\n");
    }
    if all.open_position {
        text.push_str("\nA position is open after the last bar.\n");
    }
    text
}

/// The bars between the dates.
fn counted(done: &Done) -> Vec<Bars<'_>> {
    done.bars().iter().zip(&done.history).map(|(bars, &start)| bars.skip(start)).collect()
}

fn range(bars: &[Bars<'_>]) -> (i64, i64) {
    let from = bars.iter().filter_map(|b| b.time_ms.first()).min().copied().unwrap_or_default();
    let to = bars.iter().filter_map(|b| b.time_ms.last()).max().copied().unwrap_or_default();
    (from, to)
}
