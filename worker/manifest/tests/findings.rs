//! Every kind of finding on names and ranges, once: where it is, its reason, its words, and what is advised.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{INVALID, MISLEADING, findings, is, job};
use galapagos_crds::Catalogue;
use galapagos_crds::conditions::StalledReason::{UnknownGene, UnknownStrategy};
use galapagos_manifest::Weight::Impossible;
use galapagos_manifest::{Finding, check};
use serde_json::{Value, json};

fn genes(strategy: &str, genes: Value) -> Vec<Finding> {
    findings(json!([{"name": strategy, "genes": genes}]), json!({}))
}

fn only_gene(strategy: &str, gene: Value) -> Vec<Finding> {
    genes(strategy, json!([gene]))
}

#[test]
fn a_job_of_every_strategy_with_its_own_ranges_is_right() {
    let all = &Catalogue::embedded().strategies;
    let named = all.iter().map(|s| json!({"name": s.name})).collect();
    assert_eq!(findings(named, json!({"execution": {"funding": {"series": {}}}})), []);
    let stops = json!([
        {"name": "stop_loss", "value": "0.05"},
        {"name": "fast_ema_period", "min": 3, "max": 9, "step": 2},
        {"name": "trend_filter", "min": "0.0001", "max": "0.01", "scale": "Log", "steps": 10},
        {"name": "slow_period", "values": [20, 50, 100]},
    ]);
    assert_eq!(genes("ema_crossover", stops), []);
}

