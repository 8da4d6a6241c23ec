//! Which instructions of the processor the batch path is compiled for and runs with.
//!
//! All sets give the same bits; only their speed differs. A set is a value that exists only where the processor has it, so
//! that a test can run them all and safe code can never run one that is missing.
#![allow(unsafe_code)]

use super::Bits;
#[cfg(target_arch = "x86_64")]
use super::kernels::x86::{Avx2, Avx512};
use super::kernels::{GE, GT, Isa, LE, LT, Portable, Rows, WholeRows};
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
pub(super) trait Work {
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
    pub(super) fn run(self, work: impl Work) {
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

    /// Which rows of a block fulfil a comparison, one bit each, and which are known: those without NaN.
    pub(crate) fn compare(self, how: Comparison, a: &Rows, b: &Rows) -> [Bits; 2] {
        match self.0 {
            Kind::Portable(isa) => compare(isa, how, a, b),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(isa) => compare(isa, how, a, b),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(isa) => compare(isa, how, a, b),
        }
    }

    /// The same beside a number.
    pub(crate) fn compare_level(self, how: Comparison, a: &Rows, level: f64) -> [Bits; 2] {
        match self.0 {
            Kind::Portable(isa) => compare_level(isa, how, a, level),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(isa) => compare_level(isa, how, a, level),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(isa) => compare_level(isa, how, a, level),
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

/// What is fulfilled and its opposite: a row that is neither is not known.
fn compare<I: Isa>(isa: I, how: Comparison, a: &Rows, b: &Rows) -> [Bits; 2] {
    let (yes, no) = match how {
        Comparison::Less => (isa.pair::<LT>(a, b), isa.pair::<GE>(a, b)),
        Comparison::AtMost => (isa.pair::<LE>(a, b), isa.pair::<GT>(a, b)),
        Comparison::Greater => (isa.pair::<GT>(a, b), isa.pair::<LE>(a, b)),
        Comparison::AtLeast => (isa.pair::<GE>(a, b), isa.pair::<LT>(a, b)),
        Comparison::Equal => return equal(isa.pair::<LE>(a, b), isa.pair::<GE>(a, b)),
    };
    [yes, std::array::from_fn(|w| yes[w] | no[w])]
}

fn compare_level<I: Isa>(isa: I, how: Comparison, a: &Rows, level: f64) -> [Bits; 2] {
    let (yes, no) = match how {
        Comparison::Less => (isa.level::<LT>(a, level), isa.level::<GE>(a, level)),
        Comparison::AtMost => (isa.level::<LE>(a, level), isa.level::<GT>(a, level)),
        Comparison::Greater => (isa.level::<GT>(a, level), isa.level::<LE>(a, level)),
        Comparison::AtLeast => (isa.level::<GE>(a, level), isa.level::<LT>(a, level)),
        Comparison::Equal => return equal(isa.level::<LE>(a, level), isa.level::<GE>(a, level)),
    };
    [yes, std::array::from_fn(|w| yes[w] | no[w])]
}

fn equal(at_most: Bits, at_least: Bits) -> [Bits; 2] {
    [std::array::from_fn(|w| at_most[w] & at_least[w]), std::array::from_fn(|w| at_most[w] | at_least[w])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::BLOCK;

    #[test]
    fn a_comparison_is_known_where_both_numbers_are_and_every_set_says_the_same() {
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
                let [truth, known] = set.compare(how, &a, &b);
                for t in 0..BLOCK {
                    assert_eq!(bit(&truth, t), holds(&a[t], &b[t]), "{} {how:?} {t}", set.name());
                    assert_eq!(bit(&known, t), !a[t].is_nan() && !b[t].is_nan());
                }
                for level in [f64::NAN, 0.0, 1.0] {
                    let [truth, known] = set.compare_level(how, &a, level);
                    for (t, x) in a.iter().enumerate() {
                        assert_eq!(bit(&truth, t), holds(x, &level), "{} {how:?} {level}", set.name());
                        assert_eq!(bit(&known, t), !x.is_nan() && !level.is_nan());
                    }
                }
            }
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
