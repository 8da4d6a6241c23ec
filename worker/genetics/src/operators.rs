//! Operators on one number: an index taken as a real in 0..=last, rounded half away from zero and clamped at the
//! end. Powers by libm, because std's differ between machines.

use crate::draws::Draws;

/// Rounds a real to an index of a grid with `last` as its highest.
pub(crate) fn to_index(x: f64, last: u32) -> u32 {
    // NaN cannot arise from finite parents; the comparisons would map it to `last`, inside the grid.
    if x < 0.5 {
        0
    } else if x < f64::from(last) {
        // What `round` does to the numbers between; on x86-64 it is a call into the platform's library.
        let below = x as u32;
        below + u32::from(x - f64::from(below) >= 0.5)
    } else {
        last
    }
}

/// One child of bounded simulated binary crossover (Deb and Agrawal 1995, bounded as in Deb's NSGA-II code) of two
/// different values: the lower or the upper one of the pair. Draws: spread, side.
pub(crate) fn sbx(draws: &mut Draws, a: u32, b: u32, last: u32, eta: f64) -> u32 {
    let (low, high) = if a < b { (f64::from(a), f64::from(b)) } else { (f64::from(b), f64::from(a)) };
    let u = draws.u01();
    let lower = draws.chance(0.5);
    let room = if lower { low } else { f64::from(last) - high };
    let beta = 1.0 + 2.0 * room / (high - low);
    // From 12^-16 on the power is lost in rounding against 2: the same bits without the dearest call here.
    let alpha = if beta >= 12.0 && eta >= 15.0 { 2.0 } else { 2.0 - libm::pow(beta, -(eta + 1.0)) };
    let spread = if u * alpha <= 1.0 { u * alpha } else { 1.0 / (2.0 - u * alpha) };
    let factor = libm::pow(spread, 1.0 / (eta + 1.0)) * (high - low);
    let child = if lower { 0.5 * (low + high - factor) } else { 0.5 * (low + high + factor) };
    to_index(child, last)
}

/// Bounded polynomial mutation (Deb and Goyal 1996). `rest` is [`rest`] of this gene. Draws: one.
pub(crate) fn polynomial(
    draws: &mut Draws,
    k: u32,
    last: u32,
    eta: f64,
    rest: impl FnOnce(u32) -> f64,
) -> u32 {
    let (x, range) = (f64::from(k), f64::from(last));
    let u = draws.u01();
    let power = 1.0 / (eta + 1.0);
    let delta = if u < 0.5 {
        libm::pow(2.0 * u + (1.0 - 2.0 * u) * rest(k), power) - 1.0
    } else {
        1.0 - libm::pow(2.0 * (1.0 - u) + 2.0 * (u - 0.5) * rest(last - k), power)
    };
    to_index(x + delta * range, last)
}

/// What polynomial mutation leaves beyond a bound `distance` indices away.
pub(crate) fn rest(distance: u32, last: u32, eta: f64) -> f64 {
    libm::pow(1.0 - f64::from(distance) / f64::from(last), eta + 1.0)
}

/// current + f·(pbest - current) + f·(r1 - r2); beyond a bound: the middle between current and the bound.
pub(crate) fn differential(current: u32, pbest: u32, r1: u32, r2: u32, f: f64, last: u32) -> u32 {
    let (x, bound) = (f64::from(current), f64::from(last));
    let v = x + f * (f64::from(pbest) - x) + f * (f64::from(r1) - f64::from(r2));
    let inside = if v < 0.0 {
        0.5 * x
    } else if v > bound {
        0.5 * (x + bound)
    } else {
        v
    };
    to_index(inside, last)
}

/// Another category than k, uniformly. Draws: one.
pub(crate) fn other(draws: &mut Draws, k: u32, len: u32) -> u32 {
    let drawn = draws.below(u64::from(len - 1)) as u32;
    if drawn >= k { drawn + 1 } else { drawn }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_the_rounded_number_clamped_to_the_grid() {
        let halves = (-8..=40).map(|h| f64::from(h) * 0.5);
        let around = halves.flat_map(|x| [x.next_down(), x, x.next_up()]);
        for x in around.chain([-0.0, f64::MIN_POSITIVE, 1e300, -1e300, f64::INFINITY, f64::NEG_INFINITY]) {
            for last in [0, 1, 2, 17, (1 << 30) - 1] {
                let expected = x.round().clamp(0.0, f64::from(last)) as u32;
                assert_eq!(to_index(x, last), expected, "{x} of {last}");
            }
        }
    }
}
