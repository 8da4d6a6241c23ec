//! AVX2: four numbers a comparison, or eight of 32 bits.

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

use std::arch::x86_64::{_mm256_set1_ps as spread, _mm256_sub_ps as minus};

/// A product and a sum.
#[inline]
#[target_feature(enable = "avx2")]
fn shifted(x: __m256, factor: __m256, shift: __m256) -> __m256 {
    _mm256_add_ps(_mm256_mul_ps(x, factor), shift)
}

/// Four rows at a time, each with its own place.
#[inline(never)]
#[target_feature(enable = "avx2")]
fn rounded(rows: &Rows, base: f64, out: &mut [f32; BLOCK]) -> f32 {
    let base = _mm256_set1_pd(base);
    let mut largest = [_mm_setzero_ps(); 4];
    for group in (0..BLOCK).step_by(16) {
        for (part, largest) in largest.iter_mut().enumerate() {
            // SAFETY: four rows from `group + part * 4` on are inside the block.
            let x = unsafe { _mm256_loadu_pd(rows.as_ptr().add(group + part * 4)) };
            let x = _mm256_cvtpd_ps(_mm256_sub_pd(x, base));
            *largest = _mm_max_ps(_mm_andnot_ps(_mm_set1_ps(-0.0), x), *largest);
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
fn signs(out: &mut Bits, doubt: f32, number: impl Fn(usize) -> __m256) -> bool {
    let sign = _mm256_set1_ps(-0.0);
    let mut least = [_mm256_set1_ps(f32::INFINITY); 2];
    for (w, word) in out.iter_mut().enumerate() {
        let mut halves = [0; 2];
        for (half, bits) in halves.iter_mut().enumerate() {
            let at = w * 64 + half * 8;
            let (a, b, c, d) = (number(at), number(at + 16), number(at + 32), number(at + 48));
            // What is no number, behind the last row of a block, is left out: the second operand is the answer then.
            least[0] = _mm256_min_ps(_mm256_andnot_ps(sign, a), least[0]);
            least[1] = _mm256_min_ps(_mm256_andnot_ps(sign, b), least[1]);
            least[0] = _mm256_min_ps(_mm256_andnot_ps(sign, c), least[0]);
            least[1] = _mm256_min_ps(_mm256_andnot_ps(sign, d), least[1]);
            let first = _mm256_packs_epi32(_mm256_castps_si256(a), _mm256_castps_si256(b));
            let second = _mm256_packs_epi32(_mm256_castps_si256(c), _mm256_castps_si256(d));
            *bits = _mm256_movemask_epi8(_mm256_packs_epi16(first, second)) as u32;
        }
        *word = u64::from(halves[0]) | u64::from(halves[1]) << 32;
    }
    let least = _mm256_min_ps(least[0], least[1]);
    // Nor is anything told where the doubt is no number.
    let near = _mm256_cmp_ps::<_CMP_NGT_UQ>(least, _mm256_set1_ps(doubt));
    _mm256_movemask_ps(near) == 0
}

forms!(Avx2, "avx2", 4, _mm256_loadu_pd, _mm256_set1_pd, _mm256_mul_pd, compare, {});
