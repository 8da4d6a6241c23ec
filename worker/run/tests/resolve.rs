//! What a manifest means: defaults, names, data, and what the inputs digest covers.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::collections::BTreeMap;

use common::{manifest, publish_walk, resolve, series};
use galapagos_crds::{Catalogue, EvolutionJob, GeneValue};
use galapagos_manifest::{Finding, check};
use galapagos_market::{Calendar, Interval, OwnedSeries, publish};
use galapagos_run::job::market::Facts;
use galapagos_run::job::problem::Problem;
use galapagos_run::job::resolve::{ResolveError, ResolvedJob};
use proptest::prelude::*;

fn facts() -> Facts {
    Facts {
        digest: "0".repeat(64),
        symbols: ["AAA", "BBB"].map(str::to_owned).to_vec(),
        interval_ms: 86_400_000,
        calendar: None,
        volume: true,
        funding: false,
        close_only: false,
        signals: Default::default(),
    }
}

fn job(spec: &str) -> EvolutionJob {
    let text = format!(
        "apiVersion: galapagos.dev/v1alpha1\nkind: EvolutionJob\nmetadata: {{name: demo}}\nspec:\n  \
         marketData: {{dataset: d, symbols: [A], interval: 1d, calendar: {{type: Continuous}}}}\n  \
         population: {{size: 100}}\n{spec}"
    );
    serde_yaml::from_str(&text).unwrap()
}

fn error(spec: &str) -> String {
    let error = ResolvedJob::new(&job(spec), &facts()).unwrap_err();
    error.to_string()
}

#[test]
fn every_strategy_resolves_with_its_own_ranges_and_its_defaults_are_genomes() {
    let facts = Facts { funding: true, ..facts() };
    for strategy in galapagos_engine::strategies::all() {
        let name = strategy.def().name;
        let job = ResolvedJob::new(&job(&format!("  strategies: [{{name: {name}}}]\n")), &facts).unwrap();
        let species = &job.species[0];
        let indices = species.indices("genome", &BTreeMap::new()).unwrap();
        let genome = species.genome(&indices).unwrap();
        assert_eq!(genome.values.len(), strategy.def().genes.len());
        let named = species.named(&indices).into_iter().collect();
        assert_eq!(species.indices("genome", &named).unwrap(), indices, "{name}");
        assert!(!species.bounds().is_empty());
    }
}

#[test]
fn misspelt_names_are_answered_with_the_right_ones() {
    assert!(error("  strategies: [{name: sma_crosover}]\n").contains("sma_crossover"));
    let gene = error("  strategies: [{name: sma_crossover, genes: [{name: fast_perod, min: 2, max: 5}]}]\n");
    assert!(gene.contains("did you mean \"fast_period\""), "{gene}");
    let metric = error("  strategies: [{name: sma_crossover}]\n  limits: [{metric: sharp, atLeast: 1}]\n");
    assert!(metric.contains("sharpe"), "{metric}");
}

#[test]
fn impossible_ranges_are_refused() {
    let threshold =
        error("  strategies: [{name: ema_crossover, genes: [{name: trend_filter, value: \"0.0000001\"}]}]\n");
    assert!(threshold.contains("not a multiple of 0.000001"), "{threshold}");
    let order = error(
        "  strategies: [{name: sma_crossover, genes: [{name: fast_period, min: 50, max: 60}, {name: slow_period, value: 20}]}]\n",
    );
    assert!(order.contains("fast_period") && order.contains("slow_period"), "{order}");
    let twice = error("  strategies: [{name: rsi_filter}, {name: rsi_mean_reversion}]\n");
    assert!(twice.contains("twice"), "{twice}");
}

#[test]
fn an_alias_fixes_its_gene() {
    let job = ResolvedJob::new(&job("  strategies: [{name: rsi_mean_reversion}]\n"), &facts()).unwrap();
    assert_eq!(job.species[0].name(), "rsi_filter");
    let named = job.species[0].named(&job.species[0].indices("genome", &BTreeMap::new()).unwrap());
    assert!(named.contains(&("operation_mode".into(), GeneValue::Name("reversion".into()))), "{named:?}");
}

