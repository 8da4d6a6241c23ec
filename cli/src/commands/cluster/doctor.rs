//! `kubectl galapagos doctor`: looks for what is wrong, and says what to do.

use super::Printed;
use crate::cluster::findings::{self, Finding, Level};
use crate::cluster::kubectl::{Access, List};
use crate::exit::{CommandError, CommandResult};
use crate::output::Output;
use crate::table::table;
use crate::terminal;
use galapagos_crds::{EvolutionJob, GROUP, WorkerPool};
use serde_json::{Value, json};

/// Look for what is wrong: server, kinds, operator, your rights, pools, claims, jobs; say what to do
///
/// Nothing is changed. It looks at one namespace, and at operators in all that you may see.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos doctor
  kubectl galapagos doctor -n research -o json

Exit codes: 0 all is well or worth a warning, 2 the cluster cannot be asked, 3 something does not work.")]
pub struct Arguments {
    /// How to print it.
    #[command(flatten)]
    pub(super) printed: Printed,
}

/// The rights that people need, and for what.
const RIGHTS: [(&str, &str, &str); 6] = [
    ("create", "evolutionjobs.galapagos.dev", "start jobs"),
    ("patch", "evolutionjobs.galapagos.dev", "suspend, resume and stop jobs"),
    ("get", "workerpools.galapagos.dev", "find where results lie"),
    ("create", "pods", "copy results"),
    ("create", "pods/exec", "copy results"),
    ("get", "pods/log", "read logs"),
];

/// Runs it.
pub fn execute(access: &Access, arguments: &Arguments) -> CommandResult {
    let found = look(access)?;
    match arguments.printed.output {
        Output::Json => terminal::print_json(&json!(found))?,
        Output::Table => terminal::print(&text(&found))?,
    }
    let errors = found.iter().filter(|f| f.level == Level::Error).count();
    match errors {
        0 => Ok(()),
        1 => Err(CommandError::GatesFailed("1 thing does not work".into())),
        n => Err(CommandError::GatesFailed(format!("{n} things do not work"))),
    }
}

fn look(access: &Access) -> CommandResult<Vec<Finding>> {
    // Who cannot ask for the version can ask for nothing.
    let version: Value = access.json(&["version"])?;
    let mut found = vec![findings::server(&version)];
    for plural in ["evolutionjobs", "workerpools"] {
        let name = format!("{plural}.{GROUP}");
        let definition = access.text(&["get", "crd", &name, "--ignore-not-found", "-o", "json"]);
        found.push(match definition {
            Ok(text) => findings::kind(plural, serde_json::from_str(&text).ok().as_ref()),
            // Definitions lie in no namespace, so not everybody may read them; the lists below tell whether there are any.
            Err(e) => {
                Finding::warning(name, e.message(), "you may not look at definitions: ask an administrator")
            }
        });
    }
    let selector = "app.kubernetes.io/name=galapagos,app.kubernetes.io/component=operator";
    match list(access, &["get", "deployments", "--all-namespaces", "--selector", selector]) {
        Ok(deployments) => found.extend(findings::operators(&deployments, env!("CARGO_PKG_VERSION"))),
        Err(e) => found.push(Finding::warning(
            "operator",
            e.message(),
            "you may not look for it: ask an administrator",
        )),
    }
    for (verb, resource, purpose) in RIGHTS {
        let output = access.output(&["auth", "can-i", verb, resource])?;
        found.push(findings::right(verb, resource, purpose, output.status.success()));
    }
    let namespace = match &access.namespace {
        Some(namespace) => namespace.clone(),
        None => access.text(&["config", "view", "--minify", "-o", "jsonpath={..namespace}"])?,
    };
    let namespace = if namespace.trim().is_empty() { "default" } else { namespace.trim() };
    match access.json::<List<WorkerPool>>(&["get", "wpool"]) {
        Ok(pools) => {
            found.extend(findings::pools(&pools.items, namespace));
            match list(access, &["get", "pvc"]) {
                Ok(claims) => found.extend(findings::claims(&pools.items, &claims)),
                Err(e) => found.push(Finding::warning("claims", e.message(), "")),
            }
        }
        Err(e) => found.push(Finding::error(format!("pools in {namespace}"), e.message(), "")),
    }
    match access.json::<List<EvolutionJob>>(&["get", "evojob"]) {
        Ok(jobs) => found.extend(findings::jobs(&jobs.items)),
        Err(e) => found.push(Finding::error(format!("jobs in {namespace}"), e.message(), "")),
    }
    Ok(found)
}

fn list(access: &Access, arguments: &[&str]) -> CommandResult<Vec<Value>> {
    Ok(access.json::<List<Value>>(arguments)?.items)
}

fn text(found: &[Finding]) -> String {
    let row = |finding: &Finding| {
        let word = match finding.level {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Error => "ERROR",
        };
        vec![word.to_owned(), finding.about.clone(), finding.found.clone()]
    };
    let mut text = table(&["", "looked at", "found"], found.iter().map(row).collect(), &[]);
    for finding in found.iter().filter(|f| f.level != Level::Ok && !f.remedy.is_empty()) {
        text += &format!("\n{}: {}\n", finding.about, finding.remedy);
    }
    text
}
