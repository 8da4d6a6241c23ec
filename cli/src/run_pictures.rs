//! The pictures of a run, written beside `result.json`: `equity.svg`, `fitness.svg`.

use crate::pictures::{equity, fitness, publish};
use anyhow::Context;
use galapagos_worker::engine::bars::Bars;
use galapagos_worker::job::market::Market;
use galapagos_worker::results::document::ResultDocument;
use std::path::Path;

/// Writes what is missing.
pub fn write(folder: &Path, result: &ResultDocument, market: &Market) -> anyhow::Result<()> {
    let path = folder.join("fitness.svg");
    if !path.exists() {
        let objective = result.species.first().map_or("fitness", |s| &s.objective);
        let points = result.generations.iter().map(|g| fitness::Generation {
            number: g.generation,
            best: g.best,
            median: g.median,
        });
        publish(&path, &fitness::svg(&points.collect::<Vec<_>>(), objective)?)?;
    }
    let path = folder.join("equity.svg");
    let table = folder.join("best/equity.csv");
    if !path.exists() && table.exists() {
        publish(&path, &equity::svg(&picture(&table, result, &market.bars())?)?)?;
    }
    Ok(())
}

/// One window of the account.
#[derive(Default)]
struct Part {
    time_ms: Vec<i64>,
    equity: Vec<f64>,
}

/// The account of the best individual: the holdout, which starts anew, is drawn on from the end of the training.
fn picture(table: &Path, result: &ResultDocument, bars: &[Bars<'_>]) -> anyhow::Result<equity::Equity> {
    let [training, holdout] = read(table)?;
    let title = result.best.as_ref().or(result.species.first()).map_or_else(String::new, |b| {
        let genes: Vec<String> = b.genome.iter().map(|(name, value)| format!("{name} {value}")).collect();
        format!("{}: {}", b.strategy, genes.join(", "))
    });
    let holdout_from = holdout.time_ms.first().copied();
    let mut picture = equity::Equity { title, holdout_from, ..equity::Equity::default() };
    let capital = training.equity.first().copied().unwrap_or(1.0);
    let (mut ours, mut theirs) = (capital, capital);
    for part in [training, holdout] {
        let Some((&first, &start)) = part.equity.first().zip(part.time_ms.first()) else { continue };
        let held = holding(bars, start, &part.time_ms);
        let at = |from: f64, scale: f64, values: &[f64]| -> Vec<(i64, f64)> {
            part.time_ms.iter().copied().zip(values.iter().map(|v| from * v / scale)).collect()
        };
        picture.account.extend(at(ours, first, &part.equity));
        picture.buy_and_hold.extend(at(theirs, 1.0, &held));
        ours = picture.account.last().map_or(ours, |p| p.1);
        theirs = picture.buy_and_hold.last().map_or(theirs, |p| p.1);
    }
    Ok(picture)
}

/// What 1 becomes that is spread evenly over the symbols at `start` and held, without costs. A symbol that is not
/// listed yet is cash.
fn holding(bars: &[Bars<'_>], start: i64, stamps: &[i64]) -> Vec<f64> {
    let share = 1.0 / bars.len().max(1) as f64;
    let mut value = vec![0.0; stamps.len()];
    for symbol in bars {
        let close = |stamp: i64| {
            symbol.time_ms.partition_point(|&t| t <= stamp).checked_sub(1).map(|i| symbol.close[i])
        };
        let base = close(start).or(symbol.close.first().copied()).unwrap_or(1) as f64;
        for (sum, &stamp) in value.iter_mut().zip(stamps) {
            *sum += share * close(stamp).map_or(1.0, |c| c as f64 / base);
        }
    }
    value
}

/// Training and holdout of `best/equity.csv`.
fn read(table: &Path) -> anyhow::Result<[Part; 2]> {
    let text = std::fs::read_to_string(table).with_context(|| table.display().to_string())?;
    let mut parts = [Part::default(), Part::default()];
    for line in text.lines().skip(1) {
        let mut cells = line.split(',');
        let row = (|| {
            let time = crate::times::parse(cells.next()?)?;
            let part = usize::from(cells.next()? == "holdout");
            Some((time, part, cells.next()?.parse::<f64>().ok()?))
        })();
        let (time, part, equity) = row.with_context(|| format!("{}: {line:?}", table.display()))?;
        parts[part].time_ms.push(time);
        parts[part].equity.push(equity);
    }
    Ok(parts)
}
