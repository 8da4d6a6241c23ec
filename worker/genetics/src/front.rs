//! Several objectives (contract G10): who dominates whom, fronts, and how alone a point stands in its own. All numbers
//! are costs: smaller is better.

use std::cmp::Ordering;

use crate::niche;
use crate::rank::{Class, Rank};

/// Most objectives of a run.
pub const MOST_OBJECTIVES: usize = 4;

/// The costs of one individual; those beyond the run's objectives are 0.
pub(crate) type Costs = [f64; MOST_OBJECTIVES];

/// Whether `a` is nowhere worse than `b` and somewhere better.
pub(crate) fn dominates(a: &Costs, b: &Costs) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b) && a != b
}

/// By the first objective, then by the next.
pub(crate) fn compare(a: &Costs, b: &Costs) -> Ordering {
    a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// The number of the front of each point, from 0: the first are those that nothing dominates, the next those that only the
/// first dominate, and so on. Points are taken in lexicographic order, so what dominates one comes before it, and the
/// first front without such a point is found by bisection (Zhang et al. 2015).
pub(crate) fn fronts(points: &[Costs]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| compare(&points[a], &points[b]));
    let plane = points.iter().all(|p| p[2..].iter().all(|c| *c == 0.0));
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut out = vec![0; points.len()];
    for i in order {
        let beaten = |front: &Vec<usize>| {
            // In a plane the last of a front has its lowest second cost: no other can dominate if that one does not.
            let looked_at = if plane { 1 } else { front.len() };
            front.iter().rev().take(looked_at).any(|&k| dominates(&points[k], &points[i]))
        };
        let number = members.partition_point(beaten);
        if number == members.len() {
            members.push(Vec::new());
        }
        members[number].push(i);
        out[i] = number;
    }
    out
}

/// Crowding distances of the points of one front with so many objectives: the mean over the objectives of the distance between
/// the neighbours on both sides, as a share of the front's range; infinite at its ends. Of equal points the first one
/// counts, and the others have 0.
pub(crate) fn crowding(front: &[Costs], objectives: usize) -> Vec<f64> {
    let mut order: Vec<usize> = (0..front.len()).collect();
    order.sort_by(|&a, &b| compare(&front[a], &front[b]).then(a.cmp(&b)));
    order.dedup_by(|later, kept| front[*later] == front[*kept]);
    let mut out = vec![0.0; front.len()];
    #[expect(clippy::needless_range_loop, reason = "an objective is a column of the front")]
    for m in 0..objectives {
        order.sort_by(|&a, &b| front[a][m].total_cmp(&front[b][m]).then(a.cmp(&b)));
        let (Some(&first), Some(&last)) = (order.first(), order.last()) else { return out };
        let range = front[last][m] - front[first][m];
        out[first] = f64::INFINITY;
        out[last] = f64::INFINITY;
        for three in order.windows(3).filter(|_| range > 0.0) {
            out[three[1]] += (front[three[2]][m] - front[three[0]][m]) / range;
        }
    }
    out.iter_mut().for_each(|distance| *distance /= objectives as f64);
    out
}

/// A pool in the order in which it survives where there are `places`: class; feasible ones by front, then of two objectives the
/// less crowded as in NSGA-II (Deb et al. 2002), of more those of the directions that the fewest stand for ([`niche`]);
/// infeasible ones as with one objective; then by key. A key that is there twice stays once.
pub(crate) fn order<K: Ord + Copy>(
    mut pool: Vec<(Rank, K)>,
    objectives: usize,
    places: usize,
) -> Vec<(Rank, K)> {
    pool.sort_by(|a, b| a.0.compare(&b.0).then_with(|| a.1.cmp(&b.1)));
    pool.dedup_by(|a, b| a.1 == b.1);
    let feasible = pool.partition_point(|(rank, _)| rank.class == Class::Feasible);
    let mut head: Vec<(Rank, K)> = pool.drain(..feasible).collect();
    // Of equal points the one with the lowest key counts.
    head.sort_by_key(|member| member.1);
    let costs: Vec<Costs> = head.iter().map(|(rank, _)| rank.costs()).collect();
    let numbers = fronts(&costs);
    let order = if objectives < niche::FROM {
        least_crowded(&costs, &numbers, objectives)
    } else {
        niche::order(&costs, &numbers, objectives, places)
    };
    order.into_iter().map(|i| head[i]).chain(pool).collect()
}

