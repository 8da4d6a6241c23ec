//! The band around the account: where it would have been in 90 of 100 histories redrawn from its own returns.

use galapagos_validation::band::band;

use super::account::Account;
use crate::results::document::ResultDocument;

/// Time, lower and upper end in account currency; `seed` is the job's. Nothing, if the result has no bootstrap, or one of
/// its numbers is none.
pub fn of(document: &ResultDocument, account: Option<&Account>, seed: Option<u64>) -> Vec<(i64, f64, f64)> {
    let bootstrap = document.validation.as_ref().and_then(|v| v.bootstrap.as_ref());
    let (Some(bootstrap), Some(account), Some(seed)) = (bootstrap, account, seed) else {
        return Vec::new();
    };
    let returns: Vec<f64> = account.returns.iter().map(|row| row.1).collect();
    if returns.iter().any(|r| !r.is_finite()) {
        return Vec::new();
    }
    // The first row of the account is one return later than its beginning.
    let begin = returns.first().map_or(f64::NAN, |first| account.capital / (1.0 + first));
    let found = band(&returns, bootstrap.mean_block_bars, bootstrap.samples, seed);
    let scaled = found.into_iter().filter_map(|point| {
        let time = account.returns.get(point.returns.checked_sub(1)?)?.0;
        Some((time, begin * point.low, begin * point.high))
    });
    // What is not above 0 has no place on a logarithmic axis.
    scaled.take_while(|point| point.1 > 0.0 && point.2.is_finite()).collect()
}
