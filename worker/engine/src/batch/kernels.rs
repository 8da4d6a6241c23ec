//! Comparisons of a block of rows, one bit per row: written once in plain Rust and once per instruction set. All
//! forms give the same bits, since a comparison of f64 has one answer.
#![allow(unsafe_code)]

use super::{BLOCK, Bits, WORDS};

/// The comparison `a > b`.
pub(super) const GT: u8 = 0;
/// The comparison `a < b`.
pub(super) const LT: u8 = 1;
/// The comparison `a >= b`.
pub(super) const GE: u8 = 2;
/// The comparison `a <= b`.
pub(super) const LE: u8 = 3;

/// Rows of one block of one series.
pub(super) type Rows = [f64; BLOCK];

/// The same of whole numbers.
pub(crate) type WholeRows = [i64; BLOCK];

/// One instruction set: a value of it is the proof that the processor has the instructions. `OP` is one of [`GT`], [`LT`], [`GE`], [`LE`]; a comparison with NaN is false.
pub(super) trait Isa: Copy {
    /// Bit t: `a[t] OP b[t] * factor` (the product rounded once).
    fn scaled<const OP: u8>(self, a: &Rows, b: &Rows, factor: f64) -> Bits;

    /// Bit t: `a[t] OP b[t]`.
    fn pair<const OP: u8>(self, a: &Rows, b: &Rows) -> Bits;

    /// Bit t: `a[t] OP level`.
    fn level<const OP: u8>(self, a: &Rows, level: f64) -> Bits;

    /// Bit t: `a[t] * m > b[t] * n`, and the same with `<` (each product rounded once).
    fn order(self, a: &Rows, m: f64, b: &Rows, n: f64) -> (Bits, Bits);

    /// Bit t: `a[t] < b[t]`.
    fn whole(self, a: &WholeRows, b: &WholeRows) -> Bits;

    /// Bit t: `a[t] * m < b[t] * n`; all four fit into 32 bits.
    fn products(self, a: &WholeRows, m: i64, b: &WholeRows, n: i64) -> Bits;

    /// Bit t: `a[t] OP level`; `OP` is [`GT`] or [`LT`].
    fn whole_level<const OP: u8>(self, a: &WholeRows, level: i64) -> Bits;
}

/// Plain Rust: the form the others are tested against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Portable;

#[inline(always)]
fn holds<const OP: u8>(a: f64, b: f64) -> bool {
    match OP {
        GT => a > b,
        LT => a < b,
        GE => a >= b,
        _ => a <= b,
    }
}

#[inline(always)]
fn bits_of(holds: impl Fn(usize) -> bool) -> Bits {
    let mut out = [0; WORDS];
    for (w, word) in out.iter_mut().enumerate() {
        for bit in 0..64 {
            *word |= u64::from(holds(w * 64 + bit)) << bit;
        }
    }
    out
}

impl Isa for Portable {
    #[inline(always)]
    fn scaled<const OP: u8>(self, a: &Rows, b: &Rows, factor: f64) -> Bits {
        bits_of(|t| holds::<OP>(a[t], b[t] * factor))
    }

    #[inline(always)]
    fn pair<const OP: u8>(self, a: &Rows, b: &Rows) -> Bits {
        bits_of(|t| holds::<OP>(a[t], b[t]))
    }

    #[inline(always)]
    fn level<const OP: u8>(self, a: &Rows, level: f64) -> Bits {
        bits_of(|t| holds::<OP>(a[t], level))
    }

    #[inline(always)]
    fn order(self, a: &Rows, m: f64, b: &Rows, n: f64) -> (Bits, Bits) {
        (bits_of(|t| a[t] * m > b[t] * n), bits_of(|t| a[t] * m < b[t] * n))
    }

    #[inline(always)]
    fn whole(self, a: &WholeRows, b: &WholeRows) -> Bits {
        bits_of(|t| a[t] < b[t])
    }

    #[inline(always)]
    fn products(self, a: &WholeRows, m: i64, b: &WholeRows, n: i64) -> Bits {
        bits_of(|t| a[t].wrapping_mul(m) < b[t].wrapping_mul(n))
    }