/// Positions of points by the number of their front, then the less crowded, then as they come.
fn least_crowded(costs: &[Costs], numbers: &[usize], objectives: usize) -> Vec<usize> {
    let mut alone = vec![0.0; costs.len()];
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); numbers.iter().max().map_or(0, |last| last + 1)];
    numbers.iter().enumerate().for_each(|(i, &number)| members[number].push(i));
    for front in &members {
        let points: Vec<Costs> = front.iter().map(|&i| costs[i]).collect();
        front.iter().zip(crowding(&points, objectives)).for_each(|(&i, distance)| alone[i] = distance);
    }
    let mut order: Vec<usize> = (0..costs.len()).collect();
    order.sort_by(|&a, &b| {
        numbers[a].cmp(&numbers[b]).then_with(|| alone[b].total_cmp(&alone[a])).then(a.cmp(&b))
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::{DrawPosition, Draws, Purpose};

    fn costs(points: &[&[f64]]) -> Vec<Costs> {
        points.iter().map(|p| std::array::from_fn(|m| p.get(m).copied().unwrap_or(0.0))).collect()
    }

    /// Takes away what nothing dominates, again and again.
    fn peeled(points: &[Costs]) -> Vec<usize> {
        let mut out = vec![usize::MAX; points.len()];
        let mut number = 0;
        while out.contains(&usize::MAX) {
            let left: Vec<usize> = (0..points.len()).filter(|&i| out[i] == usize::MAX).collect();
            let worse = |i: usize| {
                left.iter().any(|&k| {
                    let pairs = || points[k].iter().zip(&points[i]);
                    pairs().all(|(a, b)| a <= b) && pairs().any(|(a, b)| a < b)
                })
            };
            let front: Vec<usize> = left.iter().copied().filter(|&i| !worse(i)).collect();
            front.iter().for_each(|&i| out[i] = number);
            number += 1;
        }
        out
    }

    // Contract G10.
    #[test]
    fn fronts_are_what_is_left_when_the_undominated_are_taken_away_again_and_again() {
        let mut draws = Draws::new(5);
        for (case, objectives) in (0..60).map(|c| (c, 1 + c as usize % 4)) {
            let purpose = Purpose::Child;
            draws.seek(DrawPosition { generation: case, species: 0, purpose, attempt: 0, child: 0 });
            // Few values, so that ties and equal points are many.
            let values = if case % 2 == 0 { 6 } else { 1000 };
            let points: Vec<Costs> = (0..80)
                .map(|_| {
                    let mut point = [0.0; MOST_OBJECTIVES];
                    point[..objectives].iter_mut().for_each(|c| *c = draws.index(values) as f64 - 3.0);
                    point
                })
                .collect();
            assert_eq!(fronts(&points), peeled(&points), "case {case}");
        }
    }

    // The two examples that pymoo's own tests assert.
    #[test]
    fn crowding_is_that_of_the_published_examples() {
        let infinite = f64::INFINITY;
        let three = costs(&[&[0.0, 0.0], &[0.5, 50.0], &[1.0, 100.0]]);
        assert_eq!(crowding(&three, 2), [infinite, 1.0, infinite]);
        let twice = costs(&[&[1.0, 1.0], &[1.0, 1.0], &[0.5, 1.5], &[0.0, 2.0]]);
        assert_eq!(crowding(&twice, 2), [infinite, 0.0, 1.0, infinite]);
    }
}
