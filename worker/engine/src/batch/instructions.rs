//! Which instructions of the processor the batch path is compiled for and runs with.
//!
//! All sets give the same bits; only their speed differs. A set is a value that exists only where the processor has it, so
//! that a test can run them all and safe code can never run one that is missing.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
use super::kernels::x86::{Avx2, Avx512};
use super::kernels::{GE, GT, Isa, LE, LT, Portable, Rows, WholeRows};
use super::latch::and;
use super::singles::{Beside, Singles};
use super::{Bits, WORDS};
use crate::graph::Comparison;

/// A set of instructions that this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstructionSet(pub(super) Kind);

/// The sets, each with the proof that the processor has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Portable(Portable),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

/// What is compiled for each set.
pub(crate) trait Work {
    /// Does it, inlined into code of the set.
    fn run<I: Isa>(self, isa: I);
}

/// Loops that each set is compiled for, though they do not name it. What they call must be `#[inline(always)]`: what
/// stands alone, a closure too, is plain Rust.
pub(crate) trait Loops {
    /// Does them.
    fn run(self);
}

impl InstructionSet {
    /// Plain Rust, which every processor runs.
    pub const PORTABLE: InstructionSet = InstructionSet(Kind::Portable(Portable));

    /// All sets that this processor has, the fastest first and [`Self::PORTABLE`] last.
    pub fn available() -> impl Iterator<Item = InstructionSet> {
        #[cfg(target_arch = "x86_64")]
        let special = [Avx512::detect().map(Kind::Avx512), Avx2::detect().map(Kind::Avx2)];
        #[cfg(not(target_arch = "x86_64"))]
        let special: [Option<Kind>; 0] = [];
        special.into_iter().flatten().map(InstructionSet).chain([InstructionSet::PORTABLE])
    }

    /// The fastest set that this processor has.
    pub fn best() -> InstructionSet {
        InstructionSet::available().next().unwrap_or(InstructionSet::PORTABLE)
    }

    /// Does work with this set. Its loops gain by all features of the set, not only where they name them.
    pub(crate) fn run(self, work: impl Work) {
        // The features of `Avx512::detect` and `Avx2::detect`.
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi1,bmi2,lzcnt,popcnt")]
        fn wide(isa: Avx512, work: impl Work) {
            work.run(isa);
        }

        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn narrow(isa: Avx2, work: impl Work) {
            work.run(isa);
        }

        match self.0 {
            Kind::Portable(isa) => work.run(isa),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `isa` exists only where the processor has all features that `wide` is compiled for.
            Kind::Avx512(isa) => unsafe { wide(isa, work) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `isa` exists only where the processor has all features that `narrow` is compiled for.
            Kind::Avx2(isa) => unsafe { narrow(isa, work) },
        }
    }

    /// Does work that names no instructions with this set.
    #[inline]
    pub(crate) fn widened(self, work: impl Loops) {
        struct Plain<W>(W);

        impl<W: Loops> Work for Plain<W> {
            #[inline(always)]
            fn run<I: Isa>(self, _isa: I) {
                self.0.run();
            }
        }

        self.run(Plain(work));
    }

    /// Which rows of a block fulfil `a * m < b * n`; all four fit into 32 bits, or `m` and `n` are 1.
    pub(crate) fn less(self, (a, m): (&WholeRows, i64), (b, n): (&WholeRows, i64)) -> Bits {
        fn less<I: Isa>(isa: I, (a, m): (&WholeRows, i64), (b, n): (&WholeRows, i64)) -> Bits {
            if m == 1 && n == 1 { isa.whole(a, b) } else { isa.products(a, m, b, n) }
        }
        match self.0 {
            Kind::Portable(isa) => less(isa, (a, m), (b, n)),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(isa) => less(isa, (a, m), (b, n)),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(isa) => less(isa, (a, m), (b, n)),
        }
    }

    /// Which rows of a block are above a number, or below it.
    pub(crate) fn beyond(self, above: bool, a: &WholeRows, level: i64) -> Bits {
        fn beyond<I: Isa>(isa: I, above: bool, a: &WholeRows, level: i64) -> Bits {
            if above { isa.whole_level::<GT>(a, level) } else { isa.whole_level::<LT>(a, level) }
        }
        match self.0 {
            Kind::Portable(isa) => beyond(isa, above, a, level),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(isa) => beyond(isa, above, a, level),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(isa) => beyond(isa, above, a, level),
        }
    }

    /// Which rows of a block are known, one bit each, and whether all that are known are far from overflow: a factor of
    /// at most [`TAME_FACTOR`] makes no infinity of them.
    pub(crate) fn known(self, a: &Rows) -> (Bits, bool) {
        /// The largest of all rows without its sign, or a NaN, as bits: these are in the order of the numbers.
        struct Largest<'r>(&'r Rows, &'r mut u64);

        impl Work for Largest<'_> {
            #[inline(always)]
            fn run<I: Isa>(self, _isa: I) {
                for x in self.0 {
                    let bits = x.abs().to_bits();
                    *self.1 = if bits > *self.1 { bits } else { *self.1 };
                }
            }
        }

        fn known<I: Isa>(isa: I, a: &Rows) -> (Bits, bool) {
            let (least, most) = (isa.level::<GE>(a, -TAME), isa.level::<LE>(a, TAME));
            let tame: Bits = std::array::from_fn(|w| least[w] & most[w]);
            let known = isa.pair::<GE>(a, a);
            (known, known == tame)
        }
        let mut largest = 0;
        self.run(Largest(a, &mut largest));
        if largest <= TAME.to_bits() {
            return ([u64::MAX; WORDS], true);
        }
        match self.0 {
            Kind::Portable(isa) => known(isa, a),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(isa) => known(isa, a),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(isa) => known(isa, a),
        }
    }

