//! Who evaluates what: told by whoever hands out batches, asked for by pages and timelines. Everybody holds the lock for
//! moments: no batch waits for a reader.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::events::{Events, bounded};
use super::moment::Moment;
use super::recent::Recent;
use super::slots::Slots;
use super::timeline::{Lane, Span, Timeline, What};
use super::view::{EventView, Kind, WORKERS, WorkView, WorkerView};

/// Characters of the name of a worker.
const LONGEST: usize = 128;

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was answered.
    Done,
    /// Its worker gave it back.
    HandedBack,
}

/// How a worker went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// In order.
    Left,
    /// Nobody knows where to.
    Lost,
}

#[derive(Debug)]
struct Batch {
    individuals: u64,
    answered: u64,
    granted: Moment,
    /// The slot that it is in, and since when; `None`: it waits.
    running: Option<(usize, Moment)>,
}

#[derive(Debug)]
struct Attendant {
    name: String,
    track: u32,
    slots: Slots,
    batches: BTreeMap<u64, Batch>,
    evaluated: u64,
    recent: Recent,
    busy_seconds: f64,
    joined: Moment,
    heard: Moment,
}

#[derive(Debug, Default)]
struct Inner {
    workers: BTreeMap<u64, Attendant>,
    events: Events,
    timeline: Timeline,
    recent: Recent,
    done: u64,
}

/// The book of who evaluates what.
#[derive(Debug, Default)]
pub struct WorkLog(Mutex<Inner>);

