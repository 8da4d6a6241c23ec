//! Manifests as typed objects: what `run` and `estimate` read.

use galapagos_crds::{EvolutionJob, WorkerPool};
use serde::de::DeserializeOwned;

use super::{Document, Kind, LocatedFinding, Position, read_documents, validate};

/// The job of a file, and the pool it names if that is in the file. With several jobs `job_name` says which.
/// Other kinds are passed over, as they are not ours to run. Fails with every problem of every document of ours.
pub fn load_job(
    text: &str,
    job_name: Option<&str>,
) -> Result<(EvolutionJob, Option<WorkerPool>), Vec<LocatedFinding>> {
    let documents = read_documents(text)?;
    let problems: Vec<_> = documents.iter().flat_map(validate).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let job: EvolutionJob = typed(choose(&documents, job_name)?)?;
    let pool_name = &job.spec.worker_pool_name;
    let is_pool = |d: &&Document| d.kind == Kind::WorkerPool && d.name().as_ref() == Some(pool_name);
    let pool = documents.iter().find(is_pool).map(typed).transpose()?;
    Ok((job, pool))
}

/// The job of a file with several documents; `None` where [`load_job`] finds none.
pub fn job_of<'a>(documents: &'a [Document], job_name: Option<&str>) -> Option<&'a Document> {
    choose(documents, job_name).ok()
}

fn choose<'a>(
    documents: &'a [Document],
    job_name: Option<&str>,
) -> Result<&'a Document, Vec<LocatedFinding>> {
    let jobs: Vec<_> = documents.iter().filter(|d| d.kind == Kind::EvolutionJob).collect();
    let names = || jobs.iter().filter_map(|d| d.name()).collect::<Vec<_>>().join(", ");
    match (job_name, jobs.as_slice()) {
        (_, []) => Err(whole_file("the file has no EvolutionJob".to_owned(), None)),
        (None, [only]) => Ok(only),
        (None, [_, second, ..]) => {
            let say = format!("the file has several jobs ({}); say which one with --job NAME", names());
            Err(vec![second.problem(second.root.at, "metadata.name", say, None)])
        }
        (Some(name), _) => {
            jobs.iter().find(|d| d.name().as_deref() == Some(name)).copied().ok_or_else(|| {
                whole_file(
                    format!("the file has no EvolutionJob {name:?}"),
                    Some(format!("it has {}", names())),
                )
            })
        }
    }
}

fn typed<T: DeserializeOwned>(document: &Document) -> Result<T, Vec<LocatedFinding>> {
    serde_json::from_value(document.defaulted())
        .map_err(|e| vec![document.problem(document.root.at, "", e.to_string(), None)])
}

fn whole_file(message: String, suggestion: Option<String>) -> Vec<LocatedFinding> {
    let Position { line, column } = Position { line: 1, column: 1 };
    vec![LocatedFinding {
        document: 0,
        line,
        column,
        path: String::new(),
        message,
        suggestion,
        excerpt: None,
    }]
}
