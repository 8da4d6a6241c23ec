//! Bars in which nothing was traded: of volume 0, and those that only repeat the close before.

use crate::series::OwnedSeries;
use crate::stamp::show;

/// Without volumes a price may stand still for a while: shorter runs are not mentioned.
const LONG: usize = 10;

/// Whether bar `i` is the close before it in all four prices.
fn stands_still(series: &OwnedSeries, i: usize) -> bool {
    let before = series.close[i - 1];
    [&series.open, &series.high, &series.low, &series.close].iter().all(|column| column[i] == before)
}

/// A sentence on bars in which nothing was traded, if there are any.
pub(crate) fn note(series: &OwnedSeries) -> Option<String> {
    let rows = series.close.len();
    let traded = |v: &Vec<f64>| v.iter().any(|&v| v != 0.0);
    let volume = series.volume.as_ref().filter(|v| traded(v));
    let is_frozen = |i: &usize| stands_still(series, *i) && volume.is_none_or(|v| v[*i] == 0.0);
    let (mut frozen, mut run, mut longest, mut after) = (0, 0, 0, 0);
    for i in 1..rows {
        run = if is_frozen(&i) { run + 1 } else { 0 };
        frozen += usize::from(run > 0);
        if run > longest {
            (longest, after) = (run, i - run);
        }
    }
    let still = |whose: &str| {
        let after = show(series.time_ms[after]);
        format!(
            "{frozen} {whose} are frozen, their prices are the close before: the longest run has {longest} bars after {after}"
        )
    };
    match volume {
        None => (longest >= LONG).then(|| still("bars")),
        Some(volume) => {
            let zeros = volume.iter().filter(|v| **v == 0.0).count();
            let tail = if frozen > 0 { format!("; {}", still("of them")) } else { String::new() };
            (zeros > 0).then(|| format!("{zeros} bars have no volume, nothing is traded in them{tail}"))
        }
    }
}
