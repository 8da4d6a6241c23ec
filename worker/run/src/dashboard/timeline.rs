//! Who did what when, in the trace format of Chrome, which <https://ui.perfetto.dev> and chrome://tracing open: a track for the
//! generations, one for what happened, and one for each slot of each worker with its batches.
//!
//! It is bounded: where there are too many spans, the older half is drawn coarser, neighbours becoming one. The format:
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::events::bounded;
use super::moment::Moment;

/// Spans that are kept.
const SPANS: usize = 24_000;
/// Lanes that are named: what has none of them is not drawn.
const LANES: usize = 8_000;
/// Marks that are kept.
const MARKS: usize = 2_000;
/// Bytes of a name.
const LONGEST: usize = 120;
/// Bytes of a file that can be taken up again: far more than the bounds above make.
pub const MOST_BYTES: usize = 16 << 20;
/// The first width within which neighbours become one, in microseconds.
const FINEST: u64 = 100_000;

/// The process that stands for the run itself, and its two lanes.
const RUN: u32 = 1;
const GENERATIONS: u32 = 1;
const EVENTS: u32 = 2;

/// What a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Batches that were answered.
    Done,
    /// Batches that a worker gave back.
    HandedBack,
    /// Batches of a worker that was lost.
    Lost,
    /// Batches that are with a worker still.
    Running,
    /// Generations, from one number to another.
    Generations(u32, u32),
}

impl What {
    const NAMES: [(What, &'static str); 4] = [
        (What::Done, "batch"),
        (What::HandedBack, "handed back"),
        (What::Lost, "lost"),
        (What::Running, "running"),
    ];

    fn name(self) -> String {
        match self {
            What::Generations(a, b) if a == b => format!("generation {a}"),
            What::Generations(a, b) => format!("generations {a} to {b}"),
            other => {
                let found = What::NAMES.iter().find(|(what, _)| *what == other);
                found.map_or("batch", |(_, name)| name).to_owned()
            }
        }
    }

    fn parse(name: &str) -> Option<What> {
        if let Some((_, what)) =
            What::NAMES.iter().map(|(what, name)| (name, what)).find(|(n, _)| **n == name)
        {
            return Some(*what);
        }
        let numbers =
            name.strip_prefix("generation").map(|rest| rest.trim_start_matches('s').trim_start())?;
        let (a, b) = numbers.split_once(" to ").unwrap_or((numbers, numbers));
        Some(What::Generations(a.parse().ok()?, b.parse().ok()?))
    }

    /// What two neighbours are together; `None`: they are of different kinds.
    fn with(self, next: What) -> Option<What> {
        match (self, next) {
            (What::Generations(a, _), What::Generations(_, b)) => Some(What::Generations(a, b)),
            (a, b) => (a == b).then_some(a),
        }
    }
}

/// A stretch of time on a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it is drawn.
    pub lane: Lane,
    /// Its beginning, microseconds since 1970.
    pub begin: u64,
    /// Its end.
    pub end: u64,
    /// What it is.
    pub what: What,
    /// Batches in it.
    pub batches: u32,
    /// Individuals in them.
    pub individuals: u32,
}

/// Process and thread, as the format calls what a track is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane {
    process: u32,
    thread: u32,
}

impl Lane {
    /// A slot of a worker.
    pub fn of(track: u32, slot: usize) -> Lane {
        Lane { process: track, thread: u32::try_from(slot + 1).unwrap_or(u32::MAX) }
    }
}

/// A point of time with a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    time: u64,
    text: String,
}

/// The timeline of a run.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// The run that it is of: the digest of its inputs.
    run: String,
    /// Names of processes.
    tracks: BTreeMap<u32, String>,
    /// Lanes with a span, by when each ends.
    lanes: BTreeMap<Lane, u64>,
    spans: Vec<Span>,
    marks: Vec<Mark>,
    /// Width within which neighbours have become one; 0: nowhere.
    width: u64,
    /// Spans that had no place.
    dropped: u64,
}

impl Timeline {
    /// Says whose it is.
    pub fn of_run(&mut self, run: &str) {
        run.clone_into(&mut self.run);
    }

    /// Whether both are of the same run.
    pub fn is_of_the_run_of(&self, other: &Timeline) -> bool {
        self.run == other.run
    }

