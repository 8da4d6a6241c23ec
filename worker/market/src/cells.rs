//! Cells of a file as numbers: prices and volumes, what stands for none, and prices times a ratio.

use crate::decimal::Decimal;
use crate::grouped::{self, DecimalSign, is_separated, times_power, without_currency, without_letter};

/// Texts that stand for "no value".
pub(crate) fn is_empty(cell: &[u8]) -> bool {
    // Most cells are numbers: they are asked for nothing else.
    !cell.first().is_some_and(u8::is_ascii_digit) && is_no_value(cell)
}

fn is_no_value(cell: &[u8]) -> bool {
    const WORDS: [&[u8]; 17] = [
        b"null",
        b"nan",
        b"na",
        b"n/a",
        b"none",
        b"-",
        b"--",
        b"#n/a",
        b"#na",
        b"#n/a n/a",
        b"<na>",
        b"nil",
        b"\\n",
        b".",
        b"#div/0!",
        b"#value!",
        b"#ref!",
    ];
    cell.is_empty() || WORDS.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// Follows a number with separators, whose meaning all rows of the file decide.
pub(crate) const SEPARATED: &str = "has separators, and not all numbers of the file have the same: write 1234.5, 1,234.5 or 1.234,5 throughout";

pub(crate) fn no_number(cell: &[u8]) -> &'static str {
    if is_separated(without_currency(cell)) { SEPARATED } else { "is no finite number" }
}

pub(crate) fn number(cell: &[u8], decimal: Option<DecimalSign>) -> Option<Decimal> {
    match decimal {
        None => Decimal::parse(cell).or_else(|| Decimal::parse(without_currency(cell))),
        Some(sign) => grouped::parse(without_currency(cell), sign),
    }
}

/// A volume, and whether a letter for thousands stands behind it.
pub(crate) fn amount(cell: &[u8], decimal: Option<DecimalSign>) -> Option<(f64, bool)> {
    if let Some(number) = number(cell, decimal) {
        return Some((number.to_f64(), false));
    }
    if let Some((digits, power)) = without_letter(cell) {
        return Some((times_power(number(digits, decimal)?, power)?.to_f64(), true));
    }
    let wide = std::str::from_utf8(cell).ok().filter(|_| decimal.is_none())?.parse::<f64>().ok()?;
    wide.is_finite().then_some((wide, false))
}

/// Prices times adjusted close / close. The close becomes the adjusted close to the digit, and the order of the four
/// stays.
pub(crate) fn adjust(prices: [Decimal; 4], adjusted: Decimal) -> Option<[Decimal; 4]> {
    let close = prices[3];
    if close.mantissa <= 0 || adjusted.mantissa <= 0 {
        return None;
    }
    let mut out = [adjusted; 4];
    for (out, price) in out.iter_mut().zip(prices) {
        let ratio = price.to_f64() / close.to_f64();
        if ratio != 1.0 {
            *out = Decimal::parse((ratio * adjusted.to_f64()).to_string().as_bytes())?;
        }
    }
    Some(out)
}
