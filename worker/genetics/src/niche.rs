//! Three objectives and more (contract G10): the members of a front by the directions that they stand for, as in NSGA-III
//! (Deb and Jain 2014). Nothing is drawn: where the paper takes any, the nearest and then the smallest key is taken.

use std::collections::BTreeSet;

use crate::front::{Costs, MOST_OBJECTIVES, compare};
use crate::hypervolume::bounded;

/// Objectives from which on directions order a front in place of crowding.
pub(crate) const FROM: usize = 3;

/// Most directions.
const MOST_DIRECTIONS: usize = 1000;

/// Off its own axis an extreme point counts this many times.
const OFF_AXIS: f64 = 1e6;

/// Pivots and intercepts below this, as shares of the range of a front, do not span a plane.
const FLAT: f64 = 1e-6;

/// What lies farther than so many ranges of the front counts as this far.
const FARTHEST: f64 = 1e6;

/// The directions of Das and Dennis (1998): all ways to hand `parts` equal parts to the objectives, in lexicographic order.
/// There are as many parts as give at most `places` directions, but at least one for each objective, so that one direction
/// lies inside.
pub(crate) fn directions(objectives: usize, places: usize) -> Vec<Costs> {
    let most = places.min(MOST_DIRECTIONS);
    let mut parts = objectives;
    while ways(parts + 1, objectives) <= most {
        parts += 1;
    }
    let mut out = Vec::with_capacity(ways(parts, objectives));
    fill(&mut [0.0; MOST_OBJECTIVES], 0, objectives, parts, &mut out);
    out
}

/// Number of ways to hand so many parts to the objectives: (parts + objectives - 1 choose objectives - 1).
fn ways(parts: usize, objectives: usize) -> usize {
    (1..objectives).fold(1, |product, k| product * (parts + k) / k)
}

fn fill(direction: &mut Costs, at: usize, objectives: usize, left: usize, out: &mut Vec<Costs>) {
    if at + 1 == objectives {
        direction[at] = left as f64;
        out.push(*direction);
        return;
    }
    for part in 0..=left {
        direction[at] = part as f64;
        fill(direction, at + 1, objectives, left - part, out);
    }
}

/// Where the axes of a pool begin, and how long they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axes {
    ideal: Costs,
    lengths: Costs,
}

impl Axes {
    /// Of the first front and of all feasible points: from the lowest costs to where the plane through the extreme points
    /// meets each axis, or where there is no such plane, to the highest costs of the front.
    pub(crate) fn new(front: &[Costs], all: &[Costs], objectives: usize) -> Axes {
        let pick = |points: &[Costs], better: fn(f64, f64) -> bool| {
            let of =
                |a: Costs, b: Costs| std::array::from_fn(|m| if better(b[m], a[m]) { b[m] } else { a[m] });
            points.iter().copied().reduce(of).unwrap_or_default()
        };
        let ideal: Costs = pick(front, |a, b| a < b);
        let beyond = |highest: Costs| -> Costs { std::array::from_fn(|m| bounded(highest[m] - ideal[m])) };
        let (ranges, widest) = (beyond(pick(front, |a, b| a > b)), beyond(pick(all, |a, b| a > b)));
        let shares = |p: &Costs| -> Costs {
            std::array::from_fn(|m| if ranges[m] > 0.0 { bounded(p[m] - ideal[m]) / ranges[m] } else { 0.0 })
        };
        let front: Vec<Costs> = front.iter().map(shares).collect();
        let lengths = match intercepts(&front, objectives) {
            Some(intercepts) => std::array::from_fn(|m| {
                let length = bounded(intercepts[m] * ranges[m]);
                if length < widest[m] { length } else { widest[m] }
            }),
            None => ranges,
        };
        Axes { ideal, lengths }
    }

    /// A point measured by these axes; what lies at an axis without a length counts as its beginning.
    fn place(&self, point: &Costs) -> Costs {
        std::array::from_fn(|m| {
            let place = bounded(point[m] - self.ideal[m]) / self.lengths[m];
            match self.lengths[m] > 0.0 {
                true if place < FARTHEST => place,
                true => FARTHEST,
                false => 0.0,
            }
        })
    }
}

