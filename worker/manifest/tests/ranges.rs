//! A range is right exactly where its grid can be made, and says of itself in full what it is.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use galapagos_crds::catalogue::{GeneEntry, RangeEntry};
use galapagos_crds::{Catalogue, Decimal, EvolutionJob, GeneSpec, GeneValue, Scale, StrategySpec};
use galapagos_manifest::{Finding, SearchSpace, check};
use proptest::prelude::*;
use proptest::sample::Index;

/// Strategies with one of their genes or of those that any may add.
fn genes() -> Vec<(&'static str, &'static GeneEntry)> {
    let known = Catalogue::embedded();
    let of = |s: &'static galapagos_crds::catalogue::StrategyEntry| {
        s.genes.iter().chain(&known.common_genes).map(move |g| (s.name.as_str(), g))
    };
    known.strategies.iter().flat_map(of).collect()
}

fn job(strategy: &StrategySpec) -> EvolutionJob {
    let mut job: EvolutionJob = serde_json::from_value(serde_json::json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob", "metadata": {"name": "j"},
        "spec": {
            "marketData": {"dataset": "d", "symbols": ["A"], "interval": "1h"}, "strategies": [],
            "population": {"size": 100}, "execution": {"funding": {"series": {}}},
        }
    }))
    .unwrap();
    job.spec.strategies = vec![strategy.clone()];
    job
}

fn impossible(strategy: &StrategySpec) -> Vec<Finding> {
    let found = check(&job(strategy), Catalogue::embedded());
    found.into_iter().filter(Finding::is_impossible).collect()
}

fn space(strategy: &StrategySpec) -> Result<SearchSpace<'static>, Finding> {
    SearchSpace::new(0, strategy, &[], Catalogue::embedded())
}

fn bounds(entry: &GeneEntry) -> (Decimal, Decimal) {
    match &entry.range {
        RangeEntry::Linear { min, max, .. } | RangeEntry::Log { min, max, .. } => (*min, *max),
        RangeEntry::Values(list) => (list[0], list[list.len() - 1]),
        RangeEntry::Categories(_) => (Decimal::ZERO, Decimal::ONE),
    }
}

/// A decimal that is often a good one for some gene, and often not.
fn decimal() -> impl Strategy<Value = Decimal> {
    (-9_i64..3000, 0_u32..10).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale))
}

/// A range of a gene: some from its own bounds, some from anywhere.
fn range(entry: &'static GeneEntry) -> impl Strategy<Value = GeneSpec> {
    let (low, high) = bounds(entry);
    let number = prop_oneof![Just(low), Just(high), decimal()];
    let name = prop_oneof!["off|on|trend|reversion|gaussian|breakout", "[a-z]{1,4}"];
    let value =
        prop_oneof![4 => number.clone().prop_map(GeneValue::Number), 1 => name.prop_map(GeneValue::Name)];
    let blank = GeneSpec {
        when: None,
        name: entry.name.clone(),
        min: None,
        max: None,
        step: None,
        scale: None,
        steps: None,
        values: None,
        value: None,
        default: None,
    };
    let linear = (number.clone(), number.clone(), proptest::option::of(decimal()));
    let log = (number.clone(), number, 1_u32..60);
    let (a, b, c, d) = (blank.clone(), blank.clone(), blank.clone(), blank);
    prop_oneof![
        3 => linear.prop_map(move |(min, max, step)| GeneSpec { min: Some(min), max: Some(max), step, ..a.clone() }),
        3 => log.prop_map(move |(min, max, steps)| GeneSpec {
            min: Some(min), max: Some(max), scale: Some(Scale::Log), steps: Some(steps), ..b.clone()
        }),
        2 => proptest::collection::vec(value.clone(), 0..5)
            .prop_map(move |values| GeneSpec { values: Some(values), ..c.clone() }),
        1 => value.prop_map(move |value| GeneSpec { value: Some(value), ..d.clone() }),
    ]
}

fn any_range() -> impl Strategy<Value = StrategySpec> {
    any::<Index>().prop_flat_map(|i| {
        let all = genes();
        let (strategy, entry) = all[i.index(all.len())];
        range(entry).prop_map(move |gene| StrategySpec {
            constraints: vec![],
            name: strategy.to_owned(),
            genes: vec![gene],
            rules: None,
            signals: None,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// What is found impossible is what a worker cannot make, with the same words.
    #[test]
    fn a_range_is_right_exactly_where_its_space_can_be_made(strategy in any_range()) {
        match (space(&strategy), impossible(&strategy).first()) {
            (Ok(_), None) => {}
            (Err(said), Some(found)) => prop_assert_eq!(&said, found),
            (made, found) => prop_assert!(false, "{:?} but {:?}", made.err(), found),
        }
    }

    #[test]
    fn a_range_that_is_written_out_in_full_is_right_and_gives_the_same_grids(strategy in any_range()) {
        let Ok(made) = space(&strategy) else { return Ok(()) };
        let again = StrategySpec { genes: made.written.clone(), ..strategy };
        prop_assert!(impossible(&again).is_empty(), "{:?}", impossible(&again));
        let again = space(&again).unwrap();
        prop_assert_eq!(again.space.genes(), made.space.genes());
        prop_assert_eq!(again.written, made.written);
    }

    /// Of each gene the default genome, and any other on the grids, is one that a job may start with.
    #[test]
    fn every_value_of_a_grid_may_start(strategy in any_range(), pick in any::<Index>()) {
        let Ok(made) = space(&strategy) else { return Ok(()) };
        let gene = &strategy.genes[0].name;
        let i = made.genes.iter().position(|g| g.name == *gene).unwrap();
        let grid = &made.space.genes()[i].grid;
        let k = pick.index(grid.len() as usize) as u32;
        if let Some(value) = grid.value(k).and_then(|v| v.to_string().parse().ok()) {
            let genome = [(gene.clone(), value)].into();
            let indices = made.indices("genome", &genome).unwrap();
            prop_assert_eq!(made.space.canonical(&indices).unwrap(), indices);
        }
    }
}

#[test]
fn random_ranges_are_right_and_wrong_often_enough_to_mean_something() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut right = 0;
    for _ in 0..1000 {
        let strategy = any_range().new_tree(&mut runner).unwrap();
        right += usize::from(space(&proptest::strategy::ValueTree::current(&strategy)).is_ok());
    }
    assert!((150..850).contains(&right), "{right} of 1000");
}
