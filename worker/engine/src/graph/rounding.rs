//! Fractions as f64, rounded once.

use galapagos_rules::Rational;
use std::cmp::Ordering;

/// Whole numbers up to here are f64 without rounding.
const EXACT: u128 = 1 << 53;
/// The least exponent of an f64.
const LEAST: i64 = -1_074;

/// 10^`exponent` as f64, rounded once.
pub(crate) fn power_of_ten(exponent: i64) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(f64::NAN)
}

/// r * 10^`exponent`, rounded once.
pub(crate) fn rounded(r: Rational, exponent: i64) -> f64 {
    let scale = u32::try_from(exponent.unsigned_abs()).ok().and_then(|e| 10_i128.checked_pow(e));
    let shifted = scale.map(Rational::whole).and_then(|s| if exponent < 0 { r.over(s) } else { r.times(s) });
    if let Some(short) = shifted {
        let (n, d) = (short.numerator().unsigned_abs(), short.denominator().unsigned_abs());
        if n <= EXACT && d <= EXACT {
            return short.numerator() as f64 / short.denominator() as f64;
        }
    }
    let mut numerator = Big::new(r.numerator().unsigned_abs());
    let mut denominator = Big::new(r.denominator().unsigned_abs());
    // Beyond, every value but 0 is out of the range of f64.
    let steps = if exponent.unsigned_abs() < 1_000 { exponent.unsigned_abs() } else { 1_000 };
    for _ in 0..steps {
        if exponent < 0 { denominator.times(10) } else { numerator.times(10) }
    }
    let magnitude = quotient(numerator, denominator);
    if r.numerator() < 0 { -magnitude } else { magnitude }
}

/// The quotient of two whole numbers, rounded once, half to even.
fn quotient(mut n: Big, mut d: Big) -> f64 {
    if n.bits() == 0 {
        return 0.0;
    }
    // So many binary places, that the quotient has 64 or 65 digits.
    let places = 64 + d.bits() as i64 - n.bits() as i64;
    if places > 0 {
        n.shift(places.unsigned_abs())
    } else {
        d.shift(places.unsigned_abs())
    }
    d.shift(65);
    let mut q = 0_u128;
    for _ in 0..=65 {
        q <<= 1;
        if n.compare(&d) != Ordering::Less {
            n.minus(&d);
            q |= 1;
        }
        d.halve();
    }
    let digits = 128 - i64::from(q.leading_zeros());
    let (for_53, for_least) = (digits - 53, places + LEAST);
    let drop = if for_53 > for_least { for_53 } else { for_least };
    if drop > 100 {
        return 0.0;
    }
    let (kept, rest) = (q >> drop, q & ((1 << drop) - 1));
    let half = 1_u128 << (drop - 1);
    let above = rest > half || rest == half && (n.bits() > 0 || kept & 1 == 1);
    let mantissa = kept + u128::from(above);
    libm::ldexp(mantissa as f64, i32::try_from(drop - places).unwrap_or(i32::MAX))
}

/// A whole number of any size, lowest digits first.
struct Big(Vec<u32>);

impl Big {
    fn new(mut x: u128) -> Big {
        let mut digits = Vec::new();
        while x > 0 {
            digits.push(x as u32);
            x >>= 32;
        }
        Big(digits)
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn bits(&self) -> u64 {
        self.0.last().map_or(0, |top| self.0.len() as u64 * 32 - u64::from(top.leading_zeros()))
    }

    fn times(&mut self, factor: u32) {
        let mut carry = 0_u64;
        for digit in &mut self.0 {
            carry += u64::from(*digit) * u64::from(factor);
            *digit = carry as u32;
            carry >>= 32;
        }
        self.0.push(carry as u32);
        self.trim();
    }

    fn shift(&mut self, bits: u64) {
        let zeros = vec![0; usize::try_from(bits / 32).unwrap_or(0)];
        self.0.splice(0..0, zeros);
        self.trim();
        if !bits.is_multiple_of(32) {
            self.times(1 << (bits % 32));
        }
    }

    fn halve(&mut self) {
        let mut carry = 0;
        for digit in self.0.iter_mut().rev() {
            let low = *digit & 1;
            *digit = *digit >> 1 | carry << 31;
            carry = low;
        }
        self.trim();
    }

    fn compare(&self, other: &Big) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Takes away a number that is not larger.
    fn minus(&mut self, other: &Big) {
        let mut borrow = false;
        for (i, digit) in self.0.iter_mut().enumerate() {
            let (left, a) = digit.overflowing_sub(other.0.get(i).copied().unwrap_or(0));
            let (left, b) = left.overflowing_sub(u32::from(borrow));
            *digit = left;
            borrow = a || b;
        }
        self.trim();
    }
}

#[cfg(test)]
mod tests {
    use super::{power_of_ten, rounded};
    use galapagos_rules::Rational;
    use proptest::prelude::*;

    proptest! {
        // The standard library reads decimals with one rounding.
        #[test]
        fn a_decimal_times_a_power_of_ten_is_rounded_as_a_text_is(
            digits in -999_999_999_999_999_999_i64..=999_999_999_999_999_999, places in 0_u32..=17,
            exponent in -340_i64..=330,
        ) {
            let r = Rational::new(i128::from(digits), 10_i128.pow(places)).unwrap();
            let text = format!("{digits}e{}", exponent - i64::from(places));
            let expected: f64 = text.parse().unwrap();
            prop_assert_eq!(rounded(r, exponent), expected, "{}", text);
        }

        #[test]
        fn a_fraction_is_the_nearest_f64(n in 1_i128..1 << 100, d in 1_i128..1 << 100) {
            let Some(r) = Rational::new(n, d) else { return Ok(()) };
            let got = rounded(r, 0);
            // The neighbours are on both sides of it, and it is within an ulp of the division of rounded numbers.
            let near = n as f64 / d as f64;
            prop_assert!((got - near).abs() <= near * libm::ldexp(1.0, -51), "{} {}", got, near);
            if n < 1 << 53 && d < 1 << 53 {
                prop_assert_eq!(got, near);
            }
        }
    }

    #[test]
    fn a_tie_goes_to_the_even_neighbour() {
        let half = Rational::new((1 << 54) + 2, 1).unwrap();
        assert_eq!(rounded(half, 0), libm::ldexp(1.0, 54));
        let above = Rational::new((1 << 54) + 6, 1).unwrap();
        assert_eq!(rounded(above, 0), libm::ldexp(1.0, 54) + 8.0);
    }

    #[test]
    fn powers_of_ten_are_rounded_once() {
        assert_eq!(power_of_ten(5), 100_000.0);
        assert_eq!(power_of_ten(-2), 0.01);
        assert_eq!(power_of_ten(400), f64::INFINITY);
    }
}
