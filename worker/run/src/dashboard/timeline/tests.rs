use super::*;
use serde_json::Value;

fn batch(lane: Lane, begin: u64, end: u64) -> Span {
    Span { lane, begin, end, what: What::Done, batches: 1, individuals: 8 }
}

/// The events of a file, after what every viewer relies on: spans of a lane follow each other.
fn checked(text: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(text).unwrap();
    let events = file["traceEvents"].as_array().unwrap().clone();
    let mut lanes: BTreeMap<(u64, u64), Vec<(u64, u64)>> = BTreeMap::new();
    for event in events.iter().filter(|e| e["ph"] == "X") {
        let number = |name: &str| event[name].as_u64().unwrap_or_else(|| panic!("{name}: {event}"));
        lanes.entry((number("pid"), number("tid"))).or_default().push((number("ts"), number("dur")));
    }
    for (lane, mut spans) in lanes {
        spans.sort_unstable();
        for pair in spans.windows(2) {
            assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{lane:?}: {pair:?}");
        }
    }
    events
}

#[test]
fn a_timeline_names_its_tracks_and_has_a_span_for_each_batch_and_generation() {
    let mut timeline = Timeline::default();
    let track = timeline.track("worker \"a\"\n");
    timeline.span(batch(Lane::of(track, 0), 1_000, 5_000));
    timeline.span(batch(Lane::of(track, 1), 2_000, 3_000));
    timeline.mark(Moment(2_500), "worker a came");
    timeline.generation(0, 0.004, Moment(5_000));
    let open = Span { what: What::Running, ..batch(Lane::of(track, 1), 3_500, 6_000) };
    let events = checked(&timeline.json(&[open]));
    let named = |name: &str| events.iter().filter(|e| e["name"] == name).count();
    assert_eq!(
        (named("batch"), named("generation 0"), named("running"), named("worker a came")),
        (2, 1, 1, 1)
    );
    let tracks: Vec<&str> = events
        .iter()
        .filter(|e| e["name"] == "process_name")
        .map(|e| e["args"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(tracks, ["run", "worker \"a\" "]);
    let generation = events.iter().find(|e| e["name"] == "generation 0").unwrap();
    assert_eq!((&generation["ts"], &generation["dur"]), (&1_000.into(), &4_000.into()));
}

#[test]
fn what_begins_too_early_begins_where_the_one_before_ended() {
    let mut timeline = Timeline::default();
    let lane = Lane::of(timeline.track("w"), 0);
    timeline.span(batch(lane, 10, 20));
    timeline.span(batch(lane, 15, 30));
    timeline.span(batch(lane, 12, 18));
    checked(&timeline.json(&[]));
}

#[test]
fn a_long_run_stays_below_the_bound_and_keeps_its_beginning_coarsely_and_its_end_finely() {
    let mut timeline = Timeline::default();
    let tracks: Vec<u32> = (0..40).map(|i| timeline.track(&format!("worker-{i}"))).collect();
    let mut individuals = 0_u64;
    // A quarter of an hour of batches of a tenth of a second on 80 slots.
    for step in 0..9_000_u64 {
        for &track in &tracks {
            for slot in 0..2 {
                timeline.span(batch(Lane::of(track, slot), step * 100_000, step * 100_000 + 90_000));
                individuals += 8;
            }
        }
        timeline.generation(step as u32, 0.1, Moment(step * 100_000 + 100_000));
        timeline.mark(Moment(step * 100_000), &"x".repeat(400));
    }
    let text = timeline.json(&[]);
    assert!(text.len() < 10_000_000, "{} bytes", text.len());
    let events = checked(&text);
    let sum: u64 = events.iter().filter_map(|e| e["args"]["individuals"].as_u64()).sum();
    assert_eq!(sum, individuals, "nothing is lost by drawing it coarser");
    let batches = || events.iter().filter(|e| e["name"] == "batch");
    let first = batches().map(|e| e["ts"].as_u64().unwrap()).min().unwrap();
    let newest = batches().max_by_key(|e| e["ts"].as_u64()).unwrap();
    assert_eq!((first, newest["dur"].as_u64().unwrap()), (0, 90_000));
    assert!(text.contains("drawn coarser"));
    let again = Timeline::parse(text.as_bytes()).unwrap();
    checked(&again.json(&[]));
}

#[test]
fn another_attempt_goes_on_behind_what_the_one_before_has_drawn() {
    let mut timeline = Timeline::default();
    timeline.of_run("blake3:07");
    let track = timeline.track("a");
    timeline.span(batch(Lane::of(track, 0), 1_000, 2_000));
    timeline.generation(7, 0.001, Moment(2_000));
    let open = Span { what: What::Running, ..batch(Lane::of(track, 0), 2_500, 3_000) };
    let mut again = Timeline::parse(timeline.json(&[open]).as_bytes()).unwrap();
    let second = again.track("a");
    assert!(
        second > track && again.is_of_the_run_of(&timeline) && !again.is_of_the_run_of(&Timeline::default())
    );
    again.span(batch(Lane::of(second, 0), 4_000, 5_000));
    let events = checked(&again.json(&[]));
    let named = |name: &str| events.iter().filter(|e| e["name"] == name).count();
    assert_eq!((named("batch"), named("lost"), named("running"), named("generation 7")), (2, 1, 0, 1));
    for broken in ["", "[]", "{\"traceEvents\":[{\"ph\":1}]}", "{\"traceEvents\":"] {
        assert!(Timeline::parse(broken.as_bytes()).is_none(), "{broken}");
    }
}

#[test]
fn workers_that_left_long_ago_make_room_for_those_that_come() {
    let mut timeline = Timeline::default();
    let count = LANES as u64 * 3;
    for i in 0..count {
        let track = timeline.track(&format!("w{i}"));
        timeline.span(batch(Lane::of(track, 0), i, i + 1));
    }
    assert!(timeline.lanes.len() <= LANES && timeline.tracks.len() <= LANES);
    let text = timeline.json(&[]);
    assert!(text.contains("spans are left out") && !text.contains("\"w0\""), "{}", &text[..300]);
    for newest in [count - 1, count - LANES as u64 / 2] {
        assert!(text.contains(&format!("\"w{newest}\"")), "{newest}");
    }
    checked(&text);
}
