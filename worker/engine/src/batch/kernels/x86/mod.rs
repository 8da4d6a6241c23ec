//! AVX2 and AVX-512.

use super::{BLOCK, Bits, GE, GT, Isa, LT, Line, Rows, WORDS, WholeRows};
use crate::batch::singles::{Beside, Singles, place};
use std::arch::x86_64::*;

/// Eight rows a comparison. Made by [`Avx512::detect`] alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Avx512(());

/// Four rows a comparison. Made by [`Avx2::detect`] alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Avx2(());

/// All that processors with AVX2 have beside it, which the code around the comparisons is compiled for.
fn has_common() -> bool {
    is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

impl Avx512 {
    /// The set, if the processor has AVX-512 F, BW, DQ, VL and BMI1, BMI2, LZCNT, POPCNT.
    pub(in super::super) fn detect() -> Option<Avx512> {
        let has = has_common()
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        has.then_some(Avx512(()))
    }
}

impl Avx2 {
    /// The set, if the processor has AVX2 and BMI1, BMI2, LZCNT, POPCNT.
    pub(in super::super) fn detect() -> Option<Avx2> {
        (has_common() && is_x86_feature_detected!("avx2")).then_some(Avx2(()))
    }
}

macro_rules! forms {
    ($isa:ident, $features:literal, $lanes:literal, $load:ident, $set:ident, $mul:ident, $cmp:ident, { $($own:tt)* }) => {
        impl Isa for $isa {
            $($own)*

            #[inline(always)]
            fn scaled<const OP: u8>(self, a: &Rows, b: &Rows, factor: f64) -> Bits {
                #[inline]
                #[target_feature(enable = $features)]
                fn form<const OP: u8>(a: &Rows, b: &Rows, factor: f64) -> Bits {
                    let factor = $set(factor);
                    // SAFETY: `i` ends at most `lanes` rows before the end of both arrays.
                    bits(|i| unsafe {
                        $cmp::<OP>($load(a.as_ptr().add(i)), $mul($load(b.as_ptr().add(i)), factor))
                    })
                }
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { form::<OP>(a, b, factor) }
            }

            #[inline(always)]
            fn pair<const OP: u8>(self, a: &Rows, b: &Rows) -> Bits {
                #[inline]
                #[target_feature(enable = $features)]
                fn form<const OP: u8>(a: &Rows, b: &Rows) -> Bits {
                    // SAFETY: `i` ends at most `lanes` rows before the end of both arrays.
                    bits(|i| unsafe { $cmp::<OP>($load(a.as_ptr().add(i)), $load(b.as_ptr().add(i))) })
                }
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { form::<OP>(a, b) }
            }

            #[inline(always)]
            fn level<const OP: u8>(self, a: &Rows, level: f64) -> Bits {
                #[inline]
                #[target_feature(enable = $features)]
                fn form<const OP: u8>(a: &Rows, level: f64) -> Bits {
                    let level = $set(level);
                    // SAFETY: `i` ends at most `lanes` rows before the end of the array.
                    bits(|i| unsafe { $cmp::<OP>($load(a.as_ptr().add(i)), level) })
                }
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { form::<OP>(a, level) }
            }

            #[inline(always)]
            fn order(self, a: &Rows, m: f64, b: &Rows, n: f64) -> (Bits, Bits) {
                #[inline]
                #[target_feature(enable = $features)]
                fn form(a: &Rows, m: f64, b: &Rows, n: f64) -> (Bits, Bits) {
                    let (m, n) = ($set(m), $set(n));
                    let (mut above, mut below) = ([0; WORDS], [0; WORDS]);
                    for (w, (above, below)) in above.iter_mut().zip(&mut below).enumerate() {
                        let mut i = 0;
                        while i < 64 {
                            // SAFETY: `w * 64 + i` ends at most `lanes` rows before the end of both arrays.
                            let (a, b) = unsafe {
                                let at = w * 64 + i;
                                ($mul($load(a.as_ptr().add(at)), m), $mul($load(b.as_ptr().add(at)), n))
                            };
                            *above |= $cmp::<GT>(a, b) << i;
                            *below |= $cmp::<LT>(a, b) << i;
                            i += $lanes;
                        }
                    }
                    (above, below)
                }
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { form(a, m, b, n) }
            }

            const SINGLES: bool = true;

            #[inline(always)]
            fn singles(self, rows: &Rows, base: f64, out: &mut [f32; BLOCK]) -> f32 {
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { rounded(rows, base, out) }
            }

            #[inline(always)]
            fn single_order<const BELOW: bool>(self, a: &Singles, b: &Singles, by: &Beside, out: &mut Bits) -> bool {
                #[inline]
                #[target_feature(enable = $features)]
                fn form<const BELOW: bool>(a: &Singles, b: &Singles, by: &Beside, out: &mut Bits) -> bool {
                    let (factor, shift) = (spread(by.factor), spread(by.shift));
                    // SAFETY: places of a group are inside it.
                    signs(out, by.doubt, |at| unsafe {
                        let (a, b) = (single(a, at), shifted(single(b, at), factor, shift));
                        if BELOW { minus(a, b) } else { minus(b, a) }
                    })
                }
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { form::<BELOW>(a, b, by, out) }
            }

            #[inline(always)]
            fn single_level<const BELOW: bool>(self, a: &Singles, by: &Beside, out: &mut Bits) -> bool {
                #[inline]
                #[target_feature(enable = $features)]
                fn form<const BELOW: bool>(a: &Singles, by: &Beside, out: &mut Bits) -> bool {
                    let level = spread(by.shift);
                    // SAFETY: places of a group are inside it.
                    signs(out, by.doubt, |at| unsafe {
                        let a = single(a, at);
                        if BELOW { minus(a, level) } else { minus(level, a) }
                    })
                }
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { form::<BELOW>(a, by, out) }
            }

            #[inline(always)]
            fn whole(self, a: &WholeRows, b: &WholeRows) -> Bits {
                #[inline]
                #[target_feature(enable = $features)]
                fn form(a: &WholeRows, b: &WholeRows) -> Bits {
                    // SAFETY: `i` ends at most `lanes` rows before the end of both arrays.
                    bits(|i| unsafe { less(load(a.as_ptr().add(i)), load(b.as_ptr().add(i))) })
                }
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { form(a, b) }
            }

            #[inline(always)]
            fn products(self, a: &WholeRows, m: i64, b: &WholeRows, n: i64) -> Bits {
                #[inline]
                #[target_feature(enable = $features)]
                fn form(a: &WholeRows, m: i64, b: &WholeRows, n: i64) -> Bits {
                    let (m, n) = (every(m), every(n));
                    // SAFETY: `i` ends at most `lanes` rows before the end of both arrays.
                    bits(|i| unsafe {
                        let (a, b) = (load(a.as_ptr().add(i)), load(b.as_ptr().add(i)));
                        less(times(a, m), times(b, n))
                    })
                }
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { form(a, m, b, n) }
            }

            #[inline(always)]
            fn whole_level<const OP: u8>(self, a: &WholeRows, level: i64) -> Bits {
                #[inline]
                #[target_feature(enable = $features)]
                fn form<const OP: u8>(a: &WholeRows, level: i64) -> Bits {
                    let level = every(level);
                    // SAFETY: `i` ends at most `lanes` rows before the end of the array.
                    bits(|i| unsafe {
                        let a = load(a.as_ptr().add(i));
                        if OP == GT { less(level, a) } else { less(a, level) }
                    })
                }
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { form::<OP>(a, level) }
            }
        }

        impl $isa {
            /// Rows that one comparison takes at once.
            const LANES: usize = $lanes;
        }

        const _: () = assert!(BLOCK % 64 == 0 && 64 % $lanes == 0);
    };
}

mod narrow;
mod wide;

/// The largest of eight numbers.
#[inline]
#[target_feature(enable = "avx")]
fn most(x: __m256) -> f32 {
    let mut numbers = [0.0_f32; 8];
    // SAFETY: eight numbers.
    unsafe { _mm256_storeu_ps(numbers.as_mut_ptr(), x) };
    let mut most = 0.0;
    for x in numbers {
        most = if x > most { x } else { most };
    }
    most
}

/// Words from the masks of `LANES` rows at a time.
#[inline(always)]
fn gather<const LANES: usize>(mask: impl Fn(usize) -> u64) -> Bits {
    let mut out = [0; WORDS];
    for (w, word) in out.iter_mut().enumerate() {
        let mut i = 0;
        while i < 64 {
            *word |= mask(w * 64 + i) << i;
            i += LANES;
        }
    }
    out
}
