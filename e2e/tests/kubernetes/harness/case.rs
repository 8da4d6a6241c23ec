//! Runs one case, and tells all that may explain its failure.

use std::panic::AssertUnwindSafe;
use std::sync::{PoisonError, RwLock};

use futures::FutureExt;

use super::cluster::{cluster, said};
use super::operator;
use super::space::Space;

/// Held for reading by cases that live beside others, for writing by those that break what others need.
static OTHERS: RwLock<()> = RwLock::new(());

/// Runs a case beside others.
pub fn case(name: &str, body: impl AsyncFnOnce(&Space)) {
    let _beside = OTHERS.read().unwrap_or_else(PoisonError::into_inner);
    run(name, body);
}

/// Runs a case that must not disturb others.
pub fn alone(name: &str, body: impl AsyncFnOnce(&Space)) {
    let _alone = OTHERS.write().unwrap_or_else(PoisonError::into_inner);
    run(name, body);
}

fn run(name: &str, body: impl AsyncFnOnce(&Space)) {
    operator::installed();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let begun = std::time::Instant::now();
        let space = Space::new(name).await;
        let end = AssertUnwindSafe(body(&space)).catch_unwind().await;
        println!("{name}: {:.1} s in namespace {}", begun.elapsed().as_secs_f64(), space.namespace);
        if let Err(panic) = end {
            tell(&space.namespace);
            space.leave();
            operator::restore();
            std::panic::resume_unwind(panic);
        }
        space.leave();
    });
}

fn tell(namespace: &str) {
    let kubectl = |arguments: &[&str]| {
        let output = cluster().kubectl().args(arguments).output().unwrap();
        eprintln!("--- kubectl {}\n{}", arguments.join(" "), said(&output));
    };
    let here = ["-n", namespace];
    let of = |arguments: &[&str]| kubectl(&[&here, arguments].concat());
    of(&["get", "evojob,wpool,jobs,deployments,pods,services,pvc", "-o", "wide"]);
    of(&["get", "events", "--sort-by=.metadata.creationTimestamp"]);
    of(&["get", "evojob,wpool", "-o", "yaml"]);
    of(&["logs", "-l", "galapagos.dev/job", "--all-containers", "--prefix", "--tail=40"]);
    kubectl(&["-n", operator::NAMESPACE, "get", "pods", "-o", "wide"]);
    kubectl(&["-n", operator::NAMESPACE, "logs", "-l", operator::SELECTOR, "--prefix", "--tail=150"]);
}
