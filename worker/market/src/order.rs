//! The order of rows: parts of a symbol joined by time, each time once.

use crate::check::SymbolReport;
use crate::columns::ColumnRole;
use crate::decimal::Decimal;
use crate::error::Result;
use crate::raw::{RawBlock, RawRows};
use crate::stamp::show;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Checks that each part rises, or falls throughout: then its rows are read from the end. Sorts the parts by their first
/// times.
///
/// # Errors
/// `Invalid` at the first time that is before the one above it, or at that below it where the newest row comes first.
pub(crate) fn in_order(parts: &mut [RawRows], report: &mut SymbolReport) -> Result<()> {
    for part in parts.iter() {
        let newest_first = is_newest_first(part);
        if newest_first {
            report.notes.push(format!(
                "{}: rows were newest first and were turned round",
                part.source.file.display()
            ));
        }
        let facts = &part.facts;
        if !(if newest_first { facts.never_rises } else { facts.never_falls }) {
            unsorted(part)?;
        }
    }
    parts.sort_by_key(|part| times(part).0);
    Ok(())
}

/// Whether the rows of a part are to be read from the end.
pub(crate) fn is_newest_first(part: &RawRows) -> bool {
    part.facts.first_ms > part.facts.last_ms
}

/// The first and the last time of a part in order.
fn times(part: &RawRows) -> (Option<i64>, Option<i64>) {
    let (first, last) = (part.facts.first_ms, part.facts.last_ms);
    if first > last { (last, first) } else { (first, last) }
}

/// Whether no time can be there twice.
fn are_apart(parts: &[RawRows]) -> bool {
    let strict = |part: &RawRows| part.facts.rises || part.facts.falls;
    parts.iter().all(strict) && parts.windows(2).all(|pair| times(&pair[0]).1 < times(&pair[1]).0)
}

/// A place in a part, from its oldest row on.
struct Walk<'a> {
    newest_first: bool,
    /// Blocks that come after this one.
    blocks: Box<dyn Iterator<Item = Result<Cow<'a, RawBlock>>> + 'a>,
    block: Cow<'a, RawBlock>,
    /// Rows of the block that were passed.
    passed: usize,
}

impl<'a> Walk<'a> {
    fn new(part: &'a RawRows) -> Self {
        let newest_first = is_newest_first(part);
        let blocks: Box<dyn Iterator<Item = _>> =
            if newest_first { Box::new(part.blocks.iter().rev()) } else { Box::new(part.blocks.iter()) };
        Self { newest_first, blocks, block: Cow::Owned(RawBlock::default()), passed: 0 }
    }

    /// The next row of the block, after which comes another block if there is one.
    fn next(&mut self) -> Result<Option<usize>> {
        while self.passed >= self.block.time_ms.len() {
            let Some(block) = self.blocks.next() else { return Ok(None) };
            (self.block, self.passed) = (block?, 0);
        }
        let rows = self.block.time_ms.len();
        Ok(Some(if self.newest_first { rows - 1 - self.passed } else { self.passed }))
    }
}

