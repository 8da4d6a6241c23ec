//! What is wrong with a job, as far as it can be told without a pod: names of strategies, genes and metrics, and its
//! pool. Types, ranges and rules between fields are the schema's, which the API server has checked.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use galapagos_crds::conditions::{StalledReason, condition};
use galapagos_crds::{Catalogue, EvolutionJob, WorkerPool};

/// Why a job cannot be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The reason of the condition.
    pub reason: StalledReason,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Problem {
    /// Whether nothing can mend it: names stand in fields of the job that never change.
    pub fn is_for_good(&self) -> bool {
        is_for_good(self.reason)
    }
}

fn is_for_good(reason: StalledReason) -> bool {
    use StalledReason::{InvalidSpec, UnknownGene, UnknownStrategy};
    matches!(reason, UnknownStrategy | UnknownGene | InvalidSpec)
}

/// The first thing that is wrong with the job or its pool.
///
/// # Errors
/// [`Problem`].
pub fn validate(job: &EvolutionJob, pool: Option<&WorkerPool>, known: &Catalogue) -> Result<(), Problem> {
    names(job, known)?;
    usable(job, pool)
}

/// Whether all names are known.
///
/// # Errors
/// [`Problem`].
pub fn names(job: &EvolutionJob, known: &Catalogue) -> Result<(), Problem> {
    for (i, spec) in job.spec.strategies.iter().enumerate() {
        let Some(named) = known.strategy(&spec.name) else {
            let list: Vec<_> = known.strategies.iter().map(|s| s.name.as_str()).collect();
            let message = format!(
                "spec.strategies[{i}].name: {} is no strategy; there are {}",
                spec.name,
                list.join(", ")
            );
            return Err(Problem { reason: StalledReason::UnknownStrategy, message });
        };
        for (j, gene) in spec.genes.iter().enumerate() {
            if known.gene(named.strategy, &gene.name).is_none() {
                let list: Vec<_> =
                    named.strategy.genes.iter().chain(&known.common_genes).map(|g| g.name.as_str()).collect();
                let message = format!(
                    "spec.strategies[{i}].genes[{j}].name: {} has no gene {}; it has {}",
                    spec.name,
                    gene.name,
                    list.join(", ")
                );
                return Err(Problem { reason: StalledReason::UnknownGene, message });
            }
        }
    }
    let metrics = job.spec.objectives.iter().map(|o| ("objectives", &o.metric));
    let metrics = metrics.chain(job.spec.limits.iter().map(|l| ("limits", &l.metric)));
    for (field, metric) in metrics {
        if !known.metrics.is_empty() && !known.metrics.iter().any(|m| m == metric) {
            let message =
                format!("spec.{field}: {metric} is no metric; there are {}", known.metrics.join(", "));
            return Err(Problem { reason: StalledReason::InvalidSpec, message });
        }
    }
    Ok(())
}

/// Whether the pool's conditions are about the pool as it is now. A job that has no place waits for that.
pub fn is_judged(pool: &WorkerPool) -> bool {
    let judged = pool.status.as_ref().and_then(|s| s.observed_generation);
    judged.is_some() && judged == pool.metadata.generation
}

/// Whether a verdict is still to come.
pub fn will_be_judged(pool: &WorkerPool) -> bool {
    pool.metadata.deletion_timestamp.is_none() && !is_judged(pool)
}

/// Whether the pool is there and not refused.
fn usable(job: &EvolutionJob, pool: Option<&WorkerPool>) -> Result<(), Problem> {
    let Some(pool) = pool else {
        let name = &job.spec.worker_pool_name;
        let message = format!("there is no WorkerPool {name} in this namespace");
        return Err(Problem { reason: StalledReason::PoolNotFound, message });
    };
    accepted(pool)
}

/// Whether the pool is not refused.
///
/// # Errors
/// [`Problem`].
pub fn accepted(pool: &WorkerPool) -> Result<(), Problem> {
    let name = pool.metadata.name.as_deref().unwrap_or_default();
    if pool.metadata.deletion_timestamp.is_some() {
        let message = format!("the WorkerPool {name} is being deleted");
        return Err(Problem { reason: StalledReason::PoolNotFound, message });
    }
    let status = pool.status.as_ref();
    let stalled = status.into_iter().flat_map(|s| &s.conditions).find(|c| {
        c.type_ == condition::STALLED
            && c.status == "True"
            && c.observed_generation == pool.metadata.generation
    });
    stalled.map_or(Ok(()), |c| {
        // A pool can always be corrected: what its condition says, whoever wrote it, must not end a job.
        let known = StalledReason::ALL.iter().copied().find(|r| r.as_str() == c.reason);
        let reason = known.filter(|reason| !is_for_good(*reason));
        Err(Problem {
            reason: reason.unwrap_or(StalledReason::InvalidTemplate),
            message: format!("WorkerPool {name}: {}", c.message),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn misspelt_names_are_told_with_their_place_and_the_right_ones() {
        let known = Catalogue::embedded();
        let wrong = |strategies, extra| names(&job(strategies, extra), known).unwrap_err();
        let problem = wrong(json!([{"name": "ema_crossover"}, {"name": "ema_crosover"}]), json!({}));
        assert_eq!(problem.reason, StalledReason::UnknownStrategy);
        assert!(
            problem.message.starts_with("spec.strategies[1].name: ema_crosover is no strategy; there are ")
        );
        assert!(problem.message.contains("ema_crossover"));
        let genes = json!([{"name": "ema_crossover", "genes": [{"name": "fast", "min": 5, "max": 9}]}]);
        let problem = wrong(genes, json!({}));
        assert_eq!(problem.reason, StalledReason::UnknownGene);
        assert!(
            problem.message.contains("genes[0].name: ema_crossover has no gene fast; it has fast_period")
        );
        let metric = json!({"limits": [{"metric": "sharp", "atLeast": 1}]});
        assert!(wrong(json!([{"name": "ema_crossover"}]), metric).message.starts_with("spec.limits: sharp"));
        assert_eq!(names(&job(json!([{"name": "ema_crossover"}]), json!({})), known), Ok(()));
    }

    #[test]
    fn a_pool_that_is_missing_or_refused_stalls_its_jobs_and_an_old_verdict_does_not() {
        let job = job(json!([{"name": "ema_crossover"}]), json!({}));
        let known = Catalogue::embedded();
        assert_eq!(validate(&job, None, known).unwrap_err().reason, StalledReason::PoolNotFound);
        let verdict = |generation: i64| {
            pool(json!({"conditions": [{
                "type": "Stalled", "status": "True", "reason": "VolumeNotFound", "message": "no claim x",
                "observedGeneration": generation, "lastTransitionTime": "2026-01-01T00:00:00Z",
            }]}))
        };
        let problem = validate(&job, Some(&verdict(2)), known).unwrap_err();
        assert_eq!(
            (problem.reason, problem.message.as_str()),
            (StalledReason::VolumeNotFound, "WorkerPool default: no claim x")
        );
        assert_eq!(validate(&job, Some(&verdict(1)), known), Ok(()));
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
