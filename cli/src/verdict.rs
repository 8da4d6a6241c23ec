//! What may be said of a winner, and no more: whether the luck of its trials explains it, whether the holdout agrees,
//! and whether it earned more than the market did by itself.

use crate::champion::metric;
use crate::table::{number, signed_percent, thousands};
use galapagos_run::results::document::{AccountResult, Champion, ResultDocument};

/// Below this deflated Sharpe ratio a result counts as luck (Bailey and Lopez de Prado use the usual 5 %).
pub const LUCK_BELOW: f64 = 0.95;

/// The sentences, one a line.
pub fn sentences(result: &ResultDocument, best: &Champion) -> Vec<String> {
    std::iter::once(luck(result, best)).chain(market(result, best)).collect()
}

fn luck(result: &ResultDocument, best: &Champion) -> String {
    let trials = thousands(i128::from(result.luck.trials));
    match result.luck.deflated_sharpe {
        Some(dsr) if dsr >= LUCK_BELOW => format!(
            "the luck of {trials} trials does not explain the training Sharpe ratio; {}. It is measured against \
             cash: no proof of an edge over the market",
            holdout(best)
        ),
        Some(_) => format!(
            "not distinguishable from the luck of {trials} trials. Use fewer genes, more data, or fewer trials."
        ),
        None => "the deflated Sharpe ratio is not defined for this account: luck is not excluded".to_owned(),
    }
}

/// What rows that no trial had seen say.
fn holdout(best: &Champion) -> String {
    let Some(account) = &best.holdout else { return "there is no holdout to confirm it".to_owned() };
    match metric(Some(account), "sharpe") {
        Some(sharpe) if sharpe > 0.0 => format!("the holdout has the same sign (Sharpe {sharpe:.2})"),
        Some(sharpe) => format!("the holdout does not confirm it (Sharpe {sharpe:.2})"),
        None => "the holdout cannot confirm it (its Sharpe ratio is undefined)".to_owned(),
    }
}

/// Where the winner is below buying and holding the same rows.
fn market(result: &ResultDocument, best: &Champion) -> Option<String> {
    let held = &result.buy_and_hold;
    let training = below("training", Some(&best.training), Some(&held.training));
    let holdout = below("holdout", best.holdout.as_ref(), held.holdout.as_ref());
    let parts: Vec<String> = training.into_iter().chain(holdout).collect();
    (!parts.is_empty()).then(|| format!("below the market: buying and holding had {}", parts.join(", and ")))
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
