//! The fitness of a job by generation, as a chart of braille dots.

use galapagos_crds::status::GenerationStatus;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::symbols::Marker;
use ratatui::text::Line;
use ratatui::widgets::{Axis, Chart, Dataset, GraphType, Widget};
use std::collections::BTreeMap;

/// Most columns: longer lines are hard to follow.
const WIDEST: u16 = 100;
/// Fewer columns or rows show nothing.
const LEAST: (u16, u16) = (30, 5);

/// The generations that were seen, by their numbers: a status has the last twenty only.
#[derive(Clone, Debug, Default)]
pub struct Seen(BTreeMap<i32, (Option<f64>, Option<f64>)>);

impl Seen {
    /// Adds what a status shows. A job that was made anew begins anew.
    pub fn add(&mut self, history: &[GenerationStatus]) {
        let newest = history.last().map_or(0, |g| g.generation);
        self.0.retain(|generation, _| *generation <= newest);
        self.0.extend(history.iter().map(|g| (g.generation, (g.best, g.median))));
    }

    fn series(&self, of: impl Fn(&(Option<f64>, Option<f64>)) -> Option<f64>) -> Vec<(f64, f64)> {
        let point = |(generation, values): (&i32, _)| Some((f64::from(*generation), of(values)?));
        self.0.iter().filter_map(point).filter(|(_, value)| value.is_finite()).collect()
    }

    /// The best so far as a line and the medians of generations as dots, in so many columns and rows; empty with fewer than two
    /// generations, or where there is no room.
    pub fn chart(&self, width: u16, height: u16) -> String {
        let (best, medians) = (self.series(|v| v.0), self.series(|v| v.1));
        if best.len() < 2 || width < LEAST.0 || height < LEAST.1 {
            return String::new();
        }
        let all = || best.iter().chain(&medians).map(|(_, value)| *value);
        let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
        // A flat line lies in the middle.
        let margin = if high > low { 0.0 } else { (high.abs() * 0.1).max(1e-4) };
        let (low, high) = (low - margin, high + margin);
        let (first, last) = (best[0].0, best[best.len() - 1].0);
        let label = |value: f64| Line::from(format!("{value:.4}"));
        let generations = [first, last].map(|generation| Line::from(format!("{generation:.0}")));
        let datasets = vec![
            Dataset::default().marker(Marker::Dot).graph_type(GraphType::Scatter).data(&medians),
            Dataset::default().marker(Marker::Braille).graph_type(GraphType::Line).data(&best),
        ];
        let chart = Chart::new(datasets)
            .x_axis(Axis::default().bounds([first, last]).labels(generations))
            .y_axis(Axis::default().bounds([low, high]).labels([
                label(low),
                label((low + high) / 2.0),
                label(high),
            ]))
            .legend_position(None);
        let area = Rect::new(0, 0, width.min(WIDEST), height);
        let mut buffer = Buffer::empty(area);
        chart.render(area, &mut buffer);
        let row = |y: u16| {
            let cells = (0..area.width).map(|x| buffer[(x, y)].symbol());
            format!("{}\n", cells.collect::<String>().trim_end())
        };
        let rows: String = (0..area.height).map(row).collect();
        format!("Best (line) and median (dots)\n{rows}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(best: &[f64]) -> Vec<GenerationStatus> {
        let one = |(i, best): (usize, &f64)| GenerationStatus {
            generation: i as i32 + 1,
            best: Some(*best),
            median: Some(best - 0.5),
            ..GenerationStatus::default()
        };
        best.iter().enumerate().map(one).collect()
    }

    #[test]
    fn the_best_rises_from_the_left_to_the_right_between_labelled_axes() {
        let mut seen = Seen::default();
        seen.add(&history(&[1.0, 1.5, 1.5, 2.0]));
        let chart = seen.chart(60, 10);
        let lines: Vec<&str> = chart.lines().collect();
        assert_eq!(lines.len(), 11, "{chart}");
        assert!(lines[1].contains("2.0000") && lines.iter().any(|line| line.contains("0.5000")), "{chart}");
        let numbers = lines[10].split_whitespace().collect::<Vec<_>>();
        assert_eq!(numbers, ["1", "4"], "{chart}");
        assert!(chart.contains('•'), "{chart}");
        assert!(lines.iter().all(|line| line.chars().count() <= 60), "{chart}");
        let drawn = |line: &str| line.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c));
        assert!(lines.iter().filter(|line| drawn(line)).count() >= 4, "{chart}");
    }

    #[test]
    fn generations_that_the_status_forgets_stay_and_a_new_job_begins_anew() {
        let mut seen = Seen::default();
        let all = history(&[1.0; 40]);
        seen.add(&all[..20]);
        seen.add(&all[20..]);
        assert_eq!(seen.0.len(), 40);
        seen.add(&all[..3]);
        assert_eq!(seen.0.len(), 3);
        assert!(!seen.chart(30, 6).is_empty(), "a flat line is shown, too");
        seen.add(&[]);
        assert_eq!(seen.chart(60, 10), "");
    }

    #[test]
    fn where_there_is_no_room_there_is_no_chart() {
        let mut seen = Seen::default();
        seen.add(&history(&[1.0, 2.0]));
        assert_eq!(seen.chart(20, 10), "");
        assert_eq!(seen.chart(80, 3), "");
        assert!(seen.chart(40, 8).lines().all(|line| line.chars().count() <= 40));
    }
}
