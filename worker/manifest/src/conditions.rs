//! Conditions over genes that a manifest writes beside the strategy's own rules.

use std::sync::Arc;

use galapagos_crds::conditions::StalledReason;
use galapagos_genetics::{Condition, Constraint, GeneSpace};
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
    let read: Vec<(String, usize)> = reads.iter().map(|&i| (genes[i].name.clone(), i)).collect();
    let grids: Arc<[_]> = genes.iter().map(|gene| gene.grid.clone()).collect();
    let holds = move |genome: &[u32]| {
        let value = |name: &str| {
            let at = read.iter().find(|(known, _)| known == name)?.1;
            let value = grids.get(at)?.value(*genome.get(at)?)?;
            // The nearest number to the decimal, as everywhere where a gene is read.
            value.to_string().parse().ok()
        };
        condition.met(&value) == Some(true)
    };
    Condition::new(text, reads, moves, holds)
}
