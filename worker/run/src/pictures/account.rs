//! The account on a logarithmic axis, and its drawdown: the still pictures of a report, for paper and for browsers without
//! scripts.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::axis::{self, OURS};
use super::{PictureError, extent, thin};

/// Width of both, and the height of each.
const WIDTH: u32 = 1000;
const ACCOUNT: u32 = 400;
const DRAWDOWN: u32 = 190;

/// What the pictures show; times are UTC milliseconds.
#[derive(Clone, Debug)]
pub struct Lines {
    /// Title above the account, and what it is called beside the market.
    pub names: (&'static str, &'static str),
    /// Account of the best individual.
    pub account: Vec<(i64, f64)>,
    /// Account of buying and holding; empty: not known.
    pub market: Vec<(i64, f64)>,
    /// Drawdown of the best individual, a positive share.
    pub drawdown: Vec<(i64, f64)>,
    /// Start of the holdout.
    pub holdout_from: Option<i64>,
    /// Times, lower and upper ends of the band in the training rows.
    pub band: Vec<(i64, f64, f64)>,
    /// Time, lower and upper end of the interval at the end of the training.
    pub interval: Option<(i64, f64, f64)>,
    /// Instants from which on the account is another one's.
    pub cuts: Vec<i64>,
}

impl Default for Lines {
    fn default() -> Lines {
        Lines {
            names: ("Account", "best individual"),
            account: Vec::new(),
            market: Vec::new(),
            drawdown: Vec::new(),
            holdout_from: None,
            band: Vec::new(),
            interval: None,
            cuts: Vec::new(),
        }
    }
}

/// An axis that is labelled at levels of its own.
struct Levels {
    axis: RangedCoordf64,
    at: Vec<f64>,
}

impl Ranged for Levels {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.axis.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.at.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.axis.range()
    }
}

/// The account beside buy and hold.
///
/// # Errors
/// The picture cannot be drawn.
pub fn equity(lines: &Lines) -> Result<String, PictureError> {
    let mut text = String::new();
    draw_equity(lines, &mut text).map_err(PictureError::for_picture("account"))?;
    Ok(text)
}

/// The drawdown.
///
/// # Errors
/// The picture cannot be drawn.
pub fn drawdown(lines: &Lines) -> Result<String, PictureError> {
    let mut text = String::new();
    draw_drawdown(lines, &mut text).map_err(PictureError::for_picture("drawdown"))?;
    Ok(text)
}

fn draw_equity<'a>(lines: &Lines, text: &'a mut String) -> Result<(), axis::DrawError<'a>> {
    let logarithms = |series: &[(i64, f64)]| -> Vec<(f64, f64)> {
        let points = series.iter().filter(|p| p.1 > 0.0 && p.1.is_finite());
        thin(&points.map(|&(time, value)| (time as f64, value.log10())).collect::<Vec<_>>())
    };
    let (ours, theirs) = (logarithms(&lines.account), logarithms(&lines.market));
    let interval = lines.interval.map(|(at, low, high)| (at as f64, low.log10(), high.log10()));
    let x = span(lines);
    let band = lines.band.iter().map(|&(at, low, high)| (at as f64, low.log10(), high.log10()));
    let band: Vec<(f64, f64, f64)> = band.collect();
    let marks = interval.iter().chain(&band).flat_map(|&(_, low, high)| [low, high]);
    let y = extent(ours.iter().chain(&theirs).map(|p| p.1).chain(marks));
    let area = SVGBackend::with_string(text, (WIDTH, ACCOUNT)).into_drawing_area();
    let money = |y: &f64| super::thousands(10f64.powf(*y).round() as i64);
    let y_axis = Levels { axis: (y.0..y.1).into(), at: round_levels(y) };
    let mut chart = axis::chart(&area, lines.names.0, (x, &axis::date), (y_axis, &money), |chart| {
        axis::holdout(chart, lines.holdout_from, x, y)
    })?;
    if band.len() > 1 {
        let edge = band.iter().map(|p| (p.0, p.1)).chain(band.iter().rev().map(|p| (p.0, p.2)));
        let fill = OURS.mix(0.15).filled();
        chart
            .draw_series(std::iter::once(Polygon::new(edge.collect::<Vec<_>>(), fill)))?
            .label("90 of 100 redrawn histories, bar by bar")
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 18, y + 5)], fill));
    }
    let upright = |&at: &i64| {
        PathElement::new(vec![(at as f64, y.0), (at as f64, y.1)], axis::INK.mix(0.4).stroke_width(1))
    };
    chart.draw_series(lines.cuts.iter().map(upright))?;
    axis::accounts(&mut chart, (lines.names.1, ours), theirs)?;
    if let Some((at, low, high)) = interval {
        let foot = (x.1 - x.0) * 0.006;
        let bar = [(low, low), (low, high), (high, high)].into_iter().zip([foot, 0.0, foot]);
        let bar = bar.map(|((from, to), half)| {
            PathElement::new(vec![(at - half, from), (at + half, to)], axis::INK.stroke_width(2))
        });
        chart.draw_series(bar)?.label("95 of 100 redrawn histories").legend(|(x, y)| {
            PathElement::new(vec![(x + 9, y - 6), (x + 9, y + 6)], axis::INK.stroke_width(2))
        });
    }
    axis::legend(&mut chart, SeriesLabelPosition::UpperLeft)?;
    drop(chart);
    area.present()
}

