//! What parts of trees gave before. Individuals of a batch differ in all their genes together, but many have the same value
//! of one: of `sma(close, $fast) > sma(close, $slow)` the comparison alone is each one's own, and its sides are found here
//! instead of being compiled again. So is what stands twice in the rules. Measured on 2,148 daily bars: rules of one's own
//! take two thirds of the time.

use super::compile::Operand;
use galapagos_rules::{Expr, ExprKind, Genome, Strategy};
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

/// Genes of a part by whose values it is found again. Individuals hardly ever share those of more.
const GENES: usize = 2;

/// Which parts of the trees of a strategy may be met again.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    genes: Vec<String>,
    /// The part of each tree, in the order in which they are walked; none: it is not met again.
    order: Vec<Option<usize>>,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    /// By their places in [`Parts::genes`]; `None`: more than [`GENES`], it is met again within a genome alone.
    genes: Option<[Option<usize>; GENES]>,
}

/// A tree as its text says it and as it was checked.
fn identity(expr: &Expr) -> String {
    format!("{expr} {:?}", expr.ty)
}

impl Parts {
    /// Those of a strategy.
    pub fn of(strategy: &Strategy) -> Parts {
        let genes: Vec<String> = strategy.genes.keys().cloned().collect();
        let mut trees: Vec<&Expr> = Vec::new();
        strategy.expressions.iter().for_each(|expression| expression.tree.walk(&mut |tree| trees.push(tree)));
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        trees.iter().for_each(|tree| *times.entry(identity(tree)).or_default() += 1);
        let mut found = Parts { genes, ..Parts::default() };
        let mut known: BTreeMap<String, Option<usize>> = BTreeMap::new();
        for tree in trees {
            let identity = identity(tree);
            let often = times.get(&identity).is_some_and(|&times| times > 1);
            let part = *known.entry(identity).or_insert_with(|| {
                let part = found.part(tree, often)?;
                found.parts.push(part);
                Some(found.parts.len() - 1)
            });
            found.order.push(part);
        }
        found
    }

    /// What a tree is found again by, if it may be.
    fn part(&self, tree: &Expr, often: bool) -> Option<Part> {
        let (mut genes, mut holds_itself) = (BTreeSet::new(), false);
        tree.walk(&mut |part| match &part.kind {
            ExprKind::Gene(name) => genes.extend(self.genes.iter().position(|known| known == name)),
            ExprKind::Itself => holds_itself = true,
            _ => {}
        });
        if holds_itself {
            return None;
        }
        // No two individuals have the same values of all genes.
        let shared = genes.len() <= GENES && genes.len() < self.genes.len();
        let mut places = genes.into_iter();
        let genes = shared.then(|| std::array::from_fn(|_| places.next()));
        (shared || often).then_some(Part { genes })
    }
}

/// What trees of strategies gave for the genomes that were added to a plan.
#[derive(Debug, Default)]
pub(crate) struct Memo<'e> {
    pub(super) known: Known,
    /// Trees are known by their addresses, so they have to stay where they are.
    trees: PhantomData<&'e Strategy>,
}

impl<'e> Memo<'e> {
    /// Turns to a genome of a strategy; `parts` are those of the strategy.
    pub fn turn_to(&mut self, strategy: &'e Strategy, parts: &Parts, genome: &Genome) {
        self.known.take(strategy, parts);
        self.known.turn_to(parts, genome);
    }
}

/// The same without the promise that trees stay; empty, it knows nothing and notes nothing.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The strategy at hand, by its address.
    strategy: usize,
    /// Its trees, by their addresses.
    trees: BTreeMap<usize, usize>,
    parts: Vec<Given>,
    /// The values of each gene that were met, with their numbers, from 1 on.
    values: Vec<BTreeMap<String, u32>>,
    /// Those of the genome at hand; 0: none.
    now: Vec<u32>,
    /// Counts genomes.
    genome: u32,
}

/// What a part gave.
#[derive(Debug)]
struct Given {
    part: Part,
    /// By the frame and the values of its genes, or the number of the genome.
    operands: BTreeMap<(usize, [u32; GENES]), Operand>,
}

fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of).addr()
}

impl Known {
    /// Turns to a strategy.
    fn take(&mut self, strategy: &Strategy, parts: &Parts) {
        if self.strategy == address(strategy) {
            return;
        }
        *self = Known { strategy: address(strategy), ..Known::default() };
        let mut order = parts.order.iter();
        for expression in &strategy.expressions {
            expression.tree.walk(&mut |tree| {
                if let Some(&Some(part)) = order.next() {
                    self.trees.insert(address(tree), part);
                }
            });
        }
        let given = |part: &Part| Given { part: part.clone(), operands: BTreeMap::new() };
        self.parts.extend(parts.parts.iter().map(given));
        self.values.resize(parts.genes.len(), BTreeMap::new());
    }

