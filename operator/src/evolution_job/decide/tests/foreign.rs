//! What somebody else writes into a status: what is seen of the attempt wins over it.

use super::*;

impl World {
    fn status(&mut self) -> &mut EvolutionJobStatus {
        Arc::make_mut(&mut self.observed.job).status.as_mut().unwrap()
    }
}

const PHASES: [Phase; 6] =
    [Phase::Pending, Phase::Preparing, Phase::Running, Phase::Suspended, Phase::Succeeded, Phase::Failed];

#[test]
fn a_phase_that_somebody_wrote_changes_nothing_of_a_job_that_runs() {
    for phase in PHASES {
        let mut world = World::running(json!({}));
        let before = world.turn();
        world.status().phase = Some(phase);
        assert_eq!(world.turn(), before, "{phase:?}");
        assert_eq!(world.phase(), Phase::Running);
    }
}

#[test]
fn a_phase_that_somebody_wrote_does_not_begin_a_job_anew_that_has_ended() {
    for phase in PHASES {
        let mut world = World::succeeded(50);
        let before = world.turn();
        world.status().phase = Some(phase);
        assert_eq!(world.turn(), before, "{phase:?}");
        assert_eq!(world.phase(), Phase::Succeeded);
    }
}

#[test]
fn a_whole_end_that_somebody_wrote_is_not_believed_while_the_coordinator_works() {
    let mut world = World::running(json!({}));
    let before = world.turn();
    let end = World::succeeded(50).observed.job.status.clone().unwrap();
    world.status().phase = end.phase;
    world.status().conditions = end.conditions;
    assert_eq!(world.turn(), before);
    assert_eq!(world.phase(), Phase::Running);
}

#[test]
fn an_attempt_goes_on_though_the_whole_status_was_emptied() {
    let mut world = World::running(json!({}));
    let before = world.turn();
    Arc::make_mut(&mut world.observed.job).status = None;
    world.share = Share { admitted: false, queue_position: Some(2), wanted: 2, workers: 2 };
    let after = world.turn();
    assert_eq!((after.situation, after.children.attempt), (before.situation, Some(1)));
    assert_eq!(after.attempts.started, 1);
}

#[test]
fn a_number_of_attempts_that_somebody_wrote_begins_no_other_attempt_beside_the_one_that_goes_on() {
    for written in [0, 17] {
        let mut world = World::running(json!({}));
        let before = world.turn();
        world.status().attempts = Some(Attempts { started: written, ..Attempts::default() });
        assert_eq!(world.turn(), before, "{written}");
    }
}
