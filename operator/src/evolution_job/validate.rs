//! What is wrong with a job, as far as it can be told without a pod: what the check of manifests (`galapagos-manifest`)
//! finds, and its pool. Types and rules between fields are the schema's, which the API server has checked.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use galapagos_crds::conditions::{StalledReason, condition};
use galapagos_crds::{Catalogue, EvolutionJob, WorkerPool};
use galapagos_manifest::{check, unpublished};

use crate::believed;
use crate::memory::Findings;
use crate::runtime::ids::Uid;

/// Why a job cannot be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFinding {
    /// The reason of the condition.
    pub reason: StalledReason,
    /// What is wrong and what would be right.
    pub message: String,
}

impl JobFinding {
    /// Whether nothing can mend it: what is judged stands in fields of the job that never change.
    pub fn is_for_good(&self) -> bool {
        is_for_good(self.reason)
    }
}

fn is_for_good(reason: StalledReason) -> bool {
    use StalledReason::{InvalidSpec, InvalidStrategy, UnknownGene, UnknownStrategy};
    matches!(reason, UnknownStrategy | UnknownGene | InvalidStrategy | InvalidSpec)
}

/// The first thing that is wrong with the job or its pool.
///
/// # Errors
/// [`JobFinding`].
pub fn validate(
    findings: &Findings,
    job: &EvolutionJob,
    pool: Option<&WorkerPool>,
) -> Result<(), JobFinding> {
    manifest(findings, job)?;
    usable(job, pool)
}

/// The first thing that is wrong with the job's manifest.
///
/// # Errors
/// [`JobFinding`].
pub fn manifest(findings: &Findings, job: &EvolutionJob) -> Result<(), JobFinding> {
    let (generation, has_begun) = (job.metadata.generation, has_begun(job));
    let uid = Uid::of(&job.metadata);
    let known = uid.as_ref().and_then(|uid| findings.recall(uid, generation, has_begun));
    let found = known.unwrap_or_else(|| {
        let found = first(job, Catalogue::embedded());
        if let Some(uid) = &uid {
            findings.note(uid, generation, has_begun, found.clone());
        }
        found
    });
    found.map_or(Ok(()), |(reason, message)| Err(JobFinding { reason, message }))
}

/// Whether an attempt at the job was started. An earlier release has let it in then, and what it could run goes on.
fn has_begun(job: &EvolutionJob) -> bool {
    job.status.as_ref().and_then(|s| s.attempts.as_ref()).is_some_and(|a| a.started > 0)
}

fn first(job: &EvolutionJob, known: &Catalogue) -> Option<(StalledReason, String)> {
    let counts = |finding: &galapagos_manifest::Finding| finding.is_impossible() || !has_begun(job);
    let first = check(job, known).into_iter().chain(unpublished(&job.spec)).find(counts)?;
    Some((first.reason, first.to_string()))
}

/// Whether the pool's conditions are about the pool as it is now. A job that is not admitted waits for that.
pub fn is_judged(pool: &WorkerPool) -> bool {
    let judged = pool.status.as_ref().and_then(|s| s.observed_generation);
    judged.is_some() && judged == pool.metadata.generation
}

/// Whether a verdict is still to come.
pub fn will_be_judged(pool: &WorkerPool) -> bool {
    pool.metadata.deletion_timestamp.is_none() && !is_judged(pool)
}

/// Whether the pool is there and not refused.
fn usable(job: &EvolutionJob, pool: Option<&WorkerPool>) -> Result<(), JobFinding> {
    let Some(pool) = pool else {
        let name = &job.spec.worker_pool_name;
        let message = format!("there is no WorkerPool {name} in this namespace");
        return Err(JobFinding { reason: StalledReason::PoolNotFound, message });
    };
    accepted(pool)
}

