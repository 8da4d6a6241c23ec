//! `galapagos run`: a job from manifest to result on this machine.

use crate::commands::report;
use crate::data_dir::DataDir;
use crate::exit::{CommandError, CommandResult};
use crate::output::Output;
use crate::prior::{self, Known};
use crate::progress::Progress;
use crate::run_failure::{blame_execute, blame_market};
use crate::ui::Wanted;
use crate::{estimate, interrupt, manifest, results_dir, run_report, source, terminal, warm_start, workers};
use galapagos_run::execute::{self, Options, RunOutcome};
use galapagos_run::job::market::Market;
use galapagos_run::job::problem::Problem;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::report::page;
use galapagos_run::run::evaluator::Evaluator;
use galapagos_run::run::local::LocalEvaluator;
use galapagos_run::storage::run_folder::Start;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

/// Run a job on this machine: evolve, validate on the holdout, write the results
///
/// The same manifest that a cluster gets. What an earlier run of the same job did is continued; Ctrl-C stops at a safe
/// point. The result is the same to the byte for any number of slots.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos run job.yaml
  galapagos run job.yaml --set generations=10 --set execution.takerFee=0.001
  galapagos run job.yaml --dry-run
  galapagos run jobs.yaml --job fx-hourly --slots 4 -o json > result.json
  galapagos run job.yaml --workers 2
  galapagos run job.yaml --fail-on-gates
  galapagos run job.yaml --report job.html
  galapagos run job.yaml --ui
  galapagos run job.yaml --ui=127.0.0.1:9000 --timeline timeline.json

