//! Which column holds the volume: not one of zeros beside another, not an average price, and not the money that was paid.

use crate::choice::ColumnChoice;
use crate::columns::{ColumnRole, is_base_volume, is_volume_name};
use crate::error::{Error, Result};
use crate::meanings::{MIN_ROWS, TRIED, all, noted, others};
use crate::rows::{FileRows, RawRows};
use std::path::Path;

/// How far money / volume may lie outside of low and high, since both are rounded.
const ROUNDED: f64 = 0.01;

/// Volumes that are all 0 beside others that are not, or that are average prices.
pub(crate) fn volume(
    path: &Path,
    choice: &ColumnChoice,
    rows: FileRows,
    again: &dyn Fn(&ColumnChoice) -> Result<FileRows>,
) -> Result<FileRows> {
    let (Some(at), false) = (rows.header.columns.volume, choice.names(ColumnRole::Volume)) else {
        return Ok(if is_price(&rows) {
            noted(rows, "the volume lies between low and high in every row: it was chosen".into())
        } else {
            rows
        });
    };
    let name = rows.header.names.get(at).cloned().unwrap_or_default();
    let (empty, price) = (is_empty(&rows), is_price(&rows));
    if !empty && !price {
        return Ok(base(choice, rows, &name, again));
    }
    let mut candidates = others(&rows, is_volume_name);
    if price && !rows.header.named {
        candidates.extend(others(&rows, |n| n == format!("#{}", at + 2)));
    }
    let seen = if price {
        format!("column {name:?} lies between low and high in every row, as an average price does")
    } else {
        format!("column {name:?} holds no volume in any row")
    };
    for (position, other) in candidates.into_iter().take(TRIED) {
        if let Ok(better) = again(&choice.with(ColumnRole::Volume, &position))
            && !is_empty(&better)
            && !is_price(&better)
        {
            return Ok(noted(better, format!("{seen}: volume is column {other:?}")));
        }
    }
    if price {
        let remedy = "name the volume with --columns volume=NAME, or leave it out with --columns volume=";
        return Err(Error::layout(path, format!("{seen}: {remedy}")));
    }
    Ok(rows)
}

fn is_empty(rows: &FileRows) -> bool {
    all(rows).all(|r| r.volume.iter().all(|&v| v == 0.0))
}

/// Every volume lies within its bar, and they differ: no volume does that. A bar without a trade has no average: 0.
fn is_price(rows: &FileRows) -> bool {
    let inside = |r: &RawRows, i: usize| {
        let v = r.volume.get(i).copied().unwrap_or(f64::NAN);
        v == 0.0 || v >= r.price(2, i).to_f64() && v <= r.price(1, i).to_f64()
    };
    let volumes = || all(rows).flat_map(|r| r.volume.iter()).filter(|v| **v != 0.0);
    let first = volumes().next();
    all(rows).all(|r| (0..r.len()).all(|i| inside(r, i)))
        && volumes().count() >= MIN_ROWS
        && volumes().any(|v| Some(v) != first)
}

/// Where the column that was taken is another one times a price of its bar in every row, it counts money: the other is the
/// volume. A column that is called as the volume of the base always is counts the base.
fn base(
    choice: &ColumnChoice,
    rows: FileRows,
    name: &str,
    again: &dyn Fn(&ColumnChoice) -> Result<FileRows>,
) -> FileRows {
    if !rows.header.named || is_base_volume(name) {
        return rows;
    }
    for (position, other) in others(&rows, is_volume_name).into_iter().take(TRIED) {
        if let Ok(better) = again(&choice.with(ColumnRole::Volume, &position))
            && is_money(&rows, &better)
        {
            let seen = format!(
                "column {name:?} is column {other:?} times the price in every row, so it counts money"
            );
            return noted(better, format!("{seen}: volume is column {other:?}"));
        }
    }
    rows
}

/// Whether the volumes of `rows` are those of `other` times a price between low and high.
fn is_money(rows: &FileRows, other: &FileRows) -> bool {
    let mut compared = 0;
    let fits = all(rows).zip(all(other)).all(|(r, o)| {
        r.volume.len() == o.volume.len()
            && (0..r.volume.len()).all(|i| {
                let (money, volume) = (r.volume[i], o.volume[i]);
                if money == 0.0 || volume == 0.0 {
                    return true;
                }
                compared += 1;
                let (low, high) = (r.price(2, i).to_f64(), r.price(1, i).to_f64());
                (low * (1.0 - ROUNDED)..=high * (1.0 + ROUNDED)).contains(&(money / volume))
            })
    });
    fits && compared >= MIN_ROWS
}
