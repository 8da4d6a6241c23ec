//! Granting: what a worker gets next.

use std::time::{Duration, Instant};

use super::individual::State;
use super::leases::{Item, Lease, Phase, later};
use super::size::{BatchRequest, Work, bound, size};
use super::table::LeaseTable;
use super::{Grant, Kind, Terms, WorkerId};

/// Leases a slot may have: one running, one ready to run.
const DEPTH: usize = 2;
/// A deadline is this many times the predicted time, and at least [`SHORTEST`].
const PATIENCE: u32 = 4;
const SHORTEST: Duration = Duration::from_secs(10);
/// What a deadline leaves beyond the time limits of its individuals, so that the worker's own verdict arrives first.
const GRACE: Duration = Duration::from_secs(2);
/// A batch is copied when it is this many times as old as expected, and at least [`COPIED_AFTER`].
const SLOW: f64 = 2.0;
const COPIED_AFTER: Duration = Duration::from_secs(1);
/// A wait so short that a message takes longer.
const MOMENT: f64 = 0.005;

impl LeaseTable {
    /// The next batch for a worker; `None`: nothing for it now.
    pub fn next(&mut self, id: WorkerId, now: Instant) -> Option<Grant> {
        let worker = self.workers.get(id).filter(|w| !w.leaving && !w.solitary)?;
        let (held, slots, largest) = (worker.leases.len(), worker.slots, worker.largest_batch);
        if self.queue.has_solitary(&self.generations) {
            if held == 0 {
                let position = self.queue.take_solitary(&self.generations)?;
                self.cleared = self.cleared.filter(|&c| c != id);
                return Some(self.grant(id, vec![position], true, now));
            }
            if *self.cleared.get_or_insert(id) == id {
                return None;
            }
        } else {
            self.cleared = None;
        }
        let work = self.work();
        if held >= DEPTH * slots || held >= slots && !self.may_prefetch(id, &work, now) {
            return None;
        }
        let may_repeat = !self.workers.idle_besides(id);
        let factor = self.workers.get(id)?.factor;
        let (paces, generations, rows) = (&self.paces, &self.generations, &self.rows);
        let Terms { target, .. } = self.terms;
        let taken = self.queue.take(generations, id, may_repeat, bound(largest), |kind, there| {
            let (cost, timed) = (paces.guess(kind), paces.largest(kind));
            let sharing = paces.shares(kind, rows.of(kind)).then(|| generations.total(kind));
            size(&work, &BatchRequest { cost, timed, sharing, factor, largest, target }, there)
        });
        let positions = match taken {
            Some(positions) => positions,
            None if held < slots => {
                let positions = self.slow_batch(id, bound(largest), now)?;
                self.counts.copied += 1;
                positions
            }
            None => return None,
        };
        Some(self.grant(id, positions, false, now))
    }

    fn work(&self) -> Work {
        let mut seconds = (0.0, 0.0);
        let (mut known, mut sharing, mut individuals) = (true, false, 0);
        for (kind, total, queued) in self.generations.shares().filter(|s| s.1 > 0) {
            individuals += total;
            sharing |= queued > 0 && self.paces.shares(kind, self.rows.of(kind));
            match self.paces.guess(kind) {
                Some(cost) => {
                    seconds = (seconds.0 + cost.each * queued as f64, seconds.1 + cost.each * total as f64);
                }
                None => known = false,
            }
        }
        let (queued, slots) = (self.generations.queued(), self.workers.slots());
        let part = if sharing { Work::part(self.terms.target, seconds.1, slots) } else { 0.0 };
        Work { seconds: known.then_some(seconds), individuals, queued, slots, part }
    }

    /// Whether a batch may wait at a worker whose slots are all taken: while there is plenty, or for a moment only
    /// when nobody else is idle.
    fn may_prefetch(&self, id: WorkerId, work: &Work, now: Instant) -> bool {
        work.plenty()
            || work.seconds.is_some()
                && self.wait(id, now).is_some_and(|wait| wait < MOMENT)
                && !self.workers.idle_besides(id)
    }

