//! `kubectl galapagos best`: the best individual of a job.

use super::Printed;
use crate::cluster::kubectl::Access;
use crate::exit::{CommandError, CommandResult};
use crate::output::Output;
use crate::table::{number, table};
use crate::terminal;
use galapagos_crds::EvolutionJob;
use galapagos_crds::status::Best;
use serde_json::json;

/// Show the best individual of a job: strategy, genes, metrics on training and holdout
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos best btc
  kubectl galapagos best btc -o json | jq .genome")]
pub struct Arguments {
    /// The job
    #[arg(value_name = "JOB")]
    pub job: String,
    /// How to print it.
    #[command(flatten)]
    pub(super) printed: Printed,
}

/// Runs it.
pub fn execute(access: &Access, arguments: &Arguments) -> CommandResult {
    let job: EvolutionJob = access.json(&["get", "evojob", &arguments.job])?;
    let Some(best) = job.status.and_then(|s| s.best) else {
        let text = format!("{}: no individual has been feasible so far", arguments.job);
        return Err(CommandError::NoneFeasible(text));
    };
    match arguments.printed.output {
        Output::Json => terminal::print_json(&json!(best)),
        Output::Table => terminal::print(&text(&best)),
    }
}

fn text(best: &Best) -> String {
    let genes = best.genome.iter().map(|(name, value)| vec![name.clone(), value.to_string()]).collect();
    let fitness = number(best.fitness, 4);
    let mut text =
        format!("{}, fitness {fitness}\n\n{}", best.strategy, table(&["gene", "value"], genes, &["value"]));
    let holdout = |name: &str| best.holdout.as_ref().and_then(|h| h.get(name)).copied();
    let rows = best
        .metrics
        .iter()
        .map(|(name, &value)| vec![name.clone(), number(Some(value), 4), number(holdout(name), 4)]);
    text += "\n";
    text += &table(&["metric", "training", "holdout"], rows.collect(), &["training", "holdout"]);
    if best.holdout.is_none() {
        text += "The holdout is looked at once, when the job is complete.\n";
    }
    text
}
