//! Promises every strategy keeps: no look-ahead, no dependence on the size of a tick, no gene without effect, no
//! failure on data that say nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

#[path = "common/market.rs"]
mod market;

use galapagos_engine::backtest::{Backtest, backtest};
use galapagos_engine::batch::{BatchEvaluator, Individual, Scratch};
use galapagos_engine::evaluation::MetricSet;
use galapagos_engine::execution::Execution;
use galapagos_engine::genes::{GeneValue, Genome, Range};
use galapagos_engine::interrupt::Interrupt;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::signals::Signals;
use galapagos_engine::strategies::{self, BuiltIn, Context, Path};
use galapagos_engine::window::Rows;
use market::Market;
use rust_decimal::Decimal;

/// Genomes that trade often and train fast, in addition to the defaults.
fn lively(strategy: &str) -> Vec<Vec<(&'static str, &'static str)>> {
    let alternatives: &[&[(&'static str, &'static str)]] = match strategy {
        "sma_crossover" => &[&[("fast_period", "3"), ("slow_period", "8")]],
        "ema_crossover" => &[&[("fast_period", "5"), ("slow_period", "20"), ("trend_filter", "0.001")]],
        "donchian_breakout" => &[&[
            ("channel_period", "10"),
            ("exit_period", "5"),
            ("volume_confirmation", "1.25"),
            ("breakout_threshold", "0"),
        ]],
        "rsi_filter" => &[
            &[("rsi_period", "5"), ("oversold_threshold", "40"), ("exit_level", "55")],
            &[("rsi_period", "7"), ("operation_mode", "trend"), ("overbought_threshold", "60")],
        ],
        "stochastic_oscillator" => &[&[("k_period", "5"), ("d_period", "2"), ("oversold_level", "35")]],
        "sma_trend_filter" => &[&[
            ("fast_sma_period", "5"),
            ("slow_sma_period", "20"),
            ("trend_strength_period", "10"),
            ("filter_sensitivity", "0.001"),
        ]],
        "atr_stop_loss" => {
            &[&[("atr_period", "5"), ("entry_period", "10"), ("trailing_stop_multiplier", "1.5")]]
        }
        "ichimoku_cloud" => &[&[
            ("tenkan_period", "5"),
            ("kijun_period", "15"),
            ("senkou_span_b_period", "40"),
            ("chikou_confirmation", "on"),
        ]],
        "vwap_reversion" => {
            &[&[("vwap_period", "10"), ("deviation_multiplier", "0.5"), ("volume_confirmation", "0.5")]]
        }
        "volatility_scaling" => &[&[("volatility_window", "10"), ("momentum_window", "5")]],
        "funding_rate_carry" => {
            &[&[("funding_persistence", "2"), ("carry_duration", "1"), ("reversal_sensitivity", "1")]]
        }
        "linear_svc_classifier" => &[&[
            ("lookback_window", "100"),
            ("feature_count", "12"),
            ("refit_interval", "50"),
            ("margin", "0.1"),
        ]],
        "pca_tree_quantile" => {
            &[&[("feature_window", "250"), ("n_estimators", "5"), ("refit_interval", "100")]]
        }
        "bollinger_bands" => {
            &[&[("lookback_period", "10"), ("volatility_multiplier", "1"), ("breakout_mode", "breakout")]]
        }
        "nadaraya_watson" => {
            &[&[("bandwidth", "5"), ("kernel_type", "epanechnikov"), ("trend_threshold", "0.00001")]]
        }
        _ => &[],
    };
    let mut all: Vec<Vec<_>> = alternatives.iter().map(|x| x.to_vec()).collect();
    assert!(!all.is_empty(), "{strategy} has no lively genome here");
    all.push(vec![]);
    all
}

fn genomes(strategy: &dyn BuiltIn) -> Vec<Genome> {
    let parse = |pairs: Vec<(&str, &str)>| Genome::from_pairs(strategy.def(), &pairs).unwrap();
    lively(strategy.def().name).into_iter().map(parse).collect()
}

fn each(test: impl Fn(&dyn BuiltIn, &Genome)) {
    for strategy in strategies::all() {
        for genome in genomes(*strategy) {
            test(*strategy, &genome);
        }
    }
}

fn run(strategy: &dyn BuiltIn, market: &Market, rows: usize, genome: &Genome) -> Signals {
    let bars = market.bars();
    let first = strategy.warm_up(&bars, &[], genome).saturating_sub(1);
    strategy.signals(
        &bars.truncate(rows),
        genome,
        Context { first, bars_per_year: 8760.0, others: &[], interrupt: Interrupt::NEVER },
    )
}

/// The signals of the first `rows` rows, as bits.
fn prefix(signals: &Signals, rows: usize) -> Vec<[u64; 4]> {
    (0..rows)
        .map(|t| match signals {
            Signals::Positions(p) => [p[t] as u64, 0, 0, 0],
            Signals::Exposure(w) => [w[t].to_bits(), 0, 0, 0],
            Signals::Sized(s) => {
                let enter = u64::from(s.enter_long[t]) + 2 * u64::from(s.enter_short[t]);
                [enter, s.atr[t].to_bits(), s.size[t].to_bits(), s.stop.to_bits() ^ s.trail.to_bits()]
            }
            Signals::Rules(_) => panic!("no strategy of the catalogue asks its account"),
        })
        .collect()
}