With -o json one JSON document is printed on stdout, and stderr has one JSON object a line (one for each generation).
Exit codes: 0 done, 1 internal error, 2 invalid input, 3 not validated (with --fail-on-gates), 4 no individual is feasible, 130 interrupted (the same command continues).")]
pub struct Arguments {
    /// Manifest with an EvolutionJob; - is stdin
    #[arg(value_name = "FILE")]
    pub manifest: PathBuf,
    /// Name of the job, if the file has several
    #[arg(long, value_name = "NAME")]
    pub job: Option<String>,
    /// Threads that evaluate; absent: all cores
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub slots: Option<u16>,
    /// Evaluate in N worker processes, as a cluster would: over mutual TLS, started again when they die. --slots is
    /// then the threads of each; absent: the cores shared evenly
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub data_dir: DataDir,
    /// Folder of the results
    #[arg(
        long,
        value_name = "DIR",
        default_value = results_dir::USUAL,
        env = results_dir::VARIABLE,
        hide_env_values = true
    )]
    pub results_dir: PathBuf,
    /// Continue an earlier run; fail if there is none (without this flag: continue if there is one)
    #[arg(long, conflicts_with = "fresh")]
    pub resume: bool,
    /// Start over; the old run is moved aside
    #[arg(long)]
    pub fresh: bool,
    /// Set a field of the manifest, as --set generations=10 or --set strategies[0].name=rsi_filter
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Take priorTrials and priorLooks from what the data folder knows of the holdout's rows: earlier results that have
    /// shown them (looks.json)
    #[arg(long, value_name = "FROM")]
    pub prior_looks: Option<Known>,
    /// Say what would be done: window, spaces, evaluations, time, memory, cost
    #[arg(long)]
    pub dry_run: bool,
    /// End with exit code 3 unless the find is validated: see `spec.validation.gates`
    #[arg(long)]
    pub fail_on_gates: bool,
    /// Copy the report of the result, one page for a browser, to FILE
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub report: Option<PathBuf>,
    /// Show the run on a page while it goes on: generations, species, best genome, workers, events. Its URL is printed; open it in
    /// a browser on this machine. ADDRESS: where; absent: 127.0.0.1:7402, or another port if that is taken
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true, conflicts_with = "dry_run")]
    pub ui: Option<Option<SocketAddr>>,
    /// Keep a timeline of the batches in FILE, in the trace format of Chrome: <https://ui.perfetto.dev> opens it
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub timeline: Option<PathBuf>,
    /// How to print the result
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// Runs `galapagos run`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let (file, name) = (&arguments.manifest, arguments.job.as_deref());
    let (mut manifest, pool) = manifest::load_beside(file, name, &arguments.set, &|namespace, name| {
        warm_start::newest(&arguments.results_dir, namespace, name)
    })?;
    let data_dir = &arguments.data_dir.data_dir;
    source::import_if_absent(&manifest.spec.market_data, data_dir)?;
    manifest::publish_signals(&mut manifest, file, data_dir)?;
    let market = Market::of_job(data_dir, &manifest.spec).map_err(blame_market)?;
    let job = ResolvedJob::new(&manifest, &market.facts())
        .map_err(|e| manifest::blame(file, name, &arguments.set, e))?;
    let job = if arguments.prior_looks.is_some() { prior::known(manifest, job, &market)? } else { job };
    let slots = arguments.slots.map_or_else(galapagos_worker::import::source::cores, usize::from);
    let price = pool.as_ref().and_then(|p| p.spec.cost_per_worker_hour).map(|d| d.to_f64());
    if arguments.dry_run {
        let cluster = estimate::Cluster { workers: 1, slots_per_worker: slots, price_per_hour: price };
        let estimate = estimate::measure(&job, &market, &cluster)?;
        return estimate::print(&estimate, arguments.output);
    }
    let shown = Wanted::new(arguments.ui, arguments.timeline.as_deref(), arguments.fresh)?;
    let log = shown.log(&job);
    let options = Options {
        root: arguments.results_dir.clone(),
        start: match (arguments.resume, arguments.fresh) {
            (true, _) => Start::Resume,
            (_, true) => Start::Fresh,
            _ => Start::Continue,
        },
        slots,
        attempt: 1,
        seen: true,
        price_per_second: price.map(|p| p / 3600.0),
        log: shown.is_any().then(|| Arc::clone(&log)),
    };
    let asked = interrupt::watch("stopping at a safe point; Ctrl-C again ends at once")?;
    let mut progress = Progress::start(&job.name, arguments.output == Output::Json);
    let problem =
        Problem::new(&job, market.bars(), market.others(&job.others)).map_err(|e| blame_execute(e.into()))?;
    let evaluate = |evaluator: &mut dyn Evaluator, progress: &mut Progress| {
        execute::run_with(&job, &market, &problem, &options, evaluator, progress, &asked)
            .map_err(blame_execute)
    };
    let (outcome, ui) = match arguments.workers.and_then(|n| NonZeroUsize::new(n.into())) {
        None => {
            let mut evaluator = LocalEvaluator::new(&problem, slots).map_err(|e| blame_execute(e.into()))?;
            let ui = shown.open_if_any(&job, log, Arc::new(|| None))?;
            if let Some(ui) = &ui {
                progress.show_on(ui.dashboard());
                evaluator = evaluator.logged(Arc::clone(ui.dashboard().work()));
            }
            (evaluate(&mut evaluator, &mut progress), ui)
        }
        Some(count) => {
            let slots = arguments.slots.and_then(|n| NonZeroUsize::new(n.into()));
            let mut fleet = workers::start(&job, problem.counted_bars(), data_dir, count, slots, log)?;
            let (view, standing) = (fleet.view(), fleet.view());
            let queued = Arc::new(move || Some(standing.standing().queued as u64));
            let ui = shown.open_if_any(&job, Arc::clone(view.log()), queued)?;
            if let Some(ui) = &ui {
                progress.show_on(ui.dashboard());
            }
            progress.show(view);
            (evaluate(&mut fleet, &mut progress), ui)
        }
    };
    progress.finish();
    let limits = !job.fitness.limits.is_empty();
    if let Some(ui) = ui {
        ui.end(outcome.as_ref(), &command_again());
    }
    match outcome? {
        RunOutcome::Finished { result, folder, reused } => {
            if reused {
                tracing::info!("this job had ended before; nothing was evaluated (--fresh starts over)");
            }
            if let Some(file) = &arguments.report {
                // Made anew: an older result has none.
                report::write(file, &page::of(&folder).map_err(report::blame)?)?;
            }
            match arguments.output {
                Output::Json => terminal::print_json(&run_report::to_json(&result))?,
                Output::Table => terminal::print(&run_report::to_text(&result, &folder, limits))?,
            }
            if let Some(text) = run_report::none_feasible(&result, limits) {
                return Err(CommandError::NoneFeasible(text));
            }
            let failed = run_report::gates_failed(&result).filter(|_| arguments.fail_on_gates);
            failed.map_or(Ok(()), |text| Err(CommandError::GatesFailed(text)))
        }
        RunOutcome::Interrupted { generation, .. } => Err(CommandError::Interrupted(format!(
            "interrupted after {generation} generations; nothing is lost. Continue with:\n  {}",
            command_again()
        ))),
    }
}

/// The command as it was typed, without `--fresh`, which would start over.
fn command_again() -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    let quote = |word: String| {
        if !word.is_empty() && word.chars().all(plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    };
    let mut words = vec!["galapagos".to_owned()];
    words.extend(std::env::args().skip(1).filter(|word| word != "--fresh").map(quote));
    words.join(" ")
}