impl WorkLog {
    /// An empty one.
    pub fn new() -> Arc<WorkLog> {
        Arc::default()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // It is for people alone: nothing is decided by it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says of which run it is: the digest of its inputs.
    pub fn of_run(&self, run: &str) {
        self.inner().timeline.of_run(run);
    }

    /// Goes on behind the timeline of an earlier attempt at the same run; before any worker comes.
    pub fn resume(&self, earlier: Timeline) {
        let mut inner = self.inner();
        if inner.workers.is_empty() && earlier.is_of_the_run_of(&inner.timeline) {
            inner.timeline = earlier;
        }
    }

    /// A worker comes. Its number is never used twice.
    pub fn joined(&self, worker: u64, name: &str, slots: u32, now: Moment) {
        let mut inner = self.inner();
        let name = if name.is_empty() { format!("worker {worker}") } else { bounded(name, LONGEST) };
        let track = inner.timeline.track(&name);
        inner.say(
            Kind::Worker,
            &format!("{name} came with {slots} slot{}", if slots == 1 { "" } else { "s" }),
            now,
        );
        let attendant = Attendant {
            name,
            track,
            slots: Slots::new(slots as usize),
            batches: BTreeMap::new(),
            evaluated: 0,
            recent: Recent::default(),
            busy_seconds: 0.0,
            joined: now,
            heard: now,
        };
        inner.workers.insert(worker, attendant);
    }

    /// A worker gets a batch.
    pub fn granted(&self, worker: u64, batch: u64, individuals: usize, now: Moment) {
        let mut inner = self.inner();
        let Some(attendant) = inner.workers.get_mut(&worker) else { return };
        let running = attendant.slots.take(batch).map(|slot| (slot, now));
        let individuals = individuals as u64;
        attendant.batches.insert(batch, Batch { individuals, answered: 0, granted: now, running });
    }

    /// A worker has answered for so many individuals of a batch.
    pub fn answered(&self, worker: u64, batch: u64, individuals: usize, now: Moment) {
        let mut inner = self.inner();
        let Some(attendant) = inner.workers.get_mut(&worker) else { return };
        let count = individuals as u64;
        attendant.heard = now;
        attendant.evaluated += count;
        attendant.recent.add(now, count);
        if let Some(batch) = attendant.batches.get_mut(&batch) {
            batch.answered += count;
        }
        inner.recent.add(now, count);
    }

    /// A batch is over.
    pub fn ended(&self, worker: u64, batch: u64, how: Ending, now: Moment) {
        let mut inner = self.inner();
        let Inner { workers, timeline, done, .. } = &mut *inner;
        let Some(attendant) = workers.get_mut(&worker) else { return };
        attendant.heard = now;
        let what = match how {
            Ending::Done => What::Done,
            Ending::HandedBack => What::HandedBack,
        };
        *done += u64::from(how == Ending::Done);
        attendant.close(batch, what, timeline, now);
    }

    /// A worker goes, and with it what it held.
    pub fn left(&self, worker: u64, how: Leaving, now: Moment) {
        let mut inner = self.inner();
        let Some(mut attendant) = inner.workers.remove(&worker) else { return };
        let what = if how == Leaving::Lost { What::Lost } else { What::HandedBack };
        let held: Vec<u64> = attendant.batches.keys().copied().collect();
        held.into_iter().for_each(|batch| attendant.close(batch, what, &mut inner.timeline, now));
        let name = &attendant.name;
        match how {
            Leaving::Left => inner.say(Kind::Worker, &format!("{name} left"), now),
            Leaving::Lost => {
                inner.say(Kind::Warning, &format!("{name} was lost; its work is given to others"), now);
            }
        }
    }

    /// Something happened to workers or batches.
    pub fn note(&self, kind: Kind, text: &str, now: Moment) {
        self.inner().say(kind, text, now);
    }

    /// A generation is over that took so long.
    pub fn generation(&self, number: u32, seconds: f64, now: Moment) {
        self.inner().timeline.generation(number, seconds, now);
    }

    /// Marks the timeline.
    pub fn mark(&self, text: &str, now: Moment) {
        self.inner().timeline.mark(now, text);
    }

    /// Who evaluates, and how many individuals a second.
    pub fn view(&self, now: Moment) -> (WorkView, f64) {
        let inner = self.inner();
        let all = inner.workers.values();
        let sum = |of: fn(&Attendant) -> usize| {
            inner
                .workers
                .values()
                .map(of)
                .fold(0_u32, |a, b| a.saturating_add(u32::try_from(b).unwrap_or(u32::MAX)))
        };
        let view = WorkView {
            workers: all.take(WORKERS).map(|attendant| attendant.view(now)).collect(),
            more: inner.workers.len().saturating_sub(WORKERS),
            slots: sum(|a| a.slots.count()),
            busy: sum(|a| a.slots.running()),
            batches: sum(|a| a.batches.len()),
            out: inner.workers.values().map(Attendant::out).sum(),
            queued: None,
            done: inner.done,
        };
        (view, inner.recent.per_second(now))
    }

    /// What happened to workers lately, and how often something did.
    pub fn events(&self) -> (Vec<EventView>, u64) {
        let inner = self.inner();
        (inner.events.iter().cloned().collect(), inner.events.count())
    }

    /// The timeline as a file.
    pub fn timeline(&self, now: Moment) -> String {
        let (timeline, open) = {
            let inner = self.inner();
            let open: Vec<Span> = inner.workers.values().flat_map(|attendant| attendant.open(now)).collect();
            (inner.timeline.clone(), open)
        };
        timeline.json(&open)
    }
}

impl Inner {
    fn say(&mut self, kind: Kind, text: &str, now: Moment) {
        self.events.push(now, kind, text);
        self.timeline.mark(now, text);
    }
}

impl Attendant {
    fn close(&mut self, batch: u64, what: What, timeline: &mut Timeline, now: Moment) {
        let Some(closed) = self.batches.remove(&batch) else { return };
        if let Some((slot, begin)) = closed.running {
            self.busy_seconds += now.since(begin);
            timeline.span(self.span(slot, begin, now, what, &closed));
        }
        let freed = self.slots.free(batch);
        if let (Some(slot), Some(next)) = (freed.slot, freed.next)
            && let Some(next) = self.batches.get_mut(&next)
        {
            next.running = Some((slot, now));
        }
    }

    fn span(&self, slot: usize, begin: Moment, end: Moment, what: What, batch: &Batch) -> Span {
        let individuals = u32::try_from(batch.individuals).unwrap_or(u32::MAX);
        Span {
            lane: Lane::of(self.track, slot),
            begin: begin.0,
            end: end.0.max(begin.0),
            what,
            batches: 1,
            individuals,
        }
    }

    fn open(&self, now: Moment) -> impl Iterator<Item = Span> {
        self.batches.values().filter_map(move |batch| {
            let (slot, begin) = batch.running?;
            Some(self.span(slot, begin, now, What::Running, batch))
        })
    }

    fn out(&self) -> u64 {
        self.batches.values().map(|batch| batch.individuals.saturating_sub(batch.answered)).sum()
    }

