use super::*;
use crate::genes::{Choice, Gene};
use crate::strategies;

fn parse(strategy: &str, pairs: &[(&str, &str)]) -> Result<Genome, GeneError> {
    Genome::from_pairs(strategies::find(strategy).unwrap().strategy.def(), pairs)
}

fn message(strategy: &str, pairs: &[(&str, &str)]) -> String {
    parse(strategy, pairs).unwrap_err().to_string()
}

fn texts(strategy: &str, pairs: &[(&str, &str)]) -> Vec<String> {
    let def = strategies::find(strategy).unwrap().strategy.def();
    Genome::from_pairs(def, pairs).unwrap().pairs(def).into_iter().map(|(n, v)| format!("{n}={v}")).collect()
}

#[test]
fn genes_not_named_take_their_defaults_and_stops_are_off() {
    assert_eq!(texts("sma_crossover", &[("slow_period", "50")]), ["fast_period=10", "slow_period=50"]);
    assert_eq!(
        texts("sma_crossover", &[("take_profit", "0.10")]),
        ["fast_period=10", "slow_period=30", "take_profit=0.1"]
    );
}

#[test]
fn one_value_has_one_spelling() {
    let a = parse("donchian_breakout", &[("volume_confirmation", "1.50"), ("breakout_threshold", "0")]);
    let b = parse("donchian_breakout", &[("volume_confirmation", "1.5"), ("breakout_threshold", "-0.0")]);
    assert_eq!(a, b);
}

#[test]
fn older_names_are_accepted() {
    assert_eq!(
        parse("ema_crossover", &[("fast_ema_period", "8")]),
        parse("ema_crossover", &[("fast_period", "8")])
    );
}

#[test]
fn a_pair_of_genome_and_text_is_lossless() {
    for strategy in strategies::all() {
        let def = strategy.def();
        let genome = Genome::from_pairs(def, &[("stop_loss", "0.05")]).unwrap();
        let pairs = genome.pairs(def);
        let borrowed: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(Genome::from_pairs(def, &borrowed).unwrap(), genome);
    }
}

// Contract C12.
#[test]
fn an_inactive_gene_has_its_default() {
    assert_eq!(
        parse("rsi_filter", &[("operation_mode", "trend"), ("exit_level", "60")]),
        parse("rsi_filter", &[("operation_mode", "trend")])
    );
}

#[test]
fn messages_name_the_gene_the_value_and_the_way_out() {
    assert_eq!(
        message("sma_crossover", &[("fast_perod", "3")]),
        "sma_crossover has no gene `fast_perod`, did you mean `fast_period`?; its genes are fast_period, \
         slow_period, stop_loss, take_profit, trailing_stop"
    );
    assert_eq!(
        message("sma_crossover", &[("fast_period", "3.5")]),
        "gene `fast_period` is `3.5`, but it takes a whole number; write for example fast_period=10"
    );
    assert_eq!(
        message("sma_crossover", &[("fast_period", "0")]),
        "gene `fast_period` is 0, but must lie from 1 to 10000; the nearest is fast_period=1"
    );
    assert_eq!(
        message("donchian_breakout", &[("breakout_threshold", "0.0000123")]),
        "gene `breakout_threshold` is 0.0000123, but must be a multiple of 0.000001; the nearest is \
         breakout_threshold=0.000012"
    );
    assert_eq!(
        message("sma_crossover", &[("fast_period", "30")]),
        "gene `fast_period` is 30, but must be below `slow_period`, which is 30; lower `fast_period` or raise \
         `slow_period` above 30"
    );
    assert_eq!(
        message("rsi_filter", &[("exit_level", "70"), ("overbought_threshold", "60.5")]),
        "gene `exit_level` is 70, but must be at most 55.5, that is 5 below `overbought_threshold`, which is \
         60.5; write exit_level=55.5 or raise `overbought_threshold`"
    );
    assert_eq!(
        message("rsi_filter", &[("operation_mode", "both")]),
        "gene `operation_mode` is `both`, but it takes one of reversion, trend; write for example \
         operation_mode=reversion"
    );
    assert_eq!(
        message("atr_stop_loss", &[("trailing_stop_multiplier", "0.5")]),
        "gene `trailing_stop_multiplier` is 0.5, but must be 0 (off) or at least 1; write \
         trailing_stop_multiplier=0 or trailing_stop_multiplier=1"
    );
    assert_eq!(
        message("sma_crossover", &[("fast_period", "3"), ("fast_period", "4")]),
        "gene `fast_period` of sma_crossover is given twice; keep one of them"
    );
}

#[test]
fn a_gene_is_found_by_its_whole_name_wherever_it_stands() {
    let [fast, slow] = ["fast", "fast_period"].map(|name| GeneDef::integer(name, "1", "9", "1", "1"));
    for genes in [[fast, slow], [slow, fast]] {
        for gene in genes {
            let values = genes.iter().map(|g| GeneValue::Number(g.name.len().into())).collect();
            let genome = Genome { values, stops: Stops::default() };
            assert_eq!(genome.rows(Gene::named(&genes, gene.name)), gene.name.len());
        }
    }
}

#[test]
#[should_panic(expected = "no gene of this name")]
fn a_gene_that_a_strategy_does_not_have_is_refused() {
    let genes = [GeneDef::integer("fast_period", "1", "9", "1", "1")];
    Gene::named(&genes, "fast");
}

#[test]
fn a_category_is_found_by_its_name_wherever_it_stands() {
    for (names, place) in [(&["off", "on"], 1), (&["on", "off"], 0)] {
        let genes = [GeneDef::category("filter", names, "off")];
        let on = Choice::named(&genes, "filter", "on");
        for category in 0..2 {
            let genome = Genome { values: vec![GeneValue::Category(category)], stops: Stops::default() };
            assert_eq!(genome.chose(on), category == place);
        }
    }
}

#[test]
#[should_panic(expected = "no category of this name")]
fn a_category_that_a_gene_does_not_have_is_refused() {
    let genes = [GeneDef::category("filter", &["off", "on"], "off")];
    Choice::named(&genes, "filter", "o");
}
