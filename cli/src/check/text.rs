//! What is known of a strategy, for people.

use crate::check::report::{ColumnReport, DataReport, Report};
use crate::table::{number, percent, table, thousands};
use galapagos_run::examine::columns::Role;
use galapagos_run::examine::path::Way;
use galapagos_run::examine::truth::Truth;
use galapagos_run::rules::short;

/// What is known of a strategy.
pub fn text(report: &Report) -> String {
    let mut out = format!("{}: valid\n\nPath     {}\n", report.name, way(report.path.way));
    for reason in &report.path.because {
        let part = if reason.part.is_empty() { String::new() } else { format!(" has {}", reason.part) };
        out.push_str(&format!("         {}{part}: {}\n", reason.path, reason.why));
    }
    out.push_str(&format!("Warm-up  {}\n", warm_up(report)));
    out.push_str(&format!(
        "Columns  {} nodes for the default genome, {} ns a bar; {} series over all values of the genes\n",
        report.nodes,
        number(Some(report.nanoseconds), 1),
        thousands(report.series),
    ));
    if !report.columns.is_empty() {
        let row = |c: &ColumnReport| {
            let genes: Vec<String> = c.genes.iter().map(|name| format!("${name}")).collect();
            let genes = if genes.is_empty() { "-".to_owned() } else { genes.join(" ") };
            vec![short(&c.column), genes, thousands(c.distinct), number(c.nanoseconds, 1)]
        };
        let rows = report.columns.iter().map(row).collect();
        out.push('\n');
        out.push_str(&table(&["series", "genes", "distinct", "ns a bar"], rows, &["distinct", "ns a bar"]));
    }
    if !report.genes.is_empty() {
        let row = |gene: &galapagos_run::examine::columns::GeneUse| {
            let series = if gene.series == 0 { "-".to_owned() } else { thousands(gene.series) };
            vec![gene.name.clone(), thousands(gene.values), role(gene.role).to_owned(), series]
        };
        let rows = report.genes.iter().map(row).collect();
        out.push('\n');
        out.push_str(&table(&["gene", "values", "does", "series"], rows, &["values", "series"]));
    }
    if let Some(data) = &report.data {
        out.push_str(&on_data(data));
    }
    if !report.remarks.is_empty() {
        out.push_str("\nRemarks\n");
        for remark in &report.remarks {
            let part =
                if remark.part.is_empty() { String::new() } else { format!(" `{}`", short(&remark.part)) };
            out.push_str(&format!("  {}:{part} {}\n", remark.path, remark.message));
        }
    }
    out
}

fn way(way: Way) -> &'static str {
    match way {
        Way::Batch => "batch: individuals share columns and conditions, which decide alone",
        Way::BatchWithoutMargin => {
            "batch where no margin call can close a position; else each individual decides for itself, because of"
        }
        Way::Rows => "rows: individuals share columns, and each decides for itself, because of",
    }
}

fn warm_up(report: &Report) -> String {
    let Some(w) = &report.warm_up else {
        return "only the data can tell, since it looks at another timeframe or symbol: give --data"
            .to_owned();
    };
    let default = w.default_rows.map_or_else(String::new, |rows| format!("; {rows} for the default genome"));
    format!("{} rows for any genome, because of {} in {}{default}", w.rows, short(&w.cause), w.path)
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Series => "each value is another series",
        Role::Threshold => "a threshold: its values share all series",
        Role::Choice => "chooses between expressions",
        Role::Stop => "a stop that acts by itself",
    }
}

fn on_data(data: &DataReport) -> String {
    let mut out = format!(
        "\nThe default genome on {}: {} trades in {} bars after a warm-up of {}\n",
        data.name,
        thousands(data.trades),
        thousands(data.bars),
        data.warm_up,
    );
    let row = |truth: &Truth| {
        let rows = truth.met + truth.unmet + truth.unknown;
        let share = |n: u64| percent((rows > 0).then(|| n as f64 / rows as f64));
        let indent = if truth.whole { "" } else { "  " };
        let first = truth.first_known.map_or_else(|| "never".to_owned(), |row| row.to_string());
        vec![
            truth.path.clone(),
            format!("{indent}{}", short(&truth.condition)),
            share(truth.met),
            share(truth.unmet),
            share(truth.unknown),
            first,
        ]
    };
    let header = ["expression", "condition", "true", "false", "unknown", "first known"];
    let rows = data.conditions.iter().map(row).collect();
    out.push('\n');
    out.push_str(&table(&header, rows, &["true", "false", "unknown", "first known"]));
    out
}
