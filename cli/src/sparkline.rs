//! A row of numbers as a line of signs.

const SIGNS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A sign for each value between `least` and `most`, a space where there is none.
pub fn between(values: impl IntoIterator<Item = Option<f64>>, least: f64, most: f64) -> String {
    let sign = |value: f64| {
        let share = if most > least { (value - least) / (most - least) } else { 0.5 };
        let level = (share * (SIGNS.len() - 1) as f64).round() as usize;
        SIGNS[level.min(SIGNS.len() - 1)]
    };
    values.into_iter().map(|value| value.map_or(' ', sign)).collect()
}

/// The same from the least to the most of them.
pub fn of(values: &[Option<f64>]) -> String {
    let known = || values.iter().copied().flatten();
    let (least, most) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    between(values.iter().copied(), least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_is_the_lowest_sign_and_what_is_missing_a_space() {
        assert_eq!(of(&[Some(0.0), None, Some(7.0), Some(3.0)]), "▁ █▄");
        assert_eq!(of(&[Some(2.0), Some(2.0)]), "▅▅");
        assert_eq!(of(&[None]), " ");
    }
}