/// Where the plane through the extreme points of a front meets the axes; `None`: they span none that does.
fn intercepts(front: &[Costs], objectives: usize) -> Option<Costs> {
    let mut rows = [[0.0; MOST_OBJECTIVES]; MOST_OBJECTIVES];
    for (axis, row) in rows.iter_mut().enumerate().take(objectives) {
        // The lowest achievement scalarising function of the axis; of equals the first.
        let reach = |p: &Costs| {
            (0..objectives)
                .map(|m| if m == axis { p[m] } else { p[m] * OFF_AXIS })
                .fold(0.0, |a, b| if b > a { b } else { a })
        };
        *row = *front.iter().min_by(|a, b| reach(a).total_cmp(&reach(b)))?;
    }
    solve(rows, objectives)
}

/// The reciprocals of x with `rows` x = 1, by Gauss with pivots; `None` where the rows are too alike or an axis is not met.
fn solve(mut rows: [Costs; MOST_OBJECTIVES], n: usize) -> Option<Costs> {
    let mut right = [1.0; MOST_OBJECTIVES];
    for k in 0..n {
        let pivot = (k..n).max_by(|&a, &b| rows[a][k].abs().total_cmp(&rows[b][k].abs()).then(b.cmp(&a)))?;
        rows.swap(k, pivot);
        right.swap(k, pivot);
        if rows[k][k].abs() < FLAT {
            return None;
        }
        for i in k + 1..n {
            let factor = rows[i][k] / rows[k][k];
            let above = rows[k];
            for (value, above) in rows[i].iter_mut().zip(above).skip(k) {
                *value -= factor * above;
            }
            right[i] -= factor * right[k];
        }
    }
    let mut x = [0.0; MOST_OBJECTIVES];
    for k in (0..n).rev() {
        let known = (k + 1..n).fold(0.0, |sum, m| sum + rows[k][m] * x[m]);
        x[k] = (right[k] - known) / rows[k][k];
    }
    let met = |m: usize| x[m] > 0.0 && 1.0 / x[m] >= FLAT;
    let reciprocals = std::array::from_fn(|m| if m < n { 1.0 / x[m] } else { 0.0 });
    (0..n).all(met).then_some(reciprocals)
}

/// The direction whose ray passes a point nearest, the first of equals, with the square of the distance.
fn nearest(point: &Costs, directions: &[Costs]) -> (usize, f64) {
    let distance = |direction: &Costs| {
        let dot = |a: &Costs, b: &Costs| a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + a * b);
        let along = dot(point, direction) / dot(direction, direction);
        let off: Costs = std::array::from_fn(|m| point[m] - along * direction[m]);
        dot(&off, &off)
    };
    let mut found = (0, f64::INFINITY);
    for (i, direction) in directions.iter().enumerate() {
        let off = distance(direction);
        if off < found.1 {
            found = (i, off);
        }
    }
    found
}

/// Positions of feasible points, given by rising key with the number of the front of each, in the order in which they survive
/// where there are `places`: front by front, in each the next of the direction that the fewest of those before stand for.
/// Of equal points the first counts, and the others come last in their front.
pub(crate) fn order(points: &[Costs], fronts: &[usize], objectives: usize, places: usize) -> Vec<usize> {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); fronts.iter().max().map_or(0, |last| last + 1)];
    fronts.iter().enumerate().for_each(|(i, &number)| members[number].push(i));
    let first: Vec<Costs> = members.first().into_iter().flatten().map(|&i| points[i]).collect();
    let axes = Axes::new(&first, points, objectives);
    let directions = directions(objectives, places);
    let mut stand = vec![0_u32; directions.len()];
    let mut out = Vec::with_capacity(points.len());
    for mut front in members {
        front.sort_by(|&a, &b| compare(&points[a], &points[b]).then(a.cmp(&b)));
        let (mut copies, mut distinct): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
        for i in front {
            match distinct.last() {
                Some(&kept) if points[kept] == points[i] => copies.push(i),
                _ => distinct.push(i),
            }
        }
        copies.sort_unstable();
        niched(&distinct, points, &axes, &directions, &mut stand, &mut out);
        out.extend(copies);
    }
    out
}

