//! Repair (contract C12, C15): the published examples, and the promises for any space.

#![allow(clippy::unwrap_used)]

mod common;

use common::{category, integer, real};
use galapagos_genetics::*;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn values(name: &str, list: &[i64]) -> GeneSpace {
    let grid = Grid::values(name, list.iter().map(|&v| v.into()).collect()).unwrap();
    GeneSpace { name: name.into(), kind: GeneKind::Integer, grid, default: None }
}

fn fixed(name: &str, value: i64) -> GeneSpace {
    GeneSpace { name: name.into(), kind: GeneKind::Integer, grid: Grid::Fixed(value.into()), default: None }
}

/// The genome of these values, repaired, as values.
fn repaired(space: &Space, values: &[&str]) -> Vec<String> {
    let index = |(gene, text): (&GeneSpace, &&str)| {
        let value: Decimal = text.parse().unwrap();
        gene.grid.index_of(value).or_else(|| gene.grid.index_of_category(text.parse().unwrap())).unwrap()
    };
    let mut genome: Vec<u32> = space.genes().iter().zip(values).map(index).collect();
    space.repair(&mut genome);
    let text = |(gene, &k): (&GeneSpace, &u32)| match gene.grid.value(k) {
        Some(value) => value.to_string(),
        None => gene.grid.category(k).unwrap().to_string(),
    };
    space.genes().iter().zip(&genome).map(text).collect()
}

const ORDERED: Constraint = Constraint::Ordered { low: 0, high: 1 };

// Contract C15.
#[test]
fn wrong_order_swaps_where_both_values_fit() {
    let space = Space::new(vec![integer("fast", 2, 60), integer("slow", 5, 200)], vec![ORDERED]).unwrap();
    assert_eq!(repaired(&space, &["60", "5"]), ["5", "60"]);
    assert_eq!(repaired(&space, &["30", "30"]), ["30", "31"]);
    assert_eq!(repaired(&space, &["10", "30"]), ["10", "30"]);
}

#[test]
fn a_fixed_gene_is_never_changed() {
    let space = Space::new(vec![fixed("fast", 30), values("slow", &[10, 20, 50])], vec![ORDERED]).unwrap();
    assert_eq!(repaired(&space, &["30", "20"]), ["30", "50"]);
}

#[test]
fn without_a_value_above_the_lower_gene_falls() {
    let space = Space::new(vec![values("a", &[1, 7, 9]), values("b", &[2, 8])], vec![ORDERED]).unwrap();
    assert_eq!(repaired(&space, &["9", "8"]), ["7", "8"]);
    assert_eq!(repaired(&space, &["9", "2"]), ["1", "2"]);
}

#[test]
fn ranges_that_cannot_be_ordered_are_refused() {
    let error = Space::new(vec![integer("fast", 20, 60), integer("slow", 5, 20)], vec![ORDERED]).unwrap_err();
    assert!(error.to_string().contains("fast must stay below slow"), "{error}");
    let circle = vec![ORDERED, Constraint::Ordered { low: 1, high: 0 }];
    assert!(Space::new(vec![integer("a", 0, 9), integer("b", 0, 9)], circle).is_err());
}

// Contract C12, C15.
#[test]
fn an_exit_level_stays_below_its_cap_while_it_is_active() {
    let genes =
        vec![real("overbought", "60", "85", "0.5"), category("mode", 2), real("exit", "50", "70", "1")];
    let when = When { gene: 1, category: 0 };
    let rules = vec![
        Constraint::ActiveWhen { gene: 2, when },
        Constraint::Capped { gene: 2, cap: 0, margin: 5.into(), when: Some(when) },
    ];
    let space = Space::new(genes, rules).unwrap();
    assert_eq!(repaired(&space, &["60.5", "0", "70"]), ["60.5", "0", "55"]);
    assert_eq!(repaired(&space, &["60.5", "1", "70"]), ["60.5", "1", "50"]);
}

// Contract G17.
#[test]
fn a_gene_that_does_not_count_has_its_default_whatever_it_was() {
    let genes = || vec![category("mode", 4), values("length", &[5, 10, 20]), real("trail", "0", "5", "0.5")];
    let by_name = Constraint::ActiveIn { gene: 2, on: 0, values: vec![1, 3] };
    let by_number = Constraint::ActiveIn { gene: 2, on: 1, values: vec![0] };
    let space = Space::new(genes(), vec![by_name.clone(), by_number]).unwrap();
    for (mode, length, counts) in [("1", "5", true), ("3", "5", true), ("1", "10", false), ("2", "5", false)]
    {
        let trail = if counts { "3.5" } else { "0" };
        assert_eq!(repaired(&space, &[mode, length, "3.5"]), [mode, length, trail]);
    }
    // All in all 4 x 3 points without it, and 2 x 1 x 10 with another value of it.
    let mut distinct = std::collections::BTreeSet::new();
    let mut genome = space.at(0).unwrap().to_vec();
    loop {
        distinct.insert(space.canonical(&genome).unwrap());
        if !space.advance(&mut genome) {
            break;
        }
    }
    assert_eq!(distinct.len(), 12 + 2 * 10);
    let refused = |rules: Vec<Constraint>| Space::new(genes(), rules).unwrap_err().to_string();
    let of_itself = Constraint::ActiveIn { gene: 2, on: 2, values: vec![0] };
    assert!(refused(vec![of_itself]).contains("values of another gene"));
    let chain = Constraint::ActiveIn { gene: 0, on: 1, values: vec![0] };
    assert!(refused(vec![by_name, chain]).contains("must not itself be conditional"));
    let moved = Constraint::ActiveIn { gene: 2, on: 1, values: vec![0] };
    let order = Constraint::Ordered { low: 1, high: 2 };
    assert!(refused(vec![moved, order]).contains("another rule moves"));
}

