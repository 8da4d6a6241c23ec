//! A result of a run, opened to be tested again: its document, the job that made it, and that job's data.

use crate::exit::{Blame, CommandError, CommandResult};
use crate::run_failure::{blame_market, blame_resolve};
use crate::validate::load_job;
use anyhow::Context;
use galapagos_run::engine::ENGINE;
use galapagos_run::job::market::Market;
use galapagos_run::job::problem::{Decoded, Problem};
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::report::locate;
use galapagos_run::results::document::{Champion, ResultDocument};
use galapagos_run::results::ranking;
use std::path::{Path, PathBuf};

/// A stored result with the job that made it and its data.
pub struct Opened {
    /// Where `result.json` lies.
    pub path: PathBuf,
    /// What it says.
    pub document: ResultDocument,
    /// The data of the job.
    pub market: Market,
    /// The job.
    pub job: ResolvedJob,
}

/// `result.json` of what is named: the file itself, or a folder with it, that of the run or its folder `result`.
pub fn file(path: &Path) -> PathBuf {
    if !path.is_dir() {
        return path.to_owned();
    }
    // Whoever reads it says what is missing.
    locate::result_folder(path).unwrap_or_else(|_| path.to_owned()).join("result.json")
}

/// `PATH[#RANK]`: the file, and the rank among the species' champions, 1 if none is named.
pub fn parse(result: &str) -> CommandResult<(PathBuf, usize)> {
    let (path, rank) = ranking::parse(result)
        .ok_or_else(|| CommandError::invalid(format!("{result}: after # comes a rank, from 1")))?;
    Ok((file(&path), rank))
}

/// The document of a result.
pub fn read(path: &Path) -> CommandResult<ResultDocument> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string()).invalid()?;
    serde_json::from_slice(&bytes)
        .with_context(|| format!("{}: is no result of a run", path.display()))
        .invalid()
}

/// The best of the species, best first: rank 1 is the winner.
pub fn ranked(document: &ResultDocument, rank: usize) -> CommandResult<&Champion> {
    ranking::ranked(document, rank).ok_or_else(|| {
        let count = document.species.len();
        CommandError::invalid(format!("#{rank}: the result has {count} champions, one of each species"))
    })
}

impl Opened {
    /// Opens `PATH[#RANK]`, which must have a champion of that rank; see [`Opened::new`].
    pub fn named(result: &str, data_dir: &Path) -> CommandResult<(Opened, usize)> {
        let (path, rank) = parse(result)?;
        let document = read(&path)?;
        ranked(&document, rank)?;
        Ok((Opened::new(path, document, data_dir)?, rank))
    }

    /// Opens the job beside a result and its data below `data_dir`. They must be those that made it.
    pub fn new(path: PathBuf, document: ResultDocument, data_dir: &Path) -> CommandResult<Opened> {
        if document.engine != ENGINE {
            return Err(CommandError::invalid(format!(
                "{}: was made by engine {}, this is engine {ENGINE}: use the version that made it",
                path.display(),
                document.engine
            )));
        }
        let manifest = path.with_file_name("job.yaml");
        let text =
            std::fs::read_to_string(&manifest).with_context(|| manifest.display().to_string()).invalid()?;
        let (manifest, _) = load_job(&text, None).map_err(|problems| {
            let lines = crate::manifest_text::lines(&manifest, &problems);
            CommandError::invalid(lines.trim_end().to_owned())
        })?;
        let market = Market::of_job(data_dir, &manifest.spec).map_err(blame_market)?;
        let job = ResolvedJob::new(&manifest, &market.facts()).map_err(blame_resolve)?;
        if job.digest.to_string() != document.inputs_digest {
            return Err(CommandError::invalid(format!(
                "{}: job.yaml beside it has inputs {}, the result has {}: one of them was changed",
                path.display(),
                job.digest,
                document.inputs_digest
            )));
        }
        Ok(Opened { path, document, market, job })
    }

    /// The job on its data.
    pub fn problem(&self) -> CommandResult<Problem<'_>> {
        Problem::new(&self.job, self.market.bars(), self.market.others(&self.job.others)).invalid()
    }
}

/// The number of a champion's species, and the champion ready to be evaluated.
pub fn decoded<'a>(problem: &Problem<'a>, champion: &Champion) -> CommandResult<(usize, Decoded<'a>)> {
    let missing = || CommandError::invalid(format!("job.yaml has no strategy {}", champion.strategy));
    let job = problem.job();
    let at = job.species.iter().position(|s| s.name() == champion.strategy).ok_or_else(missing)?;
    let indices = job.species[at].indices("genome", &champion.genome).invalid()?;
    Ok((at, problem.decode(at, &indices).ok_or_else(missing)?))
}