/// Appends one front.
fn niched(
    front: &[usize],
    points: &[Costs],
    axes: &Axes,
    directions: &[Costs],
    stand: &mut [u32],
    out: &mut Vec<usize>,
) {
    let mut waiting: Vec<Vec<(f64, usize)>> = vec![Vec::new(); directions.len()];
    for &i in front {
        let (direction, off) = nearest(&axes.place(&points[i]), directions);
        waiting[direction].push((off, i));
    }
    // The nearest last, to be taken from the end.
    waiting.iter_mut().for_each(|all| all.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1))));
    let asked = (0..directions.len()).filter(|&d| !waiting[d].is_empty());
    let mut next: BTreeSet<(u32, usize)> = asked.map(|d| (stand[d], d)).collect();
    while let Some((_, d)) = next.pop_first() {
        if let Some((_, i)) = waiting[d].pop() {
            out.push(i);
            stand[d] += 1;
        }
        if !waiting[d].is_empty() {
            next.insert((stand[d], d));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::{DrawPosition, Draws, Purpose};
    use crate::front::fronts;

    fn points(rows: &[&[f64]]) -> Vec<Costs> {
        rows.iter().map(|p| std::array::from_fn(|m| p.get(m).map_or(0.0, |v| v / 64.0))).collect()
    }

    // The numbers of the paper's table of populations: 12 parts give 91 directions of 3 objectives.
    #[test]
    fn directions_are_those_of_das_and_dennis() {
        assert_eq!(directions(3, 100).len(), 91);
        assert_eq!(directions(4, 100).len(), 84);
        assert_eq!((directions(3, 2).len(), directions(4, 2).len()), (10, 35));
        assert!(directions(3, 1_000_000).len() <= MOST_DIRECTIONS);
        let three = directions(3, 2);
        assert_eq!((three[0], three[9]), ([0.0, 0.0, 3.0, 0.0], [3.0, 0.0, 0.0, 0.0]));
        assert!(three.contains(&[1.0, 1.0, 1.0, 0.0]));
        assert!(three.windows(2).all(|w| compare(&w[0], &w[1]).is_lt()));
        assert!(three.iter().all(|d| d.iter().sum::<f64>() == 3.0));
    }

    // Contract G10. What pymoo 0.6.2 gives for these points (HyperplaneNormalization, associate_to_niches), 64ths as costs.
    #[test]
    fn axes_and_nearest_directions_are_those_of_another_implementation() {
        let three = points(&[
            &[80.0, 1.0, 1.0],
            &[1.0, 64.0, 1.0],
            &[1.0, 1.0, 96.0],
            &[63.0, 4.0, 66.0],
            &[55.0, 24.0, 57.0],
            &[53.0, 2.0, 50.0],
            &[33.0, 53.0, 37.0],
            &[65.0, 41.0, 15.0],
            &[38.0, 55.0, 22.0],
            &[15.0, 26.0, 64.0],
            &[53.0, 36.0, 49.0],
            &[61.0, 27.0, 7.0],
            &[56.0, 48.0, 31.0],
            &[26.0, 47.0, 54.0],
        ]);
        let expected: [([f64; 3], f64); 14] = [
            ([4.0, 0.0, 0.0], 0.0),
            ([0.0, 4.0, 0.0], 0.0),
            ([0.0, 0.0, 4.0], 0.0),
            ([2.0, 0.0, 2.0], 0.085_602_064_712_446_08),
            ([2.0, 1.0, 1.0], 0.222_841_465_187_610_44),
            ([2.0, 0.0, 2.0], 0.101_962_237_549_945_99),
            ([1.0, 2.0, 1.0], 0.030_198_658_092_606_735),
            ([2.0, 2.0, 0.0], 0.192_525_358_117_640_9),
            ([1.0, 2.0, 1.0], 0.199_893_777_226_164_2),
            ([1.0, 1.0, 2.0], 0.163_589_790_928_592),
            ([2.0, 1.0, 1.0], 0.235_140_661_984_969_47),
            ([3.0, 1.0, 0.0], 0.163_996_541_674_197),
            ([1.0, 2.0, 1.0], 0.309_734_295_554_079_8),
            ([1.0, 2.0, 1.0], 0.189_938_992_572_680_3),
        ];
        let numbers = fronts(&three);
        assert_eq!(numbers, [0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        let first: Vec<Costs> =
            three.iter().zip(&numbers).filter(|(_, n)| **n == 0).map(|(p, _)| *p).collect();
        let axes = Axes::new(&first, &three, 3);
        assert_eq!(axes.ideal[..3], [1.0 / 64.0; 3]);
        let lengths = [1.234_375, 0.984_375, 1.484_375];
        axes.lengths.iter().zip(lengths).for_each(|(a, b)| assert!((a - b).abs() < 1e-12, "{axes:?}"));
        let directions = directions(3, 15);
        for (point, (direction, distance)) in three.iter().zip(expected) {
            let (found, off) = nearest(&axes.place(point), &directions);
            assert_eq!(directions[found][..3], direction);
            assert!((off.sqrt() - distance).abs() < 1e-12, "{off} {distance}");
        }
    }

    #[test]
    fn where_the_extreme_points_span_no_plane_the_range_of_the_front_measures_it() {
        // One point is the extreme of two axes.
        let flat = points(&[&[0.0, 0.0, 64.0], &[32.0, 16.0, 0.0], &[16.0, 32.0, 0.0]]);
        let axes = Axes::new(&flat[..2], &flat, 3);
        assert_eq!(axes.lengths, [0.5, 0.25, 1.0, 0.0]);
        assert_eq!(axes.place(&flat[2]), [0.5, 2.0, 0.0, 0.0]);
        let all_one = points(&[&[5.0, 5.0, 5.0]]);
        assert_eq!(Axes::new(&all_one, &all_one, 3).place(&all_one[0]), [0.0; 4]);
        let far = [[-1e308, 1e308, 0.0, 0.0], [1e308, -1e308, 1.0, 0.0]];
        let place = Axes::new(&far, &far, 3).place(&far[0]);
        assert!(place.iter().all(|x| x.is_finite()), "{place:?}");
    }

    /// NSGA-III as the paper has it: whole fronts while they fit; from the one that does not, member by member, the nearest
    /// of a direction that the fewest of those taken stand for.
    fn by_the_paper(points: &[Costs], objectives: usize, places: usize) -> Vec<usize> {
        let numbers = fronts(points);
        let of = |number: usize| (0..points.len()).filter(|&i| numbers[i] == number).collect::<Vec<_>>();
        let first: Vec<Costs> = of(0).into_iter().map(|i| points[i]).collect();
        let axes = Axes::new(&first, points, objectives);
        let directions = directions(objectives, places);
        let near: Vec<_> = points.iter().map(|p| nearest(&axes.place(p), &directions)).collect();
        let mut taken = Vec::new();
        let mut number = 0;
        while taken.len() + of(number).len() <= places {
            taken.extend(of(number));
            number += 1;
        }
        let mut last = of(number);
        while taken.len() < places {
            let count = |d: usize| taken.iter().filter(|&&i| near[i].0 == d).count();
            let waiting: Vec<usize> =
                (0..directions.len()).filter(|d| last.iter().any(|&i| near[i].0 == *d)).collect();
            let least = waiting.iter().map(|&d| count(d)).min().unwrap();
            let direction = *waiting.iter().find(|&&d| count(d) == least).unwrap();
            let mut own: Vec<usize> = last.iter().copied().filter(|&i| near[i].0 == direction).collect();
            own.sort_by(|&a, &b| near[a].1.total_cmp(&near[b].1).then(a.cmp(&b)));
            taken.push(own[0]);
            last.retain(|&i| i != own[0]);
        }
        taken.sort_unstable();
        taken
    }

    // Contract G10.
    #[test]
    fn the_first_in_order_are_those_that_survive_by_the_paper() {
        let mut draws = Draws::new(11);
        for (case, objectives) in (0..40).map(|c| (c, 3 + c as usize % 2)) {
            let purpose = Purpose::Child;
            draws.seek(DrawPosition { generation: case, species: 0, purpose, attempt: 0, child: 0 });
            let pool: Vec<Costs> = (0..60)
                .map(|_| std::array::from_fn(|m| if m < objectives { draws.u01() } else { 0.0 }))
                .collect();
            for places in [2, 20, 41] {
                let mut head = order(&pool, &fronts(&pool), objectives, places);
                head.truncate(places);
                head.sort_unstable();
                assert_eq!(head, by_the_paper(&pool, objectives, places), "case {case}, {places}");
            }
        }
    }

    #[test]
    fn copies_of_a_point_come_last_in_their_front() {
        let same = points(&[&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0], &[3.0, 3.0, 3.0]]);
        let order = order(&same, &fronts(&same), 3, 3);
        assert_eq!(order[2..], [1, 3], "{order:?}");
    }
}
