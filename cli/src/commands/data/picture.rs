//! Closes, gaps and volume of a dataset as pictures: a line of signs for the terminal, SVG for a file.

use crate::sparkline;
use galapagos_run::market::Series;
use std::fmt::Write;

/// Signs of a line in the terminal.
const SIGNS_WIDE: usize = 60;
/// Size of the picture of one symbol.
const WIDE: usize = 960;
const HIGH: f64 = 220.0;
const VOLUME_HIGH: f64 = 50.0;
const TITLE_HIGH: f64 = 24.0;

/// What the bars of a slice of time hold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Slice {
    bars: u64,
    least: f64,
    most: f64,
    last: f64,
    volume: f64,
}

/// The bars in `count` slices of equal time; one without a bar is empty.
fn slices(series: &Series<'_>, count: usize) -> Vec<Slice> {
    let mut slices = vec![Slice::default(); count];
    let (Some(&from), Some(&to)) = (series.time_ms.first(), series.time_ms.last()) else { return slices };
    let span = i128::from(to - from) + i128::from(series.interval_ms.max(1));
    let unit = 10f64.powi(i32::from(series.decimals));
    for (i, (&time, &close)) in series.time_ms.iter().zip(series.close).enumerate() {
        let at = i128::from(time - from) * count as i128 / span;
        let Some(slice) = usize::try_from(at).ok().and_then(|at| slices.get_mut(at)) else { continue };
        let close = close as f64 / unit;
        let first = slice.bars == 0;
        slice.least = if first { close } else { slice.least.min(close) };
        slice.most = if first { close } else { slice.most.max(close) };
        slice.last = close;
        slice.bars += 1;
        slice.volume += series.volume.map_or(0.0, |v| v[i]);
    }
    slices
}

/// Least and most of all closes.
fn range(slices: &[Slice]) -> (f64, f64) {
    let full = || slices.iter().filter(|s| s.bars > 0);
    (full().fold(f64::INFINITY, |a, s| a.min(s.least)), full().fold(f64::NEG_INFINITY, |a, s| a.max(s.most)))
}

/// The closes as a line of signs, a space where there is no bar.
pub fn line(series: &Series<'_>) -> String {
    let slices = slices(series, SIGNS_WIDE.min(series.close.len()));
    let (least, most) = range(&slices);
    let last = |s: &Slice| (s.bars > 0).then_some(s.last);
    sparkline::between(slices.iter().map(last), least, most)
}

/// The picture of all symbols below each other, as SVG text.
pub fn svg(title: &str, symbols: &[Series<'_>]) -> String {
    let height = symbols.len() as f64 * (HIGH + TITLE_HIGH) + TITLE_HIGH;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDE} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"4\" y=\"16\">{title}</text>\n"
    );
    for (i, series) in symbols.iter().enumerate() {
        panel(&mut text, series, TITLE_HIGH + i as f64 * (HIGH + TITLE_HIGH));
    }
    text + "</svg>\n"
}

/// One symbol from `top` down: its closes from least to most in each slice, its volume, and its gaps in grey.
fn panel(text: &mut String, series: &Series<'_>, top: f64) {
    let slices = slices(series, WIDE.min(series.close.len()));
    let (least, most) = range(&slices);
    let step = WIDE as f64 / slices.len().max(1) as f64;
    let prices = HIGH - VOLUME_HIGH;
    let span = if most > least { most - least } else { 1.0 };
    let y = |close: f64| top + TITLE_HIGH + (most - close) / span * (prices - 4.0);
    let most_volume = slices.iter().fold(0.0, |a: f64, s| a.max(s.volume));
    let (mut line, mut is_open) = (String::new(), false);
    // Writing into a string cannot fail.
    for (i, slice) in slices.iter().enumerate() {
        let x = i as f64 * step;
        if slice.bars == 0 {
            is_open = false;
            let _ = writeln!(
                text,
                "<rect class=\"gap\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{step:.2}\" height=\"{HIGH}\" fill=\"#ddd\"/>",
                top + TITLE_HIGH
            );
            continue;
        }
        let [high, low, last] = [slice.most, slice.least, slice.last].map(y);
        let _ = write!(
            line,
            "{}{x:.1} {high:.1}L{x:.1} {low:.1}L{x:.1} {last:.1}",
            if is_open { 'L' } else { 'M' }
        );
        is_open = true;
        if slice.volume > 0.0 {
            let high = slice.volume / most_volume * (VOLUME_HIGH - 4.0);
            let _ = writeln!(
                text,
                "<rect class=\"volume\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{step:.2}\" height=\"{high:.1}\" fill=\"#9bc\"/>",
                top + TITLE_HIGH + HIGH - high
            );
        }
    }
    let _ = writeln!(
        text,
        "<path class=\"closes\" d=\"{line}\" fill=\"none\" stroke=\"#124\"/>\n<text x=\"4\" y=\"{:.1}\">{}: closes from {least} to {most}</text>",
        top + 16.0,
        series.symbol
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten hours, then a gap of ten, then ten more.
    fn with_gap(times: &mut Vec<i64>, closes: &mut Vec<i64>) {
        for i in (0..10).chain(20..30) {
            times.push(i * 3_600_000);
            closes.push(100 + i);
        }
    }

    fn series<'a>(times: &'a [i64], closes: &'a [i64], volume: &'a [f64]) -> Series<'a> {
        Series {
            symbol: "A",
            decimals: 0,
            interval_ms: 3_600_000,
            time_ms: times,
            open: closes,
            high: closes,
            low: closes,
            close: closes,
            volume: Some(volume),
            funding: &[],
        }
    }

    #[test]
    fn a_line_rises_with_the_closes_and_is_empty_in_gaps() {
        let (mut times, mut closes) = (Vec::new(), Vec::new());
        with_gap(&mut times, &mut closes);
        let line = line(&series(&times, &closes, &[1.0; 20]));
        let signs: Vec<char> = line.chars().collect();
        assert_eq!((signs.len(), signs[0], signs[19]), (20, '▁', '█'));
        assert!(signs[7..13].iter().all(|c| *c == ' ') && signs[5] != ' ' && signs[14] != ' ', "{line:?}");
        let levels: Vec<char> = signs.iter().copied().filter(|c| *c != ' ').collect();
        assert!(levels.is_sorted(), "{line:?}");
    }

    #[test]
    fn a_picture_shows_closes_gaps_and_volume_of_each_symbol() {
        let (mut times, mut closes) = (Vec::new(), Vec::new());
        with_gap(&mut times, &mut closes);
        let mut volume = [1.0; 20];
        volume[3] = 0.0;
        let one = series(&times, &closes, &volume);
        let text = svg("two", &[one, Series { symbol: "B", ..one }]);
        let count = |what: &str| text.matches(what).count();
        assert_eq!((count("class=\"closes\""), count("class=\"gap\"")), (2, 12));
        assert!(count("class=\"volume\"") >= 12 && text.contains("A: closes from 100 to 129"), "{text}");
        // The line is broken where bars are missing.
        let path = text.lines().find(|l| l.contains("closes\" d=")).unwrap_or_default();
        assert_eq!(path.matches('M').count(), 2, "{path}");
    }
}