/// Whether the pool is not refused.
///
/// # Errors
/// [`JobFinding`].
pub fn accepted(pool: &WorkerPool) -> Result<(), JobFinding> {
    let name = pool.metadata.name.as_deref().unwrap_or_default();
    if pool.metadata.deletion_timestamp.is_some() {
        let message = format!("the WorkerPool {name} is being deleted");
        return Err(JobFinding { reason: StalledReason::PoolNotFound, message });
    }
    let status = pool.status.as_ref();
    let stalled = status.into_iter().flat_map(|s| &s.conditions).find(|c| {
        c.type_ == condition::STALLED
            && c.status == "True"
            && c.observed_generation == pool.metadata.generation
    });
    stalled.map_or(Ok(()), |c| {
        // A pool can always be corrected: what its condition says, whoever wrote it, must not end a job.
        let known = believed::stalled_reason(&c.reason);
        let reason = known.filter(|reason| !is_for_good(*reason));
        Err(JobFinding {
            reason: reason.unwrap_or(StalledReason::InvalidTemplate),
            message: format!("WorkerPool {name}: {}", c.message),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::per_object::Memories;
    use serde_json::json;

    fn job(strategies: serde_json::Value, extra: serde_json::Value) -> EvolutionJob {
        let mut spec = json!({
            "marketData": {"dataset": "d", "symbols": ["A"], "interval": "1h"},
            "strategies": strategies, "population": {"size": 100},
        });
        spec.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        serde_json::from_value(json!({
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob", "metadata": {"name": "j"}, "spec": spec
        }))
        .unwrap()
    }

    fn pool(status: serde_json::Value) -> WorkerPool {
        serde_json::from_value(json!({
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool",
            "metadata": {"name": "default", "generation": 2},
            "spec": {"marketData": {"volume": {"emptyDir": {}}}}, "status": status,
        }))
        .unwrap()
    }

    #[test]
    fn what_the_check_finds_is_told_in_its_words_with_its_reason() {
        let memories = Memories::default();
        let findings = Findings::new(&memories);
        let wrong = |strategies, extra| {
            let job = job(strategies, extra);
            let problem = manifest(&findings, &job).unwrap_err();
            assert_eq!(problem.message, check(&job, Catalogue::embedded())[0].to_string());
            problem
        };
        let problem = wrong(json!([{"name": "ema_crossover"}, {"name": "ema_crosover"}]), json!({}));
        assert_eq!(problem.reason, StalledReason::UnknownStrategy);
        assert_eq!(
            problem.message,
            r#"spec.strategies[1].name: unknown strategy "ema_crosover"; did you mean "ema_crossover"?"#
        );
        let genes = json!([{"name": "ema_crossover", "genes": [{"name": "fast", "min": 5, "max": 9}]}]);
        let problem = wrong(genes, json!({}));
        assert_eq!(problem.reason, StalledReason::UnknownGene);
        let metric = json!({"limits": [{"metric": "sharp", "atLeast": 1}]});
        assert_eq!(wrong(json!([{"name": "ema_crossover"}]), metric).reason, StalledReason::InvalidSpec);
        // What only a worker told before, in a pod.
        let genes =
            json!([{"name": "ema_crossover", "genes": [{"name": "fast_period", "min": 0, "max": 9}]}]);
        let problem = wrong(genes, json!({}));
        assert_eq!(problem.reason, StalledReason::InvalidSpec);
        assert!(problem.message.starts_with("spec.strategies[0].genes[0].min: 0 is outside the bounds "));
        assert!(problem.is_for_good());
        assert_eq!(manifest(&findings, &job(json!([{"name": "ema_crossover"}]), json!({}))), Ok(()));
    }

    #[test]
    fn rules_that_do_not_check_end_a_job_before_any_pod_with_the_words_of_validate() {
        let memories = Memories::default();
        let findings = Findings::new(&memories);
        let own = |rules| job(json!([{"name": "mine", "rules": rules}]), json!({}));
        let wrong = own(json!({"language": 1, "long": {"enter": "close > smaa(close, 20)"}}));
        let problem = manifest(&findings, &wrong).unwrap_err();
        assert_eq!(problem.reason, StalledReason::InvalidStrategy);
        assert!(problem.is_for_good());
        assert_eq!(problem.message, check(&wrong, Catalogue::embedded())[0].to_string());
        assert!(
            problem.message.starts_with("spec.strategies[0].rules.long.enter:9: "),
            "{}",
            problem.message
        );
        assert!(problem.message.ends_with(r#"did you mean "sma"?"#), "{}", problem.message);
        // A server keeps what the schema does not know, and the operator refuses it.
        let unknown = own(json!({"language": 1, "long": {"enter": "close > 1", "legs": 2}}));
        let problem = manifest(&findings, &unknown).unwrap_err();
        assert_eq!(problem.message, "spec.strategies[0].rules.long.legs: legs is not in use yet");
        let right = own(json!({"language": 1, "long": {"enter": "close > sma(close, 20)"}}));
        assert_eq!(manifest(&findings, &right), Ok(()));
    }

    #[test]
    fn signals_that_are_not_published_end_a_job_before_any_pod_with_the_command_that_publishes_them() {
        let memories = Memories::default();
        let findings = Findings::new(&memories);
        let own = |signals| {
            let rules = json!({"language": 1, "long": {"enter": "score > 1"}});
            job(json!([{"name": "mine", "rules": rules, "signals": signals}]), json!({}))
        };
        let digest = format!("blake3:{}", "0".repeat(64));
        for (signals, path) in [
            (json!({"file": "my.parquet"}), "spec.strategies[0].signals.file: "),
            (json!({"name": "my", "columns": ["score"]}), "spec.strategies[0].signals.digest: "),
        ] {
            let problem = manifest(&findings, &own(signals)).unwrap_err();
            assert_eq!(problem.reason, StalledReason::InvalidStrategy);
            assert!(problem.is_for_good());
            assert!(problem.message.starts_with(path), "{}", problem.message);
            assert!(problem.message.contains("galapagos import-signals "), "{}", problem.message);
        }
        let named = |column| json!({"name": "my", "digest": digest, "columns": [column]});
        assert_eq!(manifest(&findings, &own(named("score"))), Ok(()));
        // With the columns in the manifest a name that is none is found here too.
        let problem = manifest(&findings, &own(named("scores"))).unwrap_err();
        assert!(problem.message.ends_with(r#"did you mean "scores"?"#), "{}", problem.message);
    }

    #[test]
    fn what_an_earlier_release_let_in_and_can_be_run_goes_on() {
        let fixed = json!([{"name": "operation_mode", "value": "trend"}]);
        let mut job = job(json!([{"name": "rsi_mean_reversion", "genes": fixed}]), json!({}));
        job.metadata.uid = Some("job-1".into());
        let memories = Memories::default();
        let findings = Findings::new(&memories);
        assert_eq!(manifest(&findings, &job).unwrap_err().reason, StalledReason::InvalidSpec);
        job.status = serde_json::from_value(json!({"attempts": {"started": 1}})).unwrap();
        assert_eq!(manifest(&findings, &job), Ok(()));
        job.spec.strategies[0].genes[0].name = "operation_mod".into();
        job.metadata.generation = Some(2);
        assert_eq!(manifest(&findings, &job).unwrap_err().reason, StalledReason::UnknownGene);
    }

    #[test]
    fn a_job_is_judged_once_for_each_of_its_editions() {
        let memories = Memories::default();
        let findings = Findings::new(&memories);
        let mut job = job(json!([{"name": "ema_crosover"}]), json!({}));
        (job.metadata.uid, job.metadata.generation) = (Some("job-1".into()), Some(1));
        assert!(manifest(&findings, &job).is_err());
        job.spec.strategies[0].name = "ema_crossover".into();
        assert!(manifest(&findings, &job).is_err(), "the server changes no spec without its generation");
        job.metadata.generation = Some(2);
        assert_eq!(manifest(&findings, &job), Ok(()));
        memories.keep(|_| false);
        let uid = Uid::of(&job.metadata).unwrap();
        assert_eq!(findings.recall(&uid, Some(2), false), None, "it goes with its job");
    }

    #[test]
    fn a_pool_that_is_missing_or_refused_stalls_its_jobs_and_an_old_verdict_does_not() {
        let job = job(json!([{"name": "ema_crossover"}]), json!({}));
        let memories = Memories::default();
        let findings = Findings::new(&memories);
        assert_eq!(validate(&findings, &job, None).unwrap_err().reason, StalledReason::PoolNotFound);
        let verdict = |generation: i64| {
            pool(json!({"conditions": [{
                "type": "Stalled", "status": "True", "reason": "VolumeNotFound", "message": "no claim x",
                "observedGeneration": generation, "lastTransitionTime": "2026-01-01T00:00:00Z",
            }]}))
        };
        let problem = validate(&findings, &job, Some(&verdict(2))).unwrap_err();
        assert_eq!(
            (problem.reason, problem.message.as_str()),
            (StalledReason::VolumeNotFound, "WorkerPool default: no claim x")
        );
        assert_eq!(validate(&findings, &job, Some(&verdict(1))), Ok(()));
    }

    #[test]
    fn no_condition_of_a_pool_whoever_wrote_it_ends_a_job() {
        for reason in StalledReason::ALL {
            let refused = pool(json!({"conditions": [{
                "type": "Stalled", "status": "True", "reason": reason.as_str(), "message": "x",
                "observedGeneration": 2, "lastTransitionTime": "2026-01-01T00:00:00Z",
            }]}));
            assert!(!accepted(&refused).unwrap_err().is_for_good(), "{reason:?}");
        }
    }

    #[test]
    fn a_pool_is_judged_once_its_status_is_about_its_present_edition() {
        assert!(!is_judged(&pool(json!(null))));
        assert!(!is_judged(&pool(json!({"observedGeneration": 1}))));
        assert!(is_judged(&pool(json!({"observedGeneration": 2}))));
        let mut leaving = pool(json!({"observedGeneration": 1}));
        assert!(will_be_judged(&leaving));
        leaving.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
        assert!(!will_be_judged(&leaving), "nobody judges a pool that is being deleted");
        assert_eq!(accepted(&leaving).unwrap_err().reason, StalledReason::PoolNotFound);
    }
}
