//! A block of rows of one node, and what its node reads of others.

use super::ROWS;
use crate::bars::Bars;
use crate::batch::{InstructionSet, Singles, WholeRows};

/// No row yet.
pub(crate) const NEVER: usize = usize::MAX;

/// Rows of one node. Each node uses the part that its kind names; the others stay empty.
/// What comparisons in 32 bits read of it stands in front, in one line of the cache.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Column {
    /// Whether the block is there in 32 bits, too: where many comparisons read it and all its rows are known.
    pub is_rounded: bool,
    /// All numbers that are known are far from overflow; of complete blocks.
    pub tame: bool,
    /// All numbers are above 0; of blocks in 32 bits.
    pub is_above_zero: bool,
    /// The last row of a block in 32 bits.
    pub last: f64,
    pub last_whole: i64,
    /// Numbers; NaN is na. Of a complete block there are more than it has rows.
    pub numbers: Vec<f64>,
    /// Numerators below 2^63; of a complete block, too, more than it has rows.
    pub narrow: Vec<i64>,
    /// Larger numerators.
    pub wide: Vec<i128>,
    /// The first row of the frame whose numerator counts; those before are na and hold something within bounds.
    pub start: usize,
    /// Which conditions are true, 64 rows a word from the first row of the block on.
    pub truth: Vec<u64>,
    /// Which conditions are not na. What is not known is not true. Of the numbers of a complete block, too.
    pub known: Vec<u64>,
    pub singles: Singles,
}

/// Columns of a frame. One that is written is taken out while others are read: a pointer is moved then, not the column.
pub(crate) type Boxes = Vec<Box<Column>>;

impl Default for Column {
    fn default() -> Column {
        let (numbers, narrow, wide) = (Vec::new(), Vec::new(), Vec::new());
        Column {
            numbers,
            narrow,
            wide,
            start: NEVER,
            truth: Vec::new(),
            known: Vec::new(),
            singles: Singles::ZERO,
            tame: false,
            is_rounded: false,
            is_above_zero: false,
            last: f64::NAN,
            last_whole: 0,
        }
    }
}

/// What a node has in each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// f64.
    Numbers,
    /// i64 over a constant denominator.
    Narrow,
    /// i128 over a constant denominator.
    Wide,
    /// True, false or na.
    Conditions,
}

/// The words for so many bits.
pub(crate) fn words(rows: usize) -> usize {
    rows.div_ceil(64)
}

/// Repeats the last row of a block that is shorter than others.
fn complete<T: Copy>(rows: &mut Vec<T>) {
    if let (Some(&last), true) = (rows.last(), rows.len() < ROWS) {
        rows.resize(ROWS, last);
    }
}

impl Column {
    /// Room for the numbers of `rows` rows.
    pub fn numbers_mut(&mut self, rows: usize) -> &mut [f64] {
        self.numbers.resize(rows, f64::NAN);
        &mut self.numbers
    }

    /// Completes a block for all comparisons that read it: a shorter one with its last row again, so that they need not go
    /// row by row. Notes which of its numbers are known.
    pub fn complete(&mut self, set: InstructionSet) {
        complete(&mut self.narrow);
        complete(&mut self.numbers);
        if let Ok(rows) = self.numbers.as_slice().try_into() {
            let known;
            (known, self.tame) = set.known(rows);
            self.known.clear();
            self.known.extend_from_slice(&known);
        }
    }

    /// Notes a complete block, which begins at row `from`, in 32 bits, if all its rows are known. Whole numbers go through
    /// `numbers`.
    pub fn round(&mut self, set: InstructionSet, from: usize, numbers: &mut [f64; ROWS]) {
        if let (true, Ok(rows)) = (self.start <= from, self.narrow.as_slice().try_into()) {
            let rows: &WholeRows = rows;
            self.is_rounded = set.round_whole(rows, numbers, &mut self.singles);
            self.is_above_zero = self.singles.are_above_zero();
            (self.tame, self.last_whole) = (true, rows[ROWS - 1]);
        }
        let all = self.known == [u64::MAX; ROWS / 64];
        if let (true, Ok(rows)) = (all, self.numbers.as_slice().try_into()) {
            self.is_rounded = set.round(rows, &mut self.singles);
            self.is_above_zero = self.singles.are_above_zero();
            self.last = rows[ROWS - 1];
        }
    }