    /// Which rows of a block fulfil a comparison, one bit each; beside NaN none does.
    pub(crate) fn compare(self, how: Comparison, a: &Rows, b: &Rows) -> Bits {
        match self.0 {
            Kind::Portable(isa) => compare(isa, how, a, b),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(isa) => compare(isa, how, a, b),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(isa) => compare(isa, how, a, b),
        }
    }

    /// The same with `b` times a factor, each product rounded once.
    pub(crate) fn compare_times(self, how: Comparison, a: &Rows, b: &Rows, factor: f64) -> Bits {
        match self.0 {
            Kind::Portable(isa) => compare_times(isa, how, a, b, factor),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(isa) => compare_times(isa, how, a, b, factor),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(isa) => compare_times(isa, how, a, b, factor),
        }
    }

    /// The same beside a number.
    pub(crate) fn compare_level(self, how: Comparison, a: &Rows, level: f64) -> Bits {
        match self.0 {
            Kind::Portable(isa) => compare_level(isa, how, a, level),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(isa) => compare_level(isa, how, a, level),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(isa) => compare_level(isa, how, a, level),
        }
    }

    /// Takes a block into 32 bits. Answers whether this set compares those.
    pub(crate) fn round(self, rows: &Rows, out: &mut Singles) -> bool {
        fn round<I: Isa>(isa: I, rows: &Rows, out: &mut Singles) -> bool {
            if I::SINGLES {
                out.fill(isa, rows);
            }
            I::SINGLES
        }
        match self.0 {
            Kind::Portable(isa) => round(isa, rows, out),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(isa) => round(isa, rows, out),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(isa) => round(isa, rows, out),
        }
    }

    /// The same of whole numbers, through `numbers`.
    pub(crate) fn round_whole(self, rows: &WholeRows, numbers: &mut Rows, out: &mut Singles) -> bool {
        struct Round<'r>(&'r WholeRows, &'r mut Rows, &'r mut Singles, &'r mut bool);

        impl Work for Round<'_> {
            #[inline(always)]
            fn run<I: Isa>(self, isa: I) {
                let Round(rows, numbers, out, told) = self;
                if I::SINGLES {
                    numbers.iter_mut().zip(rows).for_each(|(number, &x)| *number = x as f64);
                    out.fill(isa, numbers);
                }
                *told = I::SINGLES;
            }
        }

        let mut told = false;
        self.run(Round(rows, numbers, out, &mut told));
        told
    }

    /// Which rows of a block stand like that to those of another one times a factor, where 32 bits tell: then no row is
    /// equal, and of what must be equal they tell nothing.
    pub(crate) fn single(self, how: Comparison, a: &Singles, b: &Singles, factor: f64) -> Option<Bits> {
        fn single<I: Isa>(isa: I, below: bool, a: &Singles, b: &Singles, by: &Beside) -> Option<Bits> {
            let mut out = [0; WORDS];
            let tells = match below {
                false => isa.single_order::<false>(a, b, by, &mut out),
                true => isa.single_order::<true>(a, b, by, &mut out),
            };
            tells.then_some(out)
        }
        let (below, by) = (how.is_below()?, Beside::series(a, b, factor));
        match self.0 {
            Kind::Portable(isa) => single(isa, below, a, b, &by),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(isa) => single(isa, below, a, b, &by),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(isa) => single(isa, below, a, b, &by),
        }
    }

    /// The same beside a number.
    pub(crate) fn single_level(self, how: Comparison, a: &Singles, level: f64) -> Option<Bits> {
        fn single<I: Isa>(isa: I, below: bool, a: &Singles, by: &Beside) -> Option<Bits> {
            let mut out = [0; WORDS];
            let tells = match below {
                false => isa.single_level::<false>(a, by, &mut out),
                true => isa.single_level::<true>(a, by, &mut out),
            };
            tells.then_some(out)
        }
        let (below, by) = (how.is_below()?, Beside::level(a, level));
        match self.0 {
            Kind::Portable(isa) => single(isa, below, a, &by),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(isa) => single(isa, below, a, &by),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(isa) => single(isa, below, a, &by),
        }
    }

    /// Its name: `portable`, `avx2` or `avx512`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable(_) => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => "avx512",
        }
    }
}

