//! Who waits is told how far in front it is: at once near the head of the queue, seldom further back.
//!
//! Every job that ends moves all that wait. Were each of them told each time, a queue of n jobs would cost n² writes.

use std::time::Duration;

use galapagos_crds::EvolutionJob;
use kube::runtime::reflector::ObjectRef;

use crate::context::Context;
use crate::memory::Done;
use crate::runtime::ids::Uid;

/// Places up to this one are told at each change.
pub const HEAD: u32 = 10;
/// Least time between two writes of a position behind the head.
const SELDOM: Duration = Duration::from_secs(60);
/// The same for each position, where that is more: the whole queue, however long, then costs few writes a second.
const EACH: Duration = Duration::from_secs(1);
/// Time between looks for places that are not told yet.
const LOOK: Duration = Duration::from_secs(5);

/// Least time between two writes of a status that says nothing new but this position.
pub fn pause(position: u32) -> Duration {
    if position <= HEAD { Duration::ZERO } else { SELDOM.max(EACH * position) }
}

/// Has jobs looked at whose position is another than their status says, once it may be written.
pub async fn tell(ctx: &Context) {
    loop {
        tokio::time::sleep(LOOK).await;
        for job in ctx.caches.jobs.state_filter(|job: &EvolutionJob| is_due(ctx, job)) {
            ctx.triggers.jobs.send(ObjectRef::from_obj(&*job));
        }
    }
}

fn is_due(ctx: &Context, job: &EvolutionJob) -> bool {
    let Some(shown) = job.status.as_ref().and_then(|s| s.queue_position) else { return false };
    let Some(uid) = Uid::of(&job.metadata) else { return false };
    let Some(position) =
        ctx.memory.budget.position(&uid).filter(|&position| i64::from(position) != i64::from(shown))
    else {
        return false;
    };
    ctx.memory.recent.last(&uid, &Done::Status).is_none_or(|last| last.elapsed() >= pause(position))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_told_at_once_and_others_at_most_once_a_minute() {
        assert_eq!(pause(1), Duration::ZERO);
        assert_eq!(pause(10), Duration::ZERO);
        assert_eq!(pause(11), Duration::from_secs(60));
        assert_eq!(pause(60), Duration::from_secs(60));
    }

    #[test]
    fn ten_thousand_that_wait_cost_less_than_seven_writes_a_second() {
        let rate: f64 = (HEAD + 1..=10_000).map(|position| 1.0 / pause(position).as_secs_f64()).sum();
        assert!(rate < 7.0, "{rate}");
    }
}