    fn turn_to(&mut self, parts: &Parts, genome: &Genome) {
        self.genome += 1;
        self.now.clear();
        for (gene, met) in parts.genes.iter().zip(&mut self.values) {
            let number = genome.get(gene).map_or(0, |value| match met.get(value) {
                Some(&number) => number,
                None => {
                    let number = u32::try_from(met.len() + 1).unwrap_or(u32::MAX);
                    met.insert(value.clone(), number);
                    number
                }
            });
            self.now.push(number);
        }
    }

    /// What a tree gave in a frame for the genome at hand, or for others with the same values.
    pub fn given(&self, tree: &Expr, frame: usize) -> Option<Operand> {
        let given = &self.parts[*self.trees.get(&address(tree))?];
        given.operands.get(&(frame, self.values_of(&given.part))).copied()
    }

    /// Notes what a tree gives.
    pub fn give(&mut self, tree: &Expr, frame: usize, operand: Operand) {
        let Some(&part) = self.trees.get(&address(tree)) else { return };
        let values = self.values_of(&self.parts[part].part);
        let Given { part, operands } = &mut self.parts[part];
        if part.genes.is_none() {
            operands.retain(|(_, known), _| *known == values);
        }
        operands.insert((frame, values), operand);
    }

    fn values_of(&self, part: &Part) -> [u32; GENES] {
        match part.genes {
            Some(genes) => genes.map(|gene| gene.and_then(|gene| self.now.get(gene).copied()).unwrap_or(0)),
            None => [self.genome; GENES],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Plan;
    use galapagos_rules::{Expression, Market, check, read};

    fn strategy(name: &str, enter: &str, exit: &str) -> Strategy {
        let number = |name: &str| serde_json::json!({"name": name, "min": 2, "max": 4});
        let words = |name: &str, words: [&str; 2]| serde_json::json!({"name": name, "values": words});
        let genes = [
            number("n"),
            number("m"),
            number("k"),
            words("how", ["all", "none"]),
            words("filter", ["on", "off"]),
        ];
        let is_used = |gene: &serde_json::Value| {
            gene["name"]
                .as_str()
                .is_some_and(|name| [enter, exit].iter().any(|text| text.contains(&format!("${name}"))))
        };
        let genes: Vec<_> = genes.into_iter().filter(is_used).collect();
        let rules = serde_json::json!({"language": 1, "long": {"enter": enter, "exit": exit}});
        let document = serde_json::json!({"name": name, "genes": genes, "rules": rules});
        check(&read(&document).unwrap(), &Market::default()).unwrap()
    }

    /// All genomes, in an order in which values come back.
    fn genomes() -> Vec<Genome> {
        let values = (0..108).map(|i| i * 37 % 108).map(|i: usize| {
            let number = |by: usize| (2 + i / by % 3).to_string();
            let word = |by: usize, words: [&str; 2]| words[i / by % 2].to_owned();
            [
                ("n", number(1)),
                ("m", number(3)),
                ("k", number(9)),
                ("how", word(27, ["all", "none"])),
                ("filter", word(54, ["on", "off"])),
            ]
        });
        values.map(|genome| genome.map(|(name, value)| (name.to_owned(), value)).into()).collect()
    }

    #[test]
    fn a_plan_is_the_same_whatever_its_trees_gave_for_other_genomes() {
        let exits = [
            "close < sma(close, $n)",
            "use($filter, rsi(close, $n) > 20 * $k) and close > highest(high, $m + $n)[1]",
            "choose($how, all: close > ema(close, $n), none: close < ema(close, $n * $m))",
            "scan(close, self + (close - self) / $n) > scan(close, self + (close - self) / $m)",
        ];
        let enters = [
            "sma(close, $n) > sma(close, $m)",
            "on(1d, sma(close, $n)) > sma(close, $n) and on(1d, sma(close, $n) > $m * ema(close, $k))",
            "sma(close, $n) + $m * $k > high or sma(close, $n) + $m * $k < low",
        ];
        let pairs = enters.iter().flat_map(|enter| exits.map(|exit| (enter, exit)));
        let strategies: Vec<Strategy> =
            pairs.enumerate().map(|(i, (enter, exit))| strategy(&format!("s{i}"), enter, exit)).collect();
        let parts: Vec<Parts> = strategies.iter().map(Parts::of).collect();
        let mut plans = [(); 2].map(|()| Plan::new(2, Vec::new()));
        let (mut memo, mut found_again) = (Memo::default(), 0);
        for (strategy, parts) in strategies.iter().zip(&parts) {
            for genome in genomes() {
                memo.turn_to(strategy, parts, &genome);
                for Expression { tree, text, .. } in &strategy.expressions {
                    tree.walk(&mut |part| found_again += usize::from(memo.known.given(part, 0).is_some()));
                    let known = plans[0].add_beside(tree, &genome, &mut memo).unwrap();
                    let anew = plans[1].add_beside(tree, &genome, &mut Memo::default()).unwrap();
                    assert_eq!(known, anew, "{text} with {genome:?}");
                }
            }
        }
        let [known, anew] = plans.map(|plan| plan.frames.into_iter().map(|frame| frame.nodes));
        assert_eq!(known.collect::<Vec<_>>(), anew.collect::<Vec<_>>());
        assert!(found_again > 1_000, "{found_again} parts were found again");
    }
}