    /// The block in 32 bits, where it is.
    #[inline]
    pub fn rounded(&self) -> Option<&Singles> {
        self.is_rounded.then_some(&self.singles)
    }

    /// Writes conditions row by row.
    pub fn set_conditions(&mut self, rows: usize, mut of: impl FnMut(usize) -> Option<bool>) {
        self.set_planes(rows, |i| match of(i) {
            Some(truth) => (truth, true),
            None => (false, false),
        });
    }

    /// Writes conditions row by row: whether each is true, and whether it is known; what is not known is not true.
    #[inline]
    pub fn set_planes(&mut self, rows: usize, mut of: impl FnMut(usize) -> (bool, bool)) {
        self.truth.clear();
        self.known.clear();
        let mut from = 0;
        while from < rows {
            let len = if from + 64 < rows { 64 } else { rows - from };
            let (mut truth, mut known) = ([0; 64], [0; 64]);
            for (i, (truth, known)) in truth.iter_mut().zip(&mut known).take(len).enumerate() {
                let (is, knows) = of(from + i);
                (*truth, *known) = (u8::from(is), u8::from(knows));
            }
            let known = packed(&known);
            self.truth.push(packed(&truth) & known);
            self.known.push(known);
            from += len;
        }
    }

    /// Writes conditions word by word.
    #[inline]
    pub fn set_words(&mut self, rows: usize, mut of: impl FnMut(usize) -> (u64, u64)) {
        let count = words(rows);
        self.truth.resize(count, 0);
        self.known.resize(count, 0);
        for (w, (truth, known)) in self.truth.iter_mut().zip(&mut self.known).enumerate() {
            let word = of(w);
            (*truth, *known) = (word.0 & word.1, word.1);
        }
    }

    /// Writes the conditions of so many rows of a complete block: which are true, and which are known.
    #[inline]
    pub fn set_bits<const N: usize>(&mut self, rows: usize, [truth, known]: [[u64; N]; 2]) {
        let count = words(rows);
        if self.truth.len() != count || self.known.len() != count {
            self.truth.resize(count, 0);
            self.known.resize(count, 0);
        }
        self.truth.copy_from_slice(&truth[..count]);
        self.known.copy_from_slice(&known[..count]);
        if !rows.is_multiple_of(64) {
            let rest = span(0, rows, count - 1);
            self.truth[count - 1] &= rest;
            self.known[count - 1] &= rest;
        }
    }

    /// The condition of a row of the block.
    #[inline]
    pub fn condition(&self, i: usize) -> Option<bool> {
        (bit(&self.known, i)).then(|| bit(&self.truth, i))
    }
}

/// The bits of 64 bytes of which each is 0 or 1: eight of them with one multiplication.
#[inline]
fn packed(bytes: &[u8; 64]) -> u64 {
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (mut word, mut shift) = (0, 0);
    for eight in bytes.as_chunks::<8>().0 {
        word |= (u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56) << shift;
        shift += 8;
    }
    word
}

/// The rows of word `w` of a block.
#[inline]
fn part<T>(x: &[T], w: usize) -> &[T] {
    let rest = &x[w * 64..];
    if rest.len() > 64 { &rest[..64] } else { rest }
}

/// Word `w` of what holds for the rows of two columns.
#[inline(always)]
pub(crate) fn word_of_two<S: Copy, T: Copy>(x: &[S], y: &[T], w: usize, holds: impl Fn(S, T) -> bool) -> u64 {
    let (x, y) = (part(x, w), part(y, w));
    let mut bytes = [0; 64];
    // Of a known length, so that rows are compared side by side.
    if let (Ok(x), Ok(y)) = (<&[S; 64]>::try_from(x), <&[T; 64]>::try_from(y)) {
        bytes.iter_mut().zip(x).zip(y).for_each(|((byte, &x), &y)| *byte = u8::from(holds(x, y)));
    } else {
        bytes.iter_mut().zip(x).zip(y).for_each(|((byte, &x), &y)| *byte = u8::from(holds(x, y)));
    }
    packed(&bytes)
}

/// Word `w` of what holds for the rows of a column.
#[inline(always)]
pub(crate) fn word_of_one<T: Copy>(x: &[T], w: usize, holds: impl Fn(T) -> bool) -> u64 {
    word_of_two(x, x, w, |x, _| holds(x))
}

