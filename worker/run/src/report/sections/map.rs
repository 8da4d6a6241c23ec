//! Maps of fitness over two genes.

use std::fmt::Write;

use crate::report::data::Data;
use crate::report::heat::{Axis, Heat};
use crate::report::html::{escape, note, paragraph, section as framed};
use crate::report::text::{percent, short};

/// Pixels of a cell, and room for the labels.
const CELL: usize = 22;
const LEFT: usize = 96;
const BELOW: usize = 58;

/// The part.
pub fn section(data: &Data) -> String {
    let Some(shown) = data.shown() else { return String::new() };
    let heading = "Fitness over two genes";
    if data.maps.is_empty() {
        return framed(
            "map",
            heading,
            &paragraph("The winner has fewer than two numeric genes with several values."),
        );
    }
    let mut text = String::new();
    for (i, map) in data.maps.iter().enumerate() {
        text += &figure(map, &shown.objective, i);
    }
    let every =
        if data.every > 1 { format!(" Every {}th evaluation is in it.", data.every) } else { String::new() };
    text += &note(&format!(
        "All evaluations of {}: the colour of a cell is the median {} of what was evaluated in it, whatever its other genes, and \
         each colour has about as many cells. Hatched cells are holes: nobody has evaluated anything there. The ring is the \
         winner: a single bright cell among dark ones is luck more often than a field of bright ones.{every}",
        shown.strategy, shown.objective
    ));
    framed("map", heading, &text)
}

fn figure(map: &Heat, objective: &str, place: usize) -> String {
    let name = format!("{} and {}", map.x.gene, map.y.gene);
    let said = format!(
        "Median {objective} over {} (explains {} of the ranks) and {} ({})",
        map.x.gene,
        percent(Some(map.x.explains)),
        map.y.gene,
        percent(Some(map.y.explains))
    );
    let hidden = if place > 0 { " hidden" } else { "" };
    let (name, said) = (escape(&name), escape(&said));
    format!(
        "<figure class=\"map\" data-pair=\"{name}\"{hidden}><figcaption>{said}</figcaption>\n\
         <div class=\"wide\" role=\"region\" aria-label=\"Map of {name}\" tabindex=\"0\">{}</div></figure>\n",
        svg(map, &said, place)
    )
}

fn svg(map: &Heat, said: &str, place: usize) -> String {
    let (columns, rows) = (map.x.cells.len(), map.y.cells.len());
    let (wide, high) = (columns * CELL, rows * CELL);
    let (all_wide, all_high) = (LEFT + wide + 190, 10 + high.max(8 * 20) + BELOW);
    let mut out = format!(
        "<svg width=\"{all_wide}\" height=\"{all_high}\" viewBox=\"0 0 {all_wide} {all_high}\" role=\"img\" aria-label=\"{said}\">\
         <defs><pattern id=\"hole{place}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
         <path class=\"hatch\" d=\"M0 6L6 0\"/></pattern></defs>\
         <rect class=\"ground\" x=\"{LEFT}\" y=\"10\" width=\"{wide}\" height=\"{high}\" fill=\"url(#hole{place})\"/>"
    );
    let corner = |at: (usize, usize)| (LEFT + at.0 * CELL, 10 + (rows - 1 - at.1) * CELL);
    for cell in &map.cells {
        let (x, y) = corner(cell.at);
        let class = cell.median.map_or_else(|| "h".to_owned(), |_| format!("h{}", cell.class));
        let value =
            cell.median.map_or_else(|| "none has a value".to_owned(), |m| format!("median {}", short(m)));
        let at = format!(
            "{} {}, {} {}",
            escape(&map.x.gene),
            range(map.x.cells[cell.at.0]),
            escape(&map.y.gene),
            range(map.y.cells[cell.at.1])
        );
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{side}\" height=\"{side}\"><title>{at}: {value}, {} evaluated</title></rect>",
            cell.evaluations,
            side = CELL - 1
        );
    }
    if let Some(winner) = map.winner {
        let (x, y) = (corner(winner).0 + CELL / 2, corner(winner).1 + CELL / 2);
        let _ = write!(
            out,
            "<g class=\"winner\"><title>the winner</title><circle cx=\"{x}\" cy=\"{y}\" r=\"8\"/><circle cx=\"{x}\" cy=\"{y}\" r=\"3\"/></g>"
        );
    }
    for (at, text) in labels(&map.x, 56) {
        let (x, y) = (LEFT + at * CELL + CELL / 2, 10 + high + 18);
        let _ = write!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{text}</text>");
    }
    for (at, text) in labels(&map.y, CELL) {
        let (x, y) = (LEFT - 8, corner((0, at)).1 + CELL / 2 + 4);
        let _ = write!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{text}</text>");
    }
    let (middle, bottom) = (LEFT + wide / 2, 10 + high + 42);
    let _ = write!(
        out,
        "<text class=\"name\" x=\"{middle}\" y=\"{bottom}\" text-anchor=\"middle\">{}</text>",
        escape(&map.x.gene)
    );
    let middle = 10 + high / 2;
    let _ = write!(
        out,
        "<text class=\"name\" x=\"16\" y=\"{middle}\" text-anchor=\"middle\" transform=\"rotate(-90 16 {middle})\">{}</text>",
        escape(&map.y.gene)
    );
    legend(&mut out, map, LEFT + wide + 24);
    out + "</svg>"
}

fn legend(out: &mut String, map: &Heat, x: usize) {
    let last = map.classes.len().saturating_sub(1);
    for (i, class) in map.classes.iter().enumerate().rev() {
        let y = 10 + (last - i) * 20;
        let colour = (i * 6).checked_div(last).unwrap_or(6);
        let _ = write!(
            out,
            "<rect class=\"h{colour}\" x=\"{x}\" y=\"{y}\" width=\"16\" height=\"16\"/><text x=\"{}\" y=\"{}\">{}</text>",
            x + 24,
            y + 13,
            range(*class)
        );
    }
}

fn range((low, high): (f64, f64)) -> String {
    let (low, high) = (short(low), short(high));
    if low == high { low } else { format!("{low} to {high}") }
}

/// As many labels as have room.
fn labels(axis: &Axis, room: usize) -> Vec<(usize, String)> {
    let every = room.div_ceil(CELL).max(1);
    axis.cells
        .iter()
        .enumerate()
        .step_by(every)
        .map(|(i, cell)| (i, short((cell.0 + cell.1) / 2.0)))
        .collect()
}
