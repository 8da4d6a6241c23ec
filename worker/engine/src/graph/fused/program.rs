//! The program of a member, made of the nodes that are its own.

use super::super::column::Stream;
use super::super::functions;
use super::super::op::{Comparison, Op, Side};
use super::super::plan::{Inputs, Node};
use super::Asked;
use super::order::Order;
use super::spare::{Aside, Spare};

/// The conditions of a member.
pub(crate) struct Program {
    pub leaves: Vec<Leaf>,
    /// Each reads steps before it.
    pub steps: Vec<Step>,
    /// The steps of the conditions that it asks for.
    pub asked: [Option<u32>; 4],
    /// The last steps, where they tell nothing new in some blocks.
    pub spare: Option<Spare>,
}

/// A step gives a condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    /// A node that others read as well, later its column.
    Column(u32),
    /// A comparison.
    Leaf(u32),
    /// A comparison with the border of another one. Where 32 bits told that one they tell this one: it is the same,
    /// or the opposite.
    Again {
        leaf: u32,
        same: bool,
        other: u32,
        step: u32,
    },
    Not(u32),
    And(u32, u32),
    Or(u32, u32),
    /// A step beside the row before; the state that it keeps of it, and whether somebody asks where it is false.
    Rising(u32, u32, bool),
}

/// A comparison of columns.
pub(crate) struct Leaf {
    /// Nodes, later their columns.
    pub inputs: Inputs,
    pub op: Op,
    pub single: Option<Single>,
    /// The comparison in any block.
    pub stream: Box<dyn Stream>,
}

/// A comparison that 32 bits may tell: whether the first column is below something, or above it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Single {
    pub below: bool,
    pub level: Level,
}

/// What a column is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Level {
    /// The second column times a factor.
    Times(f64),
    Number(f64),
}

impl Program {
    /// Of a member that asks for such nodes, some of which are `steps` of its own. `largest`: no tick is larger.
    pub fn new(
        nodes: &[Node],
        steps: &[bool],
        asked: &Asked,
        aside: Option<Aside>,
        largest: i128,
        made: &mut Made,
    ) -> Program {
        let program = Program { leaves: Vec::new(), steps: Vec::new(), asked: [None; 4], spare: None };
        let mut making = Making { nodes, own: steps, largest, made, borders: Vec::new(), states: 0, program };
        let mut places = [None; 4];
        let mut first = 0;
        for i in Aside::order(aside) {
            first = making.program.steps.len();
            places[i] = asked[i].map(|node| making.step(node));
        }
        let mut program = Program { asked: places, ..making.program };
        made.forget();
        program.ask_for_falsehood();
        program.spare = aside.and_then(|aside| Spare::of(nodes, asked, aside, &program, first));
        program
    }

    /// Notes of which steps somebody asks where they are false.
    fn ask_for_falsehood(&mut self) {
        let mut asked = vec![false; self.steps.len()];
        for (i, step) in self.steps.iter_mut().enumerate().rev() {
            match step {
                Step::Not(x) => asked[*x as usize] = true,
                Step::And(x, y) | Step::Or(x, y) => {
                    asked[*x as usize] |= asked[i];
                    asked[*y as usize] |= asked[i];
                }
                Step::Rising(x, _, is_asked) => {
                    asked[*x as usize] = true;
                    *is_asked = asked[i];
                }
                Step::Column(_) | Step::Leaf(_) | Step::Again { .. } => {}
            }
        }
    }

    /// How many states it keeps.
    pub fn states(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Rising(..))).count()
    }

    /// The nodes that it reads.
    pub fn inputs(&self) -> impl Iterator<Item = usize> {
        let columns = self.steps.iter().filter_map(|step| match *step {
            Step::Column(column) => Some(column as usize),
            _ => None,
        });
        self.leaves.iter().flat_map(|leaf| &leaf.inputs).copied().chain(columns)
    }

    /// Puts the columns of nodes in their place.
    pub fn place(&mut self, of: &[usize]) {
        let columns = self.steps.iter_mut().filter_map(|step| match step {
            Step::Column(column) => Some(column),
            _ => None,
        });
        let spare = self.spare.iter_mut().flat_map(Spare::columns_mut);
        columns.chain(spare).for_each(|node| *node = of[*node as usize] as u32);
        self.leaves.iter_mut().flat_map(|leaf| &mut leaf.inputs).for_each(|node| *node = of[*node]);
    }
}

