//! The pictures beside `result.json`: what `equity.svg` and `fitness.svg` show.

use galapagos_engine::backtest::BacktestResult;
use galapagos_engine::bars::Bars;

use super::champions::ChampionAccounts;
use crate::pictures::{PictureError, equity, fitness};
use crate::run::state::GenerationReport;

/// Best and median of each generation.
///
/// # Errors
/// The picture cannot be drawn.
pub fn fitness_svg(generations: &[GenerationReport], objective: &str) -> Result<String, PictureError> {
    let points = generations.iter().map(|g| fitness::Generation {
        number: g.generation,
        best: g.best,
        median: g.median,
    });
    fitness::svg(&points.collect::<Vec<_>>(), objective)
}

/// The account of the best individual beside buy and hold: the holdout, which starts anew, is drawn on from the end of
/// the training.
///
/// # Errors
/// The picture cannot be drawn.
pub fn equity_svg(accounts: &ChampionAccounts, bars: &[Bars<'_>]) -> Result<String, PictureError> {
    let champion = &accounts.champion;
    let genes: Vec<String> = champion.genome.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let holdout_from = accounts.holdout.as_ref().and_then(|h| h.total.time_ms.first().copied());
    let title = format!("{}: {}", champion.strategy, genes.join(", "));
    let mut picture = equity::Equity { title, holdout_from, ..equity::Equity::default() };
    let parts: [Option<&BacktestResult>; 2] = [Some(&accounts.training), accounts.holdout.as_ref()];
    let capital = accounts.training.total.equity.first().copied().unwrap_or(1.0);
    let (mut ours, mut theirs) = (capital, capital);
    for total in parts.into_iter().flatten().map(|report| &report.total) {
        let Some((&first, &start)) = total.equity.first().zip(total.time_ms.first()) else { continue };
        let held = holding(bars, start, &total.time_ms);
        let at = |from: f64, scale: f64, values: &[f64]| -> Vec<(i64, f64)> {
            total.time_ms.iter().copied().zip(values.iter().map(|v| from * v / scale)).collect()
        };
        picture.account.extend(at(ours, first, &total.equity));
        picture.buy_and_hold.extend(at(theirs, 1.0, &held));
        ours = picture.account.last().map_or(ours, |p| p.1);
        theirs = picture.buy_and_hold.last().map_or(theirs, |p| p.1);
    }
    equity::svg(&picture)
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