const ROWS: usize = 1_200;
const CUTS: [usize; 9] = [1, 30, 61, 250, 601, 640, 777, 1_000, 1_199];

#[test]
fn lively_genomes_do_trade() {
    let market = Market::walk(11, ROWS);
    for strategy in strategies::all() {
        let genome = &genomes(*strategy)[0];
        let rows = prefix(&run(*strategy, &market, ROWS, genome), ROWS);
        let changes = rows.windows(2).filter(|w| w[0][0] != w[1][0]).count();
        assert!(changes >= 8, "{}: {changes} changes", strategy.def().name);
    }
}

#[test]
fn signals_of_a_prefix_are_the_prefix_of_the_signals() {
    for market in [Market::walk(11, ROWS), Market::coarse(12, ROWS)] {
        each(|strategy, genome| {
            let full = prefix(&run(strategy, &market, ROWS, genome), ROWS);
            for rows in CUTS {
                let cut = prefix(&run(strategy, &market, rows, genome), rows);
                assert_eq!(cut, full[..rows], "{} cut at {rows}", strategy.def().name);
            }
        });
    }
}

#[test]
fn garbage_in_the_future_changes_nothing_in_the_past() {
    let market = Market::walk(13, ROWS);
    each(|strategy, genome| {
        let full = prefix(&run(strategy, &market, ROWS, genome), ROWS);
        for t in CUTS {
            let poisoned = run(strategy, &market.poisoned_after(t), ROWS, genome);
            assert_eq!(prefix(&poisoned, t + 1), full[..=t], "{} poisoned after {t}", strategy.def().name);
        }
    });
}

#[test]
fn the_size_of_a_tick_does_not_matter() {
    let market = Market::walk(14, ROWS);
    let finer = market.finer();
    each(|strategy, genome| {
        // Projections of training rows lie exactly on bin edges, where the last bit of a feature decides.
        if strategy.def().name == "pca_tree_quantile" {
            return;
        }
        let (a, b) = (run(strategy, &market, ROWS, genome), run(strategy, &finer, ROWS, genome));
        if let (Signals::Sized(a), Signals::Sized(b)) = (&a, &b) {
            assert_eq!((&a.enter_long, &a.enter_short), (&b.enter_long, &b.enter_short));
            let near = |x: &[f64], y: &[f64]| x.iter().zip(y).all(|(x, y)| (x - y).abs() <= 1e-12 * x.abs());
            assert!(near(&a.atr, &b.atr) && near(&a.size, &b.size));
        } else {
            assert_eq!(prefix(&a, ROWS), prefix(&b, ROWS), "{}", strategy.def().name);
        }
    });
}

#[test]
fn every_gene_has_an_effect() {
    let markets: Vec<Market> = (20..23).map(|seed| Market::walk(seed, 2_900)).collect();
    for strategy in strategies::all() {
        let bases = genomes(*strategy);
        for (i, gene) in strategy.def().genes.iter().enumerate() {
            let effective = markets.iter().any(|market| {
                bases.iter().any(|base| {
                    let outcomes: Vec<_> = candidates(&gene.range)
                        .iter()
                        .map(|text| {
                            let mut genome = base.clone();
                            genome.values[i] = gene.parse(text).unwrap();
                            let bars = market.bars();
                            let ctx = Context {
                                first: 2_204,
                                bars_per_year: 8760.0,
                                others: &[],
                                interrupt: Interrupt::NEVER,
                            };
                            prefix(&strategy.signals(&bars, &genome, ctx), bars.len())
                        })
                        .collect();
                    outcomes.iter().any(|x| *x != outcomes[0])
                })
            });
            assert!(effective, "{} {}", strategy.def().name, gene.name);
        }
    }
}

fn candidates(range: &Range) -> Vec<&'static str> {
    match *range {
        Range::Linear { min, max, .. } | Range::Log { min, max, .. } => vec![min, max],
        Range::Values(list) | Range::Categories(list) => vec![list[0], list[list.len() - 1]],
    }
}

#[test]
fn data_that_say_nothing_are_survived() {
    let mut silent = Market::walk(15, 700);
    silent.volume = Some(vec![0.0; 700]);
    let mut bare = silent.clone();
    bare.volume = None;
    bare.funding.clear();
    for market in [Market::flat(700), silent, bare] {
        each(|strategy, genome| {
            for rows in [0, 1, 2, 3, 19, 20, 21, 59, 100, 150, 500, 700] {
                let bars = market.bars().truncate(rows);
                for first in [0, 1, 60, 699] {
                    let ctx =
                        Context { first, bars_per_year: 8760.0, others: &[], interrupt: Interrupt::NEVER };
                    let signals = prefix(&strategy.signals(&bars, genome, ctx), rows);
                    let undecided = first.max(strategy.warm_up(&bars, &[], genome) - 1).min(rows);
                    assert!(signals[..undecided].iter().all(|s| s[0] == 0));
                    for (name, values) in strategy.indicators(&bars, genome, ctx) {
                        assert_eq!(values.len(), rows, "{name}");
                    }
                }
            }
        });
    }
}

