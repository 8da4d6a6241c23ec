//! `galapagos functions`: the words of the language in which own strategies are written.

use crate::exit::{Blame, CommandError, CommandResult};
use crate::output::Output;
use crate::table::table;
use crate::{names, terminal};
use galapagos_run::rules::reference::{FunctionEntry, TermEntry, functions, terms};
use serde_json::json;

/// List the functions and terms of the language of rules, or show one: arguments, columns, unit, warm-up
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos functions
  galapagos functions macd
  galapagos functions bars_in_trade
  galapagos functions -o json | jq -r '.functions[].signature'")]
pub struct Arguments {
    /// Name of a function or term
    pub name: Option<String>,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// Runs `galapagos functions`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let (functions, terms) = (functions(), terms());
    let Some(name) = arguments.name else {
        return match arguments.output {
            Output::Table => terminal::print(&list(&functions, &terms)),
            Output::Json => terminal::print_json(&json!({"functions": functions, "terms": terms})),
        };
    };
    let (text, value) = if let Some(f) = functions.iter().find(|f| f.name == name) {
        (show_function(f), serde_json::to_value(f).internal()?)
    } else if let Some(term) = terms.iter().find(|term| term.name == name) {
        (show_term(term), serde_json::to_value(term).internal()?)
    } else {
        let all = functions.iter().map(|f| f.name).chain(terms.iter().map(|term| term.name));
        return Err(CommandError::invalid(names::unknown("function or term", &name, all)));
    };
    match arguments.output {
        Output::Table => terminal::print(&text),
        Output::Json => terminal::print_json(&value),
    }
}

fn list(functions: &[FunctionEntry], terms: &[TermEntry]) -> String {
    let row = |f: &FunctionEntry| {
        let fields: Vec<String> =
            f.outputs.iter().filter(|o| !o.field.is_empty()).map(|o| format!(".{}", o.field)).collect();
        vec![f.signature.clone(), fields.join(" "), f.meaning.to_owned()]
    };
    let mut text = table(&["function", "columns", "meaning"], functions.iter().map(row).collect(), &[]);
    let row = |term: &TermEntry| vec![term.name.to_owned(), term.known.to_owned(), term.meaning.to_owned()];
    text.push('\n');
    text.push_str(&table(&["term", "may stand", "meaning"], terms.iter().map(row).collect(), &[]));
    text.push_str("\nShow one with its arguments, unit and warm-up: galapagos functions NAME\n");
    text
}

fn show_function(f: &FunctionEntry) -> String {
    let mut text = format!("{}: {}\n", f.signature, f.meaning);
    if f.needs_volume {
        text.push_str("Needs    volume\n");
    }
    if let Some(units) = f.units {
        text.push_str(&format!("Takes    {units}\n"));
    }
    if !f.parameters.is_empty() {
        let rows = f.parameters.iter().map(|p| vec![p.name.to_owned(), p.accepts.clone()]).collect();
        text.push('\n');
        text.push_str(&table(&["argument", "is"], rows, &[]));
    }
    let row = |o: &galapagos_run::rules::reference::OutputEntry| {
        let dot = if o.field.is_empty() { "" } else { "." };
        vec![
            format!("{}{dot}{}", f.signature, o.field),
            o.gives.clone(),
            o.first_row.clone(),
            o.warm_up.clone(),
        ]
    };
    text.push('\n');
    text.push_str(&table(
        &["column", "gives", "first row", "warm-up"],
        f.outputs.iter().map(row).collect(),
        &[],
    ));
    text
}

fn show_term(term: &TermEntry) -> String {
    format!("{}: {}\nGives    {}\nStands   {}\n", term.name, term.meaning, term.gives, term.known)
}
