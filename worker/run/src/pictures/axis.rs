//! What the pictures share: colours, the frame, axes and labels.

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

/// The run's own line.
pub const OURS: RGBColor = RGBColor(0x1f, 0x6f, 0xb4);
/// What it is compared with.
pub const OTHER: RGBColor = RGBColor(0x8a, 0x8a, 0x8a);
/// The shade behind the holdout.
pub const HOLDOUT: RGBColor = RGBColor(0xf2, 0xd7, 0xa6);
/// The colour of text and axes.
pub const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);

/// The plain area of a picture.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// A drawing error of the SVG back end.
pub type DrawError<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;
/// A chart with numbers on both axes.
pub type Chart<'a, 'b, Y = RangedCoordf64> = ChartContext<'b, SVGBackend<'a>, Cartesian2d<RangedCoordf64, Y>>;

/// From, to and the text of a value.
pub type Axis<'t> = ((f64, f64), &'t dyn Fn(&f64) -> String);

/// A chart over `x` and `y` with a title, labelled axes and a light grid.
pub fn chart<'a, 'b, Y>(
    area: &'b Area<'a>,
    title: &str,
    (x, x_text): Axis<'_>,
    (y, y_text): (Y, &dyn Fn(&f64) -> String),
    under: impl FnOnce(&mut Chart<'a, 'b, Y::CoordDescType>) -> Result<(), DrawError<'a>>,
) -> Result<Chart<'a, 'b, Y::CoordDescType>, DrawError<'a>>
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 20).into_font().color(&INK))
        .margin(12)
        .x_label_area_size(34)
        .y_label_area_size(72)
        .build_cartesian_2d(x.0..x.1, y)?;
    under(&mut chart)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(INK.mix(0.12))
        .axis_style(INK.mix(0.6))
        .label_style(("sans-serif", 14).into_font().color(&INK))
        .x_labels(8)
        .y_labels(7)
        .x_label_formatter(x_text)
        .y_label_formatter(y_text)
        .draw()?;
    Ok(chart)
}

/// A line with its name in the legend.
pub fn line<'a, 'b, Y: Ranged<ValueType = f64>>(
    chart: &mut Chart<'a, 'b, Y>,
    points: Vec<(f64, f64)>,
    color: RGBColor,
    name: &str,
) -> Result<(), DrawError<'a>> {
    chart
        .draw_series(LineSeries::new(points, color.stroke_width(2)))?
        .label(name)
        .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], color.stroke_width(2)));
    Ok(())
}

/// An account, by its name, over that of buying and holding; one of a single point has no line.
pub fn accounts<'a, 'b, Y: Ranged<ValueType = f64>>(
    chart: &mut Chart<'a, 'b, Y>,
    (name, ours): (&str, Vec<(f64, f64)>),
    theirs: Vec<(f64, f64)>,
) -> Result<(), DrawError<'a>> {
    for (points, color, name) in [(theirs, OTHER, "buy and hold"), (ours, OURS, name)] {
        if points.len() > 1 {
            line(chart, points, color, name)?;
        }
    }
    Ok(())
}

/// The shade of a holdout that begins inside of `x`.
pub fn holdout<'a, 'b, Y: Ranged<ValueType = f64>>(
    chart: &mut Chart<'a, 'b, Y>,
    from_ms: Option<i64>,
    x: (f64, f64),
    y: (f64, f64),
) -> Result<(), DrawError<'a>> {
    let Some(from) = from_ms.map(|ms| ms as f64).filter(|&from| from > x.0 && from < x.1) else {
        return Ok(());
    };
    let fill = HOLDOUT.mix(0.5).filled();
    chart
        .draw_series(std::iter::once(Rectangle::new([(from, y.0), (x.1, y.1)], fill)))?
        .label("holdout")
        .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 18, y + 5)], fill));
    Ok(())
}

/// The legend, in a corner where the picture's lines seldom are.
pub fn legend<'a: 'b, 'b, Y: Ranged<ValueType = f64>>(
    chart: &mut Chart<'a, 'b, Y>,
    corner: SeriesLabelPosition,
) -> Result<(), DrawError<'a>> {
    chart
        .configure_series_labels()
        .position(corner)
        .background_style(WHITE.mix(0.85))
        .border_style(TRANSPARENT)
        .label_font(("sans-serif", 14).into_font().color(&INK))
        .draw()
}

/// The day of UTC milliseconds.
pub fn date(ms: &f64) -> String {
    let stamp = jiff::Timestamp::from_millisecond(*ms as i64);
    stamp.map_or_else(|_| String::new(), |t| t.strftime("%Y-%m-%d").to_string())
}
