//! Comparisons. na beside anything is na.

use super::{finite, numbers as node};
use crate::batch::{Bits, InstructionSet, WORDS};
use crate::graph::column::{Column, Rows, Stream, Whole, span, word_of_one, word_of_two};
use crate::graph::op::{Comparison, Side};

/// One loop for each comparison, so that none asks in every row.
macro_rules! each {
    ($comparison:expr, $make:ident $(, $argument:expr)*) => {
        match $comparison {
            Comparison::Less => $make($($argument,)* |a, b| a < b),
            Comparison::AtMost => $make($($argument,)* |a, b| a <= b),
            Comparison::Equal => $make($($argument,)* |a, b| a == b),
            Comparison::Greater => $make($($argument,)* |a, b| a > b),
            Comparison::AtLeast => $make($($argument,)* |a, b| a >= b),
        }
    };
}

/// What holds in a complete block of numbers, where all of them are known; which are is noted beside each column.
fn of_known<const N: usize>(truth: Bits, rows: &Rows<'_>, columns: [usize; N], out: &mut Column) {
    let mut known = [u64::MAX; WORDS];
    for column in columns {
        known.iter_mut().zip(&rows.column(column).known).for_each(|(known, more)| *known &= more);
    }
    out.set_bits(rows.len, [truth, known]);
}

/// What 32 bits tell of a complete block whose rows are all known. Answers whether they do.
#[inline]
fn told(truth: Option<Bits>, rows: usize, out: &mut Column) -> bool {
    if let Some(truth) = truth {
        out.set_bits(rows, [truth, [u64::MAX; WORDS]]);
    }
    truth.is_some()
}

/// The comparison of two columns, the second times a factor, where 32 bits tell.
#[inline]
fn single(
    set: InstructionSet,
    comparison: Comparison,
    rows: &Rows<'_>,
    factor: f64,
    out: &mut Column,
) -> bool {
    match (rows.column(0).rounded(), rows.column(1).rounded()) {
        (Some(x), Some(y)) => told(set.single(comparison, x, y, factor), rows.len, out),
        _ => false,
    }
}

/// The same of a column and a level.
#[inline]
fn single_level(
    set: InstructionSet,
    comparison: Comparison,
    rows: &Rows<'_>,
    level: f64,
    out: &mut Column,
) -> bool {
    rows.column(0).rounded().is_some_and(|x| told(set.single_level(comparison, x, level), rows.len, out))
}

/// Two columns of numbers.
pub(super) fn numbers(comparison: Comparison) -> Box<dyn Stream> {
    fn of(comparison: Comparison, holds: impl Fn(f64, f64) -> bool + Send + 'static) -> Box<dyn Stream> {
        let set = InstructionSet::best();
        node(move |rows, out| {
            if single(set, comparison, rows, 1.0, out) {
                return;
            }
            let (x, y) = (rows.numbers(0), rows.numbers(1));
            if let (Some(x), Some(y)) = (rows.complete(0), rows.complete(1)) {
                return of_known(set.compare(comparison, x, y), rows, [0, 1], out);
            }
            out.set_words(rows.len, |w| {
                let known = word_of_two(x, y, w, |x, y| !x.is_nan() & !y.is_nan());
                (word_of_two(x, y, w, &holds), known)
            });
        })
    }
    each!(comparison, of, comparison)
}

/// A column of numbers, and another times a factor.
pub(super) fn times(comparison: Comparison, factor: f64) -> Box<dyn Stream> {
    fn of(
        comparison: Comparison,
        factor: f64,
        holds: impl Fn(f64, f64) -> bool + Send + 'static,
    ) -> Box<dyn Stream> {
        let set = InstructionSet::best();
        node(move |rows, out| {
            let (x, y, second) = (rows.numbers(0), rows.numbers(1), rows.column(1));
            if second.tame && single(set, comparison, rows, factor, out) {
                return;
            }
            if let (Some(x), Some(y), true) = (rows.complete(0), rows.complete(1), second.tame) {
                return of_known(set.compare_times(comparison, x, y, factor), rows, [0, 1], out);
            }
            out.set_words(rows.len, |w| {
                let known = word_of_two(x, y, w, |x, y| !x.is_nan() & !finite(y * factor).is_nan());
                (word_of_two(x, y, w, |x, y| holds(x, finite(y * factor))), known)
            });
        })
    }
    each!(comparison, of, comparison, factor)
}

/// A column of numbers and a constant.
pub(super) fn with(comparison: Comparison, constant: f64) -> Box<dyn Stream> {
    fn of(
        comparison: Comparison,
        constant: f64,
        holds: impl Fn(f64, f64) -> bool + Send + 'static,
    ) -> Box<dyn Stream> {
        let set = InstructionSet::best();
        node(move |rows, out| {
            let x = rows.numbers(0);
            if !constant.is_nan() && single_level(set, comparison, rows, constant, out) {
                return;
            }
            if let (Some(x), false) = (rows.complete(0), constant.is_nan()) {
                return of_known(set.compare_level(comparison, x, constant), rows, [0], out);
            }
            out.set_words(rows.len, |w| {
                let known = word_of_one(x, w, |x| !x.is_nan() & !constant.is_nan());
                (word_of_one(x, w, |x| holds(x, constant)), known)
            });
        })
    }
    each!(comparison, of, comparison, constant)
}

