//! The best of each cell of behaviour, as a map.

use std::fmt::Write;

use crate::report::data::Data;
use crate::report::heat::CLASSES;
use crate::report::html::{Cell, Table, escape, note, section as framed};
use crate::report::text::{number, short};
use crate::results::archive::{CellArchive, CellBest, CellRanges};

/// Pixels of a cell, and room for the labels.
const WIDE: usize = 74;
const HIGH: usize = 34;
const LEFT: usize = 150;
const BELOW: usize = 58;
/// Most ranges of a number that are drawn.
const RANGES: usize = 16;
/// Rows of the table.
const ROWS: usize = 12;

/// The part; nothing of a run without cells.
pub fn section(data: &Data) -> String {
    let Some(archive) = data.document.archive.as_ref().filter(|a| (1..=2).contains(&a.axes.len())) else {
        return String::new();
    };
    let names: Vec<&str> = archive.axes.iter().map(|axis| axis.name.as_str()).collect();
    let said = escape(&format!("Best {} by {}", archive.objective, names.join(" and ")));
    let mut text = format!(
        "<figure class=\"map\"><figcaption>{said}</figcaption>\n\
         <div class=\"wide\" role=\"region\" aria-label=\"{said}\" tabindex=\"0\">{}</div></figure>\n",
        svg(archive, &said)
    );
    text += &table(archive);
    text += &note(&format!(
        "Of each cell the feasible individual with the best {} of all generations, {} cells of {}: different strategies \
         instead of copies of one. Nobody has been in an empty cell. The holdout is not looked at.",
        archive.objective,
        archive.cells.len(),
        archive.axes.iter().map(|axis| axis.edges.len() + 1).product::<usize>()
    ));
    framed("archive", "Different strategies", &text)
}

/// Ranges along, and up; one number has a single row.
fn sides(archive: &CellArchive) -> (usize, usize) {
    let ranges = |i: usize| archive.axes.get(i).map_or(1, |axis| (axis.edges.len() + 1).min(RANGES));
    (ranges(0), ranges(1))
}

fn place(cell: &CellBest, (columns, rows): (usize, usize)) -> Option<(usize, usize)> {
    let (x, y) = (*cell.at.first()?, cell.at.get(1).copied().unwrap_or(0));
    (x < columns && y < rows).then_some((x, y))
}

fn svg(archive: &CellArchive, said: &str) -> String {
    let (columns, rows) = sides(archive);
    let (wide, high) = (columns * WIDE, rows * HIGH);
    let (all_wide, all_high) = (LEFT + wide + 10, 10 + high + BELOW);
    let mut out = format!(
        "<svg width=\"{all_wide}\" height=\"{all_high}\" viewBox=\"0 0 {all_wide} {all_high}\" role=\"img\" aria-label=\"{said}\">\
         <rect class=\"ground\" x=\"{LEFT}\" y=\"10\" width=\"{wide}\" height=\"{high}\" fill=\"none\"/>"
    );
    let mut values: Vec<f64> = archive.cells.iter().filter_map(|c| c.fitness).collect();
    values.sort_by(f64::total_cmp);
    // As many cells in each colour, as in the maps of genes.
    let class = |v: f64| values.partition_point(|m| *m < v) * CLASSES / values.len().max(1);
    for cell in &archive.cells {
        let Some((x, y)) = place(cell, (columns, rows)) else { continue };
        let (left, top) = (LEFT + x * WIDE, 10 + (rows - 1 - y) * HIGH);
        let colour = cell.fitness.map_or_else(|| "h".to_owned(), |v| format!("h{}", class(v)));
        let genes: Vec<String> = cell.genome.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let title = escape(&format!("{} {}", cell.strategy, genes.join(", ")));
        let _ = write!(
            out,
            "<g><title>{title}</title><rect class=\"{colour}\" x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\"/>\
             <rect class=\"plate\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"18\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
            WIDE - 1,
            HIGH - 1,
            left + 10,
            top + 8,
            WIDE - 21,
            left + WIDE / 2,
            top + 21,
            escape(&number(cell.fitness, 2))
        );
    }
    let name = |i: usize| archive.axes.get(i).map_or("", |axis| axis.name.as_str());
    for (x, text) in labels(archive.axes.first()) {
        let (x, y) = (LEFT + x * WIDE + WIDE / 2, 10 + high + 18);
        let _ = write!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{text}</text>");
    }
    for (y, text) in labels(archive.axes.get(1)) {
        let (x, y) = (LEFT - 8, 10 + (rows - 1 - y) * HIGH + HIGH / 2 + 4);
        let _ = write!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{text}</text>");
    }
    let (middle, bottom) = (LEFT + wide / 2, 10 + high + 42);
    let _ = write!(
        out,
        "<text class=\"name\" x=\"{middle}\" y=\"{bottom}\" text-anchor=\"middle\">{}</text>",
        escape(name(0))
    );
    let middle = 10 + high / 2;
    let _ = write!(
        out,
        "<text class=\"name\" x=\"16\" y=\"{middle}\" text-anchor=\"middle\" transform=\"rotate(-90 16 {middle})\">{}</text>",
        escape(name(1))
    );
    out + "</svg>"
}

/// What the ranges of a number are called, as markup.
fn labels(axis: Option<&CellRanges>) -> Vec<(usize, String)> {
    let Some(axis) = axis else { return Vec::new() };
    (0..(axis.edges.len() + 1).min(RANGES)).map(|i| (i, escape(&range(axis, i)))).collect()
}

fn range(axis: &CellRanges, i: usize) -> String {
    let edge = |i: usize| axis.edges.get(i).copied().map(short);
    match (i.checked_sub(1).and_then(edge), edge(i)) {
        (None, Some(to)) => format!("below {to}"),
        (Some(from), Some(to)) => format!("{from} to {to}"),
        (Some(from), None) => format!("from {from}"),
        (None, None) => "all".to_owned(),
    }
}

/// The cells in the order of the result, those of the lowest ranges first, thinned to what a table can show.
fn table(archive: &CellArchive) -> String {
    let mut header = vec!["Strategy".to_owned()];
    header.extend(archive.axes.iter().map(|axis| axis.name.clone()));
    header.extend([archive.objective.clone(), "DSR".to_owned(), "Genes".to_owned()]);
    let names: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = Table::new("Some of the cells", &names).words(&[names.len() - 1]);
    let every = archive.cells.len().div_ceil(ROWS).max(1);
    for cell in archive.cells.iter().step_by(every) {
        let values = (0..archive.axes.len()).map(|i| cell.values.get(i).copied().flatten());
        let mut cells: Vec<Cell> = values.map(|value| Cell::Number(number(value, 3))).collect();
        cells.push(Cell::Number(number(cell.fitness, 3)));
        cells.push(Cell::Number(number(cell.deflated_sharpe, 3)));
        let genes: Vec<String> = cell.genome.iter().map(|(name, value)| format!("{name} {value}")).collect();
        cells.push(Cell::text(genes.join(", ")));
        table.row(&cell.strategy, cells);
    }
    table.finish()
}
