//! What the table of leases costs the coordinator, per individual: the whole way from submit to settled.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use galapagos_engine::evaluation::{BLOCKS, BlockSum, Evaluation, Metric, Metrics};
use galapagos_run::run::evaluator::Task;
use galapagos_worker::lease::{Delivery, LeaseTable, Terms, WorkerId};

const POPULATION: usize = 10_000;
const SPECIES: usize = 14;
const WORKERS: u64 = 100;
const BATCH: u32 = 100;

fn evaluation(index: u32) -> Evaluation {
    let mut metrics = Metrics::NONE;
    Metric::ALWAYS.into_iter().for_each(|m| metrics.set(m, Some(f64::from(index))));
    let blocks = [BlockSum { s1: 1, s2: 2 }; BLOCKS];
    Evaluation { metrics, reason: None, returns: 1, s1: 1, s2: 2, blocks, open_position: false }
}

fn tasks() -> Vec<Task> {
    let gene = |index: usize, n: usize| ((index * 2_654_435_761) >> n & 0xff) as u32;
    let task =
        |index| Task { index, species: index % SPECIES, genome: (0..6).map(|n| gene(index, n)).collect() };
    (0..POPULATION).map(task).collect()
}

/// One generation, every worker busy with one batch at a time; the number of batches.
fn generation(table: &mut LeaseTable, tasks: Vec<Task>, now: Instant) -> u32 {
    table.submit(None, tasks);
    let mut batches = 0;
    while table.open() > 0 {
        for id in 0..WORKERS {
            let Some(grant) = table.next(WorkerId(id), now) else { continue };
            batches += 1;
            let items = grant
                .tasks
                .iter()
                .map(|t| (t.index as u32, Ok(Box::new(evaluation(t.index as u32)))))
                .collect();
            let busy = Duration::from_millis(1) * grant.tasks.len() as u32;
            let delivery =
                Delivery { lease: grant.lease, epoch: 1, items, last: true, busy, largest_batch: BATCH };
            black_box(table.deliver(WorkerId(id), delivery, now)).ok();
        }
    }
    batches
}

fn lease(c: &mut Criterion) {
    let now = Instant::now();
    let timeout = Duration::from_secs(300);
    let mut table =
        LeaseTable::new(Terms { timeout, attempts: 3, target: Duration::from_secs(1), bars: 0 }, 1);
    (0..WORKERS).for_each(|id| table.join(WorkerId(id), 1, now));
    // The first ones learn the pace.
    for _ in 0..3 {
        generation(&mut table, tasks(), now);
    }
    let mut group = c.benchmark_group("lease");
    group.throughput(Throughput::Elements(POPULATION as u64));
    group.bench_function("generation of 10,000 over 100 workers", |b| {
        b.iter_batched(tasks, |tasks| generation(&mut table, tasks, now), BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, lease);
criterion_main!(benches);
