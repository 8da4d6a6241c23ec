//! What was assumed, in words, and how to repeat it.

use galapagos_crds::execution::{Aggregate, ExecutionSpec, Fill, Side, Window};

use crate::report::data::Data;
use crate::report::html::{Cell, Table, escape, section as framed};
use crate::report::text::{count, day, money, signed_percent};
use crate::results::document::DataOutlier;

/// Extreme moves that are named.
const OUTLIERS: usize = 20;

/// The part with the assumptions.
pub fn section(data: &Data) -> String {
    let items: Vec<String> = lines(data).iter().map(|line| format!("<li>{}</li>\n", escape(line))).collect();
    framed("assumptions", "What was assumed", &format!("<ul>\n{}</ul>\n", items.concat()))
}

/// The part with digests and the command.
pub fn again(data: &Data) -> String {
    let document = &data.document;
    let mut table = Table::new("Digests", &["What", "Digest"]).words(&[1]);
    table.row("The whole run", [Cell::text(document.result_digest.as_str())]);
    table.row("Market data", [Cell::text(document.dataset_digest.as_str())]);
    table.row("Inputs", [Cell::text(document.inputs_digest.as_str())]);
    if let Some(validation) = &document.validation {
        table.row("The verdict", [Cell::text(validation.digest.as_str())]);
    }
    table.row("Engine", [Cell::text(document.engine.to_string())]);
    let command = format!(
        "<p>Repeat the back-test of the winner; it fails if one bit differs:</p>\n<pre tabindex=\"0\"><code>{}</code></pre>\n",
        escape(&document.reproduce)
    );
    framed("repeat", "Repeat it", &(command + &table.finish()))
}

fn lines(data: &Data) -> Vec<String> {
    let document = &data.document;
    let mut lines = Vec::new();
    match &data.job {
        Some(job) => lines.extend(execution(&job.spec.execution)),
        None => lines
            .push("The job's settings are not known: job.yaml is missing or of another release.".to_owned()),
    }
    if document.optimistic {
        lines.push(
            "OPTIMISTIC: orders are filled at the close that decided them. Nobody can trade so.".to_owned(),
        );
    }
    let window = &document.data;
    lines.push(match &window.holdout_from {
        Some(from) => format!(
            "The holdout begins at {} and has {} stamps. No individual was chosen on it; it was evaluated after the last generation.",
            from,
            count(window.holdout_stamps)
        ),
        None => "There is no holdout: nothing here was tested on rows that the search had not seen.".to_owned(),
    });
    for symbol in window.symbols.iter().take(20) {
        lines.push(format!(
            "{}: {} rows from {} to {}, of which {} warm up.",
            symbol.symbol,
            count(symbol.rows),
            symbol.from,
            symbol.to,
            count(symbol.warm_up)
        ));
    }
    lines.extend(outliers(&window.outliers));
    lines.push(format!("A year has {} bars.", money(Some(window.bars_per_year))));
    if let Some((first, last)) = data.account.as_ref().and_then(|a| a.rows.first().zip(a.rows.last())) {
        lines.push(format!("Counted are the closes from {} to {}.", day(first.0), day(last.0)));
    }
    lines.push(
        "The account is alone in the market: its orders move no price, and are always filled.".to_owned(),
    );
    lines
}

/// The extreme moves of the data, of which nothing was left out; `None` without any.
fn outliers(all: &[DataOutlier]) -> Option<String> {
    let named: Vec<String> = all
        .iter()
        .take(OUTLIERS)
        .map(|o| format!("{} {} {}", o.symbol, o.time, signed_percent(Some(o.change))))
        .collect();
    let more = match all.len().saturating_sub(OUTLIERS) {
        0 => String::new(),
        n => format!("; {n} more are in result.json"),
    };
    (!named.is_empty()).then(|| {
        format!(
            "Closes that moved more than 20 times the median move of their symbol count as they are, though some may be bad \
             prices: {}{more}.",
            named.join(", ")
        )
    })
}

