//! Bars in which nothing was traded: of volume 0, and those that only repeat the close before.

use crate::error::Result;
use crate::series_blocks::{Bar, SeriesBlocks};
use crate::stamp::show;

/// Without volumes a price may stand still for a while: shorter runs are not mentioned.
const LONG: usize = 10;

/// A sentence on bars in which nothing was traded, if there are any; `zeros` of them have no volume, where there are
/// volumes at all.
///
/// # Errors
/// `Io` if a block cannot be read back.
pub(crate) fn note(series: &SeriesBlocks, zeros: Option<usize>) -> Result<Option<String>> {
    let (mut frozen, mut run, mut longest, mut after_ms) = (0, 0, 0, 0);
    let mut before: Option<Bar> = None;
    let mut moved_ms = 0;
    series.each(|bar| {
        let Some(before) = before.replace(bar) else { return Ok(()) };
        let stands_still = bar.prices.iter().all(|price| *price == before.prices[3]);
        if stands_still && (zeros.is_none() || bar.volume == Some(0.0)) {
            moved_ms = if run == 0 { before.time_ms } else { moved_ms };
            run += 1;
            frozen += 1;
        } else {
            run = 0;
        }
        if run > longest {
            (longest, after_ms) = (run, moved_ms);
        }
        Ok(())
    })?;
    let still = |whose: &str| {
        let after = show(after_ms);
        format!(
            "{frozen} {whose} are frozen, their prices are the close before: the longest run has {longest} bars after {after}"
        )
    };
    Ok(match zeros {
        None => (longest >= LONG).then(|| still("bars")),
        Some(zeros) => {
            let tail = if frozen > 0 { format!("; {}", still("of them")) } else { String::new() };
            (zeros > 0).then(|| format!("{zeros} bars have no volume, nothing is traded in them{tail}"))
        }
    })
}