    /// A track for a worker; its number.
    pub fn track(&mut self, name: &str) -> u32 {
        let number = self.tracks.keys().next_back().map_or(RUN, |&last| last).saturating_add(1);
        if self.tracks.len() >= LANES {
            self.forget_lanes();
        }
        while self.tracks.len() >= LANES {
            self.tracks.pop_first();
        }
        self.tracks.insert(number, bounded(name, LONGEST));
        number
    }

    /// A stretch of time of a lane. One that begins before the one before it ended begins where that ended.
    pub fn span(&mut self, span: Span) {
        let known = self.lanes.contains_key(&span.lane);
        if !known && self.lanes.len() >= LANES {
            self.forget_lanes();
        }
        let last = self.lanes.entry(span.lane).or_default();
        let begin = span.begin.max(*last);
        let end = span.end.max(begin);
        *last = end;
        self.spans.push(Span { begin, end, ..span });
        if self.spans.len() > SPANS {
            self.coarsen();
        }
    }

    /// A generation is over that took so long.
    pub fn generation(&mut self, number: u32, seconds: f64, now: Moment) {
        let lane = Lane { process: RUN, thread: GENERATIONS };
        let (begin, end) = (now.before(seconds).0, now.0);
        let what = What::Generations(number, number);
        self.span(Span { lane, begin, end, what, batches: 0, individuals: 0 });
    }

    /// Something happened.
    pub fn mark(&mut self, now: Moment, text: &str) {
        if self.marks.len() == MARKS {
            // Half of them at once: the list is not moved for each.
            self.marks.drain(..MARKS / 2);
        }
        self.marks.push(Mark { time: now.0, text: bounded(text, LONGEST) });
    }

    /// Gives up the quarter of the lanes that ended first, as those of workers that left long ago, with all that is on them.
    fn forget_lanes(&mut self) {
        let mut ends: Vec<(u64, Lane)> = self.lanes.iter().map(|(&lane, &end)| (end, lane)).collect();
        ends.retain(|(_, lane)| lane.process != RUN);
        ends.sort_unstable();
        for (_, lane) in ends.drain(..ends.len().div_ceil(4)) {
            self.lanes.remove(&lane);
        }
        let before = self.spans.len();
        self.spans.retain(|span| self.lanes.contains_key(&span.lane));
        self.dropped += (before - self.spans.len()) as u64;
        // A worker that is new has no lane yet.
        let (lanes, newest) = (&self.lanes, self.tracks.keys().next_back().copied());
        self.tracks
            .retain(|&track, _| Some(track) == newest || lanes.keys().any(|lane| lane.process == track));
    }

    /// Makes the older half coarser until there is room again.
    fn coarsen(&mut self) {
        let room = SPANS / 4 * 3;
        let mut begins: Vec<u64> = self.spans.iter().map(|span| span.begin).collect();
        let middle = begins.len() / 2;
        let (_, &mut middle, _) = begins.select_nth_unstable(middle);
        self.spans.sort_by_key(|span| (span.lane, span.begin));
        // What has become older since is first drawn as what was old before.
        let mut width = self.width.max(FINEST);
        while self.spans.len() > room {
            if width > 1 << 50 {
                // As many lanes as spans: the oldest go.
                self.spans.sort_by_key(|span| span.begin);
                let gone = self.spans.len() - room;
                self.spans.drain(..gone);
                self.dropped += gone as u64;
                return;
            }
            self.width = width;
            let mut kept: Vec<Span> = Vec::with_capacity(self.spans.len());
            for span in self.spans.drain(..) {
                let joined = kept.last_mut().filter(|last| {
                    last.lane == span.lane && last.begin / width == span.begin / width && span.begin < middle
                });
                match joined.and_then(|last| Some((last.what.with(span.what)?, last))) {
                    Some((what, last)) => {
                        last.what = what;
                        last.end = span.end;
                        last.batches = last.batches.saturating_add(span.batches);
                        last.individuals = last.individuals.saturating_add(span.individuals);
                    }
                    None => kept.push(span),
                }
            }
            self.spans = kept;
            width *= 2;
        }
    }

