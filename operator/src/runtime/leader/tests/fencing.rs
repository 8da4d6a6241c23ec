//! The gate of the writes.

use std::time::Duration;

use tokio::time::{Instant, advance, timeout};

use crate::runtime::leader::Fence;

#[tokio::test(start_paused = true)]
async fn a_fence_closes_by_itself() {
    let fence = Fence::closed();
    assert!(!fence.holds());
    assert!(fence.enter().is_none());
    fence.extend(Instant::now() + Duration::from_secs(7));
    assert!(fence.enter().is_some());
    advance(Duration::from_millis(6_999)).await;
    assert!(fence.holds());
    advance(Duration::from_millis(1)).await;
    assert!(!fence.holds());
    assert!(fence.enter().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_open_fence_stays_open() {
    let fence = Fence::open();
    advance(Duration::from_secs(365 * 24 * 3600)).await;
    assert!(fence.enter().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_write_in_flight_is_cut_when_the_fence_closes_and_not_when_it_is_extended() {
    let fence = Fence::closed();
    let start = Instant::now();
    fence.extend(start + Duration::from_secs(7));
    let pass = fence.enter().unwrap();
    let longer = fence.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        longer.extend(Instant::now() + Duration::from_secs(7));
    });
    pass.cut().await;
    assert_eq!(start.elapsed(), Duration::from_secs(12));
}

#[tokio::test(start_paused = true)]
async fn a_closing_fence_lets_writes_end_and_no_new_one_in() {
    let fence = Fence::open();
    let pass = fence.enter().unwrap();
    fence.close(Duration::from_millis(500));
    assert!(fence.enter().is_none());
    assert!(timeout(Duration::from_millis(100), fence.drained()).await.is_err(), "a write is in flight");
    assert!(timeout(Duration::from_millis(100), pass.cut()).await.is_err(), "and may go on");
    drop(pass);
    timeout(Duration::from_millis(1), fence.drained()).await.unwrap();
}
