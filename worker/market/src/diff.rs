//! What two versions of data differ in, stamp by stamp.

use crate::dataset::Dataset;
use crate::series::{Series, scale};
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// The first value that is not the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FirstDifference {
    /// Open of the bar, or the funding stamp, UTC milliseconds.
    pub time_ms: i64,
    /// `open`, `high`, `low`, `close`, `volume` or `funding`.
    pub column: &'static str,
    /// What the first dataset says; `None`: nothing.
    pub a: Option<f64>,
    /// What the second says; `None`: nothing.
    pub b: Option<f64>,
}

/// One symbol in two datasets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SymbolDiff {
    /// Name of the symbol.
    pub symbol: String,
    /// Bars in the first dataset; 0: it is not there.
    pub rows_a: u64,
    /// Bars in the second.
    pub rows_b: u64,
    /// Bars that only the first has.
    pub only_a: u64,
    /// Bars that only the second has.
    pub only_b: u64,
    /// Bars of both with another price or volume.
    pub changed: u64,
    /// Funding stamps that only one has, or with another rate or mark.
    pub funding_changed: u64,
    /// The earliest value of both that is not the same.
    pub first: Option<FirstDifference>,
}

impl SymbolDiff {
    /// Whether both say the same of it.
    pub fn is_equal(&self) -> bool {
        self.only_a + self.only_b + self.changed + self.funding_changed == 0
    }
}

/// All symbols of two datasets, by name.
pub fn diff(a: &Dataset, b: &Dataset) -> Vec<SymbolDiff> {
    let names: BTreeSet<&str> = a.symbols().chain(b.symbols()).collect();
    names.into_iter().map(|name| of_symbol(name, a.symbol(name).ok(), b.symbol(name).ok())).collect()
}

fn of_symbol(name: &str, a: Option<Series<'_>>, b: Option<Series<'_>>) -> SymbolDiff {
    let mut out = SymbolDiff {
        symbol: name.to_owned(),
        rows_a: a.map_or(0, |s| s.len() as u64),
        rows_b: b.map_or(0, |s| s.len() as u64),
        only_a: 0,
        only_b: 0,
        changed: 0,
        funding_changed: 0,
        first: None,
    };
    let (Some(a), Some(b)) = (a, b) else {
        (out.only_a, out.only_b) = (out.rows_a, out.rows_b);
        out.funding_changed = a.or(b).map_or(0, |s| s.funding.len() as u64);
        return out;
    };
    let first = |found: &mut Option<FirstDifference>, other: FirstDifference| {
        if found.as_ref().is_none_or(|f| other.time_ms < f.time_ms) {
            *found = Some(other);
        }
    };
    pairs(a.time_ms, b.time_ms, |pair| match pair {
        (Some(_), None) => out.only_a += 1,
        (None, Some(_)) => out.only_b += 1,
        (Some(i), Some(j)) => {
            if let Some(found) = row(&a, i, &b, j) {
                out.changed += 1;
                first(&mut out.first, found);
            }
        }
        (None, None) => {}
    });
    let stamps = |s: &Series<'_>| s.funding.iter().map(|f| f.time_ms).collect::<Vec<_>>();
    pairs(&stamps(&a), &stamps(&b), |(i, j)| {
        let (x, y) = (i.map(|i| a.funding[i]), j.map(|j| b.funding[j]));
        if x != y {
            out.funding_changed += 1;
            let rate = |f: Option<crate::series::FundingStamp>| f.map(|f| f.rate_e9 as f64 / 1e9);
            let time_ms = x.or(y).map_or(0, |f| f.time_ms);
            first(&mut out.first, FirstDifference { time_ms, column: "funding", a: rate(x), b: rate(y) });
        }
    });
    out
}

/// Calls `visit` with the places of each stamp in both rising lists.
fn pairs(a: &[i64], b: &[i64], mut visit: impl FnMut((Option<usize>, Option<usize>))) {
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let order = match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) => x.cmp(y),
            (Some(_), None) => Ordering::Less,
            _ => Ordering::Greater,
        };
        visit((order.is_le().then_some(i), order.is_ge().then_some(j)));
        i += usize::from(order.is_le());
        j += usize::from(order.is_ge());
    }
}

fn row(a: &Series<'_>, i: usize, b: &Series<'_>, j: usize) -> Option<FirstDifference> {
    let columns = [
        ("open", a.open, b.open),
        ("high", a.high, b.high),
        ("low", a.low, b.low),
        ("close", a.close, b.close),
    ];
    // Ticks of different decimals are compared as the numbers that they are.
    let exact = |tick: i64, other: u8| i128::from(tick) * i128::from(10_i64.pow(u32::from(other)));
    for (column, x, y) in columns {
        if exact(x[i], b.decimals) != exact(y[j], a.decimals) {
            let (x, y) = (x[i] as f64 / scale(a.decimals), y[j] as f64 / scale(b.decimals));
            return Some(FirstDifference { time_ms: a.time_ms[i], column, a: Some(x), b: Some(y) });
        }
    }
    let (x, y) = (a.volume.map(|v| v[i]), b.volume.map(|v| v[j]));
    (x.map(f64::to_bits) != y.map(f64::to_bits)).then_some(FirstDifference {
        time_ms: a.time_ms[i],
        column: "volume",
        a: x,
        b: y,
    })
}
