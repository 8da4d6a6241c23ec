//! What all rows of a symbol in a file have in common, gathered while they are read: each decision of the importer is one
//! over all rows, and none of them needs the rows again.

use crate::counting::is_day;
use crate::decimal::{Decimal, power_of_ten};
use crate::raw::{RawBlock, View};
use crate::ticks::DIGITS;

/// Orders in which open, high, low and close may stand, by the places of open, high, low and close: the usual one, and
/// those of arrays of exchanges.
pub(crate) const ORDERS: [([usize; 4], &str); 3] = [
    ([0, 1, 2, 3], "open, high, low, close"),
    ([0, 2, 3, 1], "open, close, high, low"),
    ([2, 1, 0, 3], "low, high, open, close"),
];
/// Integers below this are far enough apart, divided by the same power of ten, that no two become the same f64.
const APART: u64 = 1 << 50;
/// Scales that a decimal may have.
const SCALES: usize = 61;
/// The first number of more than [`DIGITS`] digits.
const LONG: u64 = 10_u64.pow(DIGITS);

/// What is so in every row, where nothing else is said.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub first_ms: Option<i64>,
    pub last_ms: Option<i64>,
    /// Each time is after the one above it.
    pub rises: bool,
    /// Each time is before the one above it.
    pub falls: bool,
    /// No time is before the one above it.
    pub never_falls: bool,
    /// No time is after the one above it.
    pub never_rises: bool,
    /// As seconds since 1970, times are the days of a spreadsheet.
    pub are_days: bool,
    /// Times end in 59 or 59.999 seconds.
    pub are_closes: bool,
    /// High and low enclose open and close, for each of [`ORDERS`].
    pub fits: [bool; 3],
    /// Which column is the highest of the four prices, and which the lowest.
    pub highest: [bool; 4],
    pub lowest: [bool; 4],
    /// No price is more than twice another of its row, where high and low do not enclose the others.
    pub alike: bool,
    /// Rows with prices above 0 of which high is not the highest, or low not the lowest.
    pub broken: usize,
    /// Prices are written without a fraction.
    pub whole: bool,
    /// The smallest price, without its scale.
    pub least: i64,
    /// Prices are multiples of 100, without their scale.
    pub hundreds: bool,
    /// Decimals that all prices need.
    pub exact: u8,
    /// The same after they are rounded to 10 significant digits.
    pub rounded: u8,
    /// The largest price of each scale, without its sign and scale.
    largest: [u64; SCALES],
    /// No row has a volume above 0 or below.
    pub without_volume: bool,
    /// Volumes are 0, or lie between low and high.
    pub volume_inside: bool,
    /// How many volumes are not 0, and the first of them.
    pub volumes: usize,
    pub volume: Option<f64>,
    /// Not all of them are the same.
    pub volumes_differ: bool,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            first_ms: None,
            last_ms: None,
            rises: true,
            falls: true,
            never_falls: true,
            never_rises: true,
            are_days: true,
            are_closes: true,
            fits: [true; 3],
            highest: [true; 4],
            lowest: [true; 4],
            alike: true,
            broken: 0,
            whole: true,
            least: i64::MAX,
            hundreds: true,
            exact: 0,
            rounded: 0,
            largest: [0; SCALES],
            without_volume: true,
            volume_inside: true,
            volumes: 0,
            volume: None,
            volumes_differ: false,
        }
    }
}

/// Whether high and low enclose open and close.
fn encloses<T: PartialOrd>([open, high, low, close]: [T; 4]) -> bool {
    high >= open && high >= close && low <= open && low <= close
}

impl Facts {
    /// Adds the rows of a block.
    pub(crate) fn add(&mut self, block: &RawBlock, view: View) {
        self.add_times(&block.time_ms);
        for row in 0..block.time_ms.len() {
            let prices = [0, 1, 2, 3].map(|column| view.price(block, column, row));
            prices.into_iter().for_each(|price| self.add_price(price));
            self.add_order(prices);
            self.add_volume(block.volume.get(row).copied(), prices);
        }
    }

    fn add_times(&mut self, times: &[i64]) {
        let [Some(first), Some(last)] = [times.first(), times.last()] else { return };
        let above = self.last_ms.unwrap_or(*first);
        let pairs = self.last_ms.map(|_| (above, *first)).into_iter();
        for (before, after) in pairs.chain(times.windows(2).map(|pair| (pair[0], pair[1]))) {
            self.rises &= before < after;
            self.falls &= before > after;
            self.never_falls &= before <= after;
            self.never_rises &= before >= after;
        }
        self.first_ms.get_or_insert(*first);
        self.last_ms = Some(*last);
        self.are_days = self.are_days && times.iter().all(|ms| is_day(*ms));
        let is_close = |ms: &i64| matches!(ms.rem_euclid(60_000), 59_000 | 59_999);
        self.are_closes = self.are_closes && times.iter().all(is_close);
    }

    fn add_price(&mut self, price: Decimal) {
        self.whole &= price.scale == 0;
        self.least = self.least.min(price.mantissa);
        self.hundreds = self.hundreds && price.mantissa % 100 == 0;
        let size = price.mantissa.unsigned_abs();
        if let Some(largest) = self.largest.get_mut(usize::from(price.scale)) {
            *largest = size.max(*largest);
        }
        let same = self.exact == self.rounded;
        widen(&mut self.exact, price);
        match (size < LONG, same) {
            (true, true) => self.rounded = self.exact,
            (true, false) => widen(&mut self.rounded, price),
            (false, _) if price.scale > self.rounded => {
                widen(&mut self.rounded, price.to_significant(DIGITS));
            }
            _ => {}
        }
    }

