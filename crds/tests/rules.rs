//! Every rule of the definitions, with a case that passes and one that fails, as a server would judge them.

use galapagos_crds::crd;
use kube::core::cel::Validator;
use serde_json::{Value, json};

fn job() -> Value {
    json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob", "metadata": { "name": "btc-hourly" },
        "spec": {
            "marketData": { "dataset": "btc", "symbols": ["BTC"], "interval": "1h" },
            "strategies": [{ "name": "ema_crossover", "genes": [{ "name": "fast_period", "min": 5, "max": 50 }] }],
            "population": { "size": 100 },
        },
    })
}

fn pool() -> Value {
    json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool", "metadata": { "name": "default" },
        "spec": { "marketData": { "volume": { "persistentVolumeClaim": { "claimName": "data" } } } },
    })
}

/// Sets the value at a JSON pointer, making objects on the way; `null` removes it.
fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    let mut at = &mut object;
    for step in parent.split('/').skip(1) {
        at = match step.parse::<usize>() {
            Ok(i) => &mut at[i],
            Err(_) => &mut at[step],
        };
    }
    match (last.parse::<usize>(), value) {
        (Err(_), Value::Null) => drop(at.as_object_mut().expect("an object").remove(last)),
        (Err(_), value) => at[last] = value,
        (Ok(i), value) => at[i] = value,
    }
    object
}