#[test]
fn unknown_names_are_answered_with_the_ones_that_were_meant() {
    let path = "spec.strategies[0].name";
    let unknown = (UnknownStrategy, Impossible);
    let found = findings(json!([{"name": "ema_crosover"}]), json!({}));
    is(&found, path, unknown, r#"unknown strategy "ema_crosover""#, r#"did you mean "ema_crossover"?"#);
    let found = findings(json!([{"name": "magic"}]), json!({}));
    assert!(found[0].to_string().starts_with(
        r#"spec.strategies[0].name: unknown strategy "magic"; the strategies are sma_crossover, ema_crossover, "#
    ));
    let path = "spec.strategies[0].genes[0].name";
    let unknown = (UnknownGene, Impossible);
    let text = r#"strategy "sma_crossover" has no gene "fast_perod""#;
    let found = only_gene("sma_crossover", json!({"name": "fast_perod", "min": 2, "max": 9}));
    is(&found, path, unknown, text, r#"did you mean "fast_period"?"#);
    let text = r#"strategy "sma_crossover" has no gene "colour""#;
    let advice = "it has fast_period, slow_period, stop_loss, take_profit, trailing_stop";
    is(&only_gene("sma_crossover", json!({"name": "colour", "value": 1})), path, unknown, text, advice);
    let strategies = json!([{"name": "sma_crossover"}]);
    let found = findings(strategies.clone(), json!({"limits": [{"metric": "sharp", "atLeast": 1}]}));
    let path = "spec.limits[0].metric";
    is(&found, path, INVALID, r#"unknown metric "sharp""#, r#"did you mean "sharpe"?"#);
    let found = findings(strategies, json!({"objectives": [{"metric": "luck"}]}));
    assert_eq!(found[0].path, "spec.objectives[0].metric");
    assert!(found[0].advice.as_ref().unwrap().starts_with("the metrics are "), "{}", found[0]);
}

#[test]
fn an_expression_is_refused_at_the_word_that_is_wrong() {
    let with = |more: Value| findings(json!([{"name": "sma_crossover"}]), more);
    let objective =
        |name: &str, text: &str| with(json!({"objectives": [{"name": name, "expression": text}]}));
    assert_eq!(objective("score", "sharpe * min(1, trades / 100) - 0.5 * max_drawdown"), []);
    let path = "spec.objectives[0].expression";
    let found = objective("score", "sharpe - max_drawdwn");
    is(&found, path, INVALID, r#"there is no metric "max_drawdwn""#, r#"did you mean "max_drawdown"?"#);
    assert_eq!((found[0].column, found[0].length), (10, 11));
    let found = with(json!({"limits": [{"name": "pace", "expression": "trades > 3", "atLeast": 1}]}));
    is(&found, "spec.limits[0].expression", INVALID, "this is a condition", "expected a number");
    let found = objective("sharpe", "2 * sharpe");
    let advice = "give the expression a name of its own";
    is(&found, "spec.objectives[0].name", INVALID, r#""sharpe" is the name of a metric"#, advice);
    let twice = with(json!({
        "objectives": [{"name": "score", "expression": "2 * sharpe"}],
        "limits": [{"name": "score", "expression": "sharpe - 1", "atLeast": 1}],
    }));
    let text = r#""score" is the name of another expression"#;
    is(&twice, "spec.limits[0].name", INVALID, text, "give one of them another");
    let neither = with(json!({"objectives": [{"goal": "Minimize"}]}));
    let advice = "write metric: sharpe, or name: score and expression: sharpe - max_drawdown";
    let text = "names neither a metric alone nor an expression with its name";
    is(&neither, "spec.objectives[0]", INVALID, text, advice);
}

#[test]
fn strategies_and_genes_are_named_once_and_need_what_they_need() {
    let twice = findings(json!([{"name": "rsi_filter"}, {"name": "rsi_mean_reversion"}]), json!({}));
    let text = r#"strategy "rsi_filter" is listed twice (aliases count)"#;
    is(&twice, "spec.strategies[1].name", INVALID, text, "keep one of them");
    let twice = genes(
        "ema_crossover",
        json!([{"name": "fast_period", "value": 5}, {"name": "fast_ema_period", "value": 5}]),
    );
    let text = r#"the gene "fast_period" is given twice"#;
    is(&twice, "spec.strategies[0].genes[1].name", INVALID, text, "keep one of them");
    let fixed = only_gene("rsi_mean_reversion", json!({"name": "operation_mode", "value": "trend"}));
    is(
        &fixed,
        "spec.strategies[0].genes[0]",
        MISLEADING,
        r#""rsi_mean_reversion" is "rsi_filter" with the gene "operation_mode" fixed"#,
        r#"name the strategy "rsi_filter" to set it"#,
    );
    let unfunded = findings(json!([{"name": "funding_rate_carry"}]), json!({}));
    is(
        &unfunded,
        "spec.strategies[0].name",
        MISLEADING,
        r#"strategy "funding_rate_carry" needs funding"#,
        "set execution.funding to {series: {}} or {constant: {rate, intervalHours}}",
    );
    let none = findings(json!([]), json!({}));
    is(&none, "spec.strategies", INVALID, "must name at least one strategy", "");
    let names = ["sharpe", "trades", "fees", "sortino", "calmar"].map(|name| json!({"metric": name}));
    let with = |more: Value| findings(json!([{"name": "sma_crossover"}]), more);
    assert_eq!(with(json!({"objectives": names[..4], "breeding": {"referencePoint": [0, 0, 9, 0]}})), []);
    is(
        &with(json!({"objectives": names})),
        "spec.objectives",
        INVALID,
        "must have between 1 and 4 items",
        "",
    );
    let twice = with(json!({"objectives": [{"metric": "fees"}, {"metric": "fees", "goal": "Minimize"}]}));
    let text = r#""fees" is an objective already"#;
    is(&twice, "spec.objectives[1].metric", INVALID, text, "name each metric once");
    let own = |name: &str| json!({"name": name, "expression": "sharpe - max_drawdown"});
    let knee = with(json!({"objectives": [{"metric": "sharpe"}, own("knee")]}));
    let text = r#""knee" is what the status calls the middle of the front, not the best of an objective"#;
    is(&knee, "spec.objectives[1].name", MISLEADING, text, "give the objective another name");
    // Alone there is no front, and another name is no trouble.
    assert_eq!(with(json!({"objectives": [own("knee")]})), []);
    assert_eq!(with(json!({"objectives": [{"metric": "sharpe"}, own("bend")]})), []);
    let alone = with(json!({"breeding": {"choose": "Ideal"}}));
    let advice = "name more than one objective, or leave it out";
    is(&alone, "spec.breeding.choose", INVALID, "belongs to several objectives", advice);
    let short = with(json!({"objectives": names[..3], "breeding": {"referencePoint": [0, 0]}}));
    let advice = "give a value for each, in their order";
    is(&short, "spec.breeding.referencePoint", INVALID, "has 2 values for 3 objectives", advice);
}

#[test]
fn a_value_that_a_gene_cannot_have_is_told_with_the_nearest() {
    let cases = [
        (
            "value",
            json!({"name": "fast_period", "value": 0}),
            r#"0 is outside the bounds 1 to 10000 of gene "fast_period""#,
            "the nearest is 1",
        ),
        (
            "max",
            json!({"name": "fast_period", "min": 5, "max": 10001}),
            r#"10001 is outside the bounds 1 to 10000 of gene "fast_period""#,
            "the nearest is 10000",
        ),
        (
            "min",
            json!({"name": "fast_period", "min": "5.5", "max": 9}),
            r#"5.5 is not a whole number, as gene "fast_period" needs"#,
            "",
        ),
        (
            "values[1]",
            json!({"name": "trend_filter", "values": [0, "0.0000014"]}),
            r#"0.0000014 is not a multiple of 0.000001, the unit of gene "trend_filter""#,
            "the nearest is 0.000001",
        ),
        (
            "value",
            json!({"name": "fast_period", "value": "slow"}),
            r#"gene "fast_period" is a number, not "slow""#,
            "write for example 12",
        ),
        (
            "step",
            json!({"name": "fast_period", "min": 5, "max": 9, "step": "0.5"}),
            r#"0.5 is not a multiple of 1, the unit of gene "fast_period""#,
            "the nearest is 0",
        ),
        ("step", json!({"name": "fast_period", "min": 5, "max": 9, "step": 0}), "0 must be above 0", ""),
        (
            "min",
            json!({"name": "fast_period", "min": 9, "max": 5}),
            "min 9 and max 5: min must not exceed max",
            "",
        ),
    ];
    for (field, gene, text, advice) in cases {
        let path = format!("spec.strategies[0].genes[0].{field}");
        is(&only_gene("ema_crossover", gene), &path, INVALID, text, advice);
    }
    let cases = [
        (
            ".value",
            json!({"name": "chikou_confirmation", "value": "of"}),
            r#"gene "chikou_confirmation" has no value "of""#,
            r#"did you mean "off"?"#,
        ),
        (
            ".value",
            json!({"name": "chikou_confirmation", "value": "maybe"}),
            r#"gene "chikou_confirmation" has no value "maybe""#,
            "use one of off, on",
        ),
        (
            ".values[0]",
            json!({"name": "chikou_confirmation", "values": [1]}),
            r#"gene "chikou_confirmation" is categorical: 1 is none of its values"#,
            "use one of off, on",
        ),
        (
            ".min",
            json!({"name": "chikou_confirmation", "min": 0, "max": 1}),
            r#"gene "chikou_confirmation" is categorical: it has values, not min and max"#,
            "use one of off, on",
        ),
        (
            ".values[1]",
            json!({"name": "chikou_confirmation", "values": ["on", "on"]}),
            "on is listed twice",
            "keep one of them",
        ),
    ];
    for (field, gene, text, advice) in cases {
        let path = format!("spec.strategies[0].genes[0]{field}");
        is(&only_gene("ichimoku_cloud", gene), &path, INVALID, text, advice);
    }
    // Both bounds at once.
    assert_eq!(only_gene("ema_crossover", json!({"name": "fast_period", "min": 0, "max": 20000})).len(), 2);
}

#[test]
fn ranges_that_make_no_grid_are_refused_at_the_field_that_is_to_blame() {
    let cases = [
        (
            "trend_filter",
            "",
            json!({"min": 0, "max": "0.1"}),
            r#"gene "trend_filter" has no step of its own on a linear scale"#,
            "set step, or scale: Log and steps",
        ),
        (
            "trend_filter",
            ".step",
            json!({"min": 0, "max": "0.1", "scale": "Linear", "step": "0.0000001"}),
            r#"0.0000001 is not a multiple of 0.000001, the unit of gene "trend_filter""#,
            "the nearest is 0",
        ),
        (
            "trend_filter",
            ".steps",
            json!({"min": "0.000001", "max": "0.001", "scale": "Log", "steps": 100}),
            "with 100 steps two neighbouring values round to the same multiple of 0.000001",
            "use fewer steps or a higher min",
        ),
        (
            "trend_filter",
            ".steps",
            json!({"min": "0.001", "max": "0.1", "scale": "Log", "steps": 1001}),
            "1001 steps; a log scale takes 1 to 1000",
            "",
        ),
        (
            "trend_filter",
            ".steps",
            json!({"min": "0.001", "max": "0.1", "scale": "Log"}),
            "scale Log needs steps",
            "",
        ),
        (
            "trend_filter",
            ".min",
            json!({"min": 0, "max": "0.1", "scale": "Log", "steps": 4}),
            "min 0 and max 0.1: a log scale needs 0 < min < max",
            "",
        ),
        (
            "stop_loss",
            ".min",
            json!({"min": "0.0000015", "max": "0.1", "scale": "Log", "steps": 4}),
            "0.0000015 is not a multiple of 0.000001, to which a log scale is rounded",
            "",
        ),
        (
            "stop_loss",
            ".max",
            json!({"min": "0.01", "max": "0.1000001", "scale": "Log", "steps": 4}),
            "0.1000001 is not a multiple of 0.000001, to which a log scale is rounded",
            "",
        ),
        (
            "stop_loss",
            ".step",
            json!({"min": "0.01", "max": "0.9", "step": "0.0000000001"}),
            "more than 1073741824 values between min and max",
            "use a larger step",
        ),
        ("fast_period", ".values[1]", json!({"values": [5, "5.0"]}), "5 is listed twice", "keep one of them"),
        ("fast_period", ".values", json!({"values": []}), "must list at least one value", ""),
        ("fast_period", "", json!({"min": 5}), "a gene needs min and max, values, or value", ""),
    ];
    for (gene, field, mut range, text, advice) in cases {
        range["name"] = json!(gene);
        let path = format!("spec.strategies[0].genes[0]{field}");
        is(&only_gene("ema_crossover", range), &path, INVALID, text, advice);
    }
    let none = only_gene("linear_svc_classifier", json!({"name": "refit_interval", "min": 110, "max": 240}));
    let text = r#"none of the values of gene "refit_interval" lies from 110 to 240"#;
    let advice = "they are 50, 100, 250, 500; others need a step";
    is(&none, "spec.strategies[0].genes[0]", INVALID, text, advice);
}

#[test]
fn a_range_that_can_be_run_but_not_as_it_reads_is_misleading() {
    let falling = only_gene("ema_crossover", json!({"name": "fast_period", "values": [5, 9, 7]}));
    let path = "spec.strategies[0].genes[0].values[2]";
    is(&falling, path, MISLEADING, "7 comes after 9", "list numbers in rising order");
    let wide = only_gene("ema_crossover", json!({"name": "fast_period", "min": 5, "max": 9, "step": 5}));
    let text = "5 is larger than max - min: min is the only value";
    is(&wide, "spec.strategies[0].genes[0].step", MISLEADING, text, "to fix the gene, set value");
}

#[test]
fn ranges_that_no_genome_can_order_are_refused() {
    let order = genes(
        "sma_crossover",
        json!([{"name": "fast_period", "min": 50, "max": 60}, {"name": "slow_period", "value": 20}]),
    );
    let text = "fast_period must be less than slow_period, but the lowest fast_period is 50 and the highest slow_period is 20";
    let advice = "lower min of fast_period or raise max of slow_period";
    is(&order, "spec.strategies[0].genes", INVALID, text, advice);
    let cap = genes(
        "rsi_filter",
        json!([{"name": "exit_level", "value": 70}, {"name": "overbought_threshold", "value": 72}]),
    );
    let text = "exit_level must be at most overbought_threshold - 5, but the lowest exit_level is 70 and the highest overbought_threshold is 72";
    let advice = "lower min of exit_level or raise max of overbought_threshold";
    is(&cap, "spec.strategies[0].genes", INVALID, text, advice);
}

#[test]
fn all_findings_are_given_in_the_order_of_the_manifest() {
    let found = findings(
        json!([{"name": "sma", "genes": []}, {"name": "ema_crossover", "genes": [{"name": "fast_period", "value": 0}]}]),
        json!({
            "limits": [{"metric": "sharp", "atLeast": 1}], "execution": {"lot": 0},
            "population": {"size": 100, "initial": [
                {"strategy": "sma", "genome": {"x": 1}}, {"strategy": "ema_crossover", "genome": {"slow_period": 0}},
            ]},
        }),
    );
    let paths: Vec<_> = found.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "spec.strategies[0].name",
            "spec.strategies[1].genes[0].value",
            "spec.population.initial[1].genome.slow_period",
            "spec.limits[0].metric",
            "spec.execution.lot",
        ]
    );
}

#[test]
fn a_part_of_the_catalogue_that_is_empty_is_not_judged_by() {
    let job = job(json!([{"name": "x"}]), json!({"limits": [{"metric": "y", "atLeast": 1}]}));
    assert_eq!(check(&job, &Catalogue::default()), []);
}

#[test]
fn dates_that_no_calendar_has_and_dates_in_the_wrong_order_are_named() {
    let dated = |from: &str, to: &str| {
        let data = json!({"dataset": "d", "symbols": ["A"], "interval": "1h", "from": from, "to": to});
        findings(json!([{"name": "sma_crossover"}]), json!({"marketData": data}))
    };
    assert_eq!(dated("2023-12-31T23:00:00-01:30", "2024-01-01T00:30:00.001Z"), []);
    let spelling = "write a date as 2024-01-31, or a time with its zone as 2024-01-31T09:30:00Z";
    let text = r#""2024-02-30" is no date and no time"#;
    is(&dated("2024-02-30", "2025-01-01"), "spec.marketData.from", INVALID, text, spelling);
    let text = r#""2024-03-01T09:30:00" is no date and no time"#;
    is(&dated("2024-01-01", "2024-03-01T09:30:00"), "spec.marketData.to", INVALID, text, spelling);
    let text = "2024-01-01T00:00:00Z is not after from, which is 2024-01-01T00:00:00Z: no bar lies between";
    let advice = "write a later to, or an earlier from; the bar that opens at to does not count";
    is(&dated("2024-01-01T02:00:00+02:00", "2024-01-01"), "spec.marketData.to", INVALID, text, advice);
}

#[test]
fn a_walk_forward_that_no_rows_can_have_is_told_with_what_is_allowed() {
    let of = |walk: Value| {
        findings(json!([{"name": "sma_crossover"}]), json!({"validation": {"walkForward": walk}}))
    };
    assert_eq!(of(json!({})), []);
    assert_eq!(of(json!({"windows": 50, "train": "Anchored", "trainFraction": "0.99", "purgeBars": 0})), []);
    for (walk, field, text) in [
        (json!({"windows": 0}), "windows", "0: must be between 1 and 50"),
        (json!({"windows": 51}), "windows", "51: must be between 1 and 50"),
        (json!({"trainFraction": 0}), "trainFraction", "0: must be greater than 0 and less than 1"),
        (json!({"trainFraction": 1}), "trainFraction", "1: must be greater than 0 and less than 1"),
        (json!({"purgeBars": 1_000_001}), "purgeBars", "1000001: must be at most 1000000"),
        (json!({"embargoBars": 1_000_001}), "embargoBars", "1000001: must be at most 1000000"),
    ] {
        is(&of(walk), &format!("spec.validation.walkForward.{field}"), INVALID, text, "");
    }
}