// Contract C13.
#[test]
fn stop_genes_are_off_unless_named() {
    let with = job(
        "  strategies: [{name: sma_crossover, genes: [{name: stop_loss, min: \"0.02\", max: \"0.1\", step: \"0.01\"}]}]\n",
    );
    let with = ResolvedJob::new(&with, &facts()).unwrap();
    let genome = with.species[0].genome(&[0, 5, 3]).unwrap();
    assert_eq!(genome.stops.stop_loss.unwrap().to_string(), "0.05");
    assert_eq!(genome.stops.take_profit, None);
    let without = ResolvedJob::new(&job("  strategies: [{name: sma_crossover}]\n"), &facts()).unwrap();
    assert_eq!(without.species[0].genome(&[0, 5]).unwrap().stops, Default::default());
}

/// On closes alone nobody knows whether a bar reached a stop.
#[test]
fn a_stop_or_a_target_is_refused_on_closes_alone_and_nothing_else_is() {
    let closes = Facts { close_only: true, funding: true, ..facts() };
    let stop = |gene: &str| {
        format!(
            "  strategies: [{{name: rsi_filter}}, {{name: sma_crossover, genes: [{{name: {gene}, value: \"0.05\"}}]}}]\n"
        )
    };
    for gene in galapagos_engine::genes::STOP_GENES {
        assert!(ResolvedJob::new(&job(&stop(gene)), &facts()).is_ok());
        let error = ResolvedJob::new(&job(&stop(gene)), &closes).unwrap_err().to_string();
        for part in ["spec.strategies[1]", "sma_crossover", "closes only", &format!("leave {gene} out")] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
    let bars = series("AAA", 900, 1);
    let none = galapagos_run::job::market::stamps(&bars.as_series());
    let bars = galapagos_run::job::market::bars(&bars.as_series(), &none);
    for strategy in galapagos_engine::strategies::all() {
        let name = strategy.def().name;
        let genome = galapagos_engine::genes::Genome::from_pairs(strategy.def(), &[]).unwrap();
        let context = galapagos_engine::strategies::Context {
            first: 600,
            bars_per_year: 252.0,
            others: &[],
            interrupt: galapagos_engine::interrupt::Interrupt::NEVER,
        };
        let signals = strategy.signals(&bars, &genome, context);
        let has_stops = matches!(signals, galapagos_engine::signals::Signals::Sized(_));
        let found = ResolvedJob::new(&job(&format!("  strategies: [{{name: {name}}}]\n")), &closes);
        assert_eq!(found.is_err(), has_stops, "{name}");
    }
}

// Contract X16.
#[test]
fn without_volume_the_breakout_ignores_it_and_the_vwap_is_refused() {
    let none = Facts { volume: false, ..facts() };
    let breakout = ResolvedJob::new(&job("  strategies: [{name: donchian_breakout}]\n"), &none).unwrap();
    assert_eq!(breakout.warnings.len(), 1);
    let lens: Vec<u32> = breakout.species[0].space().lens().to_vec();
    assert!(lens.contains(&1), "{lens:?}");
    let vwap = ResolvedJob::new(&job("  strategies: [{name: vwap_reversion}]\n"), &none);
    assert!(matches!(vwap, Err(ResolveError::NeedsData { .. })));
    let carry = ResolvedJob::new(&job("  strategies: [{name: funding_rate_carry}]\n"), &none);
    assert!(matches!(carry, Err(ResolveError::NeedsData { .. })));
}

#[test]
fn the_calendar_comes_from_the_job_then_from_the_dataset() {
    let mut without = job("  strategies: [{name: sma_crossover}]\n");
    without.spec.market_data.calendar = None;
    assert!(matches!(ResolvedJob::new(&without, &facts()), Err(ResolveError::NoCalendar)));
    let suggested = Facts { calendar: Some(Calendar::Sessions { bars_per_year: 252 }), ..facts() };
    assert_eq!(ResolvedJob::new(&without, &suggested).unwrap().execution.bars_per_year, 252.0);
    let own = job("  strategies: [{name: sma_crossover}]\n");
    assert_eq!(ResolvedJob::new(&own, &suggested).unwrap().execution.bars_per_year, 365.0);
}

#[test]
fn the_digest_covers_what_changes_a_result_and_nothing_else() {
    let base = "  strategies: [{name: sma_crossover}]\n";
    let digest = |more: &str| ResolvedJob::new(&job(&format!("{base}{more}")), &facts()).unwrap().digest;
    let plain = digest("");
    for same in [
        "  generations: 7\n",
        "  stop: {patience: 3, target: 2}\n",
        "  priority: 5\n  workerPoolName: other\n  suspend: true\n",
        "  evaluation: {timeoutSeconds: 5, attempts: 1}\n",
        "  execution: {takerFee: \"0.000\", initialCapital: \"10000.00\"}\n",
        "  searcher: Evolution\n  breeding: {tournamentSize: 3}\n",
    ] {
        assert_eq!(digest(same), plain, "{same}");
    }
    for other in [
        "  searcher: Random\n",
        "  searcher: Sobol\n",
        "  searcher: TPE\n",
        "  searcher: CMAES\n",
        "  breeding: {tournamentSize: 4}\n",
        "  limits: [{metric: trades, atLeast: 1}]\n",
        "  execution: {takerFee: \"0.001\"}\n",
        "  validation: {holdout: {fraction: \"0.3\"}}\n",
        "  objectives: [{metric: sortino}]\n",
    ] {
        assert_ne!(digest(other), plain, "{other}");
    }
    let renamed = |name: &str| {
        let mut job = job(base);
        job.metadata.name = Some(name.into());
        ResolvedJob::new(&job, &facts()).unwrap().digest
    };
    assert_eq!(renamed("a"), renamed("b"));
    let data = Facts { digest: "1".repeat(64), ..facts() };
    assert_ne!(ResolvedJob::new(&job(base), &data).unwrap().digest, plain);
}

#[test]
fn the_warm_up_is_the_longest_of_all_species() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let (market, job) = resolve(data.path(), &manifest(""));
    let problem = Problem::new(&job, market.bars(), market.others(&job.others)).unwrap();
    assert_eq!(problem.warm_ups()[0].rows, 76);
    assert_eq!(problem.warm_ups()[0].species.as_deref(), Some("rsi_filter"));
    assert_eq!(problem.split().holdout_stamps, 100);
    assert_eq!(problem.counted_bars(), 400 - 76);
}