/// Numbers up to this one of either sign are far from overflow.
const TAME: f64 = 1e280;

/// No larger factor, and none below its opposite, makes an infinity of a number that is far from it.
pub(crate) const TAME_FACTOR: f64 = 1e20;

fn compare<I: Isa>(isa: I, how: Comparison, a: &Rows, b: &Rows) -> Bits {
    match how {
        Comparison::Less => isa.pair::<LT>(a, b),
        Comparison::AtMost => isa.pair::<LE>(a, b),
        Comparison::Greater => isa.pair::<GT>(a, b),
        Comparison::AtLeast => isa.pair::<GE>(a, b),
        Comparison::Equal => and(&isa.pair::<LE>(a, b), &isa.pair::<GE>(a, b)),
    }
}

fn compare_times<I: Isa>(isa: I, how: Comparison, a: &Rows, b: &Rows, factor: f64) -> Bits {
    match how {
        Comparison::Less => isa.scaled::<LT>(a, b, factor),
        Comparison::AtMost => isa.scaled::<LE>(a, b, factor),
        Comparison::Greater => isa.scaled::<GT>(a, b, factor),
        Comparison::AtLeast => isa.scaled::<GE>(a, b, factor),
        Comparison::Equal => and(&isa.scaled::<LE>(a, b, factor), &isa.scaled::<GE>(a, b, factor)),
    }
}

fn compare_level<I: Isa>(isa: I, how: Comparison, a: &Rows, level: f64) -> Bits {
    match how {
        Comparison::Less => isa.level::<LT>(a, level),
        Comparison::AtMost => isa.level::<LE>(a, level),
        Comparison::Greater => isa.level::<GT>(a, level),
        Comparison::AtLeast => isa.level::<GE>(a, level),
        Comparison::Equal => and(&isa.level::<LE>(a, level), &isa.level::<GE>(a, level)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::BLOCK;

    #[test]
    fn every_set_compares_alike_and_knows_where_there_are_numbers() {
        let value = |t: usize| [f64::NAN, -0.0, 0.0, 1.0, 2.5, f64::INFINITY][t % 6];
        let (mut a, mut b) = ([0.0; BLOCK], [0.0; BLOCK]);
        for t in 0..BLOCK {
            (a[t], b[t]) = (value(t), value(t / 6));
        }
        let all = [
            (Comparison::Less, f64::lt as fn(&f64, &f64) -> bool),
            (Comparison::AtMost, f64::le),
            (Comparison::Equal, f64::eq),
            (Comparison::Greater, f64::gt),
            (Comparison::AtLeast, f64::ge),
        ];
        let bit = |bits: &Bits, t: usize| bits[t / 64] >> (t % 64) & 1 == 1;
        for set in InstructionSet::available() {
            for (how, holds) in all {
                let truth = set.compare(how, &a, &b);
                let times = set.compare_times(how, &a, &b, -1.5);
                for t in 0..BLOCK {
                    assert_eq!(bit(&truth, t), holds(&a[t], &b[t]), "{} {how:?} {t}", set.name());
                    assert_eq!(bit(&times, t), holds(&a[t], &(b[t] * -1.5)), "{} {how:?} {t}", set.name());
                }
                for level in [f64::NAN, 0.0, 1.0] {
                    let truth = set.compare_level(how, &a, level);
                    for (t, x) in a.iter().enumerate() {
                        assert_eq!(bit(&truth, t), holds(x, &level), "{} {how:?} {level}", set.name());
                    }
                }
            }
            let of = |x: f64| {
                let mut rows = a.map(|x| if x.is_infinite() { 0.0 } else { x });
                rows[77] = x;
                set.known(&rows)
            };
            for (x, tame) in
                [(f64::NAN, true), (TAME, true), (-TAME, true), (1e281, false), (-f64::MAX, false)]
            {
                let (known, all) = of(x);
                assert_eq!(all, tame, "{x}");
                for (t, y) in a.iter().enumerate() {
                    let y = if t == 77 { &x } else { y };
                    assert_eq!(bit(&known, t), !y.is_nan(), "{} {x} {t}", set.name());
                }
            }
            assert_eq!(set.known(&[1.0; BLOCK]), ([u64::MAX; WORDS], true));
            assert!((TAME * TAME_FACTOR).is_finite());
        }
    }

    /// Where tests are required to cover certain sets, `GALAPAGOS_INSTRUCTION_SETS` names them, separated by blanks: a
    /// machine that lacks one would pass without having tried it.
    #[test]
    fn the_sets_that_must_be_tried_are_there() {
        let there: Vec<_> = InstructionSet::available().map(InstructionSet::name).collect();
        assert_eq!(there.last(), Some(&"portable"));
        let wanted = std::env::var("GALAPAGOS_INSTRUCTION_SETS").unwrap_or_default();
        let missing: Vec<_> = wanted.split_whitespace().filter(|name| !there.contains(name)).collect();
        assert!(missing.is_empty(), "this processor lacks {missing:?}; it has {there:?}");
    }
}
