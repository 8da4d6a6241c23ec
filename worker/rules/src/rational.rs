//! Exact fractions, and intervals of them: what constants are worth. Every operation says when it leaves i128.

use std::cmp::Ordering;

/// A fraction in lowest terms with a positive denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rational {
    numerator: i128,
    denominator: i128,
}

/// The greatest common divisor, at least 1 unless both are 0.
pub fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        // Those of 64 bits are divided by one instruction.
        if let (Ok(x), Ok(y)) = (u64::try_from(a), u64::try_from(b)) {
            return i128::from(short_gcd(x, y));
        }
        (a, b) = (b, a % b);
    }
    i128::try_from(a).unwrap_or(1)
}

fn short_gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Rational {
    /// Zero.
    pub const ZERO: Rational = Rational { numerator: 0, denominator: 1 };

    /// A fraction, unless the denominator is 0 or a number leaves i128.
    pub fn new(numerator: i128, denominator: i128) -> Option<Rational> {
        if denominator == 0 {
            return None;
        }
        let divisor = gcd(numerator, denominator);
        let (n, d) = (numerator.checked_div(divisor)?, denominator.checked_div(divisor)?);
        if d < 0 {
            return Some(Rational { numerator: n.checked_neg()?, denominator: d.checked_neg()? });
        }
        Some(Rational { numerator: n, denominator: d })
    }

    /// A whole number.
    pub fn whole(number: i128) -> Rational {
        Rational { numerator: number, denominator: 1 }
    }

    /// The exact value of a decimal such as `-0.005`, of at most 18 digits.
    pub fn decimal(text: &str) -> Option<Rational> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all = || whole.bytes().chain(part.bytes());
        let well_formed =
            !whole.is_empty() && all().all(|b| b.is_ascii_digit()) && whole.len() + part.len() <= 18;
        if !well_formed || (digits.contains('.') && part.is_empty()) {
            return None;
        }
        let number = all().fold(0_i64, |number, digit| 10 * number + i64::from(digit - b'0'));
        let scale = 10_i64.checked_pow(u32::try_from(part.len()).ok()?)?;
        Rational::new(i128::from(if negative { -number } else { number }), scale.into())
    }

    /// The number above the line.
    pub fn numerator(self) -> i128 {
        self.numerator
    }

    /// The number below the line, positive.
    pub fn denominator(self) -> i128 {
        self.denominator
    }

    /// Whether this is a whole number.
    pub fn is_whole(self) -> bool {
        self.denominator == 1
    }

    /// Whether this is 0.
    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// The sum.
    pub fn plus(self, other: Rational) -> Option<Rational> {
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        Rational::new(left.checked_add(right)?, self.denominator.checked_mul(other.denominator)?)
    }

    /// The number with the other sign.
    pub fn negated(self) -> Option<Rational> {
        Some(Rational { numerator: self.numerator.checked_neg()?, ..self })
    }

    /// The difference.
    pub fn minus(self, other: Rational) -> Option<Rational> {
        self.plus(other.negated()?)
    }

    /// The product.
    pub fn times(self, other: Rational) -> Option<Rational> {
        let numerator = self.numerator.checked_mul(other.numerator)?;
        Rational::new(numerator, self.denominator.checked_mul(other.denominator)?)
    }

    /// The quotient, unless the other is 0.
    pub fn over(self, other: Rational) -> Option<Rational> {
        self.times(Rational::new(other.denominator, other.numerator)?)
    }

    /// Which is larger, unless that cannot be told in i128.
    pub fn compare(self, other: Rational) -> Option<Ordering> {
        let left = self.numerator.checked_mul(other.denominator)?;
        Some(left.cmp(&other.numerator.checked_mul(self.denominator)?))
    }

    /// The smaller, or the first of two equal ones.
    pub fn smaller(self, other: Rational) -> Option<Rational> {
        Some(if self.compare(other)? == Ordering::Greater { other } else { self })
    }

    /// The larger, or the first of two equal ones.
    pub fn larger(self, other: Rational) -> Option<Rational> {
        Some(if self.compare(other)? == Ordering::Less { other } else { self })
    }
}

/// All that a constant can be worth over the bounds of the genes in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The least value.
    pub low: Rational,
    /// The greatest value.
    pub high: Rational,
}

