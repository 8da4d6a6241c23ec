//! Every kind of finding on individuals to start with and on the account, once.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{INVALID, MISLEADING, findings, is};
use galapagos_crds::conditions::StalledReason::UnknownGene;
use galapagos_manifest::Finding;
use galapagos_manifest::Weight::Impossible;
use serde_json::{Value, json};

fn initial(strategies: Value, strategy: &str, genome: Value) -> Vec<Finding> {
    let population = json!({"size": 100, "initial": [{"strategy": strategy, "genome": genome}]});
    findings(strategies, json!({"population": population}))
}

#[test]
fn an_individual_to_start_with_lies_on_the_grids_of_the_job() {
    let sma = || json!([{"name": "sma_crossover"}]);
    let path = "spec.population.initial[0].genome.fast_period";
    assert_eq!(initial(sma(), "sma_crossover", json!({"fast_period": 12, "slow_period": 40})), []);
    let text = r#"900 is not one of the values that gene "fast_period" has in this job"#;
    is(
        &initial(sma(), "sma_crossover", json!({"fast_period": 900})),
        path,
        INVALID,
        text,
        "the nearest is 60",
    );
    let text = r#"0 is outside the bounds 1 to 10000 of gene "fast_period""#;
    is(&initial(sma(), "sma_crossover", json!({"fast_period": 0})), path, INVALID, text, "the nearest is 1");
    let found = initial(sma(), "sma_crossover", json!({"fast_perod": 5}));
    let text = r#"strategy "sma_crossover" has no gene "fast_perod""#;
    let path = "spec.population.initial[0].genome.fast_perod";
    is(&found, path, (UnknownGene, Impossible), text, r#"did you mean "fast_period"?"#);
    let found = initial(sma(), "ema_crossover", json!({}));
    let text = r#"strategy "ema_crossover" is not one of the job's strategies"#;
    let path = "spec.population.initial[0].strategy";
    is(&found, path, INVALID, text, r#"did you mean "sma_crossover"?"#);
    // The name fixes the mode; its own champions say so.
    let rsi = || json!([{"name": "rsi_mean_reversion"}]);
    assert_eq!(initial(rsi(), "rsi_mean_reversion", json!({"operation_mode": "reversion"})), []);
    let found = initial(rsi(), "rsi_mean_reversion", json!({"operation_mode": "trend"}));
    let text = r#"trend is not one of the values that gene "operation_mode" has in this job"#;
    let path = "spec.population.initial[0].genome.operation_mode";
    is(&found, path, INVALID, text, "use one of reversion");
}

#[test]
fn a_gene_of_an_individual_that_would_be_passed_over_is_misleading() {
    let found = initial(json!([{"name": "sma_crossover"}]), "sma_crossover", json!({"stop_loss": "0.05"}));
    let text = r#"the job has no range for gene "stop_loss", so no individual has it"#;
    let path = "spec.population.initial[0].genome.stop_loss";
    is(&found, path, MISLEADING, text, "name it among the genes of the strategy, or leave it out");
    let genome = json!({"fast_period": 12, "fast_ema_period": 13});
    let found = initial(json!([{"name": "ema_crossover"}]), "ema_crossover", genome);
    let text = r#"the gene "fast_period" is given twice"#;
    let path = "spec.population.initial[0].genome.fast_period";
    is(&found, path, MISLEADING, text, "keep one of them");
}

#[test]
fn an_account_that_cannot_be_is_refused() {
    let cases = [
        (json!({"initialCapital": 0}), "initialCapital", "0: must be greater than 0"),
        (json!({"takerFee": 1}), "takerFee", "1: must be at least 0 and less than 1"),
        (json!({"makerFee": 1}), "makerFee", "1: must be at least 0 and less than 1"),
        (json!({"slippage": -1}), "slippage", "-1: must be at least 0 and less than 1"),
        (
            json!({"sizing": {"fraction": {"value": 2}}}),
            "sizing.fraction.value",
            "2: must be greater than 0 and at most 1",
        ),
        (json!({"leverage": "0.5"}), "leverage", "0.5: must be at least 1"),
        (json!({"lot": 0}), "lot", "0: must be greater than 0"),
        (
            json!({"exposureStep": "0.3"}),
            "exposureStep",
            "0.3: must be 1 divided by a whole number up to 1000, as 0.25",
        ),
        (
            json!({"leverage": 20}),
            "liquidation.maintenanceMargin.value",
            "0.05: must be above 0, and times leverage below 1: else every position is liquidated at once",
        ),
        (
            json!({"funding": {"constant": {"rate": "0.0000000001", "intervalHours": 8}}}),
            "funding.constant.rate",
            "0.0000000001: must be a multiple of 0.000000001",
        ),
        (
            json!({"funding": {"constant": {"rate": "999999999999", "intervalHours": 8}}}),
            "funding.constant.rate",
            "999999999999: is out of range",
        ),
        (
            json!({"funding": {"constant": {"rate": 0, "intervalHours": 0}}}),
            "funding.constant.intervalHours",
            "0: must be at least 1",
        ),
    ];
    for (execution, field, text) in cases {
        let found = findings(json!([{"name": "sma_crossover"}]), json!({"execution": execution}));
        is(&found, &format!("spec.execution.{field}"), INVALID, text, "");
    }
}
