//! Pictures of a run as SVG files: they open in any browser and need no fonts of their own.

pub mod account;
mod axis;
pub mod equity;
pub mod fitness;
pub mod front;

/// Width and height of a picture in pixels.
const SIZE: (u32, u32) = (1000, 480);
/// Most points of one line: more than one per pixel cannot be seen and makes the file large.
const POINTS: usize = 2000;

/// At most about [`POINTS`] of the points: of each stretch its first, lowest and highest, so that no peak is lost.
pub(crate) fn thin(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= POINTS {
        return points.to_vec();
    }
    let stretch = points.len().div_ceil(POINTS / 3);
    let mut kept = Vec::with_capacity(POINTS + 1);
    for part in points.chunks(stretch) {
        let low = part.iter().enumerate().min_by(|a, b| a.1.1.total_cmp(&b.1.1)).map_or(0, |(i, _)| i);
        let high = part.iter().enumerate().max_by(|a, b| a.1.1.total_cmp(&b.1.1)).map_or(0, |(i, _)| i);
        let mut chosen = [0, low, high];
        chosen.sort_unstable();
        let mut last = None;
        for i in chosen {
            if last != Some(i) {
                kept.push(part[i]);
            }
            last = Some(i);
        }
    }
    kept.extend(points.last());
    kept
}

/// The lowest and highest of some values with a little room, never empty.
pub(crate) fn extent(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .into_iter()
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return (0.0, 1.0);
    }
    let room = ((high - low) * 0.05).max(low.abs().max(high.abs()) * 1e-3).max(1e-9);
    (low - room, high + room)
}

/// A picture that cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[error("the {picture} picture cannot be drawn: {problem}")]
pub struct PictureError {
    picture: &'static str,
    problem: String,
}

impl PictureError {
    fn for_picture(picture: &'static str) -> impl FnOnce(axis::DrawError<'_>) -> PictureError {
        move |problem| PictureError { picture, problem: problem.to_string() }
    }
}

/// A whole number with separators, as `12,345,678`.
pub fn thousands(n: impl Into<i128>) -> String {
    let n: i128 = n.into();
    let digits = n.unsigned_abs().to_string();
    let mut text = String::from(if n < 0 { "-" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_ends_and_extremes() {
        let points: Vec<(f64, f64)> =
            (0..100_000).map(|i| (f64::from(i), if i == 77_777 { 9.0 } else { f64::from(i % 7) })).collect();
        let kept = thin(&points);
        assert!(kept.len() <= POINTS + 1, "{}", kept.len());
        assert_eq!(kept.first(), points.first());
        assert_eq!(kept.last(), points.last());
        assert!(kept.contains(&(77_777.0, 9.0)));
        assert!(kept.windows(2).all(|w| w[0].0 <= w[1].0));
    }

    #[test]
    fn an_extent_is_never_empty() {
        assert_eq!(extent([]), (0.0, 1.0));
        let (low, high) = extent([5.0, 5.0, f64::NAN]);
        assert!(low < 5.0 && high > 5.0);
    }
}