// Contract C9.
/// A kernel regression of constants is a constant only up to rounding, hence no threshold of 0 above.
#[test]
fn a_flat_market_is_never_entered() {
    let market = Market { funding: vec![], ..Market::flat(900) };
    each(|strategy, genome| {
        let signals = prefix(&run(strategy, &market, 900, genome), 900);
        assert!(signals.iter().all(|s| s[0] == 0), "{}", strategy.def().name);
    });
}

#[test]
fn a_dataset_without_volume_trades_as_if_confirmation_were_off() {
    let market = Market::walk(16, ROWS);
    let strategy = strategies::find("donchian_breakout").unwrap().strategy;
    let genome = |k| Genome::from_pairs(strategy.def(), &[("volume_confirmation", k)]).unwrap();
    let off = run(strategy, &market, ROWS, &genome("0"));
    assert_ne!(run(strategy, &market, ROWS, &genome("3")), off);
    for volume in [None, Some(vec![0.0; ROWS])] {
        let silent = Market { volume, ..market.clone() };
        assert_eq!(run(strategy, &silent, ROWS, &genome("3")), off);
    }
}

#[test]
fn warm_up_bounds_are_those_of_the_contract() {
    let market = Market::walk(17, 10);
    let bound = |name: &str| {
        let strategy = strategies::find(name).unwrap().strategy;
        strategy.warm_up(&market.bars(), &[], &maxima(strategy))
    };
    let expected = [
        ("sma_crossover", 201),
        ("ema_crossover", 601),
        ("donchian_breakout", 101),
        ("rsi_filter", 151),
        ("stochastic_oscillator", 40),
        ("sma_trend_filter", 400),
        ("atr_stop_loss", 251),
        ("ichimoku_cloud", 181),
        ("vwap_reversion", 221),
        ("volatility_scaling", 501),
        ("linear_svc_classifier", 1105),
        ("pca_tree_quantile", 2205),
        ("bollinger_bands", 60),
        ("nadaraya_watson", 120),
    ];
    for (name, rows) in expected {
        assert_eq!(bound(name), rows, "{name}");
    }
}

#[test]
fn warm_up_never_falls_when_a_value_rises() {
    let market = Market::walk(18, 700);
    each(|strategy, genome| {
        let own = strategy.warm_up(&market.bars(), &[], genome);
        for i in 0..genome.values.len() {
            if let GeneValue::Number(x) = genome.values[i] {
                let mut raised = genome.clone();
                raised.values[i] = GeneValue::Number(x + Decimal::ONE);
                assert!(strategy.warm_up(&market.bars(), &[], &raised) >= own, "{}", strategy.def().name);
            }
        }
    });
}

#[test]
fn the_carry_waits_until_enough_stamps_are_known() {
    let market = Market::walk(19, 700);
    let strategy = strategies::find("funding_rate_carry").unwrap().strategy;
    // Stamp i is at hour 8 i; the close of row t is hour t + 1, so stamp 71 is known at row 567.
    assert_eq!(strategy.warm_up(&market.bars(), &[], &maxima(strategy)), 568);
    let few = Market { funding: market.funding[..71].to_vec(), ..market };
    assert_eq!(strategy.warm_up(&few.bars(), &[], &maxima(strategy)), 701);
}

/// The genome of upper bounds, as a job builds it.
fn maxima(strategy: &dyn BuiltIn) -> Genome {
    let values =
        strategy.def().genes.iter().map(|g| g.parse(candidates(&g.range).last().unwrap()).unwrap()).collect();
    Genome { values, stops: Default::default() }
}

// Contract P2.
#[test]
fn a_strategy_names_the_path_that_its_individuals_take() {
    let market = Market::walk(3, 900);
    let exec = Execution::default();
    let prepared = [Prepared::new(market.bars(), &exec).unwrap()];
    let windows = [Rows::after_warm_up(700)];
    let run = Backtest {
        symbols: &prepared,
        rows: &windows,
        others: &[],
        exec: &exec,
        metrics: MetricSet::always(),
    };
    let evaluator = BatchEvaluator::new(run);
    for &strategy in strategies::all() {
        let def = strategy.def();
        for genes in lively(def.name) {
            let genome = Genome::from_pairs(def, &genes).unwrap();
            let individual = Individual { strategy, genome: &genome };
            let mut out = [backtest(&run, strategy, &genome).evaluation];
            let mut scratch = Scratch::new();
            evaluator.evaluate(&[individual], &mut scratch, &mut out);
            let taken = if scratch.simulated() == 0 { Path::Batch } else { Path::Simulator };
            assert_eq!(def.path(), taken, "{} {genes:?}", def.name);
            assert_eq!(evaluator.plan(&individual).is_some(), taken == Path::Batch, "{}", def.name);
        }
    }
}