/// Conditions that are known from row `start` of the frame on.
fn known_from(rows: &Rows<'_>, start: usize, out: &mut Column, word: impl Fn(usize) -> u64) {
    let lead = rows.lead(start);
    out.set_words(rows.len, |w| (word(w), span(lead, rows.len, w)));
}

/// The same of a complete block.
fn bits_known_from(rows: &Rows<'_>, start: usize, out: &mut Column, truth: Bits) {
    let lead = rows.lead(start);
    if lead == 0 {
        return out.set_bits(rows.len, [truth, [u64::MAX; WORDS]]);
    }
    let (mut truth, mut known) = (truth, [0; WORDS]);
    for (w, (truth, known)) in truth.iter_mut().zip(&mut known).enumerate() {
        *known = span(lead, rows.len, w);
        *truth &= *known;
    }
    out.set_bits(rows.len, [truth, known]);
}

/// A comparison by `less`, whose operands are the other way round where that is asked for.
fn by_less(comparison: Comparison, less: impl Fn(bool) -> Bits) -> Bits {
    match comparison {
        Comparison::Less => less(false),
        Comparison::AtMost => less(true).map(|word| !word),
        Comparison::Equal => {
            let (below, above) = (less(false), less(true));
            std::array::from_fn(|w| !(below[w] | above[w]))
        }
        Comparison::Greater => less(true),
        Comparison::AtLeast => less(false).map(|word| !word),
    }
}

/// A column of narrow numerators and a whole number.
pub(super) fn narrow_level(comparison: Comparison, level: i128) -> Box<dyn Stream> {
    let (set, level) = (InstructionSet::best(), i64::narrowed(level));
    node(move |rows, out| {
        let (x, start) = (rows.whole::<i64>(0), rows.column(0).start);
        match rows.complete_whole(0) {
            Some(x) => {
                let truth = by_less(comparison, |turned| set.beyond(turned, x, level));
                bits_known_from(rows, start, out, truth);
            }
            None => {
                known_from(rows, start, out, |w| word_of_one(x, w, |x| comparison.holds(x, level)));
            }
        }
    })
}

/// A column of wide numerators and a whole number.
pub(super) fn wide_level(comparison: Comparison, level: i128) -> Box<dyn Stream> {
    fn of(level: i128, holds: impl Fn(i128, i128) -> bool + Send + 'static) -> Box<dyn Stream> {
        node(move |rows, out| {
            let x = rows.whole::<i128>(0);
            known_from(rows, rows.column(0).start, out, |w| word_of_one(x, w, |x| holds(x, level)));
        })
    }
    each!(comparison, of, level)
}

/// Two columns of narrow numerators, each times a factor; factors that are not 1 and numerators beside them fit into 32
/// bits.
fn short(comparison: Comparison, a: i64, b: i64) -> Box<dyn Stream> {
    let (set, factor) = (InstructionSet::best(), b as f64 / a as f64);
    node(move |rows, out| {
        if a > 0 && single(set, comparison, rows, factor, out) {
            return;
        }
        let (x, y) = (rows.whole::<i64>(0), rows.whole::<i64>(1));
        let start = later(rows);
        match (rows.complete_whole(0), rows.complete_whole(1)) {
            (Some(x), Some(y)) => {
                let less = |turned| match turned {
                    false => set.less((x, a), (y, b)),
                    true => set.less((y, b), (x, a)),
                };
                bits_known_from(rows, start, out, by_less(comparison, less));
            }
            _ => {
                let holds = |x: i64, y: i64| comparison.holds(x.times(a), y.times(b));
                known_from(rows, start, out, |w| word_of_two(x, y, w, holds));
            }
        }
    })
}

/// The first row of the frame whose two numerators count.
fn later(rows: &Rows<'_>) -> usize {
    let (p, q) = (rows.column(0).start, rows.column(1).start);
    if p > q { p } else { q }
}

