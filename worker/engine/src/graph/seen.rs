//! Columns of another frame, as the rows of this one see them.

use super::ROWS;
use super::blocks::FrameBlocks;
use super::column::{Column, Kind, NEVER, words};
use super::frame::Sight;
use crate::bars::Bars;
use crate::batch::InstructionSet;

/// A frame that is seen from another.
pub(super) struct Child<'a> {
    frame: FrameBlocks<'a>,
    sight: Sight,
    /// Columns of the child, and the columns that see them.
    seen: Vec<(usize, usize, Kind)>,
    /// Of those, what comparisons read.
    compared: Vec<usize>,
    /// What each row of the block sees.
    counts: Vec<(usize, bool)>,
}

impl<'a> Child<'a> {
    /// `seen`: columns of the frame, and those of the one above that see them; `compared`: which of these comparisons read.
    pub fn new(frame: FrameBlocks<'a>, seen: Vec<(usize, usize, Kind)>, compared: Vec<usize>) -> Child<'a> {
        Child { frame, sight: Sight::default(), seen, compared, counts: Vec::new() }
    }

    /// Computes the frame as far as the block sees it, and writes what is seen.
    pub fn fill(
        &mut self,
        above: &mut [Box<Column>],
        bars: &Bars<'_>,
        (from, len): (usize, usize),
        set: InstructionSet,
    ) {
        self.counts.clear();
        for t in from..from + len {
            self.counts.push(self.sight.at(&self.frame.source, bars, t));
        }
        for &(_, own, kind) in &self.seen {
            above[own].clear_for(kind, len);
        }
        let most = self.counts.last().map_or(0, |last| last.0);
        let mut t = 0;
        loop {
            let begin = t;
            while t < len && self.counts[t].0 <= self.frame.to {
                t += 1;
            }
            for &(node, own, kind) in &self.seen {
                let seen = &self.frame.columns[node];
                copy(kind, seen, self.frame.from, &self.counts, begin..t, from, &mut above[own]);
            }
            if t == len {
                break;
            }
            let next = self.frame.to + ROWS;
            self.frame.fill(if next < most { next } else { most });
        }
        self.compared.iter().for_each(|&column| above[column].complete(set));
    }
}

impl Column {
    fn clear_for(&mut self, kind: Kind, len: usize) {
        self.is_rounded = false;
        let count = words(len);
        let planes = |words: &mut Vec<u64>| {
            words.clear();
            words.resize(count, 0);
        };
        match kind {
            Kind::Numbers => self.numbers.resize(len, f64::NAN),
            Kind::Narrow => self.narrow.resize(len, 0),
            Kind::Wide => self.wide.resize(len, 0),
            Kind::Conditions => {
                planes(&mut self.truth);
                planes(&mut self.known);
            }
        }
    }
}

/// Copies what rows of a block see. `begin`: the first row of the block that is seen; `from`: that of the block that
/// sees.
fn copy(
    kind: Kind,
    seen: &Column,
    begin: usize,
    counts: &[(usize, bool)],
    rows: std::ops::Range<usize>,
    from: usize,
    out: &mut Column,
) {
    for i in rows {
        let (count, old) = counts[i];
        let at = if count == 0 || old { None } else { Some(count - 1 - begin) };
        match kind {
            Kind::Numbers => out.numbers[i] = at.map_or(f64::NAN, |at| seen.numbers[at]),
            Kind::Narrow => out.narrow[i] = at.map_or(0, |at| seen.narrow[at]),
            Kind::Wide => out.wide[i] = at.map_or(0, |at| seen.wide[at]),
            Kind::Conditions => {
                if let Some(truth) = at.and_then(|at| seen.condition(at)) {
                    out.known[i / 64] |= 1 << (i % 64);
                    out.truth[i / 64] |= u64::from(truth) << (i % 64);
                }
            }
        }
        // Exact numbers are seen on higher timeframes only, whose bars never grow old.
        if out.start == NEVER && at.is_some() && seen.start < count {
            out.start = from + i;
        }
    }
}
