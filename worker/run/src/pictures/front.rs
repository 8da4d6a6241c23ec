//! The front of several objectives: the first against each other one, where every point is on the training rows and where the
//! holdout has put it.

use super::axis::{self, INK, OTHER, OURS};
use super::{PictureError, SIZE, extent};
use crate::results::document::Champion;
use crate::results::front::{Front, FrontObjective, FrontPoint};
use plotters::prelude::*;

/// Beyond this nothing is drawn: no axis has room for it beside other points.
const FARTHEST: f64 = 1e100;
/// Most points that are drawn.
const POINTS: usize = galapagos_genetics::MOST_SHOWN;

/// Two objectives of a point: on the training rows, and on the holdout.
type Places = (Option<(f64, f64)>, Option<(f64, f64)>);

/// The picture as SVG text, a chart for each objective behind the first. `best` is the point that was chosen.
pub fn svg(front: &Front, best: Option<&Champion>) -> Result<String, PictureError> {
    let mut text = String::new();
    draw(front, best, &mut text).map_err(PictureError::for_picture("front"))?;
    Ok(text)
}

fn draw<'a>(front: &Front, best: Option<&Champion>, text: &'a mut String) -> Result<(), axis::DrawError<'a>> {
    let charts = front.objectives.len().clamp(2, galapagos_genetics::MOST_OBJECTIVES) - 1;
    let size = (SIZE.0, SIZE.1 * charts as u32);
    let area = SVGBackend::with_string(text, size).into_drawing_area();
    area.fill(&WHITE)?;
    for (i, part) in area.split_evenly((charts, 1)).iter().enumerate() {
        chart(front, best, i + 1, part)?;
    }
    area.present()
}

/// The first objective against another one.
fn chart<'a>(
    front: &Front,
    best: Option<&Champion>,
    other: usize,
    area: &axis::Area<'a>,
) -> Result<(), axis::DrawError<'a>> {
    let points: Vec<Places> = front.points.iter().take(POINTS).map(|p| places(p, other)).collect();
    let is_best = |p: &FrontPoint| best.is_some_and(|b| b.strategy == p.strategy && b.genome == p.genome);
    let chosen = front.points.iter().take(POINTS).position(is_best).and_then(|at| points[at].0);
    let all = || points.iter().flat_map(|(training, holdout)| [*training, *holdout]).flatten();
    let x = extent(all().map(|p| p.0));
    let y = extent(all().map(|p| p.1));
    // The legend stands above all points.
    let y = (y.0, y.1 + 0.3 * (y.1 - y.0));
    let title = format!("{} (along) and {} (up) of the front", name(front, 0), name(front, other));
    let short = |v: &f64| format!("{v:.3}");
    let mut chart = axis::chart(area, &title, (x, &short), (y.0..y.1, &short), |_| Ok(()))?;
    // From the training rows to the holdout, below the points.
    let both = points.iter().filter_map(|(training, holdout)| training.zip(*holdout));
    let paths: Vec<_> =
        both.map(|(from, to)| PathElement::new(vec![from, to], OTHER.mix(0.35).stroke_width(1))).collect();
    let held = points.iter().filter_map(|(_, holdout)| *holdout);
    let rings: Vec<_> = held.map(|at| Circle::new(at, 4, OTHER.stroke_width(1))).collect();
    let dots: Vec<_> =
        points.iter().filter_map(|p| p.0).map(|at| Circle::new(at, 4, OURS.filled())).collect();
    chart.draw_series(paths)?;
    if !rings.is_empty() {
        let legend = |(x, y)| Circle::new((x + 9, y), 4, OTHER.stroke_width(1));
        chart.draw_series(rings)?.label("holdout").legend(legend);
    }
    if !dots.is_empty() {
        let legend = |(x, y)| Circle::new((x + 9, y), 4, OURS.filled());
        chart.draw_series(dots)?.label("training rows").legend(legend);
    }
    if let Some(at) = chosen {
        let ring = |at| Circle::new(at, 8, INK.stroke_width(2));
        let legend = |(x, y)| Circle::new((x + 9, y), 6, INK.stroke_width(2));
        chart.draw_series([ring(at)])?.label("the best").legend(legend);
    }
    axis::legend(&mut chart, SeriesLabelPosition::UpperLeft)
}

fn name(front: &Front, objective: usize) -> &str {
    front.objectives.get(objective).map_or("", |FrontObjective { name, .. }| name)
}

fn places(point: &FrontPoint, other: usize) -> Places {
    let value = |v: Option<f64>| v.filter(|v| v.abs() < FARTHEST);
    let training = |i: usize| value(point.values.get(i).copied().flatten());
    let holdout = |i: usize| value(point.held(i));
    (training(0).zip(training(other)), holdout(0).zip(holdout(other)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn front(objectives: usize, points: &[[Option<f64>; 2]]) -> Front {
        let named = |i: usize| json!({"name": format!("goal{i}"), "goal": "Maximize"});
        let point = |at: &[Option<f64>; 2]| {
            json!({"strategy": "x", "genome": {}, "class": "feasible", "violation": 0.0, "values": at, "holdout": at, "crowding": null,
                "deflated_sharpe": null, "metrics": {}})
        };
        let objectives: Vec<_> = (0..objectives).map(named).collect();
        let points: Vec<_> = points.iter().map(point).collect();
        let all = json!({"objectives": objectives, "count": 1, "hypervolume": 1.0, "reference": null, "feasible": true, "points": points});
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn every_objective_behind_the_first_has_a_chart() {
        let picture = svg(&front(3, &[[Some(1.0), Some(2.0)], [Some(2.0), Some(1.0)]]), None).unwrap();
        assert!(
            picture.contains("goal0 (along) and goal1 (up)")
                && picture.contains("goal0 (along) and goal2 (up)")
        );
        assert!(
            picture.contains("holdout") && picture.contains("training rows") && !picture.contains("the best")
        );
    }

    #[test]
    fn points_without_numbers_or_beyond_all_axes_are_left_out() {
        for points in [vec![], vec![[None, Some(1.0)], [Some(1e308), Some(-1e308)]]] {
            let picture = svg(&front(2, &points), None).unwrap();
            assert!(picture.contains("<svg") && !picture.contains("<circle") && !picture.contains("NaN"));
        }
    }
}