impl Interval {
    /// One value.
    pub fn point(value: Rational) -> Interval {
        Interval { low: value, high: value }
    }

    /// The interval from the least to the greatest of some values.
    fn around(values: &[Option<Rational>]) -> Option<Interval> {
        let mut all = values.iter().copied();
        let mut interval = Interval::point(all.next()??);
        for value in all {
            interval = interval.joined(Interval::point(value?))?;
        }
        Some(interval)
    }

    /// The least interval that holds both.
    pub fn joined(self, other: Interval) -> Option<Interval> {
        Some(Interval { low: self.low.smaller(other.low)?, high: self.high.larger(other.high)? })
    }

    /// Whether 0 is inside.
    pub fn holds_zero(self) -> bool {
        self.low.numerator <= 0 && self.high.numerator >= 0
    }

    /// Whether this is 0 and nothing else.
    pub fn is_zero(self) -> bool {
        self.low.is_zero() && self.high.is_zero()
    }

    /// All sums.
    pub fn plus(self, other: Interval) -> Option<Interval> {
        Some(Interval { low: self.low.plus(other.low)?, high: self.high.plus(other.high)? })
    }

    /// All differences.
    pub fn minus(self, other: Interval) -> Option<Interval> {
        Some(Interval { low: self.low.minus(other.high)?, high: self.high.minus(other.low)? })
    }

    /// All values with the other sign.
    pub fn negated(self) -> Option<Interval> {
        Some(Interval { low: self.high.negated()?, high: self.low.negated()? })
    }

    /// All products.
    pub fn times(self, other: Interval) -> Option<Interval> {
        let (a, b) = (self, other);
        Interval::around(&[
            a.low.times(b.low),
            a.low.times(b.high),
            a.high.times(b.low),
            a.high.times(b.high),
        ])
    }

    /// All quotients, unless 0 is among the divisors.
    pub fn over(self, other: Interval) -> Option<Interval> {
        if other.holds_zero() {
            return None;
        }
        let (a, b) = (self, other);
        Interval::around(&[a.low.over(b.low), a.low.over(b.high), a.high.over(b.low), a.high.over(b.high)])
    }

    /// All magnitudes.
    pub fn magnitude(self) -> Option<Interval> {
        let turned = self.negated()?;
        let high = self.high.larger(turned.high)?;
        let low = if self.holds_zero() { Rational::ZERO } else { self.low.larger(turned.low)? };
        Some(Interval { low, high })
    }

    /// The smaller of one value of each.
    pub fn smaller(self, other: Interval) -> Option<Interval> {
        Some(Interval { low: self.low.smaller(other.low)?, high: self.high.smaller(other.high)? })
    }

    /// The larger of one value of each.
    pub fn larger(self, other: Interval) -> Option<Interval> {
        Some(Interval { low: self.low.larger(other.low)?, high: self.high.larger(other.high)? })
    }
}

#[cfg(test)]
mod tests {
    use super::{Interval, Rational};

    fn r(text: &str) -> Rational {
        Rational::decimal(text).unwrap()
    }

    #[test]
    fn fractions_are_exact_and_in_lowest_terms() {
        assert_eq!(r("0.1").plus(r("0.2")), Some(r("0.3")));
        assert_eq!(r("1").over(r("3")).and_then(|third| third.times(r("3"))), Some(r("1")));
        assert_eq!(r("-0.50").denominator(), 2);
        assert_eq!(Rational::decimal("1."), None);
        assert_eq!(Rational::decimal("1234567890123456789"), None);
        assert_eq!(r("1").over(Rational::ZERO), None);
        assert_eq!(Rational::whole(i128::MAX).plus(r("1")), None);
    }

    #[test]
    fn an_interval_holds_whatever_its_constant_can_be_worth() {
        let between = |low, high| Interval { low: r(low), high: r(high) };
        assert_eq!(between("-2", "3").times(between("-5", "1")), Some(between("-15", "10")));
        assert_eq!(between("1", "2").over(between("-1", "1")), None);
        assert_eq!(between("1", "2").over(between("0.5", "4")), Some(between("0.25", "4")));
        assert_eq!(between("-3", "2").magnitude(), Some(between("0", "3")));
        assert_eq!(between("-3", "-2").magnitude(), Some(between("2", "3")));
    }
}
