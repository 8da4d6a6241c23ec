//! The normal distribution with the same bits everywhere: draws, tails and quantiles by libm.

use std::f64::consts::{SQRT_2, TAU};

use crate::draws::Draws;

/// Fills `out` with N(0, 1) by Box and Muller (1958): two draws a pair, u then v; sqrt(-2 log(1 - u)) times cos and sin of
/// 2 pi v. Of an odd number the last pair gives its first half.
pub(crate) fn normals(draws: &mut Draws, out: &mut [f64]) {
    for pair in out.chunks_mut(2) {
        let radius = (-2.0 * libm::log(1.0 - draws.u01())).sqrt();
        let (sin, cos) = libm::sincos(TAU * draws.u01());
        pair[0] = radius * cos;
        if let Some(second) = pair.get_mut(1) {
            *second = radius * sin;
        }
    }
}

/// Probability that N(0, 1) lies above z.
pub(crate) fn above(z: f64) -> f64 {
    0.5 * libm::erfc(z / SQRT_2)
}

/// The z >= 0 that N(0, 1) exceeds with probability `p` (0 < p <= 0.5), by halving 0..40 sixty times.
pub(crate) fn exceeded_with(p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if above(middle) > p {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (p, z) in [
            (0.5, 0.0),
            (0.158_655_253_931_457, 1.0),
            (0.025, 1.959_963_984_540_054),
            (1e-6, 4.753_424_308_822_899),
        ] {
            assert!((exceeded_with(p) - z).abs() < 1e-9, "{p}");
        }
    }

    #[test]
    fn normals_have_the_moments_of_a_normal() {
        let mut draws = Draws::new(9);
        draws.seek_stream(1);
        let mut z = vec![0.0; 100_001];
        normals(&mut draws, &mut z);
        let n = z.len() as f64;
        let moment = |k: i32| z.iter().map(|v| (0..k).map(|_| v).product::<f64>()).sum::<f64>() / n;
        assert!(moment(1).abs() < 0.02 && (moment(2) - 1.0).abs() < 0.03 && (moment(4) - 3.0).abs() < 0.15);
    }
}
