//! A coordinator, its network and its workers on a fake clock, with everything that goes wrong in a cluster. Whatever
//! happens, each individual is settled exactly once and rightly.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use proptest::prelude::*;

use super::plan::{ATTEMPTS, Plan, plan};
use super::*;

/// Steps in which a generation must be done: each is one event of the cluster.
const BOUND: usize = 200_000;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A slot of a worker is done with a lease.
    Done(WorkerId, u64),
    /// The process of a worker ends; the coordinator sees it later.
    Dies(WorkerId),
    /// Its connection is seen to be gone.
    Gone(WorkerId),
    Joins(u32),
    /// A message arrives: sender and number of the delivery.
    Arrives(WorkerId, usize),
    /// Somebody stops workers at random.
    Strike,
    Tick,
}

struct Sim {
    harness: Harness,
    random: u64,
    plan: Plan,
    events: BinaryHeap<Reverse<(Instant, u64, Event)>>,
    order: u64,
    workers: BTreeMap<WorkerId, Site>,
    born: u64,
    mail: Vec<Delivery>,
    settled: BTreeMap<usize, Answer>,
    /// Attempts so far of each; grants of it alone to workers that do not answer; losses of such that had it alone.
    tried: BTreeMap<usize, u32>,
    hung: BTreeMap<usize, u32>,
    lost: BTreeMap<usize, u32>,
    granted: BTreeMap<u64, Grant>,
}

/// A worker's process.
struct Site {
    slots: usize,
    /// Leases in order; the first `begun` are in slots.
    leases: Vec<u64>,
    begun: usize,
    /// Those whose last answer has not arrived.
    owed: Vec<u64>,
    silent: bool,
    hung: bool,
    dead: bool,
}

impl Sim {
    fn new(plan: Plan) -> Sim {
        let mut sim = Sim {
            harness: Harness::new(
                Terms { timeout: 20 * S, attempts: ATTEMPTS, bars: plan.bars, ..terms() },
                &[],
            ),
            random: plan.seed,
            events: BinaryHeap::new(),
            order: 0,
            workers: BTreeMap::new(),
            born: 0,
            mail: Vec::new(),
            settled: BTreeMap::new(),
            tried: BTreeMap::new(),
            hung: BTreeMap::new(),
            lost: BTreeMap::new(),
            granted: BTreeMap::new(),
            plan,
        };
        let individuals = (0..sim.plan.individuals).map(|index| {
            let gene = sim.below(50) as u32;
            Task { index, species: index % sim.plan.species, genome: [gene].into() }
        });
        let individuals = individuals.collect::<Vec<_>>();
        sim.harness.table.submit(None, individuals);
        for slots in sim.plan.workers.clone() {
            sim.joins(slots);
        }
        sim.after(S, Event::Strike);
        sim.after(S, Event::Tick);
        sim
    }