fn problems(object: &Value, old: Option<&Value>) -> Vec<String> {
    let definition = if object["kind"] == "WorkerPool" { crd::worker_pool() } else { crd::evolution_job() };
    match Validator::new().validate(crd::schema(&definition), object, old) {
        Ok(()) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

#[track_caller]
fn passes(object: &Value) {
    assert_eq!(problems(object, None), [""; 0]);
}

#[track_caller]
fn fails(object: &Value, expected: &str) {
    let found = problems(object, None);
    assert!(found.iter().any(|p| p.contains(expected)), "expected {expected:?}, found {found:?}");
}

/// One rule: a value that passes, a value that fails, and the message then.
#[track_caller]
fn rule(base: &Value, pointer: &str, good: Value, bad: Value, message: &str) {
    passes(&with(base.clone(), pointer, good));
    fails(&with(base.clone(), pointer, bad), message);
}

#[test]
fn the_shortest_manifests_pass() {
    passes(&job());
    passes(&pool());
}

#[test]
fn names_are_short_and_usable_in_other_names() {
    for base in [job(), pool()] {
        rule(&base, "/metadata/name", json!("a-1"), json!("1-a"), "at most 40 characters");
        rule(&base, "/metadata/name", json!("a".repeat(40)), json!("a".repeat(41)), "at most 40 characters");
        fails(&with(base, "/metadata/name", json!("a-")), "at most 40 characters");
    }
}

#[test]
fn a_population_has_eight_individuals_for_each_strategy() {
    let two = json!([{ "name": "a" }, { "name": "b" }]);
    let base = with(job(), "/spec/strategies", two);
    rule(&base, "/spec/population/size", json!(16), json!(15), "at least 8 for each strategy");
}

#[test]
fn initial_individuals_fit_the_population_and_its_strategies() {
    let one = |strategy: &str| json!({ "strategy": strategy, "genome": { "fast_period": 7 } });
    let at = "/spec/population/initial";
    rule(&job(), at, json!([one("ema_crossover")]), json!([one("sma")]), "only use the job's strategies");
    let many = |n: usize| json!(vec![one("ema_crossover"); n]);
    let base = with(job(), "/spec/population/size", json!(10));
    rule(&base, at, many(10), many(11), "more individuals than population.size");
}

#[test]
fn a_gene_has_exactly_one_kind_of_range() {
    let at = "/spec/strategies/0/genes/0";
    let one = "exactly one of min and max, values, value";
    rule(&job(), at, json!({ "name": "g", "value": 7 }), json!({ "name": "g" }), one);
    rule(
        &job(),
        at,
        json!({ "name": "g", "values": ["reversion", "trend"] }),
        json!({ "name": "g", "values": ["a"], "value": "a" }),
        one,
    );
    rule(
        &job(),
        at,
        json!({ "name": "g", "min": 1, "max": "2.5" }),
        json!({ "name": "g", "min": 1, "max": 2, "value": 1 }),
        one,
    );
    fails(&with(job(), at, json!({ "name": "g", "min": 1 })), "min and max go together");
    fails(&with(job(), at, json!({ "name": "g", "min": "10", "max": 9 })), "min must be less than max");
}

#[test]
fn scale_and_steps_go_together() {
    let at = "/spec/strategies/0/genes/0";
    let log = json!({ "name": "g", "min": "0.01", "max": 10, "scale": "Log", "steps": 40 });
    rule(
        &job(),
        at,
        log.clone(),
        with(log.clone(), "/steps", Value::Null),
        "steps is required with scale Log",
    );
    rule(&job(), at, log.clone(), with(log.clone(), "/min", json!(0)), "min above 0");
    rule(&job(), at, log.clone(), with(log, "/step", json!(1)), "step needs min and max on a linear scale");
    let linear = json!({ "name": "g", "min": 1, "max": 10, "step": 1 });
    rule(&job(), at, linear.clone(), with(linear.clone(), "/steps", json!(3)), "not allowed without");
    rule(&job(), at, linear.clone(), with(linear, "/step", json!(0)), "must be greater than 0");
    rule(
        &job(),
        at,
        json!({ "name": "g", "value": 1 }),
        json!({ "name": "g", "value": 1, "scale": "Linear" }),
        "scale needs min and max",
    );
    fails(&with(job(), at, json!({ "name": "g", "value": 1, "step": 1 })), "step needs min and max");
}

#[test]
fn a_source_is_a_path_below_the_root_or_an_address() {
    let at = "/spec/marketData/source";
    let http = json!({ "url": "https://example.org/a.csv", "sha256": "0".repeat(64) });
    rule(
        &job(),
        at,
        json!({ "http": http }),
        json!({ "path": "a.csv", "http": http }),
        "exactly one of path, http",
    );
    rule(
        &job(),
        at,
        json!({ "path": "raw/a..b.csv" }),
        json!({ "path": "raw/../../a.csv" }),
        "below the volume's root",
    );
    rule(&job(), at, json!({ "path": "raw/a.csv" }), json!({ "path": "/a.csv" }), "below the volume's root");
    let gaps = |share: &str| json!({ "path": "a.csv", "gaps": { "maxShare": share } });
    rule(&job(), at, gaps("1"), gaps("1.01"), "must be between 0 and 1");
}

#[test]
fn sessions_need_bars_per_year() {
    let at = "/spec/marketData/calendar";
    rule(
        &job(),
        at,
        json!({ "type": "Sessions", "barsPerYear": 252 }),
        json!({ "type": "Sessions" }),
        "barsPerYear is required with type Sessions",
    );
    rule(
        &job(),
        at,
        json!({ "type": "Continuous" }),
        json!({ "type": "Continuous", "barsPerYear": 252 }),
        "not allowed without",
    );
}

#[test]
fn a_limit_has_one_bound() {
    let at = "/spec/limits";
    let both = json!([{ "metric": "trades", "atLeast": 30, "atMost": 60 }]);
    rule(&job(), at, json!([{ "metric": "trades", "atLeast": 30 }]), both, "exactly one of atMost, atLeast");
    fails(&with(job(), at, json!([{ "metric": "trades" }])), "exactly one of atMost, atLeast");
}

#[test]
fn preset_ray_excludes_all_else() {
    let at = "/spec/breeding";
    rule(
        &job(),
        at,
        json!({ "preset": "Ray" }),
        json!({ "preset": "Ray", "tournamentSize": 3 }),
        "preset Ray sets the whole algorithm",
    );
    fails(&with(job(), at, json!({ "preset": "Ray", "species": {} })), "preset Ray sets the whole algorithm");
    passes(&with(job(), at, json!({ "tournamentSize": 3, "immigrants": "0.1" })));
}

#[test]
fn shares_of_crossover_add_up() {
    let at = "/spec/breeding";
    let shares = |a: &str, b: &str, c: &str| json!({ "crossover": { "sbx": { "share": a }, "uniform": { "share": b }, "differential": { "share": c } } });
    rule(
        &job(),
        at,
        shares("0.35", "0.35", "0.3"),
        shares("0.35", "0.35", "0.31"),
        "the shares must add up to 1",
    );
    rule(
        &job(),
        at,
        json!({ "crossover": { "sbx": { "share": 1 } } }),
        json!({ "crossover": {} }),
        "the shares must add up to 1",
    );
    rule(&job(), at, shares("0", "0", "1"), shares("-0.5", "0.5", "1"), "must be between 0 and 1");
    rule(
        &job(),
        at,
        json!({ "mutation": { "polynomial": { "eta": 20 } } }),
        json!({ "mutation": {} }),
        "polynomial must be set",
    );
    rule(&job(), at, json!({ "immigrants": 0 }), json!({ "immigrants": "1.5" }), "must be between 0 and 1");
    rule(
        &job(),
        at,
        json!({ "species": { "minShare": 1 } }),
        json!({ "species": { "minShare": 2 } }),
        "between 0 and 1",
    );
}

#[test]
fn costs_and_sizes_are_sensible() {
    let at = "/spec/execution";
    let e = |name: &str, value: Value| json!({ name: value });
    rule(&job(), at, e("takerFee", json!("0.001")), e("takerFee", json!(1)), "less than 1");
    rule(&job(), at, e("makerFee", json!(0)), e("makerFee", json!("-0.001")), "at least 0");
    rule(&job(), at, e("slippage", json!("0.01")), e("slippage", json!("1.5")), "less than 1");
    rule(&job(), at, e("initialCapital", json!(1)), e("initialCapital", json!(0)), "greater than 0");
    rule(&job(), at, e("borrowRate", json!("0.1")), e("borrowRate", json!("-0.1")), "at least 0");
    rule(&job(), at, e("lot", json!("0.001")), e("lot", json!(0)), "greater than 0");
    let fraction = |v: Value| json!({ "sizing": { "fraction": { "value": v } } });
    rule(&job(), at, fraction(json!("0.5")), fraction(json!("1.5")), "at most 1");
    rule(&job(), at, json!({}), json!({ "sizing": {} }), "fraction must be set");
}

#[test]
fn leverage_leaves_room_above_the_maintenance_margin() {
    let at = "/spec/execution";
    let with_margin = |leverage: Value, margin: &str| json!({ "leverage": leverage, "liquidation": { "maintenanceMargin": { "value": margin } } });
    rule(
        &job(),
        at,
        with_margin(json!(5), "0.19"),
        with_margin(json!(5), "0.2"),
        "leverage times maintenance margin",
    );
    rule(&job(), at, json!({ "leverage": "19.9" }), json!({ "leverage": 20 }), "explicit liquidation block");
    rule(
        &job(),
        at,
        json!({ "leverage": 30, "liquidation": { "none": {} } }),
        json!({ "leverage": "0.5" }),
        "between 1 and",
    );
    rule(
        &job(),
        at,
        json!({ "liquidation": { "none": {} } }),
        json!({ "liquidation": {} }),
        "exactly one of maintenanceMargin, none",
    );
    rule(&job(), at, with_margin(json!(1), "0.5"), with_margin(json!(1), "1"), "less than 1");
}

#[test]
fn funding_is_one_of_three() {
    let at = "/spec/execution/funding";
    let base = with(job(), "/spec/execution", json!({}));
    let constant = |hours: i64| json!({ "constant": { "rate": "0.0001", "intervalHours": hours } });
    rule(
        &base,
        at,
        json!({ "series": {} }),
        json!({ "none": {}, "series": {} }),
        "exactly one of none, series, constant",
    );
    rule(&base, at, constant(8), constant(7), "must divide 24");
    fails(&with(base, at, json!({ "constant": { "rate": 2, "intervalHours": 8 } })), "between -1 and 1");
}

#[test]
fn an_exposure_step_is_a_whole_part_of_one() {
    let at = "/spec/execution";
    for good in [json!("0.25"), json!(1), json!("0.333333333333"), json!("0.001"), json!("0.1")] {
        passes(&with(job(), at, json!({ "exposureStep": good })));
    }
    for bad in [json!("0.3"), json!(0), json!("0.0009"), json!("-0.25"), json!(2)] {
        fails(&with(job(), at, json!({ "exposureStep": bad })), "1 divided by a whole number");
    }
}

#[test]
fn warm_up_bars_have_no_meaning_in_a_full_window() {
    let at = "/spec/execution";
    rule(
        &job(),
        at,
        json!({ "warmupBars": 100 }),
        json!({ "warmupBars": 100, "window": "Full" }),
        "no meaning with execution.window Full",
    );
}

#[test]
fn stops_and_holdout_are_sensible() {
    rule(&job(), "/spec/stop", json!({ "minDelta": 0 }), json!({ "minDelta": "-0.1" }), "at least 0");
    rule(&job(), "/spec/stop", json!({ "maxCost": 1 }), json!({ "maxCost": 0 }), "greater than 0");
    let holdout = |f: Value| json!({ "holdout": { "fraction": f } });
    rule(&job(), "/spec/validation", holdout(json!(0)), holdout(json!(1)), "less than 1");
}

#[test]
fn a_pool_has_one_place_for_data() {
    let at = "/spec/marketData";
    let volume = json!({ "emptyDir": {} });
    rule(
        &pool(),
        at,
        json!({ "claimTemplate": { "accessModes": ["ReadWriteOnce"] } }),
        json!({ "volume": volume, "claimTemplate": {} }),
        "exactly one of volume, claimTemplate",
    );
    rule(
        &pool(),
        at,
        json!({ "volume": volume, "subPath": "a/b" }),
        json!({ "volume": volume, "subPath": "../b" }),
        "below the volume's root",
    );
    rule(&pool(), "/spec/costPerWorkerHour", json!("0.04"), json!("-1"), "at least 0");
}

#[test]
fn what_a_result_depends_on_cannot_be_changed_added_or_removed() {
    let changes = [
        ("managedBy", json!("example.org/other")),
        ("marketData", json!({ "dataset": "eth", "symbols": ["ETH"], "interval": "1h" })),
        ("strategies", json!([{ "name": "sma_crossover" }])),
        ("population", json!({ "size": 200 })),
        ("searcher", json!("Random")),
        ("breeding", json!({ "tournamentSize": 5 })),
        ("objectives", json!([{ "metric": "sortino" }])),
        ("limits", json!([{ "metric": "trades", "atLeast": 3 }])),
        ("execution", json!({ "takerFee": "0.1" })),
        ("validation", json!({ "holdout": { "fraction": 0 } })),
        ("evaluation", json!({ "attempts": 5 })),
    ];
    for (field, value) in changes {
        let changed = with(job(), &format!("/spec/{field}"), value);
        let message = format!("{field} is immutable: use a new name, or delete and apply again");
        for (new, old) in [(&changed, &job()), (&job(), &changed)] {
            let found = problems(new, Some(old));
            assert!(found.iter().any(|p| p.contains(&message)), "{field}: {found:?}");
        }
    }
}

#[test]
fn what_people_steer_can_be_changed() {
    let changes = [
        ("suspend", json!(true)),
        ("priority", json!(7)),
        ("workerPoolName", json!("big")),
        ("generations", json!(80)),
        ("stop", json!({ "patience": 3, "target": 2 })),
        ("startDeadlineSeconds", json!(60)),
        ("activeDeadlineSeconds", json!(60)),
        ("backoffLimit", json!(1)),
        ("ttlSecondsAfterFinished", json!(60)),
        ("ttlPolicy", json!("Job")),
    ];
    for (field, value) in changes {
        let changed = with(job(), &format!("/spec/{field}"), value);
        assert_eq!(problems(&changed, Some(&job())), [""; 0], "{field}");
        assert_eq!(problems(&job(), Some(&changed)), [""; 0], "{field}");
    }
}

#[test]
fn every_rule_of_the_definitions_compiles() {
    for definition in [crd::evolution_job(), crd::worker_pool()] {
        let compiled = kube::core::cel::compile_schema(crd::schema(&definition));
        assert!(!compiled.has_errors(), "{:?}", compiled.compilation_errors());
    }
}
