//! What the costs take of the gross result, and what higher ones would leave.

use super::species::metric;
use crate::report::data::Data;
use crate::report::html::{Cell, Table, note, section as framed};
use crate::report::text::{money, number, percent, short, signed_percent};
use crate::results::document::AccountResult;

/// Costs of an account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// Net result, fees and funding together.
    pub gross: f64,
    /// Fees.
    pub fees: f64,
    /// Funding and borrowing; negative: received.
    pub funding: f64,
    /// What is left.
    pub net: f64,
}

/// Those of an account; `None` where one of its numbers is undefined.
pub fn of(account: Option<&AccountResult>) -> Option<Costs> {
    let [end, total, fees, funding] =
        ["final_equity", "total_return", "fees", "funding"].map(|name| metric(account, name));
    let (end, total, fees, funding) = (end?, total?, fees?, funding?);
    // The capital is what the end was before it grew.
    let capital = (total > -1.0).then(|| end / (1.0 + total))?;
    let net = end - capital;
    Some(Costs { gross: net + fees + funding, fees, funding, net })
}

/// The part.
pub fn section(data: &Data) -> String {
    let Some(shown) = data.shown() else { return String::new() };
    let mut columns = vec![("Training", of(Some(&shown.training)))];
    if shown.holdout.is_some() {
        columns.push(("Holdout", of(shown.holdout.as_ref())));
    }
    let header: Vec<String> =
        columns.iter().flat_map(|(name, _)| [(*name).to_owned(), format!("{name}, of the gross")]).collect();
    let header: Vec<&str> = std::iter::once("").chain(header.iter().map(String::as_str)).collect();
    let mut table = Table::new("From gross to net, in account currency", &header);
    type Value = fn(&Costs) -> f64;
    let rows: [(&str, Value); 4] = [
        ("Gross result", |c| c.gross),
        ("Fees", |c| c.fees),
        ("Funding and borrowing", |c| c.funding),
        ("Net result", |c| c.net),
    ];
    for (name, value) in rows {
        let cells = columns.iter().flat_map(|(_, costs)| {
            let amount = costs.as_ref().map(value);
            let share = costs.filter(|c| c.gross > 0.0).zip(amount).map(|(c, amount)| amount / c.gross);
            [Cell::Number(money(amount)), Cell::Number(percent(share))]
        });
        table.row(name, cells.collect::<Vec<_>>());
    }
    let slippage = note(
        "Slippage is inside the prices, so inside the gross result. A share is empty where nothing was earned before costs.",
    );
    framed("costs", "Costs", &(table.finish() + &slippage + &stress(data)))
}

fn stress(data: &Data) -> String {
    let Some(validation) = &data.document.validation else { return String::new() };
    let mut table =
        Table::new("The winner at higher costs, training", &["Fees and slippage", "Sharpe ratio", "Return"]);
    for cost in &validation.costs {
        let cells = [Cell::Number(number(cost.sharpe, 2)), Cell::Number(signed_percent(cost.total_return))];
        table.row(&format!("times {}", short(cost.factor)), cells);
    }
    table.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::document::Sums;

    // 10,000 became 11,500 after 300 of fees and 200 of funding: 2,000 before them, of which fees are 15 %.
    #[test]
    fn the_gross_is_what_was_earned_before_fees_and_funding() {
        let values =
            [("final_equity", 11_500.0), ("total_return", 0.15), ("fees", 300.0), ("funding", 200.0)];
        let account = AccountResult {
            metrics: values.map(|(name, v)| (name.to_owned(), Some(v))).into(),
            reason: None,
            returns: 1,
            sums: Sums { s1: "0".into(), s2: "0".into() },
            open_position: false,
        };
        let costs = of(Some(&account)).unwrap();
        assert!((costs.gross - 2000.0).abs() < 1e-9 && (costs.net - 1500.0).abs() < 1e-9, "{costs:?}");
        assert!((costs.fees / costs.gross - 0.15).abs() < 1e-12);
        assert_eq!(of(None), None);
    }
}