#[test]
fn values_below_the_smallest_multiplier_become_zero() {
    let rules = vec![Constraint::ZeroBelow { gene: 0, below: 1.into() }];
    let space = Space::new(vec![real("trail", "0", "5", "0.25")], rules).unwrap();
    assert_eq!(repaired(&space, &["0.75"]), ["0"]);
    assert_eq!(repaired(&space, &["1"]), ["1"]);
    assert_eq!(repaired(&space, &["0"]), ["0"]);
}

#[test]
fn a_chain_of_three_periods_ends_in_order() {
    let genes = vec![integer("tenkan", 5, 20), integer("kijun", 15, 60), integer("senkou", 40, 120)];
    let rules = vec![ORDERED, Constraint::Ordered { low: 1, high: 2 }];
    let space = Space::new(genes, rules).unwrap();
    assert_eq!(repaired(&space, &["20", "15", "40"]), ["15", "20", "40"]);
    assert_eq!(repaired(&space, &["20", "60", "40"]), ["20", "40", "60"]);
}

fn obeys(space: &Space, genome: &[u32]) -> bool {
    let value = |i: usize| space.genes()[i].grid.value(genome[i]).unwrap();
    let holds = |when: When| space.genes()[when.gene].grid.category(genome[when.gene]) == Some(when.category);
    let active = |i: usize| {
        space.constraints().iter().all(|c| match c {
            Constraint::ActiveWhen { gene, when } => *gene != i || holds(*when),
            Constraint::ActiveIn { gene, on, values } => *gene != i || values.contains(&genome[*on]),
            _ => true,
        })
    };
    space.constraints().iter().all(|c| match *c {
        Constraint::ActiveIn { gene, on, ref values } => {
            values.contains(&genome[on]) || Some(genome[gene]) == space.genes()[gene].default
        }
        Constraint::Ordered { low, high } => !active(low) || !active(high) || value(low) < value(high),
        Constraint::Capped { gene, cap, margin, when } => {
            !when.is_none_or(holds) || !active(gene) || !active(cap) || value(gene) + margin <= value(cap)
        }
        Constraint::ActiveWhen { gene, when } => {
            holds(when) || Some(genome[gene]) == space.genes()[gene].default
        }
        Constraint::ZeroBelow { gene, below } => {
            !active(gene) || value(gene) <= Decimal::ZERO || value(gene) >= below
        }
    })
}

fn any_gene() -> impl Strategy<Value = GeneSpace> {
    let list = prop::collection::btree_set(0_i64..30, 1..6)
        .prop_map(|s| values("listed", &s.into_iter().collect::<Vec<_>>()));
    let range = (0_i64..20, 0_i64..12, 1_i64..4).prop_map(|(min, width, step)| {
        let grid = Grid::linear("ranged", min.into(), (min + width).into(), step.into()).unwrap();
        GeneSpace { name: "ranged".into(), kind: GeneKind::Integer, grid, default: None }
    });
    prop_oneof![list, range, (0_i64..30).prop_map(|v| fixed("fixed", v))]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the grids: a space is refused, or repair obeys every rule and changes nothing the second time.
    #[test]
    fn repair_obeys_every_rule_and_is_idempotent(
        mut genes in prop::collection::vec(any_gene(), 4),
        rules in prop::collection::vec((0_usize..4, 0_usize..5, 0_u8..5, 0_i64..5), 0..5),
        picks in prop::collection::vec(0_u32..1000, 6),
    ) {
        for gene in &mut genes {
            gene.default = Some(gene.grid.len() - 1);
        }
        genes.push(category("mode", 3));
        let when = When { gene: 4, category: 1 };
        let rule = |&(a, b, kind, margin): &(usize, usize, u8, i64)| match kind {
            0 => Constraint::Ordered { low: a, high: b },
            1 => Constraint::Capped { gene: a, cap: b, margin: margin.into(), when: None },
            2 => Constraint::Capped { gene: a, cap: b, margin: margin.into(), when: Some(when) },
            3 => Constraint::ActiveWhen { gene: a, when },
            _ => Constraint::ActiveIn { gene: a, on: b, values: vec![0, margin as u32 % 3] },
        };
        if let Ok(space) = Space::new(genes, rules.iter().map(rule).collect()) {
            let mut genome: Vec<u32> =
                picks.iter().zip(space.lens()).map(|(p, len)| p % len).collect();
            space.repair(&mut genome);
            prop_assert!(space.check(&genome).is_ok());
            prop_assert!(obeys(&space, &genome), "{:?}", genome);
            let once = genome.clone();
            space.repair(&mut genome);
            prop_assert_eq!(once, genome);
        }
    }

    #[test]
    fn positions_and_genomes_are_one_to_one(index in 0_u128..207_575, step in 0_u128..1000) {
        let space = common::crossover_space();
        prop_assume!(index + step < space.points());
        let mut genome = space.at(index).unwrap().to_vec();
        prop_assert_eq!(space.index_of(&genome), Some(index));
        for _ in 0..step {
            space.advance(&mut genome);
        }
        prop_assert_eq!(space.index_of(&genome), Some(index + step));
    }
}

#[test]
fn a_space_ends_where_its_points_end() {
    let space = common::crossover_space();
    assert_eq!(space.points(), 46 * 181 * 25);
    assert_eq!(space.at(space.points()), None);
    assert_eq!(space.index_of(&[46, 0, 0]), None);
    let mut last = space.at(space.points() - 1).unwrap().to_vec();
    assert!(!space.advance(&mut last));
    assert_eq!(space.index_of(&last), Some(0));
}
