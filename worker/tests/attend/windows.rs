//! Batches of the windows of a job's walk-forward.

use galapagos_protocol::work::Window;
use galapagos_protocol::work::farewell::Reason as Goodbye;
use galapagos_protocol::work::refusal::Reason;
use galapagos_protocol::work::worker_message::Message as Up;
use galapagos_run::job::problem::Problem;
use galapagos_run::job::walk_forward::WalkForward;
use galapagos_run::run::evaluator::Answer;

use super::common::{manifest, resolve};
use super::coordinator::World;

const ANY: &str = "127.0.0.1:0";
const WINDOWS: &str = "  validation: {walkForward: {windows: 3}}\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_evaluated_on_the_rows_of_its_window_and_others_between_on_all() {
    let world = World::new(700, &manifest(WINDOWS));
    let (market, job) = resolve(world.data.path(), &world.job.manifest);
    let problem = Problem::new(&job, market.bars(), market.others(&job.others)).unwrap();
    let walk = WalkForward::new(&problem).unwrap().unwrap();
    let mut coordinator = world.coordinator(ANY).await;
    let worker = world.worker(coordinator.address, 2);
    let mut session = coordinator.ready(&world).await;
    let tasks = world.tasks(0, 30);
    let whole = world.answers(&tasks);
    let mut lease = 0;
    // Each twice: what is prepared is used again.
    for index in [None, Some(2), Some(0), None, Some(2), Some(1), Some(0)] {
        lease += 1;
        let window = index.map(|index| &walk.windows()[index]);
        let asked = window.map(|w| Window { index: w.index, inputs_digest: w.job.digest.bytes().to_vec() });
        session.batch_of(asked, lease, &tasks).await;
        let expected: Vec<Answer> = match window {
            None => whole.clone(),
            Some(window) => {
                let part = walk.training(&problem, window).unwrap();
                tasks.iter().map(|t| Ok(Box::new(part.evaluate(t.species, &t.genome).unwrap()))).collect()
            }
        };
        let found: Vec<Answer> =
            session.answers(&world, lease).await.into_iter().map(|received| received.answer).collect();
        assert_eq!(found, expected, "{index:?}");
        assert_eq!(index.is_none(), found == whole);
    }
    session.farewell(Goodbye::Finished).await;
    assert_eq!(worker.code().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_the_own_job_has_not_is_refused_and_nothing_is_answered() {
    for (more, window) in [(WINDOWS, 3), (WINDOWS, 0), ("", 0)] {
        let world = World::new(700, &manifest(more));
        let mut coordinator = world.coordinator(ANY).await;
        let worker = world.worker(coordinator.address, 1);
        let mut session = coordinator.ready(&world).await;
        let other = Window { index: window, inputs_digest: vec![7; 32] };
        session.batch_of(Some(other), 1, &world.tasks(0, 3)).await;
        let refusal = loop {
            match session.next().await.unwrap() {
                Up::HandBack(_) => {}
                Up::Refusal(refusal) => break refusal,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(refusal.reason, i32::from(Reason::OtherJob));
        assert!(refusal.message.contains(&format!("window {window} of walk-forward")), "{}", refusal.message);
        drop(session);
        assert_eq!(worker.code().await, 64);
    }
}