    fn add_order(&mut self, prices: [Decimal; 4]) {
        let near = |p: &Decimal| p.scale == prices[0].scale && p.mantissa.unsigned_abs() < APART;
        match prices[0].scale <= 18 && prices.iter().all(near) {
            true => self.add_values(prices, prices.map(|p| p.mantissa)),
            false => self.add_values(prices, prices.map(Decimal::to_f64)),
        }
    }

    fn add_values<T: PartialOrd + Copy>(&mut self, prices: [Decimal; 4], values: [T; 4]) {
        let fits = |order: [usize; 4]| encloses(order.map(|at| values[at]));
        let usual = fits(ORDERS[0].0);
        self.fits[0] &= usual;
        // What is 0 is no price: it is refused as that.
        if !usual {
            let values = prices.map(Decimal::to_f64);
            self.alike &= values.iter().all(|price| values.iter().all(|other| *price <= 2.0 * other));
        }
        self.broken += usize::from(!usual && prices.iter().all(|p| p.mantissa > 0));
        for (known, (order, _)) in self.fits.iter_mut().zip(ORDERS).skip(1) {
            *known = *known && fits(order);
        }
        for (at, value) in values.iter().enumerate() {
            self.highest[at] = self.highest[at] && values.iter().all(|other| value >= other);
            self.lowest[at] = self.lowest[at] && values.iter().all(|other| value <= other);
        }
    }

    fn add_volume(&mut self, volume: Option<f64>, prices: [Decimal; 4]) {
        let Some(v) = volume else {
            self.volume_inside = false;
            return;
        };
        if v == 0.0 {
            return;
        }
        self.without_volume = false;
        self.volumes += 1;
        self.volumes_differ |= *self.volume.get_or_insert(v) != v;
        self.volume_inside = self.volume_inside && v >= prices[2].to_f64() && v <= prices[1].to_f64();
    }

    /// The largest price of each scale: what holds them holds all.
    pub(crate) fn largest(&self) -> impl Iterator<Item = Decimal> {
        let of = |(scale, size): (usize, &u64)| Decimal {
            mantissa: i64::try_from(*size).unwrap_or(i64::MAX),
            scale: u8::try_from(scale).unwrap_or(u8::MAX),
        };
        self.largest.iter().enumerate().filter(|(_, size)| **size > 0).map(of)
    }
}

/// Makes `decimals` as many as a price needs.
fn widen(decimals: &mut u8, price: Decimal) {
    let Some(further) = price.scale.checked_sub(*decimals).filter(|further| *further > 0) else { return };
    // One division says it for most prices; more than 18 places are no power that fits.
    if further > 18 || price.mantissa % power_of_ten(further) != 0 {
        *decimals = price.stripped().scale.max(*decimals);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(rows: &[(i64, [&str; 4], Option<f64>)]) -> RawBlock {
        let mut block = RawBlock::default();
        for (time_ms, prices, volume) in rows {
            block.time_ms.push(*time_ms);
            block.row.push(1);
            block.volume.extend(volume);
            for (column, text) in prices.iter().enumerate() {
                let price = Decimal::parse(text.as_bytes()).unwrap();
                block.mantissa[column].push(price.mantissa);
                block.scale[column].push(price.scale);
            }
        }
        block
    }

    #[test]
    fn blocks_give_the_same_facts_as_all_rows_at_once() {
        let rows = [
            (5_000, ["1.50", "2.250000", "1", "2"], Some(1.5)),
            (65_000, ["3", "4.125", "2.5", "2.75"], Some(0.0)),
            (125_000, ["3", "4", "2.5", "2.75"], Some(3.0)),
            (185_000, ["0.00000000012", "4", "0.00000000012", "2.75"], None),
        ];
        let mut whole = Facts::default();
        whole.add(&block(&rows), View::USUAL);
        for at in 1..rows.len() {
            let mut pieces = Facts::default();
            let (first, second) = rows.split_at(at);
            [first, second].into_iter().for_each(|rows| pieces.add(&block(rows), View::USUAL));
            assert_eq!(format!("{pieces:?}"), format!("{whole:?}"), "{at}");
        }
        assert_eq!((whole.exact, whole.rounded), (11, 11));
        assert!(whole.rises && !whole.falls && whole.fits[0] && !whole.fits[2] && !whole.volume_inside);
        assert_eq!((whole.volumes, whole.volume, whole.volumes_differ), (2, Some(1.5), true));
    }

    #[test]
    fn a_time_out_of_order_is_seen_between_blocks_too() {
        let row = |ms| (ms, ["1", "1", "1", "1"], None);
        let mut facts = Facts::default();
        facts.add(&block(&[row(1), row(3)]), View::USUAL);
        facts.add(&block(&[row(2), row(4)]), View::USUAL);
        assert!(!facts.rises && !facts.never_falls && !facts.never_rises);
        assert_eq!((facts.first_ms, facts.last_ms), (Some(1), Some(4)));
    }

    #[test]
    fn prices_are_compared_as_the_numbers_they_are_nearest_to() {
        let mut facts = Facts::default();
        // One unit apart in the eighteenth digit: the same f64.
        let prices = ["1.00000000000000001", "1.00000000000000000", "1", "1.0"];
        facts.add(&block(&[(1, prices, None)]), View::USUAL);
        assert!(facts.fits[0] && facts.broken == 0);
    }
}
