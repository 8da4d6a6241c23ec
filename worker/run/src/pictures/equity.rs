//! The account of the best individual over time beside buy and hold, with the holdout marked.

use super::axis;
use super::{PictureError, SIZE, extent, thin};
use plotters::prelude::*;

/// What the picture shows.
#[derive(Clone, Debug, Default)]
pub struct Equity {
    /// Title above the chart.
    pub title: String,
    /// (UTC milliseconds, account) of the best individual.
    pub account: Vec<(i64, f64)>,
    /// (UTC milliseconds, account) of buying at the start and holding.
    pub buy_and_hold: Vec<(i64, f64)>,
    /// Start of the holdout, UTC milliseconds, if there is one.
    pub holdout_from: Option<i64>,
}

/// The picture as SVG text. With fewer than two points it has axes and no lines.
pub fn svg(equity: &Equity) -> Result<String, PictureError> {
    let mut text = String::new();
    draw(equity, &mut text).map_err(PictureError::for_picture("equity"))?;
    Ok(text)
}

fn draw<'a>(equity: &Equity, text: &'a mut String) -> Result<(), axis::DrawError<'a>> {
    let ours = points(&equity.account);
    let theirs = points(&equity.buy_and_hold);
    let all = || ours.iter().chain(&theirs);
    let x = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), p| (a.min(p.0), b.max(p.0)));
    let x = if x.0 < x.1 { x } else { (0.0, 1.0) };
    let y = extent(all().map(|p| p.1));

    let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
    let mut chart = axis::chart(&area, &equity.title, (x, &axis::date), (y.0..y.1, &money), |chart| {
        axis::holdout(chart, equity.holdout_from, x, y)
    })?;
    axis::accounts(&mut chart, ("best individual", ours), theirs)?;
    axis::legend(&mut chart, SeriesLabelPosition::UpperLeft)?;
    drop(chart);
    area.present()
}

fn points(series: &[(i64, f64)]) -> Vec<(f64, f64)> {
    let series: Vec<(f64, f64)> =
        series.iter().filter(|p| p.1.is_finite()).map(|&(time, value)| (time as f64, value)).collect();
    thin(&series)
}

fn money(value: &f64) -> String {
    super::thousands(value.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holdout_and_both_lines_are_drawn() {
        let day = 86_400_000;
        let account: Vec<(i64, f64)> = (0..100).map(|i| (i * day, 10_000.0 + i as f64)).collect();
        let picture = svg(&Equity {
            title: "best".into(),
            buy_and_hold: account.iter().map(|&(t, v)| (t, v * 1.01)).collect(),
            account,
            holdout_from: Some(80 * day),
        })
        .unwrap();
        for word in ["<svg", "holdout", "buy and hold", "best individual", "1970-0"] {
            assert!(picture.contains(word), "{word} is missing");
        }
    }

    #[test]
    fn nothing_to_show_is_not_an_error() {
        assert!(svg(&Equity::default()).unwrap().contains("<svg"));
        let odd = Equity { account: vec![(0, f64::NAN), (1, f64::INFINITY)], ..Equity::default() };
        assert!(svg(&odd).unwrap().contains("<svg"));
    }
}
