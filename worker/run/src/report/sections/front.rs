//! The front of several objectives, and the points of it that a reader would look at first.

use crate::pictures::front::svg;
use crate::report::data::Data;
use crate::report::error::ReportError;
use crate::report::html::{Cell, Table, escape, note, section as framed};
use crate::report::text::{count, number};
use crate::results::front::{Choice, Front};

/// Rows of the table.
const ROWS: usize = 12;

/// The part; nothing of a run with one objective.
///
/// # Errors
/// The picture cannot be drawn.
pub fn section(data: &Data) -> Result<String, ReportError> {
    let Some(front) = data.document.front.as_ref().filter(|front| front.objectives.len() > 1) else {
        return Ok(String::new());
    };
    let names: Vec<&str> = front.objectives.iter().map(|o| o.name.as_str()).collect();
    let said = escape(&format!("{} of the individuals that no other beats everywhere", names.join(", ")));
    let picture = svg(front, data.document.best.as_ref())?;
    let mut text = format!(
        "<figure data-front><figcaption>{said}</figcaption><div class=\"still\" role=\"img\" aria-label=\"{said}\">{picture}</div></figure>\n"
    );
    text += &table(front);
    text += &note(&if front.feasible {
        format!(
            "{} individuals of all generations are beaten everywhere by no other; the volume that they dominate is {}. The table has \
             those nearest to the knee first; lines lead from where a point is on the training rows to where the holdout put it. \
             DSR is the deflated Sharpe ratio, counting every trial of the run. Each point shown is a look at the holdout: whoever \
             picks by it has searched on it.",
            count(front.count),
            number(Some(front.hypervolume), 4)
        )
    } else {
        "No individual keeps all limits: these break them least.".to_owned()
    });
    Ok(framed("front", "The front", &text))
}

fn table(front: &Front) -> String {
    let mut header = vec!["Strategy".to_owned()];
    for objective in &front.objectives {
        header.extend([objective.name.clone(), format!("{} holdout", objective.name)]);
    }
    header.extend(["DSR".to_owned(), "Genes".to_owned()]);
    let names: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = Table::new("Points of the front", &names).words(&[names.len() - 1]);
    let mut order: Vec<usize> = (0..front.points.len()).collect();
    if front.feasible {
        let distances = front.distances(Choice::Knee, &[]);
        order.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]).then(a.cmp(&b)));
    }
    for point in order.into_iter().take(ROWS).filter_map(|at| front.points.get(at)) {
        let mut cells = Vec::new();
        for i in 0..front.objectives.len() {
            cells.push(Cell::Number(number(point.values.get(i).copied().flatten(), 3)));
            cells.push(Cell::Number(number(point.held(i), 3)));
        }
        cells.push(Cell::Number(number(point.deflated_sharpe, 3)));
        let genes: Vec<String> = point.genome.iter().map(|(name, value)| format!("{name} {value}")).collect();
        cells.push(Cell::text(genes.join(", ")));
        table.row(&point.strategy, cells);
    }
    table.finish()
}