    fn below(&mut self, n: u64) -> u64 {
        // splitmix64
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % n.max(1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn after(&mut self, time: Duration, event: Event) {
        self.order += 1;
        self.events.push(Reverse((self.harness.now + time, self.order, event)));
    }

    fn joins(&mut self, slots: u32) {
        self.born += 1;
        let id = WorkerId(self.born);
        // The first is sound, so that there is always one that works.
        let (silent, leaving) = (self.plan.silent, self.plan.leaving);
        let silent = self.born > 1 && self.chance(silent);
        let site = Site {
            slots: slots as usize,
            leases: Vec::new(),
            begun: 0,
            owed: Vec::new(),
            silent,
            hung: self.plan.hung && self.born == 2 && self.plan.workers.len() > 1,
            dead: false,
        };
        self.workers.insert(id, site);
        self.harness.table.join(id, slots, self.harness.now);
        if silent || self.born > 1 && self.chance(leaving) {
            let time = Duration::from_millis(self.below(20_000));
            self.after(time, Event::Dies(id));
        }
    }

    /// Fills the worker's slots.
    fn begin(&mut self, id: WorkerId) {
        loop {
            let Some(site) = self.workers.get_mut(&id) else { return };
            if site.dead || site.begun >= site.slots || site.begun >= site.leases.len() {
                return;
            }
            let lease = site.leases[site.begun];
            site.begun += 1;
            if site.hung {
                continue;
            }
            let batch = &self.granted[&lease];
            let n = batch.tasks.len() as u64;
            let kills = batch.tasks.iter().any(|t| self.plan.killers.contains(&t.index));
            let mut time = Duration::from_millis(5 + self.plan.each * n);
            if kills {
                time = Duration::from_millis(self.below(time.as_millis() as u64));
                self.after(time, Event::Dies(id));
            } else {
                if self.chance(3) {
                    // Slower than expected, though within the time limit.
                    time *= 8;
                }
                self.after(time, Event::Done(id, lease));
            }
        }
    }

    fn done(&mut self, id: WorkerId, lease: u64) {
        let Some(site) = self.workers.get_mut(&id) else { return };
        let Some(nth) = site.leases.iter().position(|&l| l == lease) else { return };
        if site.dead {
            return;
        }
        site.leases.remove(nth);
        site.begun -= 1;
        let silent = site.silent;
        let batch = self.granted[&lease].clone();
        let mut items: Vec<(u32, Answer)> = Vec::new();
        for task in &batch.tasks {
            let index = task.index;
            let tried = self.tried.entry(index).or_insert(0);
            *tried += 1;
            let fails =
                self.plan.panics.contains(&index) || self.plan.flickers.contains(&index) && *tried < ATTEMPTS;
            let answer = if fails { Err(Exception::Panicked("boom".into())) } else { Ok(evaluation(index)) };
            items.push((index as u32, answer));
        }
        let cut = self.below(items.len() as u64 + 1) as usize;
        let rest = items.split_off(cut);
        let busy = Duration::from_millis(5 + self.plan.each * batch.tasks.len() as u64);
        let delivery = |items, last| Delivery { lease, epoch: EPOCH, items, last, busy, largest_batch: 0 };
        let parts = [delivery(items, false), delivery(rest, true)];
        if !silent {
            parts.into_iter().for_each(|part| self.send(id, part));
        }
        self.begin(id);
    }

    fn send(&mut self, id: WorkerId, delivery: Delivery) {
        let (doubled, delayed) = (self.plan.doubled, self.plan.delayed);
        let copies = if self.chance(doubled) { 2 } else { 1 };
        for _ in 0..copies {
            let late = self.chance(delayed) && !delivery.last;
            // A prompt network keeps the order: else an empty last part may come before the only result.
            let spread = if late { 60_000 } else { 10 };
            let time = Duration::from_millis(if self.plan.prompt { 5 } else { self.below(spread) });
            let mut delivery = delivery.clone();
            if self.chance(1) {
                // A zombie of another epoch beside it.
                let old = Delivery { epoch: EPOCH - 1, ..delivery.clone() };
                self.mail.push(old);
                self.after(time, Event::Arrives(id, self.mail.len() - 1));
            }
            delivery.largest_batch = self.below(30) as u32;
            self.mail.push(delivery);
            self.after(time, Event::Arrives(id, self.mail.len() - 1));
        }
    }

    fn settle(&mut self, settled: Vec<Settled>) {
        for Settled { index, answer, .. } in settled {
            assert!(self.settled.insert(index, answer).is_none(), "{index} is settled twice");
        }
    }

    /// Hands out what the table gives, round after round, and checks what it must keep to.
    fn ask(&mut self) {
        loop {
            let ids: Vec<WorkerId> = self.workers.keys().copied().collect();
            let mut granted = false;
            for id in ids {
                let Some(grant) = self.harness.next(id) else { continue };
                granted = true;
                let site = self.workers.get_mut(&id).unwrap();
                assert!(grant.tasks.len() <= 1000 && !grant.tasks.is_empty());
                assert!(grant.tasks.iter().all(|t| t.species == grant.tasks[0].species));
                assert!(grant.tasks.iter().all(|t| !self.settled.contains_key(&t.index)));
                assert!(grant.deadline >= 10 * S || grant.deadline >= 2 * S + 20 * S);
                site.leases.push(grant.lease);
                site.owed.push(grant.lease);
                assert!(site.leases.len() <= 2 * site.slots, "{id:?} holds {:?}", site.leases);
                if (site.hung || site.silent || site.dead) && grant.tasks.len() == 1 {
                    *self.hung.entry(grant.tasks[0].index).or_insert(0) += 1;
                }
                assert!(self.granted.insert(grant.lease, grant).is_none(), "a number is used twice");
                self.begin(id);
            }
            if !granted {
                return;
            }
        }
    }

    /// A process ends: in order if it can, else it is found out up to 15 s later.
    fn dies(&mut self, id: WorkerId) {
        let Some(site) = self.workers.get_mut(&id).filter(|site| !site.dead) else { return };
        site.dead = true;
        let (leases, slots, silent) = (site.leases.clone(), site.slots as u32, site.silent);
        if self.plan.prompt {
            self.gone(id);
            return self.after(S, Event::Joins(slots));
        }
        if !silent && self.chance(30) && !self.kills_now(&leases) {
            leases.into_iter().for_each(|lease| self.harness.table.hand_back(id, lease, self.harness.now));
        }
        let time = Duration::from_millis(self.below(15_000));
        self.after(time, Event::Gone(id));
        self.after(2 * time, Event::Joins(slots));
    }

    fn gone(&mut self, id: WorkerId) {
        let Some(site) = self.workers.remove(&id) else { return };
        for tasks in site.owed.iter().map(|l| &self.granted[l].tasks).filter(|tasks| tasks.len() == 1) {
            *self.lost.entry(tasks[0].index).or_insert(0) += 1;
        }
        let settled = self.harness.table.leave(id, self.harness.now);
        self.settle(settled);
    }

    fn kills_now(&self, leases: &[u64]) -> bool {
        leases.iter().any(|l| self.granted[l].tasks.iter().any(|t| self.plan.killers.contains(&t.index)))
    }

    fn strike(&mut self) {
        let victims: Vec<WorkerId> = self.workers.keys().copied().collect();
        let victim = victims[self.below(victims.len() as u64) as usize];
        let site = &self.workers[&victim];
        if site.owed.iter().all(|l| self.granted[l].tasks.len() > 1) && self.plan.raids > 0 {
            self.plan.raids -= 1;
            self.after(Duration::ZERO, Event::Dies(victim));
        } else if self.plan.kills > 0 {
            self.plan.kills -= 1;
            self.after(Duration::ZERO, Event::Dies(victim));
        }
        if self.plan.raids + self.plan.kills > 0 {
            self.after(S, Event::Strike);
        }
    }

    fn step(&mut self) {
        let Reverse((time, _, event)) = self.events.pop().unwrap();
        // The table's own times come first.
        while let Some(due) = self.harness.table.next_expiry().filter(|&due| due <= time) {
            self.harness.now = self.harness.now.max(due);
            let settled = self.harness.table.expire(self.harness.now);
            self.settle(settled);
            assert!(self.harness.table.next_expiry().is_none_or(|next| next > self.harness.now));
            self.ask();
        }
        self.harness.now = time;
        match event {
            Event::Done(id, lease) => self.done(id, lease),
            Event::Dies(id) => self.dies(id),
            Event::Gone(id) => self.gone(id),
            Event::Joins(slots) => self.joins(slots),
            Event::Arrives(id, letter) => {
                let delivery = self.mail[letter].clone();
                if delivery.last
                    && let Some(site) = self.workers.get_mut(&id)
                {
                    site.owed.retain(|&lease| lease != delivery.lease);
                    let tasks = &self.granted[&delivery.lease].tasks;
                    if tasks.len() == 1 && delivery.items.is_empty() {
                        // Perhaps before its only result.
                        *self.lost.entry(tasks[0].index).or_insert(0) += 1;
                    }
                }
                let settled = self.harness.table.deliver(id, delivery, time).unwrap();
                self.settle(settled);
            }
            Event::Strike if self.workers.is_empty() => self.after(S, Event::Strike),
            Event::Strike => self.strike(),
            Event::Tick => self.after(S, Event::Tick),
        }
        self.ask();
    }

    fn run(mut self) {
        self.ask();
        let mut steps = 0;
        while self.harness.table.open() > 0 {
            steps += 1;
            assert!(steps < BOUND, "no end: {:?} {:?}", self.harness.table.counts(), self.plan);
            self.step();
            let open = self.harness.table.open();
            assert_eq!(open + self.settled.len(), self.plan.individuals);
        }
        for (index, answer) in &self.settled {
            let killer = self.plan.killers.contains(index);
            let panics = self.plan.panics.contains(index);
            let [hung, tried, lost] =
                [&self.hung, &self.tried, &self.lost].map(|m| m.get(index).copied().unwrap_or(0));
            // Silence of a worker counts as an attempt only where the individual had all its time, alone.
            let spent = hung > 0 && hung + tried >= ATTEMPTS;
            match answer {
                Ok(found) => assert!(*found == evaluation(*index) && !killer && !panics, "{index}"),
                Err(_) if killer || panics || spent => {}
                Err(_) => {
                    assert!(!self.plan.prompt && lost >= 2 * ATTEMPTS, "{index} is innocent: {answer:?}");
                }
            }
        }
        let failed = self.settled.values().filter(|answer| answer.is_err()).count() as u64;
        assert_eq!(self.harness.table.counts().quarantined, failed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    // Contract W1.
    #[test]
    fn each_individual_is_settled_once_and_rightly_whatever_happens(plan in plan()) {
        Sim::new(plan).run();
    }
}