#[test]
fn too_little_data_names_who_needs_more() {
    let data = tempfile::tempdir().unwrap();
    let short = series("AAA", 150, 3);
    publish(data.path(), "walk", Interval::parse("1d").unwrap(), None, &[OwnedSeries::as_series(&short)])
        .unwrap();
    let (market, job) = resolve(data.path(), &manifest(""));
    let error = Problem::new(&job, market.bars(), market.others(&job.others)).unwrap_err().to_string();
    assert!(error.contains("rsi_filter") && error.contains("76"), "{error}");
}

#[test]
fn a_warm_start_must_lie_on_the_grids() {
    let good = "  strategies: [{name: sma_crossover}]\n";
    let mut with = job(good);
    let individual = |fast: &str| -> galapagos_crds::InitialIndividual {
        serde_yaml::from_str(&format!(
            "{{strategy: sma_crossover, genome: {{fast_period: {fast}, slow_period: 40}}}}"
        ))
        .unwrap()
    };
    with.spec.population.initial = vec![individual("12")];
    let job = ResolvedJob::new(&with, &facts()).unwrap();
    assert_eq!(job.initial[0].len(), 1);
    with.spec.population.initial = vec![individual("900")];
    assert!(ResolvedJob::new(&with, &facts()).is_err());
}

#[test]
fn a_manifest_is_refused_in_the_words_of_the_check() {
    for spec in [
        "  strategies: [{name: sma_crosover}]\n",
        "  strategies: [{name: sma_crossover, genes: [{name: fast_period, min: 0, max: 5}]}]\n",
        "  strategies: [{name: sma_crossover}]\n  limits: [{metric: sharp, atLeast: 1}]\n",
        "  strategies: [{name: sma_crossover}]\n  execution: {exposureStep: \"0.3\"}\n",
    ] {
        assert_eq!(error(spec), check(&job(spec), Catalogue::embedded())[0].to_string());
    }
}

