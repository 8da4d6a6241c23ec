//! AVX-512: eight numbers a comparison, or sixteen of 32 bits.

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

/// Each word with the last bit of the word before it.
#[inline]
#[target_feature(enable = "avx512f")]
fn earlier(x: &Bits, before: u64) -> Bits {
    // SAFETY: eight words.
    let words = unsafe { _mm512_loadu_si512(x.as_ptr().cast()) };
    let words_before = _mm512_alignr_epi64::<7>(words, _mm512_set1_epi64((before << 63) as i64));
    let bits = _mm512_or_si512(_mm512_slli_epi64::<1>(words), _mm512_srli_epi64::<63>(words_before));
    let mut out = [0; WORDS];
    // SAFETY: eight words again.
    unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), bits) };
    out
}

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

use std::arch::x86_64::{_mm512_fmadd_ps as shifted, _mm512_set1_ps as spread, _mm512_sub_ps as minus};

/// Eight rows at a time, of which either half has its own place.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512dq")]
fn rounded(rows: &Rows, base: f64, out: &mut [f32; BLOCK]) -> f32 {
    let base = _mm512_set1_pd(base);
    let mut largest = [_mm256_setzero_ps(); 4];
    for group in (0..BLOCK).step_by(64) {
        for half in 0..8 {
            // SAFETY: eight rows from `group + half * 8` on are inside the block.
            let x = unsafe { _mm512_loadu_pd(rows.as_ptr().add(group + half * 8)) };
            let x = _mm512_cvtpd_ps(_mm512_sub_pd(x, base));
            let at = place(group + half * 8);
            largest[half % 4] = _mm256_max_ps(_mm256_andnot_ps(_mm256_set1_ps(-0.0), x), largest[half % 4]);
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
fn signs(out: &mut Bits, doubt: f32, number: impl Fn(usize) -> __m512) -> bool {
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
    store(masks, out);
    _mm512_cmp_ps_mask::<_CMP_NGT_UQ>(least, _mm512_set1_ps(doubt)) == 0
}

/// Words that were masks, stored at once: what is stored word by word cannot be read as a whole for a while.
#[inline]
#[target_feature(enable = "avx512f")]
fn store(masks: Bits, out: &mut Bits) {
    let [a, b, c, d, e, f, g, h] = masks.map(|mask| mask as i64);
    // SAFETY: eight words.
    unsafe { _mm512_storeu_epi64(out.as_mut_ptr().cast(), _mm512_set_epi64(h, g, f, e, d, c, b, a)) };
}

forms!(Avx512, "avx512f,avx512bw,avx512dq", 8, _mm512_loadu_pd, _mm512_set1_pd, _mm512_mul_pd, compare, {
    #[inline(always)]
    fn states(self, set: &Bits, reset: &Bits, carry: &mut u64) -> Bits {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { states(set, reset, carry) }
    }

    #[inline(always)]
    fn earlier(self, x: &Bits, before: u64) -> Bits {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { earlier(x, before) }
    }

    #[inline(always)]
    fn transposed(self, lines: [&Line; 8]) -> [Line; 8] {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { transposed(lines) }
    }
});
