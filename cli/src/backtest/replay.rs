//! Replay of a stored result: the same bits, or an error.

use crate::backtest::arguments::Arguments;
use crate::backtest::write::{AccountReport, Part, files};
use crate::champion;
use crate::exit::{Blame, CommandError, CommandResult};
use crate::opened::{Opened, decoded, ranked};
use crate::output::Output;
use crate::terminal;
use galapagos_run::engine::backtest::BacktestResult;
use galapagos_run::engine::prepared::Prepared;
use galapagos_run::job::problem::{DataPart as Held, Decoded, Problem};
use galapagos_run::results::document::{AccountResult, Champion, ResultDocument};
use serde_json::{Map, Value, json};

/// Replays `PATH[#RANK]` and compares every metric and both sums, training and holdout, bit by bit.
pub fn execute(result: &str, arguments: &Arguments) -> CommandResult {
    let (opened, rank) = Opened::named(result, &arguments.data_dir.data_dir)?;
    let (document, champion) = (&opened.document, ranked(&opened.document, rank)?);
    let problem = opened.problem()?;
    let held = problem.holdout().invalid()?;
    let replay = Replay::new(&problem, held.as_ref(), champion)?;
    let fitness = &problem.job().fitness;
    let account = |report: &BacktestResult| AccountResult::of_job(&report.evaluation, fitness);
    let training = differences("train", &account(&replay.training), &champion.training);
    let holdout = match (replay.holdout.as_ref().map(account), &champion.holdout) {
        (Some(now), Some(then)) => differences("holdout", &now, then),
        (None, None) => Vec::new(),
        _ => vec!["holdout: there is one on one side only".to_owned()],
    };
    let differs = training.into_iter().chain(holdout);
    let differs: Vec<String> = differs.collect();
    if !differs.is_empty() {
        return Err(CommandError::Internal(anyhow::anyhow!(
            "the replay differs:\n  {}",
            differs.join("\n  ")
        )));
    }
    files(arguments, &replay.account_report(&problem, held.as_ref()))?;
    match arguments.output {
        Output::Json => terminal::print_json(&to_json(document, champion)),
        Output::Table => terminal::print(&to_text(document, champion)),
    }
}

/// A champion's accounts, made anew.
struct Replay<'a> {
    decoded: Decoded<'a>,
    training: BacktestResult,
    holdout: Option<BacktestResult>,
}

impl<'a> Replay<'a> {
    fn new(problem: &Problem<'a>, held: Option<&Held<'_>>, champion: &Champion) -> CommandResult<Replay<'a>> {
        let (_, decoded) = decoded(problem, champion)?;
        let training = problem.report(problem.training(), &decoded);
        let holdout = held.map(|part| problem.report(part, &decoded));
        Ok(Replay { decoded, training, holdout })
    }

    /// What `--trades` and `--bars` are written from.
    fn account_report<'s>(
        &'s self,
        problem: &'s Problem<'_>,
        held: Option<&'s Held<'_>>,
    ) -> AccountReport<'s> {
        let exec = &problem.job().execution;
        let begin = problem.warm_ups().iter().map(|w| w.history).collect();
        let holdout = held.zip(self.holdout.as_ref());
        let training = self.part("training", problem, problem.training(), begin, &self.training);
        let starts = &problem.split().training_rows;
        let holdout =
            holdout.map(|(held, report)| self.part("holdout", problem, held, starts.clone(), report));
        AccountReport {
            strategy: self.decoded.species.strategy(),
            genome: &self.decoded.genome,
            bars_per_year: exec.bars_per_year,
            others: problem.others().to_vec(),
            parts: std::iter::once(training).chain(holdout).collect(),
        }
    }

    fn part<'s>(
        &self,
        name: &'static str,
        problem: &Problem<'_>,
        part: &'s Held<'_>,
        from: Vec<usize>,
        report: &'s BacktestResult,
    ) -> Part<'s> {
        let exec = &problem.job().execution;
        let bars = part.symbols().iter().map(Prepared::bars).collect();
        let rows = part.rows_of(exec, problem.others(), &self.decoded);
        Part { name: Some(name), bars, from, rows, report }
    }
}

/// Every value whose bits are not the stored ones.
fn differences(part: &str, now: &AccountResult, then: &AccountResult) -> Vec<String> {
    let mut found = Vec::new();
    for (name, stored) in &then.metrics {
        let value = now.metrics.get(name).copied().flatten();
        if value.map(f64::to_bits) != stored.map(f64::to_bits) {
            found.push(format!("{part} {name}: stored {stored:?}, now {value:?}"));
        }
    }
    if now.sums != then.sums {
        found.push(format!("{part} sums: stored {:?}, now {:?}", then.sums, now.sums));
    }
    if (now.reason.as_ref(), now.open_position) != (then.reason.as_ref(), then.open_position) {
        found.push(format!("{part}: reason or open position differ"));
    }
    found
}

/// The document of `backtest` over the training window; `holdout` and `replays_exactly` besides.
fn to_json(document: &ResultDocument, champion: &Champion) -> Value {
    let symbols = &document.data.symbols;
    let genome: Map<String, Value> =
        champion.genome.iter().map(|(name, value)| (name.clone(), json!(value.to_string()))).collect();
    json!({
        "strategy": champion.strategy,
        "genome": genome,
        "dataset": {
            "name": document.data.dataset,
            "digest": document.dataset_digest,
            "bars": symbols.iter().map(|s| s.rows).sum::<u64>(),
            "from": symbols.iter().map(|s| &s.from).min(),
            "to": symbols.iter().map(|s| &s.to).max(),
        },
        "warm_up_bars": symbols.iter().map(|s| s.warm_up).max(),
        "open_position": champion.training.open_position,
        "optimistic": document.optimistic,
        "reason": champion.training.reason,
        "metrics": champion.training.metrics,
        "sums": champion.training.sums,
        "holdout": champion.holdout,
        "replays_exactly": true,
    })
}

fn to_text(document: &ResultDocument, champion: &Champion) -> String {
    let mut columns = vec![("train", Some(&champion.training))];
    columns.extend(champion.holdout.as_ref().map(|h| ("holdout", Some(h))));
    let symbols = champion::symbols(champion);
    format!(
        "{}  {}\n{} {}\n\n{}{}{symbols}\nReplays exactly: every stored metric and sum has the same bits.\n",
        champion.strategy,
        champion::genes(champion),
        document.data.dataset,
        document.dataset_digest,
        champion::accounts(&champion.objective, &columns),
        if symbols.is_empty() { "" } else { "\n" },
    )
}
