//! An execution block on its own, checked by the same schema and rules as in a manifest.

use crate::exit::{Blame, CommandError, CommandResult};
use crate::validate::{read_documents, validate};
use galapagos_crds::execution::ExecutionSpec;
use serde_json::{Value, json};

/// The block with defaults, or every problem with its field.
pub fn execution(block: Value) -> CommandResult<ExecutionSpec> {
    let job = json!({
        "apiVersion": "galapagos.dev/v1alpha1",
        "kind": "EvolutionJob",
        "metadata": {"name": "backtest"},
        "spec": {
            "marketData": {"dataset": "backtest", "symbols": ["X"], "interval": "1d"},
            "strategies": [{"name": "sma_crossover"}],
            "population": {"size": 10},
            "execution": block,
        },
    });
    // JSON is YAML: the block takes the way of every manifest.
    let documents = read_documents(&job.to_string()).map_err(|problems| refused(&problems))?;
    let problems: Vec<_> = documents.iter().flat_map(validate).collect();
    if !problems.is_empty() {
        return Err(refused(&problems));
    }
    let checked = documents.first().map(|d| d.defaulted()["spec"]["execution"].clone()).unwrap_or_default();
    serde_json::from_value(checked).invalid()
}

fn refused(problems: &[crate::validate::Problem]) -> CommandError {
    let lines: Vec<String> = problems
        .iter()
        .map(|p| {
            let hint = p.suggestion.as_ref().map(|s| format!("; {s}")).unwrap_or_default();
            format!("{}{hint}", p.message.replace("spec.execution", "execution"))
        })
        .collect();
    CommandError::invalid(lines.join("\n  "))
}