/// Earlier releases let such jobs in: one that has begun goes on after an upgrade, as it was.
#[test]
fn what_is_only_misleading_is_run_as_ever() {
    let fixed = "  strategies: [{name: rsi_mean_reversion, genes: [{name: operation_mode, value: trend}]}]\n";
    let falling = "  strategies: [{name: sma_crossover, genes: [{name: fast_period, values: [9, 5]}]}]\n";
    for (spec, gene, values) in [(fixed, 3, 1), (falling, 0, 2)] {
        assert_eq!(check(&job(spec), Catalogue::embedded()).len(), 1);
        let resolved = ResolvedJob::new(&job(spec), &facts()).unwrap();
        assert_eq!(resolved.species[0].space().lens()[gene], values);
    }
    let resolved = ResolvedJob::new(&job(fixed), &facts()).unwrap();
    let mode = &resolved.species[0].genes()[3];
    assert_eq!(mode.value, Some(GeneValue::Name("reversion".into())));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// No range of any gene panics: the job resolves exactly where the check finds nothing impossible, every value is
    /// one that the engine takes, and the manifest as resolved resolves to the same.
    #[test]
    fn a_job_resolves_exactly_where_the_check_finds_nothing_impossible(
        strategy in 0usize..15, gene in 0usize..6,
        min in -50i64..300, span in 0i64..300, step in 1i64..50, scale in 0u32..4,
    ) {
        let def = galapagos_engine::strategies::all()[strategy].def();
        let name = def.genes[gene % def.genes.len()].name;
        let decimal = |n: i64| rust_decimal::Decimal::new(n, scale).normalize();
        let text = format!(
            "  strategies: [{{name: {}, genes: [{{name: {name}, min: \"{}\", max: \"{}\", step: \"{}\"}}]}}]\n",
            def.name, decimal(min), decimal(min + span), decimal(step),
        );
        let facts = Facts { funding: true, ..facts() };
        let found = check(&job(&text), Catalogue::embedded()).into_iter().find(Finding::is_impossible);
        match (ResolvedJob::new(&job(&text), &facts), found) {
            (Ok(resolved), None) => {
                let species = &resolved.species[0];
                for genome in species.bounds() {
                    prop_assert_eq!(genome.values.len(), def.genes.len());
                }
                let stops = &galapagos_engine::genes::STOP_GENE_DEFS;
                for (entry, gene) in species.defs().zip(species.space().genes()) {
                    let def = def.genes.iter().chain(stops).find(|def| def.name == entry.name).unwrap();
                    let ends = [0, gene.grid.len() - 1].map(|k| gene.grid.value(k));
                    prop_assert!(ends.into_iter().flatten().all(|v| def.parse(&v.to_string()).is_ok()), "{text}");
                }
                let again = ResolvedJob::new(&resolved.manifest, &facts).unwrap();
                prop_assert_eq!(again.digest, resolved.digest);
            }
            (Err(ResolveError::Manifest(said)), Some(found)) => prop_assert_eq!(said, found),
            (resolved, found) => prop_assert!(false, "{:?} but {found:?}", resolved.err()),
        }
    }

    /// The engine's definitions are another source than the catalogue's entries.
    #[test]
    fn the_check_takes_a_value_of_a_gene_exactly_where_the_engine_does(
        strategy in 0usize..15, gene in 0usize..6, mantissa in -9_i64..12_000, scale in 0u32..9,
        name in proptest::option::weighted(0.2, "off|on|trend|reversion|gaussian|breakout"),
    ) {
        let def = galapagos_engine::strategies::all()[strategy].def();
        let gene = &def.genes[gene % def.genes.len()];
        let text = name.unwrap_or_else(|| rust_decimal::Decimal::new(mantissa, scale).normalize().to_string());
        let job = job(&format!(
            "  strategies: [{{name: {}, genes: [{{name: {}, value: \"{text}\"}}]}}]\n", def.name, gene.name,
        ));
        let found = check(&job, Catalogue::embedded());
        let wrong = found.iter().find(|f| f.path == "spec.strategies[0].genes[0].value");
        prop_assert_eq!(gene.parse(&text).is_ok(), wrong.is_none(), "{} {}: {:?}", gene.name, text, wrong);
    }
}
