//! What `validate` says of a manifest: the words of a server, with line, column and a way out.

use galapagos::validate::{Kind, LocatedFinding, load_job, read_documents, validate, validate_with};
use galapagos_crds::{Catalogue, Decimal};
use proptest::prelude::*;

const JOB: &str = r#"apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata:
  name: btc-hourly
spec:
  marketData: {dataset: btc, symbols: [BTC], interval: 1h}
  strategies:
  - name: ema_crossover
    genes:
    - {name: fast_period, min: 5, max: 50}
  population: {size: 100}
  execution:
    takerFee: "0.0005"
"#;

const POOL: &str = r#"apiVersion: galapagos.dev/v1alpha1
kind: WorkerPool
metadata: {name: default}
spec:
  marketData: {volume: {persistentVolumeClaim: {claimName: data}}}
"#;

const STRATEGIES: &str = r#"{
  "engine": 1,
  "metrics": ["sharpe", "sortino", "trades"],
  "strategies": [
    {"name": "ema_crossover", "summary": "s", "rule": "r", "path": "batch",
     "genes": [
       {"name": "fast_period", "aliases": ["fast_ema_period"], "kind": "integer", "default": "12", "help": "h",
        "range": {"linear": {"min": "5", "max": "50", "step": "1"}}, "hard": ["1", "500"]},
       {"name": "slow_period", "kind": "integer", "default": "26", "help": "h",
        "range": {"linear": {"min": "20", "max": "200", "step": "1"}}, "hard": ["2", "1000"]},
       {"name": "trend_filter", "kind": "real", "default": "0.00001", "help": "h", "unit": "0.000001",
        "range": {"log": {"min": "0.00001", "max": "0.02", "steps": 24}}, "hard": ["0", "1"]}],
     "constraints": [{"ordered": {"low": "fast_period", "high": "slow_period"}}]},
    {"name": "rsi_filter", "summary": "s", "rule": "r", "path": "batch",
     "aliases": [{"name": "rsi_mean_reversion", "fixed": [["operation_mode", "reversion"]]}],
     "genes": [
       {"name": "operation_mode", "kind": "categorical", "default": "reversion", "help": "h",
        "range": {"categories": ["reversion", "trend"]}}]},
    {"name": "funding_rate_carry", "summary": "s", "rule": "r", "path": "simulator", "needs": {"funding": true},
     "genes": [
       {"name": "carry_duration", "kind": "integer", "default": "8", "help": "h",
        "range": {"linear": {"min": "1", "max": "168", "step": "1"}}}]}
  ]
}"#;

fn problems(text: &str) -> Vec<LocatedFinding> {
    match read_documents(text) {
        Ok(documents) => documents.iter().flat_map(validate).collect(),
        Err(problems) => problems,
    }
}

fn against_catalogue(text: &str) -> Vec<LocatedFinding> {
    let catalogue = Catalogue::parse(STRATEGIES).expect("a catalogue");
    let documents = read_documents(text).expect("YAML");
    documents.iter().flat_map(|d| validate_with(d, &catalogue)).collect()
}

/// The only problem of the job with one replacement, as (line, column, message, suggestion).
#[track_caller]
fn only(found: Vec<LocatedFinding>) -> (usize, usize, String, String) {
    let [p] = found.as_slice() else { panic!("expected one problem, found {found:#?}") };
    (p.line, p.column, p.message.clone(), p.suggestion.clone().unwrap_or_default())
}

#[track_caller]
fn changed(from: &str, to: &str) -> String {
    assert!(JOB.contains(from), "{from}");
    JOB.replace(from, to)
}

#[test]
fn a_right_manifest_has_no_problem() {
    assert_eq!(problems(JOB), []);
    assert_eq!(problems(POOL), []);
    assert_eq!(against_catalogue(JOB), []);
}