    /// Seconds until the leases that a worker holds are done; `None` if that of one is not known.
    fn wait(&self, id: WorkerId, now: Instant) -> Option<f64> {
        let worker = self.workers.get(id)?;
        let mut seconds = 0.0;
        for lease in worker.leases.iter().filter_map(|&l| self.leases.get(l)) {
            seconds +=
                (lease.predicted? - now.saturating_duration_since(lease.granted).as_secs_f64()).max(0.0);
        }
        Some(seconds / worker.slots as f64)
    }

    /// What a worker with nothing to do may evaluate a second time: the part that is still owed of the oldest lease
    /// that takes far longer than it should.
    fn slow_batch(&self, id: WorkerId, bound: usize, now: Instant) -> Option<Vec<u32>> {
        for (_, lease) in self.leases.iter() {
            let age = now.saturating_duration_since(lease.granted);
            if age < COPIED_AFTER {
                return None;
            }
            if lease.phase != Phase::Running || lease.worker == id || lease.solitary {
                continue;
            }
            let Some(expected) = self.predicted(lease.worker, lease.kind, lease.size) else { continue };
            if age.as_secs_f64() < SLOW * (expected + lease.wait) {
                continue;
            }
            let owed = lease.items.iter().filter(|item| !item.answered).map(|item| item.position);
            let alone = owed.filter(|&p| {
                let individual = self.generations.get(p);
                individual.state() == State::Leased && individual.holders == 1
            });
            let positions: Vec<u32> = alone.take(bound).collect();
            if !positions.is_empty() {
                return Some(positions);
            }
        }
        None
    }

    fn predicted(&self, id: WorkerId, kind: Kind, n: usize) -> Option<f64> {
        let factor = self.workers.get(id).map_or(1.0, |w| w.factor);
        self.paces.guess(kind).map(|cost| cost.seconds(n) * factor)
    }

    fn grant(&mut self, id: WorkerId, positions: Vec<u32>, solitary: bool, now: Instant) -> Grant {
        let kind = self.generations.kind(positions[0]);
        let predicted = self.predicted(id, kind, positions.len());
        let patient = positions.len() == 1 && self.generations.get(positions[0]).suspect;
        let ahead =
            self.workers.get(id).map_or(0, |w| if w.leases.len() < w.slots { 0 } else { w.leases.len() });
        let wait = if ahead == 0 { Some(0.0) } else { self.wait(id, now) };
        let allowed = self.allowed(id, positions.len(), ahead, predicted.zip(wait).filter(|_| !patient));
        let tasks = positions.iter().map(|&p| self.generations.get(p).task.clone()).collect();
        for &position in &positions {
            self.generations.set(position, State::Leased);
            self.generations.get_mut(position).holders += 1;
        }
        let lease = self.leases.open(Lease {
            worker: id,
            kind,
            size: positions.len(),
            items: positions.into_iter().map(|position| Item { position, answered: false }).collect(),
            phase: Phase::Running,
            granted: now,
            deadline: later(now, allowed),
            predicted,
            wait: wait.unwrap_or(0.0),
            patient,
            solitary,
            failed: false,
        });
        if let Some(worker) = self.workers.get_mut(id) {
            worker.leases.push(lease);
            worker.solitary |= solitary;
        }
        self.counts.granted += 1;
        Grant { lease, deadline: allowed, window: kind.window, tasks }
    }

    /// clamp(4 x predicted, 10 s, time limits), the wait for a slot included everywhere; the time limits win over the
    /// 10 s, and are all there is where nothing is known.
    fn allowed(&self, id: WorkerId, n: usize, ahead: usize, predicted: Option<(f64, f64)>) -> Duration {
        let before = self.workers.get(id).into_iter().flat_map(|w| &w.leases[..ahead]);
        let before: usize = before.filter_map(|&l| self.leases.get(l)).map(|l| l.size).sum();
        let individuals = u32::try_from(n + before).unwrap_or(u32::MAX);
        let limit = self.terms.timeout.saturating_mul(individuals).saturating_add(GRACE);
        let Some((batch, wait)) = predicted else { return limit };
        let predicted = Duration::try_from_secs_f64(batch + wait).unwrap_or(limit);
        predicted.saturating_mul(PATIENCE).max(SHORTEST).min(limit)
    }
}
