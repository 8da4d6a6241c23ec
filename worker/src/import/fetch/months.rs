//! The whole months of a range, which may come as one file each, and what lies beside them.

use super::question::Window;

const DAY_MS: i64 = 86_400_000;
/// A month in fewer pages is asked for page by page: a file and its checksum are two requests.
const FEWEST_PAGES: i64 = 3;

/// A part of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// To be asked for page by page.
    Pages(Window),
    /// A month, in UTC.
    Month {
        /// As 2024-12.
        name: String,
        /// From its first to its last moment.
        window: Window,
    },
}

/// The parts of a range in order; `page_ms`: what one page holds.
pub(super) fn parts(range: Window, page_ms: i64) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut start_ms = range.start_ms;
    while start_ms < range.end_ms {
        let (first, next) = month(start_ms);
        let end_ms = next.min(range.end_ms);
        let window = Window { start_ms, end_ms };
        let is_whole = (start_ms, end_ms) == (first, next) && next - first > (FEWEST_PAGES - 1) * page_ms;
        match parts.last_mut() {
            _ if is_whole => parts.push(Part::Month { name: name(first), window }),
            Some(Part::Pages(before)) => before.end_ms = end_ms,
            _ => parts.push(Part::Pages(window)),
        }
        start_ms = end_ms;
    }
    parts
}

/// First moment of the month of a time, and of the month after.
fn month(ms: i64) -> (i64, i64) {
    let start = |ms: i64| {
        let day: i64 =
            galapagos_run::job::dates::show_stamp(ms).get(8..10).and_then(|d| d.parse().ok()).unwrap_or(1);
        (ms.div_euclid(DAY_MS) - (day - 1)) * DAY_MS
    };
    let first = start(ms);
    (first, start(first + 31 * DAY_MS))
}

fn name(ms: i64) -> String {
    galapagos_run::job::dates::show_stamp(ms).get(..7).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_months_are_files_and_the_rest_is_pages() {
        // date -u -d 2023-12-15 +%s, and so on.
        let (from, january, february, march, to) =
            (1_702_598_400_000, 1_704_067_200_000, 1_706_745_600_000, 1_709_251_200_000, 1_709_287_200_000);
        let range = Window { start_ms: from, end_ms: to };
        let minutes = parts(range, 60_000_000);
        let month = |name: &str, start_ms, end_ms| Part::Month {
            name: name.to_owned(),
            window: Window { start_ms, end_ms },
        };
        assert_eq!(
            minutes,
            [
                Part::Pages(Window { start_ms: from, end_ms: january }),
                month("2024-01", january, february),
                month("2024-02", february, march),
                Part::Pages(Window { start_ms: march, end_ms: to }),
            ]
        );
        // A month of hours is one page.
        assert_eq!(parts(range, 3_600_000_000), [Part::Pages(range)]);
    }
}
