//! Conditions made of conditions, and choices between values: 64 rows a step, or row by row.

use crate::graph::column::{Column, Rows, bit, span, word_of_one, words};

/// The planes of an input in the words of the block.
#[inline(always)]
fn all<'a>(rows: &Rows<'a>, i: usize) -> (&'a [u64], &'a [u64]) {
    let (column, count) = (rows.column(i), words(rows.len));
    (&column.truth[..count], &column.known[..count])
}

/// What becomes of the words of two conditions.
#[inline(always)]
fn of_two(rows: &Rows<'_>, out: &mut Column, word: impl Fn((u64, u64), (u64, u64)) -> (u64, u64)) {
    let ((a, known_a), (b, known_b)) = (all(rows, 0), all(rows, 1));
    out.set_words(rows.len, |w| word((a[w], known_a[w]), (b[w], known_b[w])));
}

/// A word of the planes of an input.
#[inline]
fn planes(rows: &Rows<'_>, i: usize, w: usize) -> (u64, u64) {
    let column = rows.column(i);
    (column.truth[w], column.known[w])
}

/// Kleene's and: false beside na is false.
pub(super) fn and(rows: &Rows<'_>, out: &mut Column) {
    of_two(rows, out, |(a, known_a), (b, known_b)| (a & b, known_a & known_b | known_a & !a | known_b & !b));
}

/// Kleene's or: true beside na is true.
pub(super) fn or(rows: &Rows<'_>, out: &mut Column) {
    of_two(rows, out, |(a, known_a), (b, known_b)| (a | b, known_a & known_b | a | b));
}

/// The opposite.
pub(super) fn not(rows: &Rows<'_>, out: &mut Column) {
    let (a, known) = all(rows, 0);
    out.set_words(rows.len, |w| (!a[w], known[w]));
}

/// Whether two conditions are the same.
pub(super) fn same(rows: &Rows<'_>, out: &mut Column) {
    of_two(rows, out, |(a, known_a), (b, known_b)| (!(a ^ b), known_a & known_b));
}

/// The second where the first is na.
pub(super) fn or_else(rows: &Rows<'_>, out: &mut Column) {
    of_two(rows, out, |(a, known_a), (b, known_b)| (a | b & !known_a, known_a | known_b));
}

/// The second where the first is true, the third where it is false.
pub(super) fn iff(rows: &Rows<'_>, out: &mut Column) {
    out.set_words(rows.len, |w| {
        let (c, known) = planes(rows, 0, w);
        let ((a, known_a), (b, known_b)) = (planes(rows, 1, w), planes(rows, 2, w));
        let no = known & !c;
        (c & a | no & b, c & known_a | no & known_b)
    });
}

/// Whether a condition is na.
pub(super) fn is_na_condition(rows: &Rows<'_>, out: &mut Column) {
    out.set_words(rows.len, |w| (!planes(rows, 0, w).1, span(0, rows.len, w)));
}

/// Whether a number is na.
pub(super) fn is_na_number(rows: &Rows<'_>, out: &mut Column) {
    let x = rows.numbers(0);
    out.set_words(rows.len, |w| (word_of_one(x, w, f64::is_nan), span(0, rows.len, w)));
}

/// Whether an exact number is na.
pub(super) fn is_na_whole(rows: &Rows<'_>, out: &mut Column) {
    let lead = rows.lead(rows.column(0).start);
    out.set_words(rows.len, |w| (span(0, lead, w), span(0, rows.len, w)));
}

/// A number where a condition is true, another where it is false.
pub(super) fn iff_numbers(rows: &Rows<'_>, out: &mut Column) {
    let (c, x, y) = (rows.column(0), rows.numbers(1), rows.numbers(2));
    for (i, out) in out.numbers_mut(rows.len).iter_mut().enumerate() {
        let chosen = if bit(&c.truth, i) { x[i] } else { y[i] };
        *out = if bit(&c.known, i) { chosen } else { f64::NAN };
    }
}

/// A number, or another where it is na.
pub(super) fn or_else_numbers(rows: &Rows<'_>, out: &mut Column) {
    let (x, y) = (rows.numbers(0), rows.numbers(1));
    for (i, out) in out.numbers_mut(rows.len).iter_mut().enumerate() {
        *out = if x[i].is_nan() { y[i] } else { x[i] };
    }
}
