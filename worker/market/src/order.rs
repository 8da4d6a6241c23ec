//! The order of rows: parts of a symbol joined by time, each time once.

use crate::check::SymbolReport;
use crate::columns::ColumnRole;
use crate::error::Result;
use crate::raw::RawRows;
use crate::stamp::show;

/// Row `at` of part `part`.
pub(crate) type Origin = (u32, u32);

/// Turns descending parts round and checks that each part rises; parts that overlap are merged by time.
pub(crate) fn in_order(parts: &mut [RawRows], report: &mut SymbolReport) -> Result<Vec<Origin>> {
    for part in parts.iter_mut() {
        if part.time_ms.first() > part.time_ms.last() {
            part.reverse();
            report.notes.push(format!(
                "{}: rows were newest first and were turned round",
                part.source.file.display()
            ));
        }
        let times = &part.time_ms;
        if let Some(at) = (1..times.len()).find(|&i| times[i] < times[i - 1]) {
            let problem =
                format!("is before the row above it ({}): {}", show(times[at - 1]), unsorted(part, at));
            return Err(part.source.wrong(ColumnRole::Time, part.row[at], show(times[at]), problem));
        }
    }
    parts.sort_by_key(|p| p.time_ms.first().copied());
    let mut order: Vec<Origin> = Vec::with_capacity(parts.iter().map(RawRows::len).sum());
    for (p, part) in parts.iter().enumerate() {
        order.extend((0..part.len()).map(|r| (p as u32, r as u32)));
    }
    if parts.windows(2).any(|w| w[0].time_ms.last() > w[1].time_ms.first()) {
        order.sort_by_key(|&(p, r)| parts[p as usize].time_ms[r as usize]);
    }
    Ok(order)
}

/// How far clocks are put back.
const HOUR_MS: i64 = 3_600_000;

/// What may be the cause where times fall.
fn unsorted(part: &RawRows, at: usize) -> &'static str {
    let back = part.time_ms[at - 1] - part.time_ms[at];
    if part.zoneless && back < HOUR_MS && at + 1 < part.len() && part.time_ms[at + 1] > part.time_ms[at] {
        "where a clock was put back, the times are local: name their zone, as --timezone America/New_York; else sort \
         the file by time"
    } else {
        "sort the file by time, or, if it holds several symbols, say which column names them with --columns symbol=NAME"
    }
}

/// What may be the cause where a time comes twice.
fn twice(part: &RawRows, other: &RawRows) -> &'static str {
    if part.zoneless && other.zoneless {
        "only you can say which is right. If it is the hour that a local clock has twice when it is put back, name the \
         zone, as --timezone America/New_York; if the rows are of several symbols, the column that names them, with \
         --columns symbol=NAME"
    } else {
        "only you can say which is right; if they are of several symbols, say which column names them with --columns \
         symbol=NAME"
    }
}

fn time_of(parts: &[RawRows], (p, r): Origin) -> i64 {
    parts[p as usize].time_ms[r as usize]
}

/// Drops rows that are there twice, where that may be repaired.
///
/// # Errors
/// `Invalid` at the first of them otherwise.
pub(crate) fn drop_duplicates(
    order: &mut Vec<Origin>,
    parts: &[RawRows],
    repair: bool,
    report: &mut SymbolReport,
) -> Result<()> {
    let same = |a: Origin, b: Origin| {
        let (x, y) = (&parts[a.0 as usize], &parts[b.0 as usize]);
        let (i, j) = (a.1 as usize, b.1 as usize);
        (0..4).all(|c| x.price(c, i).stripped() == y.price(c, j).stripped())
            && x.volume.get(i) == y.volume.get(j)
    };
    let before = order.len();
    let mut kept = 0;
    for i in 0..order.len() {
        if kept > 0 && time_of(parts, order[kept - 1]) == time_of(parts, order[i]) {
            let (p, r) = order[i];
            let part = &parts[p as usize];
            let (other, at) = (&parts[order[kept - 1].0 as usize], order[kept - 1].1 as usize);
            let location =
                format!("{} {} of {}", other.source.unit, other.row[at], other.source.file.display());
            let problem = match (same(order[kept - 1], order[i]), repair) {
                (true, true) => continue,
                (true, false) => {
                    format!("is there already with the same values ({location}): drop it, or use --repair")
                }
                (false, _) => {
                    format!("is there already with other values ({location}): {}", twice(part, other))
                }
            };
            return Err(part.source.wrong(
                ColumnRole::Time,
                part.row[r as usize],
                show(part.time_ms[r as usize]),
                problem,
            ));
        }
        order[kept] = order[i];
        kept += 1;
    }
    order.truncate(kept);
    report.duplicates_dropped = (before - kept) as u64;
    Ok(())
}