fn execution(e: &ExecutionSpec) -> Vec<String> {
    let percent = |share: galapagos_crds::decimal::Decimal| {
        format!("{} %", (share.to_decimal() * rust_decimal::Decimal::ONE_HUNDRED).normalize())
    };
    let mut lines = vec![
        match e.fill {
            Fill::NextOpen => "A decision at the close of a bar is filled at the next open.".to_owned(),
            Fill::SameClose => "A decision at the close of a bar is filled at that same close.".to_owned(),
        },
        format!(
            "Fees are {} of the value of a market order and {} of that of a limit order; market orders are filled {} worse than the price.",
            percent(e.taker_fee),
            percent(e.maker_fee.unwrap_or(e.taker_fee)),
            percent(e.slippage)
        ),
        match e.side {
            Side::Long => "Only long positions are taken.".to_owned(),
            Side::Short => "Only short positions are taken.".to_owned(),
            Side::LongShort => "Long and short positions are taken.".to_owned(),
        },
    ];
    let size = e
        .sizing
        .fraction
        .as_ref()
        .map_or_else(String::new, |f| format!(", {} of the equity in a position", percent(f.value)));
    lines.push(format!(
        "The account begins with {}{size}, at a leverage of at most {}.",
        money(Some(e.initial_capital.to_f64())),
        e.leverage
    ));
    lines.push(match (&e.funding.series, &e.funding.constant) {
        (Some(_), _) => "Funding is paid and received as the dataset has it.".to_owned(),
        (None, Some(c)) => format!(
            "Funding of {} is paid by long positions every {} hours.",
            percent(c.rate),
            c.interval_hours
        ),
        (None, None) => "No funding is paid.".to_owned(),
    });
    if e.side != Side::Long {
        lines.push(format!("Borrowing for short positions costs {} a year.", percent(e.borrow_rate)));
    }
    lines.push(match e.resolved_maintenance_margin() {
        Some(margin) => {
            format!("A position is liquidated when the equity falls to {} of its value.", percent(margin))
        }
        None => "No position is liquidated.".to_owned(),
    });
    lines.push(if e.final_close {
        "A position that is open at the end is closed at the last close, with costs.".to_owned()
    } else {
        "A position that is open at the end stays open, and is valued at the last close without costs."
            .to_owned()
    });
    if let Some(lot) = e.lot {
        lines.push(format!("Quantities are multiples of {lot}."));
    }
    lines
        .push(format!("The Sharpe ratio is above a risk-free rate of {} a year.", percent(e.risk_free_rate)));
    lines.push(match e.aggregate {
        Aggregate::Portfolio => {
            "Several symbols share the capital evenly; metrics are those of the sum.".to_owned()
        }
        Aggregate::Mean => "Metrics are the mean of those of the symbols.".to_owned(),
        Aggregate::Median => "Metrics are the median of those of the symbols.".to_owned(),
        Aggregate::Min => "Each metric is that of its worst symbol.".to_owned(),
    });
    if e.window == Window::Full {
        lines.push("Every row counts, those that warm up too.".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extreme_moves_are_named_with_date_and_size() {
        assert_eq!(outliers(&[]), None);
        let move_of =
            |change| DataOutlier { symbol: "A".into(), time: "2024-01-02T00:00:00Z".into(), change };
        let said = outliers(&vec![move_of(-0.314); 23]).unwrap();
        assert!(
            said.contains("A 2024-01-02T00:00:00Z -31.4 %") && said.ends_with("; 3 more are in result.json."),
            "{said}"
        );
    }

    #[test]
    fn costs_are_said_in_percent_and_a_fill_at_the_close_is_called_so() {
        let mut spec =
            ExecutionSpec { fill: Fill::SameClose, side: Side::LongShort, ..ExecutionSpec::default() };
        spec.taker_fee = "0.0005".parse().unwrap();
        spec.slippage = "0.0002".parse().unwrap();
        let text = execution(&spec).join("\n");
        for part in [
            "filled at that same close",
            "Fees are 0.05 %",
            "0.02 % worse",
            "Long and short",
            "liquidated when the equity falls to 5 %",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