/// Looks at the rows of all parts by their time; of one time, in the order of the parts. What is looked at is the number
/// of the part, a block of it, and a row of that.
///
/// # Errors
/// Those of `look`, and `Io` if a block cannot be read back.
pub(crate) fn each_row(
    parts: &[RawRows],
    mut look: impl FnMut(usize, &RawBlock, usize) -> Result<()>,
) -> Result<()> {
    if !parts.windows(2).any(|pair| times(&pair[0]).1 > times(&pair[1]).0) {
        for (at, part) in parts.iter().enumerate() {
            let mut walk = Walk::new(part);
            while let Some(row) = walk.next()? {
                look(at, &walk.block, row)?;
                walk.passed += 1;
            }
        }
        return Ok(());
    }
    // Parts that overlap are merged; a part is opened when its first row is next.
    let mut open: BTreeMap<(i64, usize), (Walk<'_>, usize)> = BTreeMap::new();
    let mut waiting = parts.iter().enumerate().peekable();
    loop {
        let next = open.first_key_value().map(|((ms, _), _)| *ms);
        if let Some((at, part)) = waiting.next_if(|(_, part)| next.is_none_or(|ms| times(part).0 <= Some(ms)))
        {
            let mut walk = Walk::new(part);
            if let Some(row) = walk.next()? {
                open.insert((walk.block.time_ms[row], at), (walk, row));
            }
            continue;
        }
        let Some(((_, at), (mut walk, row))) = open.pop_first() else { return Ok(()) };
        look(at, &walk.block, row)?;
        walk.passed += 1;
        if let Some(row) = walk.next()? {
            open.insert((walk.block.time_ms[row], at), (walk, row));
        }
    }
}

/// How far clocks are put back.
const HOUR_MS: i64 = 3_600_000;

/// The error of the first row of `part` whose time is before that above it.
fn unsorted(part: &RawRows) -> Result<()> {
    let mut above: Option<i64> = None;
    let mut found: Option<(i64, i64, u64)> = None;
    let mut after: Option<i64> = None;
    each_row(std::slice::from_ref(part), |_, block, at| {
        let ms = block.time_ms[at];
        match (found, above) {
            (None, Some(above)) if ms < above => found = Some((above, ms, block.row[at])),
            (Some(_), _) => {
                after.get_or_insert(ms);
            }
            _ => {}
        }
        above = Some(ms);
        Ok(())
    })?;
    let Some((above, ms, row)) = found else { return Ok(()) };
    let back = above - ms;
    let cause = if part.zoneless && back < HOUR_MS && after.is_some_and(|after| after > ms) {
        "where a clock was put back, the times are local: name their zone, as --timezone America/New_York; else sort \
         the file by time"
    } else {
        "sort the file by time, or, if it holds several symbols, say which column names them with --columns symbol=NAME"
    };
    let problem = format!("is before the row above it ({}): {cause}", show(above));
    Err(part.source.wrong(ColumnRole::Time, row, show(ms), problem))
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

/// A row that was kept, for comparison with the next.
struct Kept {
    part: usize,
    time_ms: i64,
    prices: [Decimal; 4],
    volume: Option<f64>,
    row: u64,
}

impl Kept {
    fn of(parts: &[RawRows], part: usize, block: &RawBlock, at: usize) -> Self {
        let prices = [0, 1, 2, 3].map(|column| parts[part].view.price(block, column, at).stripped());
        let volume = block.volume.get(at).copied();
        Kept { part, time_ms: block.time_ms[at], prices, volume, row: block.row[at] }
    }

    fn is_same(&self, other: &Kept) -> bool {
        self.prices == other.prices && self.volume == other.volume
    }
}

/// Counts rows that are there twice, where that may be repaired: then only the first is to be used.
///
/// # Errors
/// `Invalid` at the first of them otherwise.
pub(crate) fn count_duplicates(parts: &[RawRows], repair: bool) -> Result<u64> {
    if are_apart(parts) {
        return Ok(0);
    }
    let (mut kept, mut count): (Option<Kept>, u64) = (None, 0);
    each_row(parts, |at, block, row| {
        let here = Kept::of(parts, at, block, row);
        let Some(there) = kept.as_ref().filter(|kept| kept.time_ms == here.time_ms) else {
            kept = Some(here);
            return Ok(());
        };
        let (part, other) = (&parts[at], &parts[there.part]);
        let location = format!("{} {} of {}", other.source.unit, there.row, other.source.file.display());
        let problem = match (here.is_same(there), repair) {
            (true, true) => {
                count += 1;
                return Ok(());
            }
            (true, false) => {
                format!("is there already with the same values ({location}): drop it, or use --repair")
            }
            (false, _) => {
                format!("is there already with other values ({location}): {}", twice(part, other))
            }
        };
        Err(part.source.wrong(ColumnRole::Time, here.row, show(here.time_ms), problem))
    })?;
    Ok(count)
}