#[test]
fn a_misspelt_field_is_found_with_the_right_one() {
    let (line, column, message, suggestion) = only(problems(&changed("takerFee", "takerFees")));
    assert_eq!((line, column), (13, 5));
    assert_eq!(message, r#"unknown field "spec.execution.takerFees""#);
    assert_eq!(suggestion, r#"did you mean "takerFee"?"#);
}

#[test]
fn a_number_out_of_range_is_refused_in_the_words_of_a_server() {
    let (line, column, message, _) = only(problems(&changed("size: 100", "size: 5")));
    assert_eq!((line, column), (11, 22));
    assert_eq!(
        message,
        "spec.population.size: Invalid value: 5: spec.population.size in body should be greater than or equal to 10"
    );
}

#[test]
fn a_float_is_told_to_be_quoted() {
    let (line, column, message, suggestion) = only(problems(&changed("\"0.0005\"", "0.0005")));
    assert_eq!((line, column), (13, 15));
    assert!(message.starts_with("spec.execution.takerFee: Invalid value: 0.0005"), "{message}");
    assert_eq!(suggestion, "quote it: \"0.0005\"");
}

#[test]
fn a_float_that_was_quoted_as_told_is_taken() {
    for (float, decimal) in [
        ("1e-3", "0.001"),
        ("5.0E-4", "0.0005"),
        (".0005", "0.0005"),
        ("+0.0005", "0.0005"),
        ("0.000_5", "0.0005"),
        ("0.00050", "0.00050"),
    ] {
        let (.., suggestion) = only(problems(&changed("\"0.0005\"", float)));
        assert_eq!(suggestion, format!("quote it: \"{decimal}\""), "{float}");
        assert_eq!(problems(&changed("\"0.0005\"", &format!("\"{decimal}\""))), [], "{float}");
    }
    // What no decimal can hold is not told to be quoted.
    for float in ["1e-20", ".nan", "0.1234567890123"] {
        let (.., suggestion) = only(problems(&changed("\"0.0005\"", float)));
        assert!(!suggestion.contains("quote it"), "{float}: {suggestion}");
    }
}

#[test]
fn words_that_kubectl_reads_as_booleans_are_told_to_be_quoted() {
    let text = changed("{name: fast_period, min: 5, max: 50}", "{name: chikou_confirmation, value: off}");
    let (.., suggestion) = only(problems(&text));
    assert_eq!(suggestion, "quote it: \"off\"");
    let (.., message, suggestion) = only(problems(&changed("dataset: btc", "dataset: yes")));
    assert!(message.contains("must be of type string: \"boolean\""), "{message}");
    assert_eq!(suggestion, "quote it: \"yes\"");
}

#[test]
fn wrong_types_enums_patterns_and_counts_are_found() {
    let text = |path: &str, message: &str| format!("{path}: {message}");
    let cases = [
        (
            "size: 100",
            "size: \"100\"",
            text(
                "spec.population.size",
                "Invalid value: \"string\": spec.population.size in body must be of type integer: \"string\"",
            ),
        ),
        (
            "{size: 100}",
            "{size: 100}\n  searcher: evolution",
            text(
                "spec.searcher",
                "Unsupported value: \"evolution\": supported values: \"Evolution\", \"Random\", \"Grid\", \"Sobol\", \"TPE\", \"CMAES\"",
            ),
        ),
        (
            "1h",
            "1w",
            text(
                "spec.marketData.interval",
                "Invalid value: \"1w\": spec.marketData.interval in body should match '^[1-9][0-9]{0,2}(m|h|d)$'",
            ),
        ),
        (
            "[BTC]",
            "[]",
            text(
                "spec.marketData.symbols",
                "Invalid value: 0: spec.marketData.symbols in body should have at least 1 items",
            ),
        ),
        ("[BTC]", "[BTC, BTC]", text("spec.marketData.symbols[1]", "Duplicate value: \"BTC\"")),
        ("dataset: btc, ", "", text("spec.marketData.dataset", "Required value")),
        (
            "\"0.0005\"",
            "\"-0\"",
            text("spec.execution.takerFee", "Invalid value: \"-0\": minus zero is not a decimal"),
        ),
        (
            "name: btc-hourly",
            "labels: {}",
            "metadata.name: Required value: name or generateName is required".to_owned(),
        ),
    ];
    for (from, to, expected) in cases {
        assert_eq!(only(problems(&changed(from, to))).2, expected);
    }
}

#[test]
fn several_problems_are_all_reported() {
    let text = changed("size: 100", "size: 5").replace("takerFee", "takeFee").replace("1h", "1x");
    assert_eq!(problems(&text).len(), 3);
}

#[test]
fn rules_are_checked_after_the_structure_with_defaults_filled_in() {
    let (line, _, message, _) = only(problems(&changed("min: 5, max: 50", "min: 5, max: 4")));
    assert_eq!(line, 10);
    assert_eq!(
        message,
        "spec.strategies[0].genes[0]: Invalid value: \"object\": min must be less than max; to fix a gene, set value"
    );
    let (.., message, _) = only(problems(&changed("takerFee: \"0.0005\"", "leverage: 20")));
    assert!(message.contains("explicit liquidation block"), "{message}");
    let (line, .., message, _) = only(problems(&changed("name: btc-hourly", "name: BTC")));
    assert!(message.contains("at most 40 characters"), "{message}");
    assert_eq!(line, 4);
}

#[test]
fn kinds_and_versions_of_ours_that_do_not_exist_are_found() {
    let (line, _, message, suggestion) =
        only(problems(&changed("kind: EvolutionJob", "kind: EvolutionJobs")));
    assert_eq!((line, suggestion.as_str()), (2, "did you mean \"EvolutionJob\"?"));
    assert_eq!(message, "no matches for kind \"EvolutionJobs\" in version \"galapagos.dev/v1alpha1\"");
    let (.., suggestion) = only(problems(&changed("v1alpha1", "v1")));
    assert_eq!(suggestion, "use galapagos.dev/v1alpha1");
    assert_eq!(only(problems("a: 1")).2, "Object 'apiVersion' is missing");
    assert_eq!(only(problems("[1]")).2, "the document is not an object");
}

#[test]
fn kinds_of_others_are_named_but_not_judged() {
    let documents = read_documents("apiVersion: v1\nkind: ConfigMap\nwhatever: 1\n").expect("YAML");
    assert_eq!(documents[0].kind, Kind::Other("v1 ConfigMap".into()));
    assert_eq!(validate(&documents[0]), []);
}

#[test]
fn a_key_given_twice_is_an_error_as_in_kubectl() {
    let (line, _, message, _) = only(problems(&changed("    takerFee", "    takerFee: 0\n    takerFee")));
    assert_eq!((line, message.as_str()), (14, "key \"takerFee\" already set in map"));
}

#[test]
fn broken_yaml_is_reported_where_it_breaks() {
    let (line, .., message, _) = only(problems(&changed("[BTC]", "[BTC")));
    assert!(line >= 6 && message.starts_with("not YAML: "), "{line} {message}");
}

#[test]
fn anchors_and_merges_mean_what_they_mean_to_kubectl() {
    let text = changed(
        "{name: fast_period, min: 5, max: 50}",
        "&g {name: fast_period, min: 5, max: 50}\n    - {<<: *g, name: slow_period}",
    );
    let (job, _) = load_job(&text, None).expect("a job");
    let genes = &job.spec.strategies[0].genes;
    assert_eq!((genes[1].name.as_str(), genes[1].min), ("slow_period", Some(Decimal::new(5, 0))));
}

#[test]
fn aliases_cannot_blow_up() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..9 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        text += &format!("a{i}: &a{i} [{aliases}]\n");
    }
    assert!(only(problems(&text)).2.contains("more than 200000 values"));
}

