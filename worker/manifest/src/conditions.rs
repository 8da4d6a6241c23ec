//! Conditions over genes that a manifest writes beside the strategy's own rules.

use galapagos_crds::conditions::StalledReason;
use galapagos_genetics::{Condition, Constraint, GeneSpace, Grid};
use galapagos_rules::ScalarCondition;
use rust_decimal::Decimal;

use crate::finding::Finding;
use crate::own;

/// What a manifest's conditions are to a search: orders of two genes are repaired as the strategy's own are, others are kept
/// by moving the gene that stands alone, or by drawing again.
pub(crate) fn read(
    path: &str,
    texts: &[String],
    genes: &[GeneSpace],
) -> Result<(Vec<Constraint>, Vec<Condition>), Finding> {
    let (mut orders, mut others) = (Vec::new(), Vec::new());
    let numbers: Vec<&str> =
        genes.iter().filter(|g| !g.grid.is_categorical()).map(|g| g.name.as_str()).collect();
    let place = |name: &str| genes.iter().position(|g| g.name == name);
    for (i, text) in texts.iter().enumerate() {
        let path = format!("{path}.constraints[{i}]");
        let said = |error| own::finding(&path, error).reason(StalledReason::InvalidSpec);
        let condition = ScalarCondition::new(text, "gene", &numbers).map_err(|error| said(*error))?;
        let order = condition.order().and_then(|(low, high, equal)| Some((place(low)?, place(high)?, equal)));
        match order {
            Some((low, high, _)) if low == high => {
                let text = format!("{text:?} is the same for every individual");
                return Err(Finding::invalid(path, text).advise("compare two genes"));
            }
            Some((low, high, false)) => orders.push(Constraint::Ordered { low, high }),
            Some((gene, cap, true)) => {
                orders.push(Constraint::Capped { gene, cap, margin: Decimal::ZERO, when: None });
            }
            None => others.push(condition_of(text, condition, genes)),
        }
    }
    Ok((orders, others))
}

fn condition_of(text: &str, condition: ScalarCondition, genes: &[GeneSpace]) -> Condition {
    let place = |name: &str| genes.iter().position(|g| g.name == name);
    let reads: Vec<usize> = condition.reads().filter_map(place).collect();
    let moves = condition.alone().and_then(place);
    let read: Vec<Read> = reads.iter().map(|&at| Read::new(at, &genes[at])).collect();
    let holds = move |genome: &[u32]| {
        let value = |name: &str| {
            let read = read.iter().find(|read| read.name == name)?;
            read.value(*genome.get(read.at)?)
        };
        condition.met(&value) == Some(true)
    };
    Condition::new(text, reads, moves, holds)
}

/// Values of a grid that are kept; those of larger ones are computed where they are asked for.
const KEPT: u32 = 4096;

/// A gene that a condition reads.
struct Read {
    name: String,
    /// Its place in a genome.
    at: usize,
    grid: Grid,
    kept: Vec<Option<f64>>,
}

impl Read {
    fn new(at: usize, gene: &GeneSpace) -> Read {
        let mut read = Read { name: gene.name.clone(), at, grid: gene.grid.clone(), kept: Vec::new() };
        if read.grid.len() <= KEPT {
            read.kept = (0..read.grid.len()).map(|k| read.computed(k)).collect();
        }
        read
    }

    fn value(&self, k: u32) -> Option<f64> {
        self.kept.get(k as usize).copied().unwrap_or_else(|| self.computed(k))
    }

    /// The nearest number to the decimal, as everywhere where a gene is read.
    fn computed(&self, k: u32) -> Option<f64> {
        self.grid.value(k)?.to_string().parse().ok()
    }
}
