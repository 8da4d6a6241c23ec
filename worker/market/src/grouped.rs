//! Numbers with thousands separators, a decimal comma, a sign of a currency, or a letter for thousands.

use crate::decimal::{Decimal, power_of_ten};
use crate::error::{Error, Result};
use std::path::Path;

/// Which sign stands before the fraction; the other separates thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalSign {
    /// 1,234.56
    Point,
    /// 1.234,56
    Comma,
}

impl DecimalSign {
    fn byte(self) -> u8 {
        match self {
            DecimalSign::Point => b'.',
            DecimalSign::Comma => b',',
        }
    }

    /// The other one, which separates thousands.
    fn thousands(self) -> &'static [u8] {
        match self {
            DecimalSign::Point => b",",
            DecimalSign::Comma => b".",
        }
    }
}

/// Spaces and the apostrophe, which separate thousands whatever the decimal sign is.
const SPACES: [&[u8]; 5] = [b" ", b"'", "\u{a0}".as_bytes(), "\u{202f}".as_bytes(), "\u{2019}".as_bytes()];
const CURRENCIES: [&str; 6] = ["$", "€", "£", "¥", "₹", "₽"];
/// Behind a number only.
const CODES: [&str; 11] = ["USD", "EUR", "GBP", "JPY", "CHF", "INR", "PLN", "USDT", "USDC", "zł", "kr"];

/// Whether a cell holds a number with separators rather than anything else.
pub(crate) fn is_separated(cell: &[u8]) -> bool {
    let points = cell.iter().filter(|&&b| b == b'.').count();
    let spaced = SPACES.iter().any(|s| cell.windows(s.len()).any(|part| part == *s));
    cell.iter().any(u8::is_ascii_digit) && (cell.contains(&b',') || spaced || points > 1)
}

/// Without the sign of a currency before it, or its sign or letters behind it.
pub(crate) fn without_currency(cell: &[u8]) -> &[u8] {
    if cell.last().is_none_or(u8::is_ascii_digit) && cell.first().is_some_and(u8::is_ascii_digit) {
        return cell;
    }
    let behind = CURRENCIES.iter().chain(&CODES).find_map(|sign| cell.strip_suffix(sign.as_bytes()));
    let cell = behind.unwrap_or(cell).trim_ascii_end();
    let cell = SPACES
        .iter()
        .find_map(|space| cell.strip_suffix(*space))
        .filter(|_| behind.is_some())
        .unwrap_or(cell);
    CURRENCIES.iter().find_map(|sign| cell.strip_prefix(sign.as_bytes())).unwrap_or(cell).trim_ascii_start()
}

/// Without the letter for thousands, millions, billions or trillions behind it, and the power of ten it stands for.
pub(crate) fn without_letter(cell: &[u8]) -> Option<(&[u8], u8)> {
    let (letter, number) = cell.split_last()?;
    let power = match letter.to_ascii_uppercase() {
        b'K' => 3,
        b'M' => 6,
        b'B' => 9,
        b'T' => 12,
        _ => return None,
    };
    number.last().is_some_and(u8::is_ascii_digit).then_some((number, power))
}

/// `number` x 10^`power`.
pub(crate) fn times_power(number: Decimal, power: u8) -> Option<Decimal> {
    let below = power.min(number.scale);
    let mantissa = number.mantissa.checked_mul(power_of_ten(power - below))?;
    Some(Decimal { mantissa, scale: number.scale - below })
}

/// Parses `1,234.56` or `1.234,56`; `None` if the groups are not of three digits, or it is no number.
pub(crate) fn parse(cell: &[u8], sign: DecimalSign) -> Option<Decimal> {
    let mut plain = Vec::with_capacity(cell.len());
    let whole = cell.iter().position(|&b| b == sign.byte()).unwrap_or(cell.len());
    let (mut rest, fraction) = cell.split_at(whole);
    if let Some(first @ (b'-' | b'+')) = rest.first() {
        plain.push(*first);
        rest = &rest[1..];
    }
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut groups = 0;
    let mut separator: Option<&[u8]> = None;
    let mut pairs = false;
    loop {
        let count = digits(rest);
        let is_last = rest.len() == count;
        // `0,123` is no thousand, and `1234,567` is none either. India writes 12,34,567: pairs before the last three.
        let fits = match groups {
            0 => count > 0,
            1 if count == 2 && !is_last && plain.iter().filter(|b| b.is_ascii_digit()).count() <= 2 => {
                pairs = true;
                true
            }
            _ if pairs => count == if is_last { 3 } else { 2 },
            _ => count == 3,
        };
        if !fits {
            return None;
        }
        plain.extend_from_slice(&rest[..count]);
        rest = &rest[count..];
        if rest.is_empty() {
            break;
        }
        if groups == 0 && (count > 3 || plain.iter().find(|b| b.is_ascii_digit()) == Some(&b'0')) {
            return None;
        }
        let found = std::iter::once(sign.thousands()).chain(SPACES).find(|s| rest.starts_with(s))?;
        // One number has one separator.
        if separator.is_some_and(|s| s != found) {
            return None;
        }
        separator = Some(found);
        rest = &rest[found.len()..];
        groups += 1;
    }
    if let Some((_, after)) = fraction.split_first() {
        plain.push(b'.');
        plain.extend_from_slice(after);
    }
    Decimal::parse(&plain)
}