#[test]
fn strategies_and_genes_are_checked_against_the_catalogue() {
    let cases = [
        (
            "ema_crossover",
            "ema_crosover",
            "unknown strategy \"ema_crosover\"",
            "did you mean \"ema_crossover\"?",
        ),
        ("fast_period", "fast_perod", "has no gene \"fast_perod\"", "did you mean \"fast_period\"?"),
        ("max: 50", "max: 501", "501 is outside the bounds 1 to 500", "the nearest is 500"),
        ("max: 50", "max: \"50.5\"", "50.5 is not a whole number", ""),
        (
            "fast_period, min: 5, max: 50",
            "slow_period, value: 5",
            "fast_period must be less than slow_period",
            "lower min of fast_period or raise max of slow_period",
        ),
        (
            "fast_period, min: 5, max: 50",
            "fast_period, values: [5, 4]",
            "4 comes after 5",
            "list numbers in rising order",
        ),
        (
            "fast_period, min: 5, max: 50",
            "fast_period, values: [5, 5]",
            "5 is listed twice",
            "keep one of them",
        ),
        (
            "fast_period, min: 5, max: 50",
            "fast_period, value: slow",
            "is a number, not \"slow\"",
            "write for example 12",
        ),
        (
            "fast_period, min: 5, max: 50",
            "trend_filter, min: 0, max: \"0.1\"",
            "has no step of its own",
            "set step, or scale: Log and steps",
        ),
        (
            "fast_period, min: 5, max: 50",
            "trend_filter, value: \"0.0000001\"",
            "not a multiple of 0.000001",
            "the nearest is 0",
        ),
        (
            "fast_period, min: 5, max: 50",
            "trend_filter, scale: Log, steps: 100, min: \"0.000001\", max: \"0.001\"",
            "with 100 steps two neighbouring values round to the same multiple of 0.000001",
            "use fewer steps or a higher min",
        ),
        (
            "population: {size: 100}",
            "population: {size: 100}\n  limits: [{metric: trade, atLeast: 1}]",
            "unknown metric \"trade\"",
            "did you mean \"trades\"?",
        ),
    ];
    for (from, to, message, suggestion) in cases {
        let (.., found, hint) = only(against_catalogue(&changed(from, to)));
        assert!(found.contains(message), "{found}");
        assert_eq!(hint, suggestion, "{found}");
    }
}

