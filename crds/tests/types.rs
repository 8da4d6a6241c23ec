//! Decimals, gene values and defaults of the Rust types, against the schema.

use galapagos_crds::{Decimal, EvolutionJob, GeneValue, WorkerPool, crd};
use proptest::prelude::*;
use serde_json::{Value, json};

fn decimal(value: Value) -> Result<Decimal, String> {
    serde_json::from_value(value).map_err(|e| e.to_string())
}

#[test]
fn a_decimal_has_one_spelling_whatever_was_written() {
    for (written, canonical) in [
        (json!("1.50"), "1.5"),
        (json!(1), "1"),
        (json!("1"), "1"),
        (json!("0.000"), "0"),
        (json!("-2.10"), "-2.1"),
    ] {
        let d = decimal(written).expect("a decimal");
        assert_eq!(d.to_string(), canonical);
        assert_eq!(serde_json::to_value(d).expect("text"), json!(canonical));
    }
}

#[test]
fn a_float_is_refused_with_the_way_out() {
    let text = decimal(json!(0.35)).expect_err("a float");
    assert!(text.contains(r#"quote it: "0.35""#), "{text}");
}

#[test]
fn minus_zero_and_other_spellings_are_refused() {
    for bad in [
        "-0",
        "-0.00",
        "01",
        "1.",
        ".5",
        "1e3",
        "+1",
        " 1",
        "",
        "-",
        "1234567890123456",
        "0.1234567890123",
        "NaN",
    ] {
        assert!(decimal(json!(bad)).is_err(), "{bad}");
    }
    assert!(decimal(json!(1_000_000_000_000_000_i64)).is_err());
    assert!(decimal(json!(u64::MAX)).is_err());
    assert!(decimal(json!(true)).is_err());
}

#[test]
fn a_gene_value_is_a_decimal_or_a_name() {
    let read = |v: Value| serde_json::from_value::<GeneValue>(v);
    assert_eq!(read(json!("trend")).expect("a name"), GeneValue::Name("trend".into()));
    assert_eq!(read(json!(26)).expect("a number"), read(json!("26.0")).expect("a number"));
    for bad in [json!("Trend"), json!(true), json!("1x"), json!(0.5), json!("a".repeat(64))] {
        assert!(read(bad.clone()).is_err(), "{bad}");
    }
}

/// Guards against a default that is written twice, in a type and in its schema, and changed once.
#[test]
fn the_types_and_the_schema_have_the_same_defaults() {
    let job = json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob", "metadata": { "name": "a" },
        "spec": {
            "marketData": { "dataset": "d", "symbols": ["S"], "interval": "1d", "source": { "path": "a" } },
            "strategies": [{ "name": "s" }], "population": { "size": 10 }, "execution": {}, "stop": {},
            "evaluation": {}, "validation": { "holdout": {} }, "breeding": {},
        },
    });
    let pool = json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool", "metadata": { "name": "a" },
        "spec": { "marketData": { "volume": { "emptyDir": {} } } },
    });
    let typed_job: EvolutionJob = serde_json::from_value(job.clone()).expect("a job");
    let typed_pool: WorkerPool = serde_json::from_value(pool.clone()).expect("a pool");
    for (raw, typed, definition) in [
        (job, serde_json::to_value(typed_job).expect("JSON"), crd::evolution_job()),
        (pool, serde_json::to_value(typed_pool).expect("JSON"), crd::worker_pool()),
    ] {
        let defaulted = kube::core::cel::apply_defaults(crd::schema(&definition), &raw);
        assert_eq!(defaulted["spec"], typed["spec"]);
    }
}

#[test]
fn exposure_steps_and_margins_are_resolved() {
    let mut e = galapagos_crds::ExecutionSpec::default();
    assert_eq!((e.exposure_steps(), e.resolved_maintenance_margin()), (Some(4), None));
    e.leverage = "2".parse().expect("a decimal");
    e.exposure_step = "0.333333333333".parse().expect("a decimal");
    assert_eq!(
        (e.exposure_steps(), e.resolved_maintenance_margin()),
        (Some(3), Some("0.05".parse().expect("one")))
    );
    e.exposure_step = Decimal::ZERO;
    assert_eq!(e.exposure_steps(), None);
}

proptest! {
    #[test]
    fn any_text_is_a_decimal_exactly_if_its_pattern_says_so(text in "-?[0-9]{0,17}([.][0-9]{0,14})?") {
        let pattern = {
            let unsigned = text.strip_prefix('-').unwrap_or(&text);
            let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(w, f)| (w, Some(f)));
            let zero = text.starts_with('-') && !text.bytes().any(|b| (b'1'..=b'9').contains(&b));
            (1..=15).contains(&whole.len())
                && (whole == "0" || !whole.starts_with('0'))
                && fraction.is_none_or(|f| (1..=12).contains(&f.len()))
                && !zero
        };
        let parsed = text.parse::<Decimal>();
        prop_assert_eq!(parsed.is_ok(), pattern);
        if let Ok(d) = parsed {
            prop_assert_eq!(d.to_string().parse::<Decimal>(), Ok(d));
        }
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in ".{0,40}") {
        let _ = text.parse::<Decimal>();
        let _ = text.parse::<GeneValue>();
        let _ = galapagos_crds::Catalogue::parse(&text);
    }
}