/// Reads all numbers of a file with each decimal sign, where one has separators; `read` reads the file, `fits` says
/// whether the prices of each row agree.
///
/// # Errors
/// Both signs fit all rows, or none: only the user knows.
pub(crate) fn decide<T>(
    file: &Path,
    value: &str,
    read: impl Fn(DecimalSign) -> Result<T>,
    fits: impl Fn(&T) -> bool,
) -> Result<Option<(T, DecimalSign, String)>> {
    let readable = |sign| read(sign).ok().map(|rows| fits(&rows));
    let sign = match (readable(DecimalSign::Point), readable(DecimalSign::Comma)) {
        (None, None) => return Ok(None),
        (Some(_), None) | (Some(true), Some(false)) => DecimalSign::Point,
        (None, Some(_)) | (Some(false), Some(true)) => DecimalSign::Comma,
        _ => {
            let problem = format!(
                "{value:?} and all other numbers can be read with thousands behind the comma or with a fraction: \
                 say --decimal point for 1,234.5 or --decimal comma for 1.234,5"
            );
            return Err(Error::layout(file, problem));
        }
    };
    let with = match sign {
        DecimalSign::Point => "separators between thousands and a decimal point",
        DecimalSign::Comma => "a decimal comma",
    };
    let note = format!("numbers such as {value:?} were read with {with}");
    Ok(Some((read(sign)?, sign, note)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, sign: DecimalSign) -> Option<String> {
        parse(text.as_bytes(), sign).map(|d| d.to_string())
    }

    #[test]
    fn thousands_are_groups_of_three_behind_one_separator() {
        for (text, point, comma) in [
            ("1,234.56", Some("1234.56"), None),
            ("1.234,56", None, Some("1234.56")),
            ("-1,234,567", Some("-1234567"), None),
            ("1 234,5", None, Some("1234.5")),
            ("1\u{a0}234.5", Some("1234.5"), None),
            ("1'234'567.25", Some("1234567.25"), None),
            ("12,5", None, Some("12.5")),
            ("1,234", Some("1234"), Some("1.234")),
            ("0,123", None, Some("0.123")),
            ("1234.5", Some("1234.5"), None),
            ("94333", Some("94333"), Some("94333")),
            ("1,23,456", Some("123456"), None),
            ("12,34,567.5", Some("1234567.5"), None),
            ("1,23,45", None, None),
            ("1,234,56,789", None, None),
            ("123,45,678", None, None),
            ("1234,567.5", None, None),
            ("1,234 567", None, None),
            ("1,,234", None, None),
            (",5", None, None),
            ("", None, None),
        ] {
            assert_eq!(read(text, DecimalSign::Point).as_deref(), point, "{text}");
            assert_eq!(read(text, DecimalSign::Comma).as_deref(), comma, "{text}");
        }
    }

    #[test]
    fn a_currency_may_stand_before_or_behind_a_number() {
        for text in ["$100.5", "€ 100.5", "100.5 €", "100.5\u{a0}€", "100.5 USD", "100.5zł", "100.5"] {
            assert_eq!(without_currency(text.as_bytes()), b"100.5", "{text}");
        }
        assert_eq!(without_currency("12,5 XYZ".as_bytes()), b"12,5 XYZ");
    }

    #[test]
    fn letters_stand_for_exact_powers_of_ten() {
        for (text, value) in
            [("94.33K", "94330"), ("1.5M", "1500000"), ("0.2345b", "234500000"), ("7.12345k", "7123.45")]
        {
            let (number, power) = without_letter(text.as_bytes()).unwrap();
            let number = times_power(Decimal::parse(number).unwrap(), power).unwrap();
            assert_eq!(number.to_string(), value, "{text}");
        }
        assert!(without_letter(b"K").is_none() && without_letter(b"5X").is_none());
    }
}