#[test]
fn what_the_check_finds_is_said_in_its_words_at_its_line() {
    for (from, to) in [
        ("ema_crossover", "ema_crosover"),
        ("min: 5", "min: 0"),
        ("fast_period, min: 5, max: 50", "fast_period, values: [5, 4]"),
        ("takerFee: \"0.0005\"", "funding: {constant: {rate: \"0.0000000001\", intervalHours: 8}}"),
    ] {
        let text = changed(from, to);
        let documents = read_documents(&text).expect("YAML");
        let job = serde_json::from_value(documents[0].defaulted()).expect("a job");
        let found = galapagos_manifest::check(&job, Catalogue::embedded()).remove(0);
        let [said] = problems(&text).try_into().expect("one problem");
        assert_eq!(said.message, format!("{}: Invalid value: {}", found.path, found.text));
        assert_eq!((said.path, said.suggestion), (found.path, found.advice));
        let line = text.lines().position(|l| l.contains(to)).expect("the line");
        assert_eq!(said.line, line + 1);
    }
}

#[test]
fn aliases_of_strategies_and_genes_are_known() {
    assert_eq!(against_catalogue(&changed("fast_period", "fast_ema_period")), []);
    let genes = "- name: ema_crossover\n    genes:\n    - {name: fast_period, min: 5, max: 50}";
    assert_eq!(against_catalogue(&changed(genes, "- name: rsi_mean_reversion")), []);
    let fixed = "- name: rsi_mean_reversion\n    genes: [{name: operation_mode, value: trend}]";
    assert!(only(against_catalogue(&changed(genes, fixed))).2.contains("fixed"));
    let wrong = "- name: rsi_filter\n    genes: [{name: operation_mode, value: trent}]";
    assert_eq!(only(against_catalogue(&changed(genes, wrong))).3, "did you mean \"trend\"?");
    let funding = "- name: funding_rate_carry";
    assert!(only(against_catalogue(&changed(genes, funding))).2.contains("needs funding"));
}

#[test]
fn a_file_with_a_pool_and_a_job_is_loaded_whole_with_defaults() {
    let (job, pool) = load_job(&format!("{POOL}---\n{JOB}"), None).expect("both");
    assert_eq!(
        (job.spec.generations, job.spec.stop.patience, job.spec.worker_pool_name.as_str()),
        (50, 10, "default")
    );
    assert_eq!(job.spec.execution.taker_fee.to_string(), "0.0005");
    assert_eq!(pool.expect("the pool").spec.max_workers, 10);
    let (_, pool) =
        load_job(&format!("{}---\n{JOB}", POOL.replace("default", "other")), None).expect("a job");
    assert!(pool.is_none());
}

#[test]
fn several_jobs_need_a_name() {
    let two = format!("{JOB}---\n{}", JOB.replace("btc-hourly", "second"));
    let found = load_job(&two, None).expect_err("two jobs");
    assert_eq!(found[0].document, 1);
    assert!(found[0].message.contains("btc-hourly, second"), "{}", found[0]);
    let (job, _) = load_job(&two, Some("second")).expect("named");
    assert_eq!(job.metadata.name.as_deref(), Some("second"));
    assert!(load_job(&two, Some("third")).is_err());
    assert!(load_job(POOL, None).expect_err("no job")[0].message.contains("no EvolutionJob"));
    assert!(load_job("", None).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_it_panic(text in "(?s).{0,200}") {
        let _ = load_job(&text, None);
    }

    #[test]
    fn no_damaged_manifest_makes_it_panic(at in 0..JOB.len(), insert in "[-:{}\\[\\]&*!|>'\"%@`,?#\n ~0-9a-z.]{0,6}", cut in 0..30_usize) {
        let end = (at + cut).min(JOB.len());
        let _ = load_job(&format!("{}{insert}{}", &JOB[..at], &JOB[end..]), None);
    }

    #[test]
    fn a_job_that_loads_is_a_job_that_passes(size in 0_u32..20_000, share in "[0-9]{1,2}([.][0-9]{1,3})?") {
        let text = JOB.replace("size: 100", &format!("size: {size}")).replace("0.0005", &share);
        prop_assert_eq!(load_job(&text, None).is_ok(), problems(&text).is_empty());
    }
}
