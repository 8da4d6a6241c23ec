//! AVX2 and AVX-512.

use super::{BLOCK, Bits, GE, GT, Isa, LT, Line, Rows, WORDS, WholeRows};
use crate::batch::singles::{Singles, place};
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
            fn singles(self, rows: &Rows, out: &mut [f32; BLOCK]) -> f32 {
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { rounded(rows, out) }
            }

            #[inline(always)]
            fn single_order(self, a: &Singles, b: &Singles, factor: f32, doubt: f32) -> Option<Bits> {
                #[inline]
                #[target_feature(enable = $features)]
                fn form(a: &Singles, b: &Singles, factor: f32, doubt: f32) -> Option<Bits> {
                    let factor = spread(factor);
                    // SAFETY: places of a group are inside it.
                    signs(doubt, |at| unsafe { minus(product(single(b, at), factor), single(a, at)) })
                }
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { form(a, b, factor, doubt) }
            }

            #[inline(always)]
            fn single_level(self, a: &Singles, level: f32, doubt: f32) -> Option<Bits> {
                #[inline]
                #[target_feature(enable = $features)]
                fn form(a: &Singles, level: f32, doubt: f32) -> Option<Bits> {
                    let level = spread(level);
                    // SAFETY: places of a group are inside it.
                    signs(doubt, |at| unsafe { minus(level, single(a, at)) })
                }
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { form(a, level, doubt) }
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

    /// A mask of eight rows is a byte of a word: it is stored, not shifted into its place.
    #[inline(always)]
    fn bits(mask: impl Fn(usize) -> u64) -> Bits {
        let mut out = [0; WORDS];
        for (w, word) in out.iter_mut().enumerate() {
            let mut bytes = [0; 8];
            for (i, byte) in bytes.iter_mut().enumerate() {
                *byte = mask(w * 64 + i * Avx512::LANES) as u8;
            }
            *word = u64::from_le_bytes(bytes);
        }
        out
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

    /// All words of a block in one register: a carry runs through them as through the bits of a mask. Left to itself the
    /// compiler adds the words in one register and takes them out again to pass on each carry.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    pub(super) fn states(set: &Bits, reset: &Bits, carry: &mut u64) -> Bits {
        let all = _mm512_set1_epi64(-1);
        // SAFETY: both are eight words.
        let (set, reset) = unsafe { (load(set.as_ptr().cast()), load(reset.as_ptr().cast())) };
        let keeps = _mm512_xor_si512(reset, all);
        let sum = _mm512_add_epi64(keeps, set);
        // No word does both: what overflows is at most 2^64 - 2 beyond it.
        let (overflows, passes) = (_mm512_cmplt_epu64_mask(sum, set), _mm512_cmpeq_epi64_mask(sum, all));
        let (overflows, passes) = (u32::from(overflows), u32::from(passes));
        let spread = (overflows << 1 | *carry as u32) + passes;
        *carry = u64::from(spread >> 8 & 1);
        let sum = _mm512_mask_sub_epi64(sum, (spread ^ passes) as u8, sum, all);
        let states = _mm512_xor_si512(_mm512_xor_si512(sum, keeps), set);
        let mut out = [0; WORDS];
        // SAFETY: eight words again.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), states) };
        out
    }

    const _: () = assert!(WORDS == 8);

    /// Pairs of rows first, then pairs of pairs by quarters of a register.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn transposed(lines: [&Line; 8]) -> [Line; 8] {
        /// The even quarters of two registers, and the odd ones.
        const EVEN: i32 = 0b10_00_10_00;
        const ODD: i32 = 0b11_01_11_01;
        // SAFETY: a row is eight numbers.
        let row = |i: usize| unsafe { _mm512_loadu_pd(lines[i].as_ptr()) };
        let mut out = [[0.0; 8]; 8];
        for (odd, first) in [false, true].into_iter().zip(0..) {
            let pair = |i: usize| match odd {
                false => _mm512_unpacklo_pd(row(i), row(i + 1)),
                true => _mm512_unpackhi_pd(row(i), row(i + 1)),
            };
            let (a, b, c, d) = (pair(0), pair(2), pair(4), pair(6));
            let (a, b, c, d) = (
                _mm512_shuffle_f64x2::<EVEN>(a, b),
                _mm512_shuffle_f64x2::<ODD>(a, b),
                _mm512_shuffle_f64x2::<EVEN>(c, d),
                _mm512_shuffle_f64x2::<ODD>(c, d),
            );
            let columns = [
                (0, _mm512_shuffle_f64x2::<EVEN>(a, c)),
                (4, _mm512_shuffle_f64x2::<ODD>(a, c)),
                (2, _mm512_shuffle_f64x2::<EVEN>(b, d)),
                (6, _mm512_shuffle_f64x2::<ODD>(b, d)),
            ];
            for (column, numbers) in columns {
                // SAFETY: a row is eight numbers.
                unsafe { _mm512_storeu_pd(out[first + column].as_mut_ptr(), numbers) };
            }
        }
        out
    }

    use std::arch::x86_64::{_mm512_mul_ps as product, _mm512_set1_ps as spread, _mm512_sub_ps as minus};

    /// Eight rows at a time, of which either half has its own place.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn rounded(rows: &Rows, out: &mut [f32; BLOCK]) -> f32 {
        let mut largest = [_mm256_setzero_ps(); 4];
        for group in (0..BLOCK).step_by(64) {
            for half in 0..8 {
                // SAFETY: eight rows from `group + half * 8` on are inside the block.
                let x = _mm512_cvtpd_ps(unsafe { _mm512_loadu_pd(rows.as_ptr().add(group + half * 8)) });
                let at = place(group + half * 8);
                largest[half % 4] =
                    _mm256_max_ps(largest[half % 4], _mm256_andnot_ps(_mm256_set1_ps(-0.0), x));
                // SAFETY: places of a group are inside it, four rows from each of these on.
                unsafe {
                    _mm_storeu_ps(out.as_mut_ptr().add(at), _mm256_castps256_ps128(x));
                    _mm_storeu_ps(out.as_mut_ptr().add(at + 16), _mm256_extractf128_ps::<1>(x));
                }
            }
        }
        let [a, b, c, d] = largest;
        most(_mm256_max_ps(_mm256_max_ps(a, b), _mm256_max_ps(c, d)))
    }

    /// # Safety
    /// Sixteen numbers can be read.
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn single(x: &Singles, at: usize) -> __m512 {
        // SAFETY: the caller's.
        unsafe { _mm512_loadu_ps(x.rows.as_ptr().add(at)) }
    }

    /// Which of the numbers at a place are negative, unless one is within `doubt` of 0. Signs are packed to bytes, whose
    /// order is that of the rows by the [places](place) of these: a mask for 64 rows instead of one for 16, since
    /// masks are what the processor makes one at a time.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq")]
    fn signs(doubt: f32, number: impl Fn(usize) -> __m512) -> Option<Bits> {
        /// The one that is nearer to 0, without its sign.
        const NEARER: i32 = 0b1010;
        let mut masks = [0; WORDS];
        let mut least = [_mm512_set1_ps(f32::INFINITY); 4];
        for (w, word) in masks.iter_mut().enumerate() {
            let at = w * 64;
            let (a, b, c, d) = (number(at), number(at + 16), number(at + 32), number(at + 48));
            least[0] = _mm512_range_ps::<NEARER>(least[0], a);
            least[1] = _mm512_range_ps::<NEARER>(least[1], b);
            least[2] = _mm512_range_ps::<NEARER>(least[2], c);
            least[3] = _mm512_range_ps::<NEARER>(least[3], d);
            let first = _mm512_packs_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b));
            let second = _mm512_packs_epi32(_mm512_castps_si512(c), _mm512_castps_si512(d));
            *word = _mm512_movepi8_mask(_mm512_packs_epi16(first, second));
        }
        let [a, b, c, d] = least;
        let (a, c) = (_mm512_range_ps::<NEARER>(a, b), _mm512_range_ps::<NEARER>(c, d));
        let least = _mm512_range_ps::<NEARER>(a, c);
        let is_near = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(least, _mm512_set1_ps(doubt)) != 0;
        if is_near { None } else { Some(together(masks)) }
    }

    /// Words that were masks, stored at once: what is stored word by word cannot be read as a whole for a while.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn together(masks: Bits) -> Bits {
        let [a, b, c, d, e, f, g, h] = masks.map(|mask| mask as i64);
        let mut out = [0; WORDS];
        // SAFETY: eight words.
        unsafe { _mm512_storeu_epi64(out.as_mut_ptr().cast(), _mm512_set_epi64(h, g, f, e, d, c, b, a)) };
        out
    }

    forms!(
        Avx512,
        "avx512f,avx512bw,avx512dq",
        8,
        _mm512_loadu_pd,
        _mm512_set1_pd,
        _mm512_mul_pd,
        compare,
        {
            #[inline(always)]
            fn states(self, set: &Bits, reset: &Bits, carry: &mut u64) -> Bits {
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { states(set, reset, carry) }
            }

            #[inline(always)]
            fn transposed(self, lines: [&Line; 8]) -> [Line; 8] {
                // SAFETY: `self` exists only where the processor has these features.
                unsafe { transposed(lines) }
            }
        }
    );
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

    use std::arch::x86_64::{_mm256_mul_ps as product, _mm256_set1_ps as spread, _mm256_sub_ps as minus};

    /// Four rows at a time, each with its own place.
    #[inline(never)]
    #[target_feature(enable = "avx2")]
    fn rounded(rows: &Rows, out: &mut [f32; BLOCK]) -> f32 {
        let mut largest = [_mm_setzero_ps(); 4];
        for group in (0..BLOCK).step_by(16) {
            for (part, largest) in largest.iter_mut().enumerate() {
                // SAFETY: four rows from `group + part * 4` on are inside the block.
                let x = _mm256_cvtpd_ps(unsafe { _mm256_loadu_pd(rows.as_ptr().add(group + part * 4)) });
                *largest = _mm_max_ps(*largest, _mm_andnot_ps(_mm_set1_ps(-0.0), x));
                // SAFETY: places are inside the block, four rows from each of these on.
                unsafe { _mm_storeu_ps(out.as_mut_ptr().add(place(group + part * 4)), x) };
            }
        }
        let [a, b, c, d] = largest;
        most(_mm256_set_m128(_mm_max_ps(a, b), _mm_max_ps(c, d)))
    }

    /// # Safety
    /// Eight numbers can be read.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn single(x: &Singles, at: usize) -> __m256 {
        // SAFETY: the caller's.
        unsafe { _mm256_loadu_ps(x.rows.as_ptr().add(at)) }
    }

    /// Which of the numbers at a place are negative, unless one is within `doubt` of 0: the halves of a
    /// [group](place) one after the other.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn signs(doubt: f32, number: impl Fn(usize) -> __m256) -> Option<Bits> {
        let sign = _mm256_set1_ps(-0.0);
        let mut out = [0; WORDS];
        let mut least = [_mm256_set1_ps(f32::INFINITY); 2];
        for (w, word) in out.iter_mut().enumerate() {
            let mut halves = [0; 2];
            for (half, bits) in halves.iter_mut().enumerate() {
                let at = w * 64 + half * 8;
                let (a, b, c, d) = (number(at), number(at + 16), number(at + 32), number(at + 48));
                least[0] = _mm256_min_ps(least[0], _mm256_andnot_ps(sign, a));
                least[1] = _mm256_min_ps(least[1], _mm256_andnot_ps(sign, b));
                least[0] = _mm256_min_ps(least[0], _mm256_andnot_ps(sign, c));
                least[1] = _mm256_min_ps(least[1], _mm256_andnot_ps(sign, d));
                let first = _mm256_packs_epi32(_mm256_castps_si256(a), _mm256_castps_si256(b));
                let second = _mm256_packs_epi32(_mm256_castps_si256(c), _mm256_castps_si256(d));
                *bits = _mm256_movemask_epi8(_mm256_packs_epi16(first, second)) as u32;
            }
            *word = u64::from(halves[0]) | u64::from(halves[1]) << 32;
        }
        let least = _mm256_min_ps(least[0], least[1]);
        let near = _mm256_cmp_ps::<_CMP_LE_OQ>(least, _mm256_set1_ps(doubt));
        if _mm256_movemask_ps(near) != 0 { None } else { Some(out) }
    }

    forms!(Avx2, "avx2", 4, _mm256_loadu_pd, _mm256_set1_pd, _mm256_mul_pd, compare, {});
}

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
