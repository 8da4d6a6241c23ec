//! The life of a job, told as observations and what they lead to.

mod attempts;
mod beside;
mod ends;
mod foreign;
mod unmade;

use std::sync::Arc;

use galapagos_crds::EvolutionJob;
use galapagos_protocol::progress::{Final, Report};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::*;
use crate::evolution_job::status::{Facts, RemoteWorkers, build};
use crate::progress::Seen;
use galapagos_crds::conditions::{CompleteReason, StalledReason};

/// Of every coordinator that reports.
const ADDRESS: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

/// An attempt's Job, as it is to be removed.
fn job(number: u32) -> (Name, Uid) {
    let text = format!("job-{number}");
    (Name::new(&format!("j-coordinator-{number}")).unwrap(), Uid::new(&text).unwrap())
}

/// A job in a world of its own: what it decides becomes its status, what it asks for appears.
struct World {
    observed: Observed,
    problem: Option<JobFinding>,
    share: Share,
    /// What it makes pods of is not what the attempts were made of.
    pool_edited: bool,
    /// It was long enough in a place that others wait for.
    overstayed: bool,
    /// Its place is others' for so long.
    set_back: Option<Duration>,
    now: Timestamp,
}

impl World {
    fn new(spec: Value) -> World {
        let mut all = json!({
            "marketData": {"dataset": "d", "symbols": ["A"], "interval": "1h"},
            "strategies": [{"name": "ema_crossover"}], "population": {"size": 100},
        });
        all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        let job: EvolutionJob = serde_json::from_value(json!({
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob",
            "metadata": {"name": "j", "namespace": "n", "uid": "u", "generation": 1}, "spec": all,
        }))
        .unwrap();
        let observed = Observed {
            id: crate::runtime::ids::example::identity("n", "j", "u"),
            job: Arc::new(job),
            pool: None,
            attempts: Vec::new(),
            workers: None,
            lives: Vec::new(),
            trouble: None,
            refused: None,
            seen: None,
        };
        let share = Share { admitted: true, queue_position: None, wanted: 2, workers: 2 };
        World {
            observed,
            problem: None,
            share,
            pool_edited: false,
            overstayed: false,
            set_back: None,
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
        }
    }

    fn decide(&self) -> Decision {
        let inputs = Inputs {
            observed: &self.observed,
            problem: self.problem.as_ref(),
            share: &self.share,
            origin: &|number| {
                self.pool_edited.then(|| Origin::read(&format!("edited for attempt {number}")).unwrap())
            },
            overstayed: self.overstayed,
            set_back: self.set_back,
            now: self.now,
            clock: Instant::now(),
        };
        decide(&inputs)
    }

    /// Decides and records what was decided.
    fn turn(&mut self) -> Decision {
        let decision = self.decide();
        let generations = decision.generations(&self.observed);
        let job = Arc::make_mut(&mut self.observed.job);
        let report = self.observed.seen.as_ref().map(|s| (*s.report).clone());
        let facts = Facts {
            generation: 1,
            situation: decision.situation.clone(),
            awaited: None,
            generations,
            population: 100,
            report: report.as_ref(),
            last_words: decision.words.as_ref(),
            attempts: decision.attempts.clone(),
            workers: RemoteWorkers { desired: 0, ready: 0, trouble: None },
            lives: &self.observed.lives,
            started: (decision.attempts.started > 0).then_some(self.now),
            ended: None,
            image: Some("i"),
            price: None,
        };
        job.status = Some(build(job.status.as_ref(), &facts, self.now));
        decision
    }

    fn phase(&self) -> Phase {
        self.observed.job.status.as_ref().unwrap().phase.unwrap()
    }

    fn attempt(&mut self, number: u32) {
        let job: Job = serde_json::from_value(json!({"metadata": {
            "name": format!("j-coordinator-{number}"), "namespace": "n", "uid": format!("job-{number}"),
            "creationTimestamp": self.now.to_string(),
        }}))
        .unwrap();
        self.observed.attempts.push(Attempt { number, job: Arc::new(job), pod: None });
    }

    fn last(&mut self) -> &mut Attempt {
        self.observed.attempts.last_mut().unwrap()
    }

    /// The Job of the last attempt got a condition.
    fn job_ends(&mut self, kind: &str, message: &str) {
        let at = self.now.to_string();
        let status = json!({"conditions": [
            {"type": kind, "status": "True", "message": message, "lastTransitionTime": at}
        ]});
        Arc::make_mut(&mut self.last().job).status = serde_json::from_value(status).unwrap();
    }

    fn pod(&mut self, pod: Value) {
        let pod: Pod = serde_json::from_value(pod).unwrap();
        self.last().pod = Some(Arc::new(pod));
    }

    fn reports(&mut self, attempt: u32, report: Report) {
        let report = Arc::new(report);
        self.observed.seen =
            Some(Seen { report, attempt, address: ADDRESS, at: Instant::now(), connected: true });
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    fn edit(&mut self, change: impl FnOnce(&mut galapagos_crds::EvolutionJobSpec)) {
        change(&mut Arc::make_mut(&mut self.observed.job).spec);
    }

    /// A job whose first attempt evolves.
    fn running(spec: Value) -> World {
        let mut world = World::new(spec);
        world.turn();
        world.attempt(1);
        world.reports(1, Report { generations: 50, ..Report::default() });
        world.turn();
        assert_eq!(world.phase(), Phase::Running);
        world
    }

    fn succeeded(generations: u32) -> World {
        let mut world = World::running(json!({"generations": generations}));
        let end = Final { reason: "GenerationsReached".into(), succeeded: true, ..Final::default() };
        let report = Report { generation: generations, generations, r#final: Some(end), ..Report::default() };
        world.reports(1, report);
        world.turn();
        assert_eq!(world.phase(), Phase::Succeeded);
        world.job_ends("Complete", "");
        world
    }
}
