//! A map of two genes as text, JSON and CSV.

use super::arguments::MapOutput;
use super::map::{Cell, Map};
use crate::exit::CommandResult;
use crate::table::{number, table};
use crate::terminal;
use galapagos_run::storage::record::Class;
use serde_json::{Value, json};

/// From low to high.
const SHADES: [&str; 5] = [" ", "░", "▒", "▓", "█"];

/// Prints the map.
pub fn print(map: &Map, output: MapOutput) -> CommandResult {
    match output {
        MapOutput::Table => terminal::print(&to_text(map)),
        MapOutput::Json => terminal::print_json(&to_json(map)),
        MapOutput::Csv => terminal::print(&to_csv(map)),
    }
}

/// Cells with the numbers of their row and column.
fn cells(map: &Map) -> impl Iterator<Item = (usize, usize, &Cell)> {
    let across = map.columns.values.len().max(1);
    map.cells.iter().enumerate().map(move |(i, cell)| (i / across, i % across, cell))
}

fn to_text(map: &Map) -> String {
    let worth = |cell: &Cell| match cell {
        Cell::Worth { value, .. } => *value,
        Cell::None | Cell::Failed => None,
    };
    let known = || map.cells.iter().filter_map(worth);
    let (low, high) =
        known().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let shade = |v: f64| {
        let share = if high > low { (v - low) / (high - low) } else { 1.0 };
        SHADES[((share * SHADES.len() as f64) as usize).min(SHADES.len() - 1)]
    };
    let decimals = if high.abs().max(low.abs()) < 100.0 { 2 } else { 0 };
    let mut rows: Vec<Vec<String>> = map.rows.values.iter().map(|value| vec![value.clone()]).collect();
    for (row, column, cell) in cells(map) {
        let own = (row, column) == (map.rows.own, map.columns.own);
        let text = match cell {
            Cell::None => ".".to_owned(),
            Cell::Failed => "error".to_owned(),
            Cell::Worth { value, class } => {
                let outside = if *class == Class::Feasible { "" } else { "!" };
                let shaded = value.map_or(" ", shade);
                format!("{}{}{outside} {shaded}", if own { "*" } else { "" }, number(*value, decimals))
            }
        };
        rows[row].push(text);
    }
    let corner = format!("{} \\ {}", map.rows.gene, map.columns.gene);
    let header: Vec<&str> =
        std::iter::once(corner.as_str()).chain(map.columns.values.iter().map(String::as_str)).collect();
    let genes: Vec<String> = map.genome.iter().map(|(name, value)| format!("{name} {value}")).collect();
    format!(
        "{}  {}\n{} on the training rows; * the individual itself, ! outside a limit or without a usable account, . no such genome\n\n{}",
        map.strategy,
        genes.join("  "),
        map.measure.name(),
        table(&header, rows, &header[1..]),
    )
}

fn to_json(map: &Map) -> Value {
    let cell = |(row, column, cell): (usize, usize, &Cell)| {
        let mut out = json!({
            map.rows.gene.as_str(): map.rows.values[row],
            map.columns.gene.as_str(): map.columns.values[column],
        });
        let (value, class) = described(cell);
        out["value"] = json!(value);
        out["class"] = json!(class);
        out
    };
    let axis = |values: &super::map::Values| json!({"gene": values.gene, "values": values.values, "own": values.values[values.own]});
    let genome: serde_json::Map<String, Value> =
        map.genome.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "strategy": map.strategy,
        "genome": genome,
        "metric": map.measure.name(),
        "rows": axis(&map.rows),
        "columns": axis(&map.columns),
        "cells": cells(map).map(cell).collect::<Vec<_>>(),
    })
}

fn to_csv(map: &Map) -> String {
    let mut text = format!("{},{},{},class\n", map.rows.gene, map.columns.gene, map.measure.name());
    for (row, column, cell) in cells(map) {
        let (value, class) = described(cell);
        let value = value.map_or_else(String::new, |v| v.to_string());
        text.push_str(&format!(
            "{},{},{value},{}\n",
            map.rows.values[row],
            map.columns.values[column],
            class.unwrap_or_default()
        ));
    }
    text
}

/// Value and class; no class: the rules between genes allow no such genome.
fn described(cell: &Cell) -> (Option<f64>, Option<&'static str>) {
    match cell {
        Cell::None => (None, None),
        Cell::Failed => (None, Some("failed")),
        Cell::Worth { value, class } => (*value, Some(class.name())),
    }
}
