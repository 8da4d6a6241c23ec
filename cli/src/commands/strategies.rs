//! `galapagos strategies`: which strategies there are, their rules and genes.

use crate::exit::{Blame, CommandError, CommandResult};
use crate::output::Output;
use crate::table::table;
use crate::{names, terminal};
use galapagos_crds::catalogue::{
    Catalogue, ConstraintEntry, GeneEntry, GeneKind, PathEntry, RangeEntry, StrategyEntry,
};
use galapagos_run::as_rules::as_rules;

/// List the strategies, or show one: rule, genes, ranges, warm-up, evaluation path
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos strategies
  galapagos strategies ema_crossover
  galapagos strategies ema_crossover --rules > my_cross.yaml
  galapagos strategies -o json | jq -r '.strategies[].name'")]
pub struct Arguments {
    /// Name of a strategy
    pub name: Option<String>,
    /// Print it as rules, to start a strategy of your own from
    #[arg(long, requires = "name", conflicts_with = "output")]
    pub rules: bool,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// Runs `galapagos strategies`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let catalogue = Catalogue::embedded();
    let Some(name) = arguments.name else {
        return match arguments.output {
            Output::Table => terminal::print(&list(catalogue)),
            Output::Json => terminal::print_json(&serde_json::to_value(catalogue).internal()?),
        };
    };
    let all = catalogue.strategies.iter().map(|s| s.name.as_str());
    let named = catalogue
        .strategy(&name)
        .ok_or_else(|| CommandError::invalid(names::unknown("strategy", &name, all)))?;
    if arguments.rules {
        return print_rules(&named.strategy.name);
    }
    match arguments.output {
        Output::Table => terminal::print(&show(catalogue, named.strategy)),
        Output::Json => terminal::print_json(&serde_json::to_value(named.strategy).internal()?),
    }
}

fn print_rules(name: &str) -> CommandResult {
    match as_rules(name) {
        Some(Ok(document)) => terminal::print(document),
        Some(Err(why)) => Err(CommandError::invalid(format!("{name} cannot be said in rules: {why}"))),
        None => Err(CommandError::invalid(format!("{name} has no rules"))),
    }
}

fn list(catalogue: &Catalogue) -> String {
    let rows = catalogue.strategies.iter().map(|s| {
        vec![s.name.clone(), s.genes.len().to_string(), needs(s), path(s.path).to_owned(), s.summary.clone()]
    });
    let mut text = table(&["name", "genes", "needs", "path", "trades"], rows.collect(), &["genes"]);
    text.push_str("\nShow one with its rule and genes: galapagos strategies NAME\n");
    text
}

fn show(catalogue: &Catalogue, strategy: &StrategyEntry) -> String {
    let mut text = format!("{}: {}\n\nRule     {}\n", strategy.name, strategy.summary, strategy.rule);
    for alias in &strategy.aliases {
        let fixed = alias.fixed.iter().map(|(gene, value)| format!("{gene} = {value}")).collect::<Vec<_>>();
        text.push_str(&format!("Alias    {} ({})\n", alias.name, fixed.join(", ")));
    }
    text.push_str(&format!("Needs    {}\nPath     {}\n\n", needs(strategy), path(strategy.path)));
    let header = ["gene", "kind", "range", "default", "meaning"];
    let genes = |list: &[GeneEntry]| list.iter().map(gene_row).collect::<Vec<_>>();
    text.push_str(&table(&header, genes(&strategy.genes), &[]));
    if !strategy.constraints.is_empty() {
        text.push('\n');
        for constraint in &strategy.constraints {
            text.push_str(&format!("Always   {}\n", constraint_text(constraint)));
        }
    }
    if !catalogue.common_genes.is_empty() {
        text.push_str("\nAny strategy may add (off unless named):\n");
        text.push_str(&table(&header, genes(&catalogue.common_genes), &[]));
    }
    text
}

fn gene_row(gene: &GeneEntry) -> Vec<String> {
    let kind = match gene.kind {
        GeneKind::Integer => "integer",
        GeneKind::Real => "real",
        GeneKind::Categorical => "choice",
    };
    let name = match gene.aliases.as_slice() {
        [] => gene.name.clone(),
        aliases => format!("{} (or {})", gene.name, aliases.join(", ")),
    };
    vec![name, kind.to_owned(), range_text(&gene.range), gene.default.to_string(), gene.help.clone()]
}

/// The values of a gene in one line.
pub fn range_text(range: &RangeEntry) -> String {
    match range {
        RangeEntry::Linear { min, max, step } => format!("{min} .. {max} step {step}"),
        RangeEntry::Log { min, max, steps } => format!("{min} .. {max}, {steps} log steps"),
        RangeEntry::Values(values) => values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "),
        RangeEntry::Categories(names) => names.join(" | "),
    }
}

fn constraint_text(constraint: &ConstraintEntry) -> String {
    match constraint {
        ConstraintEntry::Ordered { low, high } => format!("{low} < {high}"),
        ConstraintEntry::Capped { gene, cap, margin, when } => {
            let margin = margin.to_string();
            let less = if margin == "0" { String::new() } else { format!(" - {margin}") };
            let when = when.as_ref().map_or_else(String::new, |(g, v)| format!(", where {g} = {v}"));
            format!("{gene} <= {cap}{less}{when}")
        }
        ConstraintEntry::ActiveWhen { gene, when: (other, value) } => {
            format!("{gene} matters only where {other} = {value}; its default elsewhere")
        }
        ConstraintEntry::ZeroBelow { gene, below } => format!("{gene} is 0 (off) or at least {below}"),
    }
}

fn needs(strategy: &StrategyEntry) -> String {
    let mut needs = vec!["prices"];
    if strategy.needs.volume {
        needs.push("volume");
    }
    if strategy.needs.funding {
        needs.push("funding");
    }
    if strategy.trains {
        needs.push("training");
    }
    needs.join(", ")
}

/// The word for an evaluation path.
fn path(path: PathEntry) -> &'static str {
    match path {
        PathEntry::Batch => "batch",
        PathEntry::Simulator => "simulator",
    }
}
