//! What would break the find (contract H13 to H17).

use galapagos_engine::evaluation::Metric;
use galapagos_validation::concentration::{BEST, best_trades, without_best};
use galapagos_validation::periods::{best_block_share, by_year, positive_blocks};
use galapagos_validation::{NullReason, bootstrap as resampling, regimes as markets};

use super::document::{
    Bootstrap, Concentration, CostStress, LookAhead, Neighbourhood, Periods, RandomEntry, Regime, Test, Year,
};
use super::find::{Find, Window};
use super::parts;
use crate::results::ResultError;
use crate::validate::entries::random_entries;
use crate::validate::{costs as dearer, lookahead, neighbourhood as near, trades};

pub(super) fn bootstrap(find: &Find<'_>) -> Result<Bootstrap, NullReason> {
    let spec = &find.spec().bootstrap;
    let paths = resampling::Paths {
        mean_block: spec.mean_block_bars.map(u64::from),
        samples: spec.samples,
        seed: find.seed(),
    };
    let returns = &find.training.report.total.returns;
    let found = resampling::bootstrap(returns, find.bars_per_year(), find.riskless(), paths, find.slots)?;
    Ok(Bootstrap {
        mean_block_bars: found.mean_block,
        samples: found.losses.samples,
        sharpe: found.sharpe,
        total_return: found.total_return,
        max_drawdown: found.max_drawdown,
        p: found.losses.p(),
    })
}

pub(super) fn random_entry(find: &Find<'_>) -> RandomEntry {
    let (training, training_reason) = parts(entries(find, &find.training));
    let held = find.holdout.as_ref().ok_or(NullReason::NoHoldout);
    let (holdout, holdout_reason) = parts(held.and_then(|window| entries(find, window)));
    RandomEntry { training, training_reason, holdout, holdout_reason }
}

fn entries(find: &Find<'_>, window: &Window<'_>) -> Result<Test, NullReason> {
    let samples = find.spec().random_entry.samples;
    let found = random_entries(find.problem, window.part, &find.decoded, window.report, samples, find.slots)?;
    Ok(Test { p: found.hits.p(), hits: found.hits.hits, samples: found.hits.samples, of: found.trades })
}

pub(super) fn costs(find: &Find<'_>) -> Result<Vec<CostStress>, ResultError> {
    let factors: Vec<f64> = find.spec().cost_stress.iter().map(|f| f.to_f64()).collect();
    Ok(dearer::costs(find.problem, &find.decoded, &factors, find.slots)?)
}

pub(super) fn neighbourhood(find: &Find<'_>) -> Result<Result<Neighbourhood, NullReason>, ResultError> {
    let winner = find.metric(Metric::Sharpe).unwrap_or(0.0);
    let found = near::neighbourhood(find.problem, find.species, find.indices, winner, find.slots)?;
    Ok(found.map(|n| Neighbourhood {
        neighbours: n.neighbours,
        median: n.median,
        worst: n.worst,
        losing: n.share_losing,
    }))
}

pub(super) fn periods(find: &Find<'_>) -> Periods {
    let total = &find.training.report.total;
    let blocks = &find.training.report.evaluation.blocks;
    let years: Vec<i32> = total.time_ms.iter().map(|&ms| trades::year(ms)).collect();
    let exits = trades::years(find.training.report, find.problem.bars());
    let (best_block, best_block_share_reason) = parts(best_block_share(blocks));
    let years = by_year(&years, &total.returns, &exits, find.bars_per_year(), find.riskless());
    Periods {
        positive_blocks: positive_blocks(blocks),
        best_block_share: best_block,
        best_block_share_reason,
        years: years
            .into_iter()
            .map(|y| Year { year: y.year, sharpe: y.sharpe, total_return: y.total_return, trades: y.trades })
            .collect(),
    }
}

pub(super) fn regimes(find: &Find<'_>) -> Result<Vec<Regime>, NullReason> {
    let (returns, market) = (&find.training.report.total.returns, &find.training.market.returns);
    let found = markets::regimes(returns, market, find.bars_per_year(), find.riskless())?;
    let shown = |name: &str, r: markets::Regime| Regime {
        market: name.to_owned(),
        bars: r.bars,
        returns: r.return_sum,
        market_returns: r.market_sum,
        sharpe: r.sharpe,
    };
    Ok(vec![shown("up", found.up), shown("sideways", found.sideways), shown("down", found.down)])
}

pub(super) fn concentration(find: &Find<'_>) -> Concentration {
    let report = find.training.report;
    let results = trades::results(report, find.problem.bars());
    let (best_trades_share, best_trades_share_reason) = parts(best_trades(&results, BEST));
    Concentration {
        return_without_best_bars: without_best(&report.total.returns, BEST),
        best_trades_share,
        best_trades_share_reason,
    }
}

pub(super) fn look_ahead(find: &Find<'_>) -> Result<LookAhead, ResultError> {
    Ok(lookahead::look_ahead(find.problem, &find.decoded, find.slots)?)
}
