//! Which column holds the volume: not one of zeros beside another, not an average price, and not the money that was paid.

use crate::choice::ColumnChoice;
use crate::columns::{ColumnRole, is_base_volume, is_volume_name};
use crate::error::{Error, Result};
use crate::meanings::{MIN_ROWS, TRIED, all, noted, others};
use crate::rows::FileRows;
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
        return base(choice, rows, &name, again);
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
    all(rows).all(|r| r.facts.without_volume)
}

/// Every volume lies within its bar, and they differ: no volume does that. A bar without a trade has no average: 0.
fn is_price(rows: &FileRows) -> bool {
    let first = all(rows).find_map(|r| r.facts.volume);
    all(rows).all(|r| r.facts.volume_inside)
        && all(rows).map(|r| r.facts.volumes).sum::<usize>() >= MIN_ROWS
        && all(rows).any(|r| r.facts.volumes_differ || r.facts.volume.is_some() && r.facts.volume != first)
}

/// Where the column that was taken is another one times a price of its bar in every row, it counts money: the other is the
/// volume. A column that is called as the volume of the base always is counts the base.
fn base(
    choice: &ColumnChoice,
    rows: FileRows,
    name: &str,
    again: &dyn Fn(&ColumnChoice) -> Result<FileRows>,
) -> Result<FileRows> {
    if !rows.header.named || is_base_volume(name) {
        return Ok(rows);
    }
    for (position, other) in others(&rows, is_volume_name).into_iter().take(TRIED) {
        if let Ok(better) = again(&choice.with(ColumnRole::Volume, &position))
            && is_money(&rows, &better)?
        {
            let seen = format!(
                "column {name:?} is column {other:?} times the price in every row, so it counts money"
            );
            return Ok(noted(better, format!("{seen}: volume is column {other:?}")));
        }
    }
    Ok(rows)
}

/// Whether the volumes of `rows` are those of `other` times a price between low and high.
fn is_money(rows: &FileRows, other: &FileRows) -> Result<bool> {
    let mut compared = 0;
    for (r, o) in all(rows).zip(all(other)) {
        // The same rows of the same file lie in the same blocks.
        if r.volumes != o.volumes || r.blocks.held().len() != o.blocks.held().len() {
            return Ok(false);
        }
        for (block, other) in r.blocks.iter().zip(o.blocks.iter()) {
            let (block, other) = (block?, other?);
            let fits = block.volume.len() == other.volume.len()
                && (0..block.volume.len()).all(|i| {
                    let (money, volume) = (block.volume[i], other.volume[i]);
                    if money == 0.0 || volume == 0.0 {
                        return true;
                    }
                    compared += 1;
                    let [low, high] = [2, 1].map(|column| r.view.price(&block, column, i).to_f64());
                    (low * (1.0 - ROUNDED)..=high * (1.0 + ROUNDED)).contains(&(money / volume))
                });
            if !fits {
                return Ok(false);
            }
        }
    }
    Ok(compared >= MIN_ROWS)
}
