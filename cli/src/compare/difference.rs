//! What two individuals of results have otherwise.

use super::arguments::Arguments;
use crate::champion::metric;
use crate::exit::{Blame, CommandResult};
use crate::opened::{Opened, decoded, ranked};
use galapagos_run::engine::portfolio::Total;
use galapagos_run::results::document::{AccountResult, Champion, ResultDocument};
use galapagos_run::results::validation::windows::WindowResult;
use galapagos_run::validate::paired::{Paired, Samples, common, paired};
use serde_json::{Map, Value, json};

/// Both values of something that differs.
pub type Pair = (Value, Value);

/// Two individuals side by side.
pub struct Comparison {
    /// What they are: result, strategy and genes.
    pub sides: [Side; 2],
    /// Dataset, engine, job, genes and windows that are not the same, by name.
    pub differs: Vec<(String, Pair)>,
    /// Fields of the resolved inputs that are not the same, by path.
    pub inputs: Vec<(String, Pair)>,
    /// Metrics of each part that are not the same: the part, the metric, both values.
    pub metrics: Vec<(&'static str, String, Pair)>,
    /// The returns of each part.
    pub returns: Vec<Returns>,
}

/// An individual of a result.
pub struct Side {
    /// As it was named.
    pub name: String,
    /// Name of the strategy.
    pub strategy: String,
    /// Its genes, as a manifest writes them.
    pub genome: Map<String, Value>,
}

/// The returns of one part on common bars.
pub struct Returns {
    /// `training` or `holdout`.
    pub part: &'static str,
    /// First and last common stamp.
    pub span: Option<(i64, i64)>,
    /// The comparison, or why there is none.
    pub paired: Result<Paired, String>,
}

/// Compares the champions of these ranks.
pub fn compare(
    arguments: &Arguments,
    (a, rank_a): (&Opened, usize),
    (b, rank_b): (&Opened, usize),
) -> CommandResult<Comparison> {
    let (one, other) = (ranked(&a.document, rank_a)?, ranked(&b.document, rank_b)?);
    let side = |name: &str, champion: &Champion| Side {
        name: name.to_owned(),
        strategy: champion.strategy.clone(),
        genome: champion
            .genome
            .iter()
            .map(|(gene, value)| (gene.clone(), json!(value.to_string())))
            .collect(),
    };
    let sides = [side(&arguments.a, one), side(&arguments.b, other)];
    let mut differs = Vec::new();
    let facts = |opened: &Opened, champion: &Champion| {
        let (document, objective) = (&opened.document, &champion.objective);
        json!({
            "strategy": champion.strategy,
            "dataset": document.data.dataset,
            "dataset digest": document.dataset_digest,
            "inputs digest": document.inputs_digest,
            "result digest": document.result_digest,
            "generations": document.generations.len(),
            "objective": objective,
            "class": champion.class,
            "holdout from": document.data.holdout_from,
            "holdout stamps": document.data.holdout_stamps,
            "bars a year": document.data.bars_per_year,
            "walk-forward": windows(document),
            "symbols": document.data.symbols.iter().map(|s| (s.symbol.clone(), json!({
                "from": s.from, "to": s.to, "rows": s.rows, "warm up": s.warm_up, "training rows": s.training_rows,
            }))).collect::<Map<String, Value>>(),
        })
    };
    walk("", &facts(a, one), &facts(b, other), &mut differs);
    let genes = |side: &Side| json!({"genes": side.genome});
    walk("", &genes(&sides[0]), &genes(&sides[1]), &mut differs);
    let mut inputs = Vec::new();
    let (own, theirs) =
        (serde_json::to_value(&a.job.inputs).internal()?, serde_json::to_value(&b.job.inputs).internal()?);
    walk("", &own, &theirs, &mut inputs);
    let mut metrics = Vec::new();
    let parts = [
        ("training", Some(&one.training), Some(&other.training)),
        ("holdout", one.holdout.as_ref(), other.holdout.as_ref()),
    ];
    for (part, x, y) in parts {
        metrics.extend(metrics_of(x, y).into_iter().map(|(name, pair)| (part, name, pair)));
    }
    Ok(Comparison { sides, differs, inputs, metrics, returns: returns(arguments, (a, one), (b, other))? })
}

/// What each window of walk-forward found and made of its test, by number; nothing without one.
fn windows(document: &ResultDocument) -> Map<String, Value> {
    let walk = document.validation.as_ref().and_then(|v| v.walk_forward.as_ref());
    let window = |w: &WindowResult| {
        let test = w.test.account.as_ref();
        let genes = w.genome.iter().flatten().map(|(gene, value)| (gene.clone(), json!(value.to_string())));
        let said = json!({
            "test": format!("{} .. {}", w.test.rows.from, w.test.rows.to),
            "strategy": w.strategy,
            "genes": genes.collect::<Map<String, Value>>(),
            "sharpe": metric(test, "sharpe"),
            "total_return": metric(test, "total_return"),
        });
        (w.index.to_string(), said)
    };
    walk.iter().flat_map(|walk| &walk.windows).map(window).collect()
}

/// The values below two JSON values that are not the same, with their paths.
fn walk(path: &str, a: &Value, b: &Value, out: &mut Vec<(String, Pair)>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (a, b) {
        _ if a == b => {}
        (Value::Object(x), Value::Object(y)) => {
            let mut keys: Vec<&String> = x.keys().chain(y.keys().filter(|k| !x.contains_key(*k))).collect();
            keys.sort();
            for key in keys {
                let of = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                walk(&below(key), &of(x), &of(y), out);
            }
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            for (i, (x, y)) in x.iter().zip(y).enumerate() {
                walk(&format!("{path}[{i}]"), x, y, out);
            }
        }
        _ => out.push((path.to_owned(), (a.clone(), b.clone()))),
    }
}

fn metrics_of(a: Option<&AccountResult>, b: Option<&AccountResult>) -> Vec<(String, Pair)> {
    let metrics = |account: Option<&AccountResult>| account.map(|a| a.metrics.clone()).unwrap_or_default();
    let (a, b) = (metrics(a), metrics(b));
    let names = galapagos_run::engine::evaluation::Metric::ALL.into_iter().map(|m| m.name());
    let both = names.map(|name| (name, a.get(name).copied().flatten(), b.get(name).copied().flatten()));
    let different = both.filter(|(_, x, y)| x != y);
    different.map(|(name, x, y)| (name.to_owned(), (json!(x), json!(y)))).collect()
}

/// The returns of training and holdout, each on the bars that are such in both results.
fn returns(
    arguments: &Arguments,
    a: (&Opened, &Champion),
    b: (&Opened, &Champion),
) -> CommandResult<Vec<Returns>> {
    let (a_parts, b_parts) = (totals(a.0, a.1)?, totals(b.0, b.1)?);
    let exec = &a.0.job.execution;
    let riskless = exec.risk_free_rate / exec.bars_per_year;
    let slots = arguments.slots.map_or_else(galapagos_worker::import::source::cores, usize::from);
    let samples = Samples { count: arguments.samples, seed: a.0.job.config.seed, slots };
    let calendars = (exec.bars_per_year, b.0.job.execution.bars_per_year);
    let parts = ["training", "holdout"].into_iter().zip(a_parts).zip(b_parts);
    let compared = parts.filter_map(|((part, x), y)| {
        let (x, y) = match (x, y) {
            (None, None) => return None,
            (Some(x), Some(y)) => (x, y),
            _ => {
                let text = "only one of them has a holdout".to_owned();
                return Some(Returns { part, span: None, paired: Err(text) });
            }
        };
        let (times, first, second) = common((&x.time_ms, &x.returns), (&y.time_ms, &y.returns));
        let span = times.first().copied().zip(times.last().copied());
        let paired = if calendars.0 == calendars.1 {
            paired(&first, &second, exec.bars_per_year, riskless, samples)
                .map_err(|reason| format!("{}: {} common bars", reason.name(), times.len()))
        } else {
            Err(format!("their years have {} and {} bars", calendars.0, calendars.1))
        };
        Some(Returns { part, span, paired })
    });
    Ok(compared.collect())
}

/// The summed accounts of an individual on training and holdout.
fn totals(opened: &Opened, champion: &Champion) -> CommandResult<[Option<Total>; 2]> {
    let problem = opened.problem()?;
    let (_, individual) = decoded(&problem, champion)?;
    let holdout = problem.holdout().invalid()?;
    let of = |part| problem.report(part, &individual).total;
    Ok([Some(of(problem.training())), holdout.as_ref().map(of)])
}
