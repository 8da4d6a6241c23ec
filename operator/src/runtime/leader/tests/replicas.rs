//! Two replicas and one lease.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::server::{Link, Server};
use crate::runtime::leader::{Candidate, Fence, run};
use crate::runtime::metrics::Metrics;
use crate::runtime::watches::Pulse;

struct Replica {
    fence: Fence,
    leading: watch::Receiver<bool>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

fn replica(name: &str, link: Link) -> Replica {
    let fence = Fence::closed();
    let (leading, told) = watch::channel(false);
    let (stop, mut stopped) = watch::channel(false);
    let candidate = Candidate {
        identity: name.into(),
        fence: fence.clone(),
        leading,
        pulse: Pulse::new(),
        metrics: Metrics::new(),
    };
    let stop_asked = async move {
        let _ = stopped.wait_for(|&stopped| stopped).await;
    };
    Replica { fence, leading: told, stop, task: tokio::spawn(run(link, candidate, stop_asked)) }
}

/// Watches all the time that not both may write; the time until `b` may.
async fn until_leads(b: &Replica, a: &Replica, limit: Duration) -> Duration {
    let start = Instant::now();
    while !b.fence.holds() {
        assert!(start.elapsed() < limit, "not within {limit:?}");
        sleep(Duration::from_millis(5)).await;
        assert!(!(a.fence.holds() && b.fence.holds()), "two may write, {:?} later", start.elapsed());
    }
    start.elapsed()
}

async fn settled(server: &Server) -> (Replica, Replica, Link) {
    let link = server.link();
    let a = replica("a", link.clone());
    sleep(Duration::from_secs(1)).await;
    let b = replica("b", server.link());
    sleep(Duration::from_secs(30)).await;
    assert!(a.fence.holds() && !b.fence.holds());
    assert!(*a.leading.borrow() && !*b.leading.borrow());
    (a, b, link)
}

#[tokio::test(start_paused = true)]
async fn one_leads_and_goes_on_leading() {
    let server = Server::default();
    let (a, b, _) = settled(&server).await;
    for _ in 0..10_000 {
        sleep(Duration::from_millis(17)).await;
        assert!(a.fence.holds() && !b.fence.holds());
    }
    assert_eq!(server.holder(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_stops_is_followed_within_two_seconds() {
    for round in 0..20 {
        let server = Server::default();
        let (a, b, _) = settled(&server).await;
        sleep(Duration::from_millis(97 * round)).await;
        a.stop.send_replace(true);
        let took = until_leads(&b, &a, Duration::from_secs(15)).await;
        assert!(took <= Duration::from_secs(2), "{took:?}");
        a.task.await.unwrap();
        assert!(!*a.leading.borrow());
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_in_flight_ends_before_the_lease_is_given_back() {
    let server = Server::default();
    let (a, b, _) = settled(&server).await;
    let pass = a.fence.enter().unwrap();
    a.stop.send_replace(true);
    sleep(Duration::from_millis(300)).await;
    assert_eq!(server.holder(), "a", "a write is in flight");
    assert!(a.fence.enter().is_none());
    drop(pass);
    until_leads(&b, &a, Duration::from_secs(2)).await;
}

#[tokio::test(start_paused = true)]
async fn a_killed_replica_is_followed_within_fifteen_seconds() {
    for round in 0..20 {
        let server = Server::default();
        let (a, b, _) = settled(&server).await;
        sleep(Duration::from_millis(97 * round)).await;
        a.task.abort();
        let took = until_leads(&b, &a, Duration::from_secs(15)).await;
        assert!(took > Duration::from_secs(7), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_cut_off_stops_before_another_starts_and_comes_back_as_a_follower() {
    for round in 0..20 {
        let server = Server::default();
        let (a, b, link) = settled(&server).await;
        sleep(Duration::from_millis(97 * round)).await;
        link.cut.store(true, Ordering::SeqCst);
        let mut told = a.leading.clone();
        let start = Instant::now();
        told.wait_for(|&leads| !leads).await.unwrap();
        assert!(start.elapsed() <= Duration::from_secs(7), "{:?}", start.elapsed());
        until_leads(&b, &a, Duration::from_secs(15)).await;
        link.cut.store(false, Ordering::SeqCst);
        for _ in 0..2_000 {
            sleep(Duration::from_millis(10)).await;
            assert!(b.fence.holds() && !a.fence.holds());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_outage_changes_no_leader() {
    let server = Server::default();
    let (a, b, link) = settled(&server).await;
    link.cut.store(true, Ordering::SeqCst);
    sleep(Duration::from_secs(3)).await;
    link.cut.store(false, Ordering::SeqCst);
    for _ in 0..1_000 {
        sleep(Duration::from_millis(20)).await;
        assert!(a.fence.holds() && !b.fence.holds());
    }
}

/// The server has the renewal, the holder does not know it: it must not act on it, nor fight itself.
#[tokio::test(start_paused = true)]
async fn lost_replies_close_the_fence_and_when_they_come_again_the_holder_finds_itself() {
    let server = Server::default();
    let (a, b, link) = settled(&server).await;
    link.lose_replies.store(true, Ordering::SeqCst);
    sleep(Duration::from_millis(9_500)).await;
    assert!(!a.fence.holds() && !b.fence.holds());
    link.lose_replies.store(false, Ordering::SeqCst);
    sleep(Duration::from_secs(4)).await;
    assert!(a.fence.holds() ^ b.fence.holds());
}

#[tokio::test(start_paused = true)]
async fn clocks_that_differ_by_hours_elect_as_well() {
    for hours in [-26, 26] {
        let server = Server::default();
        let mut link = server.link();
        link.ahead = SignedDuration::from_hours(hours);
        let a = replica("a", link);
        sleep(Duration::from_secs(1)).await;
        let b = replica("b", server.link());
        for _ in 0..3_000 {
            sleep(Duration::from_millis(10)).await;
            assert!(a.fence.holds() && !b.fence.holds());
        }
        a.task.abort();
        let took = until_leads(&b, &a, Duration::from_secs(15)).await;
        assert!(took > Duration::from_secs(7), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_deleted_by_hand_stays_with_its_holder() {
    let server = Server::default();
    let (a, b, _) = settled(&server).await;
    server.delete();
    for _ in 0..3_000 {
        sleep(Duration::from_millis(10)).await;
        assert!(a.fence.holds() && !b.fence.holds());
    }
    assert_eq!(server.holder(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_lease_edited_by_hand_stays_with_its_holder() {
    let server = Server::default();
    let (a, b, _) = settled(&server).await;
    server.edit(|record| record.duration = Duration::from_secs(1));
    for _ in 0..1_000 {
        sleep(Duration::from_millis(10)).await;
        assert!(a.fence.holds() && !b.fence.holds());
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_changes_no_leader() {
    let server = Server::default();
    let mut link = server.link();
    link.latency = Duration::from_millis(600);
    let a = replica("a", link);
    sleep(Duration::from_secs(3)).await;
    let b = replica("b", server.link());
    for _ in 0..3_000 {
        sleep(Duration::from_millis(10)).await;
        assert!(a.fence.holds() && !b.fence.holds());
    }
}
