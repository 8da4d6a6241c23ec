//! `galapagos lookahead`: does a decision change when the future is taken away?

use crate::data_dir::DataDir;
use crate::exit::{Blame, CommandError, CommandResult};
use crate::opened::{Opened, decoded, parse, read};
use crate::output::Output;
use crate::run_failure::blame_market;
use crate::table::table;
use crate::{manifest, terminal};
use galapagos_run::engine::funding::FundingError;
use galapagos_run::job::market::Market;
use galapagos_run::job::problem::{Decoded, Problem};
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::validate::lookahead::{By, Difference, LookAhead, look_ahead};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Take the future away and see whether a decision changes
///
/// The training rows are cut at up to 18 bars of each symbol. At each of them two back-tests are compared with the one
/// over all rows: one that ends there, and one whose rows go mad after it. Whatever was decided and owned before must
/// have the same bits. Of a result the best of each strategy is tried, of a manifest the default genome.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos lookahead results/galapagos/runs/local/my-job/5f3a.../result/result.json
  galapagos lookahead results/galapagos/runs/local/my-job/5f3a.../result/result.json#2 -o json
  galapagos lookahead job.yaml --data-dir data

Exit codes: 0 nothing changes, 2 invalid input, 3 a decision changes.")]
pub struct Arguments {
    /// result.json of a run, with #RANK for one of its champions alone; or a manifest
    #[arg(value_name = "RESULT[#RANK]|FILE")]
    pub input: String,
    /// Name of the job, if a manifest has several
    #[arg(long, value_name = "NAME")]
    pub job: Option<String>,
    /// Threads that evaluate; absent: all cores
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub slots: Option<u16>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub data_dir: DataDir,
    /// How to print the result
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// A strategy and what its cuts have shown.
struct Tried {
    strategy: String,
    genome: BTreeMap<String, String>,
    found: LookAhead,
}

/// Runs `galapagos lookahead`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let tried = if is_manifest(&arguments.input) { of_manifest(&arguments) } else { of_result(&arguments) }?;
    match arguments.output {
        Output::Json => terminal::print_json(&to_json(&tried)?)?,
        Output::Table => terminal::print(&to_text(&tried))?,
    }
    verdict(&tried)
}

fn verdict(tried: &[Tried]) -> CommandResult {
    let failed = tried.iter().filter(|t| !t.found.passed).count();
    if failed == 0 {
        return Ok(());
    }
    let many = if failed == 1 { "1 strategy knows".to_owned() } else { format!("{failed} strategies know") };
    Err(CommandError::GatesFailed(format!("{many} what comes after the bar at which it decides")))
}

fn is_manifest(input: &str) -> bool {
    let yaml = |e: &std::ffi::OsStr| e.eq_ignore_ascii_case("yaml") || e.eq_ignore_ascii_case("yml");
    input == "-" || Path::new(input).extension().is_some_and(yaml)
}

fn slots(arguments: &Arguments) -> usize {
    arguments.slots.map_or_else(galapagos_worker::import::source::cores, usize::from)
}

fn of_result(arguments: &Arguments) -> CommandResult<Vec<Tried>> {
    if let Some(job) = &arguments.job {
        return Err(CommandError::invalid(format!("--job {job}: a result has one job")));
    }
    let (path, rank) = parse(&arguments.input)?;
    let (document, one) = (read(&path)?, arguments.input.contains('#'));
    let ranks = if one { rank..=rank } else { 1..=document.species.len() };
    let opened = Opened::new(path, document, &arguments.data_dir.data_dir)?;
    let problem = opened.problem()?;
    ranks
        .map(|rank| {
            let champion = crate::opened::ranked(&opened.document, rank)?;
            let (_, decoded) = decoded(&problem, champion)?;
            tried(&problem, &decoded, slots(arguments))
        })
        .collect()
}

