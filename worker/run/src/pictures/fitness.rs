//! Best and median fitness by generation.

use super::axis::{self, OTHER, OURS};
use super::{PictureError, SIZE, extent, thin};
use plotters::prelude::*;

/// One generation of the picture.
#[derive(Clone, Copy, Debug)]
pub struct Generation {
    /// Its number, from 0.
    pub number: u32,
    /// Best feasible fitness so far, if any individual is feasible.
    pub best: Option<f64>,
    /// Median of the feasible ones.
    pub median: Option<f64>,
}

/// The picture as SVG text. `metric` names the objective.
pub fn svg(generations: &[Generation], metric: &str) -> Result<String, PictureError> {
    let mut text = String::new();
    draw(generations, metric, &mut text).map_err(PictureError::for_picture("fitness"))?;
    Ok(text)
}

fn draw<'a>(
    generations: &[Generation],
    metric: &str,
    text: &'a mut String,
) -> Result<(), axis::DrawError<'a>> {
    let line = |value: fn(&Generation) -> Option<f64>| -> Vec<(f64, f64)> {
        let points = generations.iter().filter_map(|g| Some((f64::from(g.number), value(g)?)));
        thin(&points.filter(|p| p.1.is_finite()).collect::<Vec<_>>())
    };
    let best = line(|g| g.best);
    let median = line(|g| g.median);
    let last = generations.last().map_or(1.0, |g| f64::from(g.number.max(1)));
    let y = extent(best.iter().chain(&median).map(|p| p.1));

    let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
    let title = format!("{metric} by generation (training window)");
    let whole = |x: &f64| format!("{x:.0}");
    let short = |y: &f64| format!("{y:.2}");
    let mut chart = axis::chart(&area, &title, ((0.0, last), &whole), (y.0..y.1, &short), |_| Ok(()))?;
    axis::line(&mut chart, median, OTHER, "median")?;
    axis::line(&mut chart, best, OURS, "best feasible")?;
    axis::legend(&mut chart, SeriesLabelPosition::LowerRight)?;
    drop(chart);
    area.present()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_without_a_feasible_individual_leave_a_hole() {
        let generations: Vec<Generation> = (0..5)
            .map(|number| Generation {
                number,
                best: (number > 1).then_some(f64::from(number)),
                median: None,
            })
            .collect();
        let picture = svg(&generations, "sharpe").unwrap();
        assert!(picture.contains("sharpe by generation"));
        assert!(picture.contains("best feasible"));
    }

    #[test]
    fn a_run_of_no_generation_is_not_an_error() {
        assert!(svg(&[], "sharpe").unwrap().contains("<svg"));
    }
}
