//! What comparisons say of each other, whatever the numbers are: `fast < slow * 0.99` of prices implies `fast < slow`, and
//! never holds beside `fast > slow * 1.01`.

use super::super::op::{Comparison, Op};
use super::super::plan::Node;

/// A comparison as an order: a node is below something, or above it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Order {
    node: usize,
    below: bool,
    /// Whether equal numbers are out.
    strict: bool,
    border: Border,
}

/// What a node is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Border {
    Number(f64),
    Whole(i128),
    /// Another node times a factor whose product is rounded.
    Times(usize, f64),
    /// Another node times a ratio of two whole numbers above 0, exactly.
    Ratio(usize, i128, i128),
}

impl Order {
    /// That of a comparison; none of what asks for equality.
    pub fn of(node: &Node) -> Option<Order> {
        let second = || node.inputs.get(1).copied();
        let (comparison, border) = match node.op {
            Op::Compare(comparison) => (comparison, Border::Ratio(second()?, 1, 1)),
            Op::CompareTimes { comparison, factor } => (comparison, Border::Times(second()?, factor.get())),
            Op::CompareWith { comparison, constant } => (comparison, Border::Number(constant.get())),
            Op::CompareLevel { comparison, level, .. } => (comparison, Border::Whole(level)),
            Op::CompareWhole { comparison, left, right } if left.factor > 0 && right.factor > 0 => {
                (comparison, Border::Ratio(second()?, right.factor, left.factor))
            }
            _ => return None,
        };
        let (below, strict) = match comparison {
            Comparison::Less => (true, true),
            Comparison::AtMost => (true, false),
            Comparison::Greater => (false, true),
            Comparison::AtLeast => (false, false),
            Comparison::Equal => return None,
        };
        Some(Order { node: *node.inputs.first()?, below, strict, border })
    }

    /// What holds of the same numbers where this does not.
    pub fn opposite(self) -> Order {
        Order { below: !self.below, strict: !self.strict, ..self }
    }

    /// The same from the other side, where that is exact.
    fn turned(self) -> Option<Order> {
        let Border::Ratio(second, p, q) = self.border else { return None };
        let border = Border::Ratio(self.node, q, p);
        Some(Order { node: second, below: !self.below, border, ..self })
    }

    /// Whether another one asks for the same border: then where no number is on it, either both hold, if this is true, or one
    /// alone.
    pub fn same_border(self, other: Order) -> Option<bool> {
        let same = |order: Order| order.node == self.node && order.border == self.border;
        let turned = other.turned().filter(|&order| same(order));
        let other = if same(other) { Some(other) } else { turned };
        other.map(|other| other.below == self.below)
    }

    /// Under what condition another one holds wherever this one does.
    pub fn implies(self, other: Order) -> Option<Given> {
        self.straight(other).or_else(|| self.straight(other.turned()?))
    }

    fn straight(self, other: Order) -> Option<Given> {
        if self.node != other.node || self.below != other.below || other.strict && !self.strict {
            return None;
        }
        // What is below a number is below all larger ones.
        let holds = |less: bool, equal: bool| equal || less == self.below;
        let positive = |second: usize, equal: bool| if equal { Given::Nothing } else { Given::Above(second) };
        match (self.border, other.border) {
            (Border::Number(x), Border::Number(y)) if !x.is_nan() && !y.is_nan() => {
                holds(x < y, x == y).then_some(Given::Nothing)
            }
            (Border::Whole(x), Border::Whole(y)) => holds(x < y, x == y).then_some(Given::Nothing),
            (Border::Ratio(a, p, q), Border::Ratio(b, r, s)) if a == b => {
                let (x, y) = (p.checked_mul(s)?, r.checked_mul(q)?);
                holds(x < y, x == y).then(|| positive(a, x == y))
            }
            (x, y) => {
                let ((a, x), (b, y)) = (x.rounded()?, y.rounded()?);
                (a == b && holds(x < y, x == y)).then(|| positive(a, x == y))
            }
        }
    }

    /// What this one and another one say together of the outer two of three nodes.
    pub fn followed(self, other: Order) -> Option<Order> {
        let Border::Ratio(middle, p, q) = self.border else { return None };
        let other = if other.node == middle { other } else { other.turned()? };
        let Border::Ratio(last, r, s) = other.border else { return None };
        if other.node != middle || other.below != self.below || last == self.node {
            return None;
        }
        let border = Border::Ratio(last, p.checked_mul(r)?, q.checked_mul(s)?);
        Some(Order { border, strict: self.strict || other.strict, ..self })
    }
}

impl Border {
    /// A node times a factor, as f64 has it.
    fn rounded(self) -> Option<(usize, f64)> {
        match self {
            Border::Times(node, factor) => Some((node, factor)),
            Border::Ratio(node, 1, 1) => Some((node, 1.0)),
            _ => None,
        }
    }
}

