//! The `validation.walkForward` block. What is refused here the schema refuses too, which a file that a worker is given
//! has not passed.

use galapagos_crds::{Decimal, ValidationSpec};

use crate::finding::Finding;

/// Windows at most.
const MOST_WINDOWS: u32 = 50;
/// Rows at most that a window leaves out.
const MOST_BARS: u32 = 1_000_000;

/// Every finding on the block.
pub(crate) fn checked(spec: &ValidationSpec, findings: &mut Vec<Finding>) {
    let Some(walk) = &spec.walk_forward else { return };
    let mut check = |holds: bool, field: &str, value: String, problem: String| {
        if !holds {
            let path = format!("spec.validation.walkForward.{field}");
            findings.push(Finding::invalid(path, format!("{value}: {problem}")));
        }
    };
    let windows = format!("must be between 1 and {MOST_WINDOWS}");
    check((1..=MOST_WINDOWS).contains(&walk.windows), "windows", walk.windows.to_string(), windows);
    let fraction = walk.train_fraction;
    let inside = fraction > Decimal::ZERO && fraction < Decimal::ONE;
    let share = "must be greater than 0 and less than 1".to_owned();
    check(inside, "trainFraction", fraction.to_string(), share);
    for (field, bars) in [("purgeBars", walk.purge_bars.unwrap_or(0)), ("embargoBars", walk.embargo_bars)] {
        check(bars <= MOST_BARS, field, bars.to_string(), format!("must be at most {MOST_BARS}"));
    }
}
