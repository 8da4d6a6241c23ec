//! The volume that points dominate below a reference point, exactly, and what a further point adds to it (While et al. 2012).

use crate::front::{Costs, compare, dominates};

/// The volume below `reference` that at least one of the points dominates, in the first `objectives` dimensions.
pub(crate) fn hypervolume(points: &[Costs], reference: &Costs, objectives: usize) -> f64 {
    let within = |p: &&Costs| (0..objectives).all(|m| p[m] < reference[m]);
    let mut points = undominated(points.iter().filter(within).copied().collect());
    if objectives == 2 {
        let mut below = reference[1];
        return points.iter().fold(0.0, |sum, p| {
            let slab = bounded(bounded(reference[0] - p[0]) * bounded(below - p[1]));
            below = p[1];
            bounded(sum + slab)
        });
    }
    let mut sum = 0.0;
    while let Some(point) = points.pop() {
        sum = bounded(sum + added(&point, &points, reference, objectives));
    }
    sum
}

/// The number, or the largest one in place of infinity.
pub(crate) fn bounded(volume: f64) -> f64 {
    if volume > f64::MAX { f64::MAX } else { volume }
}

/// What a point adds to the volume of others.
pub(crate) fn added(point: &Costs, others: &[Costs], reference: &Costs, objectives: usize) -> f64 {
    if (0..objectives).any(|m| point[m] >= reference[m]) {
        return 0.0;
    }
    // What leaves the numbers counts as the largest, so that differences of volumes stay numbers.
    let own = bounded((0..objectives).map(|m| bounded(reference[m] - point[m])).product());
    // Of each other one only the part that this point dominates, too.
    let shared: Vec<Costs> = others
        .iter()
        .map(|o| std::array::from_fn(|m| if o[m] > point[m] { o[m] } else { point[m] }))
        .collect();
    let rest = own - if shared.is_empty() { 0.0 } else { hypervolume(&shared, reference, objectives) };
    // What nothing is left of may come out below 0 by rounding.
    if rest > 0.0 { rest } else { 0.0 }
}

/// The points that no other dominates, each once, in lexicographic order.
fn undominated(mut points: Vec<Costs>) -> Vec<Costs> {
    points.sort_by(compare);
    points.dedup();
    let mut kept: Vec<Costs> = Vec::with_capacity(points.len());
    for point in points {
        if !kept.iter().rev().any(|k| dominates(k, &point)) {
            kept.push(point);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(values: &[f64]) -> Costs {
        std::array::from_fn(|m| values.get(m).copied().unwrap_or(0.0))
    }

    fn of(points: &[&[f64]], reference: &[f64]) -> f64 {
        let points: Vec<Costs> = points.iter().map(|p| costs(p)).collect();
        hypervolume(&points, &costs(reference), reference.len())
    }

    // Contract G11.
    #[test]
    fn the_volume_is_that_of_published_examples() {
        assert_eq!(of(&[&[1.0, 5.0], &[2.0, 3.0], &[4.0, 1.0]], &[6.0, 6.0]), 17.0);
        // Every tenth point, a tenth worse, of 100 on the front of ZDT1, as the guide of pymoo has it.
        let front: Vec<[f64; 2]> =
            (0..10).map(|i| f64::from(10 * i) / 99.0).map(|x| [1.1 * x, 1.1 * (1.0 - x.sqrt())]).collect();
        let front: Vec<&[f64]> = front.iter().map(|p| p.as_slice()).collect();
        assert!((of(&front, &[1.2, 1.2]) - 0.963_164_644_8).abs() < 1e-9, "{}", of(&front, &[1.2, 1.2]));
    }

    #[test]
    fn a_volume_beyond_the_numbers_is_the_largest_number() {
        let far = [-1e300, -1e300];
        assert_eq!(of(&[&far], &[1e300, 1e300]), f64::MAX);
        assert_eq!(added(&costs(&far), &[costs(&[-1e301, -1e299])], &costs(&[1e300, 1e300]), 2), 0.0);
    }

    // Contract G11.
    #[test]
    fn the_volume_of_a_grid_is_the_number_of_its_cells_that_are_dominated() {
        for objectives in 1..=4 {
            let mut state = 7_u64 + objectives as u64;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                f64::from((state >> 40) as u32 % 7)
            };
            for _ in 0..30 {
                let points: Vec<Costs> = (0..9)
                    .map(|_| {
                        let values: Vec<f64> = (0..objectives).map(|_| next()).collect();
                        costs(&values)
                    })
                    .collect();
                let cells = (0..6_u32.pow(objectives as u32)).filter(|cell| {
                    let at = |m: usize| f64::from(cell / 6_u32.pow(m as u32) % 6);
                    points.iter().any(|p| (0..objectives).all(|m| p[m] <= at(m)))
                });
                let reference = costs(&vec![6.0; objectives]);
                assert_eq!(hypervolume(&points, &reference, objectives), cells.count() as f64);
                let (last, before) = points.split_last().unwrap();
                let all =
                    hypervolume(before, &reference, objectives) + added(last, before, &reference, objectives);
                assert_eq!(all, hypervolume(&points, &reference, objectives));
            }
        }
    }
}
