//! `kubectl galapagos doctor`: looks for what is wrong, and says what to do.

use super::Printed;
use crate::cluster::findings::{self, Finding, Level};
use crate::cluster::kubectl::{Access, List};
use crate::cluster::probe;
use crate::exit::{CommandError, CommandResult};
use crate::output::Output;
use crate::table::table;
use crate::{interrupt, terminal};
use galapagos_crds::{EvolutionJob, GROUP, WorkerPool};
use serde_json::{Value, json};

/// Look for what is wrong: server, kinds, operator, your rights, pools, claims, jobs; say what to do
///
/// Nothing is changed. It looks at one namespace, and at operators in all that you may see. With --probe a pod of each pool
/// looks, too, and is deleted again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos doctor
  kubectl galapagos doctor -n research -o json
  kubectl galapagos doctor --probe

Exit codes: 0 all is well or worth a warning, 2 the cluster cannot be asked, 3 something does not work.")]
pub struct Arguments {
    /// Let a short-lived pod of each pool look whether it can read and write its volumes and reach coordinators
    #[arg(long)]
    pub probe: bool,
    /// Image of that pod; absent: what the pool, the operator or a job of it has
    #[arg(long, value_name = "IMAGE", requires = "probe")]
    pub image: Option<String>,
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
    let found = look(access, arguments)?;
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

fn look(access: &Access, arguments: &Arguments) -> CommandResult<Vec<Finding>> {
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
    let operators = list(access, &["get", "deployments", "--all-namespaces", "--selector", selector]);
    match &operators {
        Ok(deployments) => found.extend(findings::operators(deployments, env!("CARGO_PKG_VERSION"))),
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
    let pools = access.json::<List<WorkerPool>>(&["get", "wpool"]);
    match &pools {
        Ok(pools) => {
            found.extend(findings::pools(&pools.items, namespace));
            match list(access, &["get", "pvc"]) {
                Ok(claims) => found.extend(findings::claims(&pools.items, &claims)),
                Err(e) => found.push(Finding::warning("claims", e.message(), "")),
            }
        }
        Err(e) => found.push(Finding::error(format!("pools in {namespace}"), e.message(), "")),
    }
    let jobs = access.json::<List<EvolutionJob>>(&["get", "evojob"]);
    match &jobs {
        Ok(jobs) => found.extend(findings::jobs(&jobs.items)),
        Err(e) => found.push(Finding::error(format!("jobs in {namespace}"), e.message(), "")),
    }
    if arguments.probe
        && let Ok(pools) = pools
    {
        let (operators, jobs) = (operators.unwrap_or_default(), jobs.map(|j| j.items).unwrap_or_default());
        found.extend(probed(access, arguments, &pools.items, &operators, &jobs)?);
    }
    Ok(found)
}

/// What a pod of each pool sees.
fn probed(
    access: &Access,
    arguments: &Arguments,
    pools: &[WorkerPool],
    operators: &[Value],
    jobs: &[EvolutionJob],
) -> CommandResult<Vec<Finding>> {
    let stop = interrupt::watch("stopping; the pod that looks is removed")?;
    let pods = list(access, &["get", "pods", "--selector", "app.kubernetes.io/component=coordinator"])?;
    let mut found = Vec::new();
    for pool in pools {
        let name = pool.metadata.name.as_deref().unwrap_or_default();
        let of_pool: Vec<EvolutionJob> =
            jobs.iter().filter(|job| job.spec.worker_pool_name == name).cloned().collect();
        let imports = of_pool.iter().any(|job| job.spec.market_data.source.is_some());
        let Some(image) = arguments.image.clone().or_else(|| probe::image(pool, operators, &of_pool)) else {
            let remedy = "name the image of Galapagos with --image";
            found.push(Finding::warning(format!("a pod of pool {name}"), "no image is known", remedy));
            continue;
        };
        let coordinators = probe::coordinators(&pods, name);
        found.extend(probe::look(access, pool, &image, &coordinators, imports, &stop)?);
        if coordinators.is_empty() {
            let remedy = "run it again while a job of the pool runs";
            let about = format!("ports of coordinators of pool {name}");
            found
                .push(Finding { remedy: remedy.into(), ..Finding::ok(about, "none runs: nothing to reach") });
        }
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
