//! Whether the days of two symbols meet: a portfolio walks over the union of all stamps.

use crate::error::{Error, Result};
use crate::names::DAY_MS;
use crate::stamp::show;

/// Share of stamps that may stand beside one of the other symbol instead of on it: half days, changes of clocks.
const MAX_BESIDE: f64 = 0.05;

/// Checks that stamps of bars of a day or more meet those of `first`, where both have bars.
///
/// # Errors
/// `Invalid` if too many stamps have another within a day but none at the same time.
pub(crate) fn check_days((first, theirs): (&str, &[i64]), (symbol, ours): (&str, &[i64])) -> Result<()> {
    let (Some(&from), Some(&to)) = (theirs.first(), theirs.last()) else { return Ok(()) };
    let (mut shared, mut beside, mut example) = (0u64, 0u64, None);
    for &time in ours.iter().filter(|&&t| t > from - DAY_MS && t < to + DAY_MS) {
        match theirs.binary_search(&time) {
            Ok(_) => shared += 1,
            Err(at) => {
                let near = |i: usize| theirs.get(i).copied().filter(|t| (t - time).abs() < DAY_MS);
                if let Some(other) = near(at).or_else(|| near(at.checked_sub(1)?)) {
                    beside += 1;
                    example.get_or_insert((time, other));
                }
            }
        }
    }
    let share = beside as f64 / (shared + beside).max(1) as f64;
    let Some((time, other)) = example.filter(|_| share > MAX_BESIDE) else { return Ok(()) };
    let problem = format!(
        "its days do not meet those of {}: {beside} of {} stamps stand beside one of it, as {} beside {}, and would double \
         the time line of a portfolio. Write the stamps of both as dates of the session, or import the symbols as two datasets",
        first,
        shared + beside,
        show(time),
        show(other),
    );
    Err(Error::series(symbol, problem))
}