    /// The file. `open`: batches that are with workers still.
    pub fn json(&self, open: &[Span]) -> String {
        let mut out = String::with_capacity(256 + self.spans.len() * 160);
        let mut note = String::from("times are microseconds since 1970 UTC");
        if self.width > 0 {
            let _ = write!(
                note,
                "; older spans are drawn coarser: neighbours of the same kind within {} ms are one",
                self.width / 1000
            );
        }
        if self.dropped > 0 {
            let _ = write!(note, "; {} spans are left out", self.dropped);
        }
        let _ = writeln!(
            out,
            "{{\"displayTimeUnit\":\"ms\",\"otherData\":{{\"program\":\"galapagos {}\",\"run\":{},\"note\":{}}},\"traceEvents\":[",
            env!("CARGO_PKG_VERSION"),
            text(&self.run),
            text(&note)
        );
        let name = |out: &mut String, what: &str, process: u32, thread: u32, name: &str| {
            let _ = writeln!(
                out,
                "{{\"ph\":\"M\",\"name\":\"{what}\",\"pid\":{process},\"tid\":{thread},\"args\":{{\"name\":{}}}}},",
                text(name)
            );
        };
        name(&mut out, "process_name", RUN, 0, "run");
        name(&mut out, "thread_name", RUN, GENERATIONS, "generations");
        name(&mut out, "thread_name", RUN, EVENTS, "events");
        for (&track, track_name) in &self.tracks {
            name(&mut out, "process_name", track, 0, track_name);
        }
        let mut lanes: Vec<Lane> = self.lanes.keys().copied().collect();
        lanes.extend(open.iter().map(|span| span.lane));
        lanes.sort_unstable();
        lanes.dedup();
        for lane in lanes.iter().filter(|lane| lane.process != RUN) {
            name(&mut out, "thread_name", lane.process, lane.thread, &format!("slot {}", lane.thread));
        }
        for mark in &self.marks {
            let _ = writeln!(
                out,
                "{{\"ph\":\"i\",\"s\":\"g\",\"name\":{},\"pid\":{RUN},\"tid\":{EVENTS},\"ts\":{}}},",
                text(&mark.text),
                mark.time
            );
        }
        for span in self.spans.iter().chain(open) {
            let Span { lane, begin, end, what, batches, individuals } = span;
            let _ = write!(
                out,
                "{{\"ph\":\"X\",\"name\":\"{}\",\"pid\":{},\"tid\":{},\"ts\":{begin},\"dur\":{}",
                what.name(),
                lane.process,
                lane.thread,
                end - begin
            );
            if *batches > 0 {
                let _ = write!(out, ",\"args\":{{\"batches\":{batches},\"individuals\":{individuals}}}");
            }
            out.push_str("},\n");
        }
        // There are always names before.
        out.truncate(out.len() - 2);
        out.push_str("\n]}\n");
        out
    }

    /// What an earlier attempt has written; `None`: it is no such file. Nothing of it is believed: what does not fit is left out.
    pub fn parse(bytes: &[u8]) -> Option<Timeline> {
        let file: File = serde_json::from_slice(bytes).ok()?;
        let mut timeline = Timeline { run: file.other.run, ..Timeline::default() };
        let mut spans = Vec::new();
        for event in file.events {
            let Event { phase, name, process, thread, time, length, args } = event;
            let lane = Lane { process, thread };
            match phase.as_str() {
                "M" if name == "process_name" && process != RUN && timeline.tracks.len() < LANES => {
                    timeline.tracks.insert(process, bounded(&args.name, LONGEST));
                }
                "i" => timeline.mark(Moment(time), &name),
                "X" => {
                    let Some(what) = What::parse(&name) else { continue };
                    // Whoever was at work when it was written is not any more.
                    let what = if what == What::Running { What::Lost } else { what };
                    let end = time.saturating_add(length);
                    let Args { batches, individuals, .. } = args;
                    spans.push(Span { lane, begin: time, end, what, batches, individuals });
                }
                _ => {}
            }
        }
        spans.sort_by_key(|span| span.begin);
        spans.into_iter().for_each(|span| timeline.span(span));
        Some(timeline)
    }
}

/// A text as JSON has it.
fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "traceEvents")]
    events: Vec<Event>,
    #[serde(rename = "otherData", default)]
    other: Other,
}

#[derive(Default, Deserialize)]
struct Other {
    #[serde(default)]
    run: String,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "ph")]
    phase: String,
    name: String,
    #[serde(rename = "pid")]
    process: u32,
    #[serde(rename = "tid")]
    thread: u32,
    #[serde(rename = "ts", default)]
    time: u64,
    #[serde(rename = "dur", default)]
    length: u64,
    #[serde(default)]
    args: Args,
}

#[derive(Default, Deserialize)]
struct Args {
    #[serde(default)]
    name: String,
    #[serde(default)]
    batches: u32,
    #[serde(default)]
    individuals: u32,
}

#[cfg(test)]
mod tests;
