//! How the search went, generation by generation.

use super::account::figure;
use super::charts::generations;
use crate::pictures::fitness;
use crate::report::data::Data;
use crate::report::error::ReportError;
use crate::report::html::{Cell, Table, note, section as framed};
use crate::report::text::{count, number, percent};

/// Rows of the table.
const ROWS: usize = 12;

/// The part.
///
/// # Errors
/// A chart cannot be drawn.
pub fn section(data: &Data) -> Result<String, ReportError> {
    let all = &data.document.generations;
    let Some(last) = all.last() else { return Ok(String::new()) };
    let objective = data.document.species.first().map_or("fitness", |c| c.objective.as_str());
    let points: Vec<_> = generations(data)
        .into_iter()
        .map(|(number, best, median, _)| fitness::Generation { number, best, median })
        .collect();
    let svg = fitness::svg(&points, objective)?;
    let mut text =
        figure("search", &format!("Best and median {objective}, and diversity, by generation"), &svg);
    let header = [
        "Generation",
        "Best",
        "Strategy",
        "Median",
        "Diversity",
        "Feasible",
        "Infeasible",
        "Failed",
        "Evaluated so far",
    ];
    let mut table = Table::new("Some of the generations", &header).words(&[2]);
    let every = all.len().div_ceil(ROWS).max(1);
    for (_, g) in all.iter().enumerate().filter(|(i, _)| i % every == 0 || i + 1 == all.len()) {
        let cells = [
            Cell::Number(number(g.best, 3)),
            Cell::text(g.strategy.as_deref().unwrap_or("-")),
            Cell::Number(number(g.median, 3)),
            Cell::Number(percent(Some(g.diversity))),
            Cell::Number(g.feasible.to_string()),
            Cell::Number(g.infeasible.to_string()),
            Cell::Number(g.failed.to_string()),
            Cell::Number(count(g.distinct)),
        ];
        table.row(&g.generation.to_string(), cells);
    }
    text += &table.finish();
    let counts = &data.document.evaluations;
    text += &note(&format!(
        "Ended by {} after {} generations: {} different individuals evaluated, {} known from before, {} without a usable account. \
         Best is that of the run so far, the median that of the feasible ones of a generation; diversity is the mean share of \
         distinct values of a gene.",
        data.document.stopped_by,
        u64::from(last.generation) + 1,
        count(counts.distinct),
        count(counts.cached),
        count(counts.failed)
    ));
    // The page that the run had while it went on, drawn by its script.
    text += "<div id=\"run\" class=\"run\">";
    text += &note(
        "A browser that runs scripts shows here how the species shared the generations, as generations.csv has it.",
    );
    text += "</div>\n";
    Ok(framed("search", "The search", &text))
}
