//! Prices as people write them, read exactly: digits, a point, an exponent, no binary fraction in between.

/// A decimal number: `mantissa` / 10^`scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub mantissa: i64,
    pub scale: u8,
}

/// Digits a mantissa holds; more are rounded half-even, far below the 10 digits a price can keep.
const MAX_DIGITS: u32 = 18;
/// Places after the point that are told apart from zero.
const MAX_SCALE: i32 = 60;
const SMALL_POWERS: [i64; 19] = {
    let mut powers = [1; 19];
    let mut i = 1;
    while i < 19 {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// 10^`n` for `n` up to 18.
pub(crate) fn power_of_ten(n: u8) -> i64 {
    SMALL_POWERS[usize::from(n.min(18))]
}

impl Decimal {
    /// Parses `-12.50`, `+.5`, `1e-7`; `None` if it is no finite number or beyond 10^18.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let (negative, digits) = match text.first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mut mantissa, mut kept, mut scale) = (0i64, 0u32, 0i32);
        let (mut seen, mut point) = (false, false);
        let (mut dropped, mut sticky): (Option<u8>, bool) = (None, false);
        let mut exponent = 0i32;
        for (at, &byte) in digits.iter().enumerate() {
            match byte {
                b'0'..=b'9' => {
                    seen = true;
                    let digit = byte - b'0';
                    if kept < MAX_DIGITS {
                        mantissa = mantissa * 10 + i64::from(digit);
                        kept += u32::from(mantissa != 0);
                        scale += i32::from(point);
                    } else if !point {
                        return None;
                    } else if dropped.is_none() {
                        dropped = Some(digit);
                    } else {
                        sticky |= digit != 0;
                    }
                }
                b'.' if !point => point = true,
                b'e' | b'E' if seen => {
                    let text = std::str::from_utf8(&digits[at + 1..]).ok()?;
                    exponent = text.parse().ok().filter(|e: &i32| e.abs() <= 400)?;
                    break;
                }
                _ => return None,
            }
        }
        if !seen {
            return None;
        }
        let half = match dropped {
            Some(digit) if digit > 5 || (digit == 5 && (sticky || mantissa % 2 == 1)) => 1,
            _ => 0,
        };
        mantissa += half;
        if mantissa == 0 {
            return Some(Self { mantissa: 0, scale: 0 });
        }
        scale -= exponent;
        while scale > 0 && (scale > MAX_SCALE || exponent != 0) && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        while scale < 0 {
            mantissa = mantissa.checked_mul(10)?;
            scale += 1;
        }
        if scale > MAX_SCALE {
            return None;
        }
        let mantissa = if negative { -mantissa } else { mantissa };
        Some(Self { mantissa, scale: u8::try_from(scale).ok()? })
    }

    /// Without zeros at the end of the fraction.
    pub(crate) fn stripped(mut self) -> Self {
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }

    /// Rounded half-even to `digits` significant digits.
    pub(crate) fn to_significant(self, digits: u32) -> Self {
        let have = self.mantissa.unsigned_abs().checked_ilog10().map_or(1, |l| l + 1);
        let drop = u8::try_from(have.saturating_sub(digits)).unwrap_or(18);
        if drop == 0 {
            return self;
        }
        let mantissa = divide_half_even(self.mantissa, power_of_ten(drop));
        if drop <= self.scale {
            return Self { mantissa, scale: self.scale - drop };
        }
        Self { mantissa: mantissa.saturating_mul(power_of_ten(drop - self.scale)), scale: 0 }
    }

    /// value x 10^`decimals`, rounded half-even where that is no integer; `None` beyond i64.
    pub(crate) fn ticks(self, decimals: u8) -> Option<i64> {
        if self.scale <= decimals {
            let shift = decimals - self.scale;
            return if shift > 18 { None } else { self.mantissa.checked_mul(power_of_ten(shift)) };
        }
        let shift = self.scale - decimals;
        if shift > 18 { Some(0) } else { Some(divide_half_even(self.mantissa, power_of_ten(shift))) }
    }

    /// The f64 nearest to the number, ties to even.
    pub(crate) fn to_f64(self) -> f64 {
        // Both are exact up to 2^53 and 10^22, so one division rounds correctly.
        if self.mantissa.unsigned_abs() <= 1 << 53 && self.scale <= 18 {
            return self.mantissa as f64 / power_of_ten(self.scale) as f64;
        }
        format!("{}e-{}", self.mantissa, self.scale).parse().unwrap_or(f64::NAN)
    }
}

fn divide_half_even(value: i64, by: i64) -> i64 {
    let (quotient, rest) = (value / by, (value % by).unsigned_abs());
    let half = by.unsigned_abs() / 2;
    let up = rest > half || (rest == half && by > 1 && quotient % 2 != 0);
    quotient + if up { value.signum() } else { 0 }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits =
            format!("{:0>width$}", self.mantissa.unsigned_abs(), width = usize::from(self.scale) + 1);
        let (whole, fraction) = digits.split_at(digits.len() - usize::from(self.scale));
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if fraction.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Option<(i64, u8)> {
        Decimal::parse(text.as_bytes()).map(|d| (d.mantissa, d.scale))
    }

    #[test]
    fn numbers_are_read_exactly_as_written() {
        assert_eq!(decimal("1.05236"), Some((105_236, 5)));
        assert_eq!(decimal("-0.50"), Some((-50, 2)));
        assert_eq!(decimal("+7"), Some((7, 0)));
        assert_eq!(decimal(".5"), Some((5, 1)));
        assert_eq!(decimal("5."), Some((5, 0)));
        assert_eq!(decimal("1e-7"), Some((1, 7)));
        assert_eq!(decimal("1.50E3"), Some((1500, 0)));
        assert_eq!(decimal("0.000000"), Some((0, 0)));
        assert_eq!(decimal("123456789012345678.5"), Some((123_456_789_012_345_678, 0)));
        assert_eq!(decimal("0.1234567890123456785"), Some((123_456_789_012_345_678, 18)));
        assert_eq!(decimal("0.12345678901234567851"), Some((123_456_789_012_345_679, 18)));
    }

    #[test]
    fn what_is_no_finite_number_is_refused() {
        for text in
            ["", "-", ".", "nan", "inf", "1,5", "1.2.3", "0x10", "1e", "1e999", "12345678901234567890", " 1"]
        {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn rounding_to_significant_digits_is_half_even() {
        let round = |text: &str| Decimal::parse(text.as_bytes()).unwrap().to_significant(10).to_string();
        assert_eq!(round("1.23456789049"), "1.234567890");
        assert_eq!(round("1.23456789050"), "1.234567890");
        assert_eq!(round("1.23456789150"), "1.234567892");
        assert_eq!(round("123456789012"), "123456789000");
        assert_eq!(round("-98765432105.5"), "-98765432110");
    }

    #[test]
    fn a_decimal_prints_as_it_was_written() {
        for text in ["1.050", "-0.05", "12", "0.000001"] {
            assert_eq!(Decimal::parse(text.as_bytes()).unwrap().to_string(), text);
        }
    }
}
