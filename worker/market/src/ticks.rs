//! The tick of a series: how many decimals its prices need, and how many there is room for.

use crate::columns::ColumnRole;
use crate::decimal::Decimal;
use crate::error::Result;
use crate::raw::RawRows;
use crate::series::MAX_DECIMALS;

/// Largest ticks that f64 holds exactly.
pub(crate) const MAX_TICKS: i64 = 1 << 53;
/// Digits that every price keeps where not all of them fit.
pub(crate) const DIGITS: u32 = 10;
/// Up to so many decimals a series is rounded to [`DIGITS`] before it is given more: what was imported when this was
/// the limit keeps its digest.
const USUAL_DECIMALS: u8 = 9;

/// The tick of one series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    pub decimals: u8,
    /// Prices are rounded to 10 significant digits first.
    pub rounded: bool,
}

impl Tick {
    /// `price` in ticks; `None` if it is too large.
    pub(crate) fn ticks(self, price: Decimal) -> Option<i64> {
        self.kept(price).ticks(self.decimals).filter(|t| t.unsigned_abs() <= MAX_TICKS as u64)
    }

    fn kept(self, price: Decimal) -> Decimal {
        if self.rounded { price.to_significant(DIGITS) } else { price }
    }

    /// Whether no price is too large.
    fn holds(self, parts: &[RawRows]) -> bool {
        parts.iter().flat_map(|part| part.facts.largest()).all(|price| self.ticks(price).is_some())
    }
}

/// The fewest decimals that hold every price exactly; where there are none, or more than nine, those after rounding to
/// 10 significant digits. A price that is too large for any tick is left to the caller.
///
/// # Errors
/// `Invalid` with the first price that would keep fewer than 10 digits.
pub(crate) fn choose(parts: &[RawRows]) -> Result<Tick> {
    let fitted = |rounded: bool| {
        let of = |part: &RawRows| if rounded { part.facts.rounded } else { part.facts.exact };
        Tick { decimals: parts.iter().map(of).max().unwrap_or(0), rounded }
    };
    let (exact, rounded) = (fitted(false), fitted(true));
    for (tick, limit) in [(exact, USUAL_DECIMALS), (rounded, USUAL_DECIMALS), (exact, MAX_DECIMALS)] {
        if tick.decimals <= limit && tick.holds(parts) {
            return Ok(tick);
        }
    }
    let mut tick = Tick { decimals: rounded.decimals.min(MAX_DECIMALS), rounded: true };
    while tick.decimals > 0 && !tick.holds(parts) {
        tick.decimals -= 1;
    }
    if tick.decimals < rounded.decimals && tick.holds(parts) {
        for part in parts {
            part.refuse(|block, row| {
                let price = |column| part.view.price(block, column, row);
                let is_too_fine =
                    |price: Decimal| price.mantissa > 0 && tick.kept(price).stripped().scale > tick.decimals;
                let at = (0..4).find(|column| is_too_fine(price(*column)))?;
                let problem = too_fine(tick, parts);
                Some(part.source.wrong(ColumnRole::PRICES[at], block.row[row], price(at), problem))
            })?;
        }
    }
    Ok(tick)
}

/// Why a price loses digits.
fn too_fine(tick: Tick, parts: &[RawRows]) -> String {
    let decimals = tick.decimals;
    let room = if decimals == MAX_DECIMALS {
        format!(
            "a tick has at most {MAX_DECIMALS} decimals: multiply all prices of the series by a power of ten"
        )
    } else {
        let largest = parts.iter().flat_map(|part| part.facts.largest()).max_by_key(|&p| tick.ticks(p));
        let largest = largest.map_or_else(String::new, |p| p.to_string());
        format!(
            "beside the price {largest} there is room for {decimals} decimals: look for a bad price, or use fewer bars"
        )
    };
    format!("would keep fewer than {DIGITS} significant digits, since {room}")
}