    fn view(&self, now: Moment) -> WorkerView {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let under_way: f64 = self.batches.values().filter_map(|b| Some(now.since(b.running?.1))).sum();
        let attended = now.since(self.joined) * self.slots.count() as f64;
        let oldest = self.batches.values().map(|batch| batch.granted).min();
        WorkerView {
            name: self.name.clone(),
            slots: count(self.slots.count()),
            running: count(self.slots.running()),
            waiting: count(self.slots.waiting()),
            out: self.out(),
            evaluated: self.evaluated,
            per_second: self.recent.per_second(now),
            busy_share: if attended > 0.0 {
                ((self.busy_seconds + under_way) / attended).min(1.0)
            } else {
                0.0
            },
            oldest_seconds: oldest.map(|granted| now.since(granted)),
            joined_seconds: now.since(self.joined),
            heard_seconds: now.since(self.heard),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Moment {
        Moment(1_000_000_000_000 + milliseconds * 1000)
    }

    #[test]
    fn a_worker_is_seen_with_what_it_holds_has_done_and_how_busy_it_was() {
        let log = WorkLog::new();
        log.joined(1, "pod-a", 2, at(0));
        for batch in 1..=3 {
            log.granted(1, batch, 10, at(0));
        }
        log.answered(1, 1, 4, at(1000));
        let (view, _) = log.view(at(1000));
        let worker = &view.workers[0];
        assert_eq!((worker.running, worker.waiting, worker.out, worker.evaluated), (2, 1, 26, 4));
        assert_eq!((view.slots, view.busy, view.batches, view.out, view.done), (2, 2, 3, 26, 0));
        assert_eq!((worker.busy_share, worker.oldest_seconds, worker.heard_seconds), (1.0, Some(1.0), 0.0));
        log.answered(1, 1, 6, at(2000));
        for batch in 1..=3 {
            log.ended(1, batch, Ending::Done, at(2000));
        }
        let (view, per_second) = log.view(at(4000));
        assert_eq!((view.busy, view.batches, view.done, view.out), (0, 0, 3, 0));
        assert_eq!((view.workers[0].busy_share, view.workers[0].heard_seconds), (0.5, 2.0));
        // Ten individuals, the first of them three seconds ago.
        assert!((per_second - 10.0 / 3.0).abs() < 1e-9, "{per_second}");
    }

    #[test]
    fn who_is_lost_is_told_with_what_it_held_and_who_left_without() {
        let log = WorkLog::new();
        log.joined(1, "a", 1, at(0));
        log.joined(2, "", 1, at(0));
        log.granted(1, 1, 5, at(10));
        log.granted(2, 2, 5, at(10));
        log.left(1, Leaving::Lost, at(20));
        log.ended(2, 2, Ending::HandedBack, at(30));
        log.left(2, Leaving::Left, at(40));
        // Late words of nobody.
        log.granted(1, 3, 5, at(50));
        log.answered(2, 2, 5, at(50));
        let (events, count) = log.events();
        let texts: Vec<&str> = events.iter().map(|e| e.text.as_str()).collect();
        let expected = [
            "a came with 1 slot",
            "worker 2 came with 1 slot",
            "a was lost; its work is given to others",
            "worker 2 left",
        ];
        assert_eq!((texts, count), (expected.to_vec(), 4));
        assert_eq!(log.view(at(60)).0, WorkView { done: 0, ..WorkView::default() });
        let text = log.timeline(at(60));
        assert!(text.contains("\"name\":\"lost\"") && text.contains("\"name\":\"handed back\""), "{text}");
    }

    #[test]
    fn a_batch_that_waited_begins_when_a_slot_is_free() {
        let log = WorkLog::new();
        log.joined(7, "a", 1, at(0));
        log.granted(7, 1, 5, at(0));
        log.granted(7, 2, 5, at(0));
        log.ended(7, 1, Ending::Done, at(100));
        log.ended(7, 2, Ending::Done, at(150));
        let text = log.timeline(at(150));
        assert!(text.contains("\"dur\":100000,") && text.contains("\"dur\":50000,"), "{text}");
    }

    #[test]
    fn more_workers_than_a_page_shows_are_counted() {
        let log = WorkLog::new();
        for worker in 0..500 {
            log.joined(worker, &format!("w{worker}"), 4, at(worker));
        }
        let (view, _) = log.view(at(1000));
        assert_eq!((view.workers.len(), view.more, view.slots), (WORKERS, 500 - WORKERS, 2000));
    }
}