/// What must be so that one order implies another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Given {
    Nothing,
    /// All numbers of a node are above 0.
    Above(usize),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::op::{Constant, Side};

    const ALL: [Comparison; 5] =
        [Comparison::Less, Comparison::AtMost, Comparison::Equal, Comparison::Greater, Comparison::AtLeast];
    const VALUES: [f64; 6] = [-2.0, -1.0, 1.0, 2.0, 3.0, 4.0];

    fn all() -> Vec<Node> {
        let mut out = Vec::new();
        let mut add = |op: Op, inputs: &[usize]| out.push(Node { op, inputs: inputs.into() });
        let side = |factor| Side { factor, weight: 1, wide: false };
        for comparison in ALL {
            for (a, b) in [(0, 1), (1, 0), (1, 2), (0, 2)] {
                add(Op::Compare(comparison), &[a, b]);
                for factor in [0.5, 1.0, 2.0, -1.0] {
                    add(Op::CompareTimes { comparison, factor: Constant::new(factor) }, &[a, b]);
                }
                for (left, right) in [(1, 1), (2, 1), (1, 2), (-1, 1)] {
                    let (left, right) = (side(left), side(right));
                    add(Op::CompareWhole { comparison, left, right }, &[a, b]);
                }
            }
            for level in [1.0, 2.0, f64::NAN] {
                add(Op::CompareWith { comparison, constant: Constant::new(level) }, &[0]);
            }
            for level in [1, 2] {
                add(Op::CompareLevel { comparison, level, wide: false }, &[0]);
            }
        }
        out
    }

    /// Whether a comparison holds for the values of three nodes.
    fn holds(node: &Node, x: [f64; 3]) -> bool {
        let value = |i: usize| x[node.inputs[i]];
        match node.op {
            Op::Compare(comparison) => comparison.holds(value(0), value(1)),
            Op::CompareTimes { comparison, factor } => comparison.holds(value(0), value(1) * factor.get()),
            Op::CompareWith { comparison, constant } => comparison.holds(value(0), constant.get()),
            Op::CompareLevel { comparison, level, .. } => comparison.holds(value(0), level as f64),
            Op::CompareWhole { comparison, left, right } => {
                comparison.holds(value(0) * left.factor as f64, value(1) * right.factor as f64)
            }
            _ => unreachable!(),
        }
    }

    fn values() -> Vec<[f64; 3]> {
        let pairs = VALUES.iter().flat_map(|&a| VALUES.iter().map(move |&b| (a, b)));
        pairs.flat_map(|(a, b)| VALUES.iter().map(move |&c| [a, b, c])).collect()
    }

    #[test]
    fn what_is_said_to_follow_follows_for_all_numbers_and_much_does() {
        let (nodes, values) = (all(), values());
        let (mut followed, mut borders, mut joined) = (0, 0, 0);
        let orders: Vec<(&Node, Order)> = nodes.iter().filter_map(|n| Some((n, Order::of(n)?))).collect();
        assert!(orders.len() > 100);
        for &(x, p) in &orders {
            for &(y, q) in &orders {
                if let Some(given) = p.implies(q) {
                    let asked = |v: &&[f64; 3]| {
                        given == Given::Nothing || matches!(given, Given::Above(i) if v[i] > 0.0)
                    };
                    followed += 1;
                    assert!(values.iter().filter(asked).all(|&v| !holds(x, v) || holds(y, v)), "{x:?} {y:?}");
                }
                if let Some(given) = p.implies(q.opposite()) {
                    let asked = |v: &&[f64; 3]| {
                        given == Given::Nothing || matches!(given, Given::Above(i) if v[i] > 0.0)
                    };
                    assert!(!values.iter().filter(asked).any(|&v| holds(x, v) && holds(y, v)), "{x:?} {y:?}");
                }
                if let Some(same) = p.same_border(q) {
                    borders += 1;
                    for &v in &values {
                        let (a, b) = (holds(x, v), holds(y, v));
                        // On the border the two may say the same or not.
                        assert!((a == b) == same || on_border(x, v), "{x:?} {y:?} {v:?}");
                    }
                }
                if let Some(both) = p.followed(q) {
                    for &(z, r) in &orders {
                        let Some(given) = both.implies(r) else { continue };
                        let asked = |v: &&[f64; 3]| {
                            given == Given::Nothing || matches!(given, Given::Above(i) if v[i] > 0.0)
                        };
                        joined += 1;
                        let mut cases = values.iter().filter(asked);
                        assert!(
                            cases.all(|&v| !(holds(x, v) && holds(y, v)) || holds(z, v)),
                            "{x:?} {y:?} {z:?}"
                        );
                    }
                }
            }
        }
        assert!(followed > 400 && borders > 200 && joined > 50, "{followed} {borders} {joined}");
    }

    fn on_border(node: &Node, v: [f64; 3]) -> bool {
        let op = match node.op.clone() {
            Op::Compare(_) => Op::Compare(Comparison::Equal),
            Op::CompareTimes { factor, .. } => Op::CompareTimes { comparison: Comparison::Equal, factor },
            Op::CompareWith { constant, .. } => Op::CompareWith { comparison: Comparison::Equal, constant },
            Op::CompareLevel { level, wide, .. } => {
                Op::CompareLevel { comparison: Comparison::Equal, level, wide }
            }
            Op::CompareWhole { left, right, .. } => {
                Op::CompareWhole { comparison: Comparison::Equal, left, right }
            }
            op => op,
        };
        holds(&Node { op, inputs: node.inputs.clone() }, v)
    }

    #[test]
    fn a_band_is_left_before_the_other_side_is_entered() {
        let less = |factor: f64, comparison| {
            let op = Op::CompareTimes { comparison, factor: Constant::new(factor) };
            Order::of(&Node { op, inputs: [0, 1].into() }).unwrap()
        };
        let (below, above) = (less(0.99, Comparison::Less), less(1.01, Comparison::Greater));
        let leaves = Order::of(&Node { op: Op::Compare(Comparison::Less), inputs: [0, 1].into() }).unwrap();
        assert_eq!(below.implies(leaves), Some(Given::Above(1)));
        assert_eq!(below.implies(above.opposite()), Some(Given::Above(1)));
        assert_eq!(leaves.implies(below), None);
    }
}