fn of_manifest(arguments: &Arguments) -> CommandResult<Vec<Tried>> {
    let (file, name) = (PathBuf::from(&arguments.input), arguments.job.as_deref());
    let (job, _) = manifest::load(&file, name, &[])?;
    let market = Market::of_job(&arguments.data_dir.data_dir, &job.spec).map_err(blame_market)?;
    let job = ResolvedJob::new(&job, &market.facts()).map_err(|e| manifest::blame(&file, name, &[], e))?;
    let problem = Problem::new(&job, market.bars(), market.others(&job.others)).invalid()?;
    let species = job.species.iter().enumerate().map(|(at, species)| {
        let indices = species.indices("genome", &BTreeMap::new()).invalid()?;
        let decoded = problem.decode(at, &indices);
        let decoded = decoded.ok_or_else(|| CommandError::invalid("the default genome is on no grid"))?;
        tried(&problem, &decoded, slots(arguments))
    });
    species.collect()
}

fn tried(problem: &Problem<'_>, decoded: &Decoded<'_>, slots: usize) -> CommandResult<Tried> {
    let found: Result<LookAhead, FundingError> = look_ahead(problem, decoded, slots);
    let genome = decoded.named().into_iter().map(|(name, value)| (name, value.to_string())).collect();
    Ok(Tried { strategy: decoded.species.name().to_owned(), genome, found: found.invalid()? })
}

fn to_json(tried: &[Tried]) -> CommandResult<Value> {
    let one = |t: &Tried| -> CommandResult<Value> {
        let found = serde_json::to_value(&t.found).internal()?;
        Ok(json!({"strategy": t.strategy, "genome": t.genome, "look_ahead": found}))
    };
    let all = tried.iter().map(one).collect::<CommandResult<Vec<_>>>()?;
    Ok(json!({"passed": tried.iter().all(|t| t.found.passed), "strategies": all}))
}

fn to_text(tried: &[Tried]) -> String {
    let rows = tried.iter().map(|t| {
        let state = if t.found.passed { "nothing changes" } else { "looks ahead" };
        let genes: Vec<String> = t.genome.iter().map(|(name, value)| format!("{name} {value}")).collect();
        vec![t.strategy.clone(), t.found.cuts.to_string(), state.to_owned(), genes.join("  ")]
    });
    let mut text = table(&["strategy", "cuts", "without the future", "genes"], rows.collect(), &["cuts"]);
    for t in tried {
        if let Some(difference) = &t.found.difference {
            text.push_str(&format!("\n{}: {}\n", t.strategy, sentence(difference)));
        }
    }
    text
}

fn sentence(d: &Difference) -> String {
    let how = match d.by {
        By::Truncation => "taken away",
        By::Poison => "replaced",
    };
    let value = |value: Option<f64>| value.map_or("none".to_owned(), |v| v.to_string());
    format!(
        "with everything after {} {how}, the {} of {} at the close of {} (row {}) is {}; with all rows it is {}",
        d.after,
        d.what.name(),
        d.symbol,
        d.time,
        d.row,
        value(d.cut),
        value(d.full)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::GATES_FAILED;
    use galapagos_run::validate::lookahead::What;

    #[test]
    fn a_decision_that_changes_is_named_and_ends_with_the_code_of_failed_gates() {
        let difference = Difference {
            symbol: "AAPL".to_owned(),
            row: 120,
            time: "2020-03-02T00:00:00Z".to_owned(),
            what: What::Target,
            full: Some(1.0),
            cut: None,
            by: By::Truncation,
            after: "2020-03-05T00:00:00Z".to_owned(),
        };
        let of = |difference: Option<Difference>| Tried {
            strategy: "mine".to_owned(),
            genome: BTreeMap::new(),
            found: LookAhead { cuts: 18, passed: difference.is_none(), difference },
        };
        assert!(verdict(&[of(None)]).is_ok());
        let tried = [of(None), of(Some(difference))];
        assert_eq!(verdict(&tried).unwrap_err().code(), GATES_FAILED);
        let text = to_text(&tried);
        let says = "with everything after 2020-03-05T00:00:00Z taken away, the target of AAPL at the close of \
                    2020-03-02T00:00:00Z (row 120) is none; with all rows it is 1";
        assert!(text.contains(says) && text.contains("looks ahead"), "{text}");
        let json = to_json(&tried).unwrap();
        assert_eq!(json["passed"], json!(false));
        assert_eq!(json["strategies"][1]["look_ahead"]["difference"]["what"], json!("target"));
    }
}