fn draw_drawdown<'a>(lines: &Lines, text: &'a mut String) -> Result<(), axis::DrawError<'a>> {
    let points = lines.drawdown.iter().filter(|p| p.1.is_finite());
    let points = thin(&points.map(|&(time, value)| (time as f64, -value)).collect::<Vec<_>>());
    let x = span(lines);
    let low = points.iter().map(|p| p.1).fold(-0.01, f64::min) * 1.05;
    let area = SVGBackend::with_string(text, (WIDTH, DRAWDOWN)).into_drawing_area();
    let percent = |y: &f64| format!("{:.0} %", y * 100.0);
    let mut chart = axis::chart(&area, "Drawdown", (x, &axis::date), (low..0.0, &percent), |chart| {
        axis::holdout(chart, lines.holdout_from, x, (low, 0.0))
    })?;
    chart.draw_series(AreaSeries::new(points, 0.0, OURS.mix(0.25)).border_style(OURS.stroke_width(1)))?;
    drop(chart);
    area.present()
}

fn span(lines: &Lines) -> (f64, f64) {
    let times = || lines.account.iter().map(|p| p.0);
    match times().min().zip(times().max()) {
        Some((first, last)) if first < last => (first as f64, last as f64),
        _ => (0.0, 1.0),
    }
}

/// Logarithms of round amounts between two: as many as have room.
fn round_levels((low, high): (f64, f64)) -> Vec<f64> {
    const STEPS: [&[f64]; 4] = [
        &[
            1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 2.2, 2.5, 2.8, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0,
            8.0, 9.0,
        ],
        &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0],
        &[1.0, 2.0, 5.0],
        &[1.0],
    ];
    let decades = low.floor().max(-300.0) as i32..=high.ceil().min(300.0) as i32;
    let levels = |steps: &&[f64]| -> Vec<f64> {
        let all = decades.clone().flat_map(|d| steps.iter().map(move |s| f64::from(d) + s.log10()));
        all.filter(|level| (low..=high).contains(level)).collect()
    };
    let fits = STEPS.iter().map(levels).find(|levels| levels.len() <= 9);
    fits.unwrap_or_else(|| {
        let all = levels(&STEPS[3]);
        let every = all.len().div_ceil(9).max(1);
        all.into_iter().step_by(every).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_levels_of_the_axis_are_round_amounts() {
        let amounts = |low: f64, high: f64| -> Vec<i64> {
            let levels = round_levels((low.log10(), high.log10()));
            levels.iter().map(|l| 10f64.powf(*l).round() as i64).collect()
        };
        assert_eq!(amounts(9_000.0, 95_000.0), [10_000, 15_000, 20_000, 30_000, 40_000, 50_000, 70_000]);
        assert_eq!(amounts(910.0, 1_150.0), [1_000, 1_100]);
        assert_eq!(amounts(0.9, 2e6), [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]);
    }

    #[test]
    fn the_account_the_market_the_holdout_and_the_interval_are_drawn() {
        let day = 86_400_000;
        let line = |scale: f64| (0..100).map(|i| (i * day, scale * (1.0 + i as f64))).collect::<Vec<_>>();
        let lines = Lines {
            account: line(100.0),
            market: line(90.0),
            drawdown: (0..100).map(|i| (i * day, 0.1)).collect(),
            holdout_from: Some(80 * day),
            interval: Some((79 * day, 500.0, 20_000.0)),
            band: (0..80).map(|i| (i * day, 90.0, 120.0 + i as f64)).collect(),
            ..Lines::default()
        };
        let picture = equity(&lines).unwrap();
        for word in [
            "<svg",
            "buy and hold",
            "best individual",
            "holdout",
            "95 of 100 redrawn",
            "bar by bar",
            "<polygon",
            "10,000",
        ] {
            assert!(picture.contains(word), "{word} is missing");
        }
        assert!(drawdown(&lines).unwrap().contains("-10 %"));
    }

    #[test]
    fn an_account_of_several_has_its_own_name_and_a_line_where_the_next_begins() {
        let line: Vec<(i64, f64)> = (0..9).map(|i| (i * 86_400_000, 100.0 + i as f64)).collect();
        let uncut = Lines { names: ("Tests", "walk-forward"), account: line, ..Lines::default() };
        let cut = Lines { cuts: vec![3 * 86_400_000, 6 * 86_400_000], ..uncut.clone() };
        let (plain, cut) = (equity(&uncut).unwrap(), equity(&cut).unwrap());
        assert!(
            plain.contains("walk-forward") && plain.contains("Tests") && !plain.contains("best individual")
        );
        let lines = |picture: &str| picture.matches("<polyline").count();
        assert_eq!(lines(&cut), lines(&plain) + 2);
    }

    #[test]
    fn nothing_to_show_and_a_ruined_account_are_no_errors() {
        assert!(equity(&Lines::default()).unwrap().contains("<svg"));
        let ruined = Lines {
            account: vec![(0, 100.0), (1, 0.0)],
            drawdown: vec![(0, 0.0), (1, 1.0)],
            ..Lines::default()
        };
        assert!(equity(&ruined).unwrap().contains("<svg") && drawdown(&ruined).unwrap().contains("<svg"));
    }
}