/// Two columns of numerators, each times a factor; no tick is larger than `largest`.
pub(super) fn whole(comparison: Comparison, left: Side, right: Side, largest: i128) -> Box<dyn Stream> {
    fn of<S: Whole, T: Whole>(comparison: Comparison, a: i128, b: i128) -> Box<dyn Stream> {
        pairs(move |x: S, y: T| comparison.holds(x.widened().times(a), y.widened().times(b)))
    }
    fn pairs<S: Whole, T: Whole>(holds: impl Fn(S, T) -> bool + Send + 'static) -> Box<dyn Stream> {
        node(move |rows, out| {
            let (x, y) = (rows.whole::<S>(0), rows.whole::<T>(1));
            known_from(rows, later(rows), out, |w| word_of_two(x, y, w, &holds));
        })
    }
    let most = |side: Side, factor: i128| side.weight.checked_mul(factor)?.checked_mul(largest);
    let within = |most: Option<i128>, bound: i128| most.is_some_and(|most| most <= bound);
    let fits = |side: Side| !side.wide && within(most(side, side.factor.abs()), i64::MAX.into());
    let is_short =
        |side: Side| within(most(side, 1), i32::MAX.into()) && side.factor.abs() <= i32::MAX.into();
    let (a, b) = (left.factor, right.factor);
    if fits(left) && fits(right) {
        let plain = (a, b) == (1, 1);
        let (a, b) = (i64::narrowed(a), i64::narrowed(b));
        if plain || is_short(left) && is_short(right) {
            return short(comparison, a, b);
        }
        return match comparison {
            Comparison::Less => pairs(move |x: i64, y: i64| x.times(a) < y.times(b)),
            Comparison::AtMost => pairs(move |x: i64, y: i64| x.times(a) <= y.times(b)),
            _ => pairs(move |x: i64, y: i64| comparison.holds(x.times(a), y.times(b))),
        };
    }
    match (left.wide, right.wide) {
        (false, false) => of::<i64, i64>(comparison, a, b),
        (false, true) => of::<i64, i128>(comparison, a, b),
        (true, false) => of::<i128, i64>(comparison, a, b),
        (true, true) => of::<i128, i128>(comparison, a, b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bars::Bars;

    const ALL: [Comparison; 5] =
        [Comparison::Less, Comparison::AtMost, Comparison::Equal, Comparison::Greater, Comparison::AtLeast];

    fn bars() -> Bars<'static> {
        Bars {
            symbol: "A",
            decimals: 0,
            interval_ms: 60_000,
            time_ms: &[],
            open: &[],
            high: &[],
            low: &[],
            close: &[],
            volume: None,
            funding: &[],
            signals: None,
        }
    }

    /// Numbers up to `most` of both signs, many of them equal, the largest and the least among them.
    fn column(seed: &mut u64, most: i64, len: usize, start: usize) -> Column {
        let mut next = || {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (*seed >> 33) as i64
        };
        let value = |kind: i64, x: i64| match kind % 8 {
            0 => most,
            1 => -most,
            2 => 0,
            3 | 4 => x % 3 - 1,
            _ => x % (most + 1),
        };
        Column { narrow: (0..len).map(|_| value(next(), next())).collect(), start, ..Column::default() }
    }

    fn check(
        mut stream: Box<dyn Stream>,
        columns: &[Box<Column>],
        len: usize,
        holds: impl Fn(usize) -> bool,
        text: &str,
    ) {
        let inputs: Vec<usize> = (0..columns.len()).collect();
        let from = 1_024;
        let mut out = Column::default();
        let mut completed = columns.to_vec();
        completed.iter_mut().for_each(|column| column.complete(InstructionSet::best()));
        for (columns, how) in [(columns, "as it is"), (&completed, "completed")] {
            stream.fill(&Rows { columns, inputs: &inputs, from, len, bars: bars() }, &mut out);
            for i in 0..len {
                let known = columns.iter().all(|column| from + i >= column.start);
                assert_eq!(out.condition(i), known.then(|| holds(i)), "{text}, row {i} of {len} {how}");
            }
            let (words, rest) = (len.div_ceil(64), span(0, len, len.div_ceil(64) - 1));
            assert_eq!((out.truth.len(), out.known.len()), (words, words));
            assert_eq!(out.known[words - 1] & !rest, 0, "{text}: rows behind row {len} are not known, {how}");
        }
    }

    #[test]
    fn whole_numbers_are_compared_exactly_whatever_their_size_their_factors_and_the_length_of_the_block() {
        let mut seed = 3;
        // Tick, weight and factors: plain, of 32 bits to their edge, of 64 bits, beyond.
        let sizes = [
            (1 << 40, 1, 1, 1),
            (1_000_000, 200, 200, 50),
            (i64::from(i32::MAX), 1, i128::from(i32::MAX), -i128::from(i32::MAX)),
            (i64::from(i32::MAX) + 1, 1, 2, 3),
            (1 << 40, 4, 5, -7),
            (1 << 50, 9, 1 << 40, 1 << 40),
        ];
        for (largest, weight, a, b) in sizes {
            let most = largest * weight;
            for len in [512, 511, 64, 1] {
                for start in [0, 1_030, 1_024 + len, 5_000] {
                    let columns = [start, 900].map(|start| Box::new(column(&mut seed, most, len, start)));
                    let side = |factor| Side { factor, weight: weight.into(), wide: false };
                    let wide = |column: usize, i: usize| i128::from(columns[column].narrow[i]);
                    for how in ALL {
                        let text = format!("{how:?} of {most} times {a} and {b}");
                        let stream = whole(how, side(a), side(b), largest.into());
                        check(stream, &columns, len, |i| how.holds(wide(0, i) * a, wide(1, i) * b), &text);
                        for level in [0, -1, i128::from(most), i64::MIN.into(), i64::MAX.into()] {
                            let stream = narrow_level(how, level);
                            let text = format!("{how:?} beside {level}");
                            check(stream, &columns[..1], len, |i| how.holds(wide(0, i), level), &text);
                        }
                    }
                }
            }
        }
    }
}