    #[inline(always)]
    fn whole_level<const OP: u8>(self, a: &WholeRows, level: i64) -> Bits {
        bits_of(|t| if OP == GT { a[t] > level } else { a[t] < level })
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) mod x86 {
    //! AVX2 and AVX-512.

    use super::{BLOCK, Bits, GE, GT, Isa, LT, Rows, WORDS, WholeRows};
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
        ($isa:ident, $features:literal, $lanes:literal, $load:ident, $set:ident, $mul:ident, $cmp:ident) => {
            impl Isa for $isa {
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

    mod wide {
        use super::*;

        #[inline]
        #[target_feature(enable = "avx512f")]
        pub(super) fn compare<const OP: u8>(a: __m512d, b: __m512d) -> u64 {
            u64::from(match OP {
                GT => _mm512_cmp_pd_mask::<_CMP_GT_OQ>(a, b),
                LT => _mm512_cmp_pd_mask::<_CMP_LT_OQ>(a, b),
                GE => _mm512_cmp_pd_mask::<_CMP_GE_OQ>(a, b),
                _ => _mm512_cmp_pd_mask::<_CMP_LE_OQ>(a, b),
            })
        }

        #[inline(always)]
        fn bits(mask: impl Fn(usize) -> u64) -> Bits {
            gather::<{ Avx512::LANES }>(mask)
        }

        use std::arch::x86_64::{_mm512_mul_epi32 as times, _mm512_set1_epi64 as every};

        #[inline]
        #[target_feature(enable = "avx512f")]
        pub(super) fn less(a: __m512i, b: __m512i) -> u64 {
            u64::from(_mm512_cmplt_epi64_mask(a, b))
        }

        /// # Safety
        /// Eight rows can be read.
        #[inline]
        #[target_feature(enable = "avx512f")]
        pub(super) unsafe fn load(rows: *const i64) -> __m512i {
            // SAFETY: the caller's.
            unsafe { _mm512_loadu_epi64(rows) }
        }

        forms!(Avx512, "avx512f", 8, _mm512_loadu_pd, _mm512_set1_pd, _mm512_mul_pd, compare);
    }

    mod narrow {
        use super::*;

        #[inline]
        #[target_feature(enable = "avx2")]
        pub(super) fn compare<const OP: u8>(a: __m256d, b: __m256d) -> u64 {
            u64::from(_mm256_movemask_pd(match OP {
                GT => _mm256_cmp_pd::<_CMP_GT_OQ>(a, b),
                LT => _mm256_cmp_pd::<_CMP_LT_OQ>(a, b),
                GE => _mm256_cmp_pd::<_CMP_GE_OQ>(a, b),
                _ => _mm256_cmp_pd::<_CMP_LE_OQ>(a, b),
            }) as u32)
        }

        #[inline(always)]
        fn bits(mask: impl Fn(usize) -> u64) -> Bits {
            gather::<{ Avx2::LANES }>(mask)
        }

        use std::arch::x86_64::{_mm256_mul_epi32 as times, _mm256_set1_epi64x as every};

        #[inline]
        #[target_feature(enable = "avx2")]
        pub(super) fn less(a: __m256i, b: __m256i) -> u64 {
            u64::from(_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(b, a))) as u32)
        }

        /// # Safety
        /// Four rows can be read.
        #[inline]
        #[target_feature(enable = "avx2")]
        pub(super) unsafe fn load(rows: *const i64) -> __m256i {
            // SAFETY: the caller's.
            unsafe { _mm256_loadu_si256(rows.cast()) }
        }

        forms!(Avx2, "avx2", 4, _mm256_loadu_pd, _mm256_set1_pd, _mm256_mul_pd, compare);
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(seed: u64) -> Box<Rows> {
        let mut x = seed;
        let mut out = Box::new([0.0; BLOCK]);
        for v in out.iter_mut() {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *v = match x >> 61 {
                0 => f64::NAN,
                1 => -0.0,
                _ => ((x >> 33) % 7) as f64,
            };
        }
        out
    }

    /// Numbers of 32 bits with many that are equal, the least and the largest among them.
    fn whole(rows: &Rows) -> Box<WholeRows> {
        Box::new(rows.map(|x| match x as i64 {
            0 if x.is_nan() => i32::MIN.into(),
            5 => i32::MAX.into(),
            x => x - 3,
        }))
    }

    fn all<I: Isa>(isa: I, a: &Rows, b: &Rows) -> Vec<Bits> {
        let (x, y) = (whole(a), whole(b));
        let far = x.map(|x| x << 31);
        vec![
            isa.whole(&x, &y),
            isa.whole(&y, &far),
            isa.products(&x, 3, &y, 2),
            isa.products(&x, i32::MIN.into(), &y, i32::MAX.into()),
            isa.whole_level::<GT>(&far, -1),
            isa.whole_level::<LT>(&far, i64::MIN),
            isa.whole_level::<LT>(&x, 1),
            isa.pair::<GT>(a, b),
            isa.pair::<LT>(a, b),
            isa.pair::<GE>(a, b),
            isa.pair::<LE>(a, b),
            isa.scaled::<GT>(a, b, 1.5),
            isa.scaled::<LT>(a, b, 0.5),
            isa.level::<GE>(a, 3.0),
            isa.level::<LE>(a, 0.0),
            isa.order(a, 1.5, b, 3.0).0,
            isa.order(a, 1.5, b, 3.0).1,
        ]
    }

    #[test]
    fn every_instruction_set_gives_the_bits_of_plain_rust() {
        for seed in 0..20 {
            let (a, b) = (rows(seed), rows(seed + 1000));
            let plain = all(Portable, &a, &b);
            let row = |bits: &Bits| bits[3] >> 5 & 1 == 1;
            let (x, y) = (whole(&a)[3 * 64 + 5], whole(&b)[3 * 64 + 5]);
            assert_eq!((row(&plain[0]), row(&plain[2])), (x < y, x * 3 < y * 2));
            assert_eq!(row(&plain[7]), a[3 * 64 + 5] > b[3 * 64 + 5]);
            #[cfg(target_arch = "x86_64")]
            {
                if let Some(isa) = x86::Avx512::detect() {
                    assert_eq!(plain, all(isa, &a, &b));
                }
                if let Some(isa) = x86::Avx2::detect() {
                    assert_eq!(plain, all(isa, &a, &b));
                }
            }
        }
    }
}
