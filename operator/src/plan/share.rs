//! Who gets how many workers of the budget.

use std::cmp::Reverse;
use std::ops::Range;

/// What one job asks of the budget.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) priority: i32,
    /// Workers it has use for.
    pub(super) need: u32,
    /// Workers it has.
    pub(super) existing: u32,
}

/// Workers to be set now, one number per claim. `claims` are in the order of rank: priority falls.
///
/// First the goal: the budget goes to priorities in their order, level inside one, so that only a need that is met
/// keeps a job below the others. Then the way there: whoever has too many falls at once; whoever has too few rises as
/// far as the room that exists already leaves, since a pod that is to go may hold its node until it is gone.
pub(super) fn workers(budget: u32, claims: &[Claim]) -> Vec<u32> {
    let goal = by_priority(u64::from(budget), claims, |_, claim| 0..claim.need);
    let existing: u64 = claims.iter().map(|claim| u64::from(claim.existing)).sum();
    let room = u64::from(budget).saturating_sub(existing);
    let rises = |i: usize, claim: &Claim| claim.existing..goal[i].max(claim.existing);
    let risen = by_priority(room, claims, rises);
    goal.iter().zip(risen).map(|(&goal, risen)| goal.min(risen)).collect()
}

/// Raises every claim from the start of its range towards the end, with `budget` for all the steps together.
fn by_priority(mut budget: u64, claims: &[Claim], range: impl Fn(usize, &Claim) -> Range<u32>) -> Vec<u32> {
    let mut given = Vec::with_capacity(claims.len());
    for equals in claims.chunk_by(|a, b| a.priority == b.priority) {
        let first = given.len();
        let ranges: Vec<Range<u32>> =
            equals.iter().enumerate().map(|(i, claim)| range(first + i, claim)).collect();
        let levelled = level(budget, equals, &ranges);
        budget -= cost(&ranges, &levelled);
        given.extend(levelled);
    }
    given
}

fn cost(ranges: &[Range<u32>], given: &[u32]) -> u64 {
    ranges.iter().zip(given).map(|(range, &given)| u64::from(given - range.start)).sum()
}

/// The highest common level that the budget pays for, and the odd workers one each: to those that have them already
/// (a pod that runs is worth more than one that would have to start), then by need, then by rank.
fn level(budget: u64, claims: &[Claim], ranges: &[Range<u32>]) -> Vec<u32> {
    let at =
        |level: u32| -> Vec<u32> { ranges.iter().map(|range| level.clamp(range.start, range.end)).collect() };
    let mut affordable = 0;
    let mut beyond = ranges.iter().map(|range| range.end).max().unwrap_or(0).saturating_add(1);
    while beyond - affordable > 1 {
        let middle = affordable + (beyond - affordable) / 2;
        if cost(ranges, &at(middle)) <= budget { affordable = middle } else { beyond = middle }
    }
    let mut given = at(affordable);
    let odd = budget - cost(ranges, &given);
    let mut takers: Vec<usize> =
        (0..claims.len()).filter(|&i| (ranges[i].start..ranges[i].end).contains(&affordable)).collect();
    takers.sort_by_key(|&i| (claims[i].existing <= affordable, Reverse(claims[i].need)));
    for taker in takers.into_iter().take(usize::try_from(odd).unwrap_or(usize::MAX)) {
        given[taker] += 1;
    }
    given
}