/// The steps of nodes in the program that is being made.
pub(crate) struct Made {
    steps: Vec<Option<u32>>,
    /// The nodes that have one.
    nodes: Vec<usize>,
}

impl Made {
    /// Of none of so many nodes.
    pub fn new(nodes: usize) -> Made {
        Made { steps: vec![None; nodes], nodes: Vec::new() }
    }

    fn note(&mut self, node: usize, step: u32) {
        self.steps[node] = Some(step);
        self.nodes.push(node);
    }

    fn forget(&mut self) {
        self.nodes.drain(..).for_each(|node| self.steps[node] = None);
    }
}

/// A program that is being made.
struct Making<'a> {
    nodes: &'a [Node],
    own: &'a [bool],
    largest: i128,
    made: &'a mut Made,
    /// Those of comparisons that 32 bits may tell, with their leaves.
    borders: Vec<(Order, u32, u32)>,
    states: u32,
    program: Program,
}

impl Making<'_> {
    /// The step of a node.
    fn step(&mut self, i: usize) -> u32 {
        if let Some(made) = self.made.steps[i] {
            return made;
        }
        let node = &self.nodes[i];
        let step = match (&node.op, node.inputs.as_slice()) {
            (Op::Not, &[x]) if self.own[i] => Step::Not(self.step(x)),
            (Op::And, &[x, y]) if self.own[i] => Step::And(self.step(x), self.step(y)),
            (Op::Or, &[x, y]) if self.own[i] => Step::Or(self.step(x), self.step(y)),
            (Op::Rising, &[x]) if self.own[i] => {
                self.states += 1;
                let state = self.states - 1;
                Step::Rising(self.step(x), state, false)
            }
            (op, _) if self.own[i] && op.compares() => self.leaf(node).unwrap_or(Step::Column(i as u32)),
            _ => Step::Column(i as u32),
        };
        let at = self.program.steps.len() as u32;
        self.program.steps.push(step);
        self.made.note(i, at);
        if let (Step::Leaf(leaf), Some(order)) = (step, Order::of(node))
            && self.program.leaves[leaf as usize].single.is_some()
        {
            self.borders.push((order, leaf, at));
        }
        at
    }

    fn leaf(&mut self, node: &Node) -> Option<Step> {
        let stream = functions::stream(node, self.largest)?;
        let (single, op, leaf) = (single(&node.op), node.op.clone(), self.program.leaves.len() as u32);
        self.program.leaves.push(Leaf { inputs: node.inputs.clone(), op, single, stream });
        let border = Order::of(node).filter(|_| single.is_some());
        let known = border.and_then(|order| {
            let mut all = self.borders.iter();
            all.find_map(|&(known, other, step)| Some((order.same_border(known)?, other, step)))
        });
        Some(match known {
            Some((same, other, step)) => Step::Again { leaf, same, other, step },
            None => Step::Leaf(leaf),
        })
    }
}

/// What 32 bits may tell of an operation. Where they tell, no row is equal. What f64 does to whole numbers is less than
/// what 32 bits do.
fn single(op: &Op) -> Option<Single> {
    let of = |comparison: Comparison, level| Some(Single { below: comparison.is_below()?, level });
    match *op {
        Op::Compare(comparison) => of(comparison, Level::Times(1.0)),
        Op::CompareTimes { comparison, factor } => of(comparison, Level::Times(factor.get())),
        Op::CompareWith { comparison, constant } => {
            of(comparison, Level::Number(constant.get())).filter(|_| !constant.get().is_nan())
        }
        Op::CompareLevel { comparison, level, wide: false } => of(comparison, Level::Number(level as f64)),
        Op::CompareWhole { comparison, left, right } => {
            let fits = |side: Side| !side.wide && side.factor > 0;
            let factor = right.factor as f64 / left.factor as f64;
            of(comparison, Level::Times(factor)).filter(|_| fits(left) && fits(right))
        }
        _ => None,
    }
}