/// Word `w` of rows `from..to` of a block.
#[inline]
pub(crate) fn span(from: usize, to: usize, w: usize) -> u64 {
    let below = |row: usize| match row.saturating_sub(w * 64) {
        rest if rest < 64 => (1 << rest) - 1,
        _ => u64::MAX,
    };
    below(to) & !below(from)
}

/// A bit of a row.
#[inline]
pub(crate) fn bit(words: &[u64], i: usize) -> bool {
    words[i / 64] >> (i % 64) & 1 == 1
}

/// Whole numbers as numerators.
pub(crate) trait Whole: Copy + Ord + Default + Send + 'static {
    /// The numerators of a column of this width.
    fn of(column: &Column) -> &[Self];
    /// Room for them.
    fn of_mut(column: &mut Column) -> &mut Vec<Self>;
    /// The low bits of a wide number.
    fn narrowed(x: i128) -> Self;
    fn widened(self) -> i128;
    fn rounded(self) -> f64;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    fn magnitude(self) -> Self;
}

macro_rules! whole {
    ($type:ty, $part:ident) => {
        #[allow(clippy::unnecessary_cast, reason = "one text for both widths")]
        impl Whole for $type {
            #[inline]
            fn of(column: &Column) -> &[$type] {
                &column.$part
            }
            #[inline]
            fn of_mut(column: &mut Column) -> &mut Vec<$type> {
                &mut column.$part
            }
            #[inline]
            fn narrowed(x: i128) -> $type {
                x as $type
            }
            #[inline]
            fn widened(self) -> i128 {
                self as i128
            }
            #[inline]
            fn rounded(self) -> f64 {
                self as f64
            }
            #[inline]
            fn plus(self, other: $type) -> $type {
                self.wrapping_add(other)
            }
            #[inline]
            fn minus(self, other: $type) -> $type {
                self.wrapping_sub(other)
            }
            #[inline]
            fn times(self, other: $type) -> $type {
                self.wrapping_mul(other)
            }
            #[inline]
            fn magnitude(self) -> $type {
                self.wrapping_abs()
            }
        }
    };
}

whole!(i64, narrow);
whole!(i128, wide);

/// What a node reads: the bars of its frame and the columns of its inputs, in the rows of the block.
pub(crate) struct Rows<'a> {
    /// The columns of the frame.
    pub columns: &'a [Box<Column>],
    /// Which of them are read.
    pub inputs: &'a [usize],
    /// The first row of the block, in the frame.
    pub from: usize,
    /// How many rows it has.
    pub len: usize,
    /// All bars of the frame.
    pub bars: Bars<'a>,
}

impl<'a> Rows<'a> {
    /// An input.
    #[inline]
    pub fn column(&self, i: usize) -> &'a Column {
        &self.columns[self.inputs[i]]
    }

    /// The numbers of an input.
    #[inline]
    pub fn numbers(&self, i: usize) -> &'a [f64] {
        &self.column(i).numbers[..self.len]
    }

    /// The numerators of an input.
    #[inline]
    pub fn whole<T: Whole>(&self, i: usize) -> &'a [T] {
        &T::of(self.column(i))[..self.len]
    }

    /// The numbers of an input whose block is complete.
    #[inline]
    pub fn complete(&self, i: usize) -> Option<&'a [f64; ROWS]> {
        self.column(i).numbers.as_slice().try_into().ok()
    }

    /// The numerators of an input whose block is complete.
    #[inline]
    pub fn complete_whole(&self, i: usize) -> Option<&'a WholeRows> {
        self.column(i).narrow.as_slice().try_into().ok()
    }

    /// Row `start` of the frame as one of the block: how many of its rows are before.
    pub fn lead(&self, start: usize) -> usize {
        let lead = start.saturating_sub(self.from);
        if lead < self.len { lead } else { self.len }
    }
}

/// A node that computes its next rows from those of its inputs. Blocks of any length follow each other without a gap;
/// where they are cut changes nothing.
pub(crate) trait Stream: Send {
    /// The rows of the block that `rows` names.
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column);
}

/// A node without memory.
impl<F: FnMut(&Rows<'_>, &mut Column) + Send> Stream for F {
    #[inline(always)]
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        self(rows, out);
    }
}
