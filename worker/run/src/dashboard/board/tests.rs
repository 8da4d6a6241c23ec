use std::time::Duration;

use super::*;
use crate::dashboard::series::report;
use crate::run::limits::Spent;
use crate::run::state::Counters;
use crate::storage::digest::Digest;

fn board() -> Board {
    let job = JobView { name: "stocks-daily".to_owned(), ..JobView::default() };
    Board::new(job, vec!["sma_crossover".to_owned(), "rsi_filter".to_owned()], 40, Moment(1_000_000_000))
}

fn pace(eta: f64) -> Pace {
    Pace { generations: 40, reused: 0, strategy_bars_per_second: 1e6, eta_seconds: Some(eta) }
}

fn generation(board: &mut Board, number: u32, best: f64, gene: u32, now: Moment) -> Option<String> {
    let mut report = report(number);
    report.best = Some(best);
    let genome = [("period".to_owned(), GeneValue::Number(gene.into()))];
    let counters = Counters { cached: 3, failed: 2, exceptions: 1, ..Counters::default() };
    let event = RunEvent::Generation {
        report: &report,
        pace: &pace(100.0),
        best: &genome,
        metrics: None,
        front: None,
        species: &[Some(best), None],
        counters: &counters,
        digest: Digest::new([0; 32]),
        checkpoint: Duration::ZERO,
    };
    board.observe(&event, now)
}

#[test]
fn a_page_follows_the_run_from_its_beginning_to_its_result() {
    let at = |seconds: u64| Moment(1_000_000_000 + seconds * 1_000_000);
    let mut board = board();
    assert_eq!((board.view.state, board.view.job.name.as_str()), (State::Preparing, "stocks-daily"));
    let species: Vec<String> = board.view.species.iter().map(|s| s.name.clone()).collect();
    board.observe(&RunEvent::Started { done: 0, generations: 40, species: &species, history: &[] }, at(1));
    assert!(generation(&mut board, 0, 1.0, 7, at(2)).unwrap().contains("best 1.0000"));
    assert_eq!(generation(&mut board, 1, 1.0, 7, at(3)), None, "the same individual is no news");
    assert!(generation(&mut board, 2, 1.5, 9, at(4)).unwrap().ends_with("before 1.0000"));
    board.observe(&RunEvent::Evaluated { generation: 3, done: 5, of: 10 }, at(5));
    let view = board.view(at(14), Vec::new(), 0);
    let best = view.best.unwrap();
    assert_eq!((view.generation, view.generations, view.individuals, view.state), (3, 40, 5, State::Running));
    assert_eq!((best.since, best.genome), (Some(2), vec![("period".to_owned(), "9".to_owned())]));
    assert_eq!(view.eta_seconds, Some(90.0), "the expected end comes nearer between two generations");
    assert_eq!(
        (view.species[0].best, view.species[0].quota, view.species[1].best),
        (Some(1.5), Some(2), None)
    );
    assert_eq!(view.evaluations, Counts { distinct: 27, cached: 3, failed: 2, set_aside: 1 });
    assert_eq!(view.history.best, [Some(1.0), Some(1.0), Some(1.5)]);
    let window =
        RunEvent::Window { done: 1, windows: 5, generation: 2, generations: 40, spent: Spent::default() };
    board.observe(&window, at(20));
    assert_eq!(board.observe(&window, at(21)), None);
    assert_eq!(board.view.state, State::WalkForward);
    // Also where a run stops before its last generation.
    assert_eq!(board.observe(&RunEvent::Testing, at(25)).as_deref(), Some("the winner is tested"));
    assert_eq!((board.view.state, board.view.eta_seconds), (State::Testing, None));
    board.end(State::Finished, EndView { summary: "It is luck.".to_owned(), ..EndView::default() }, at(30));
    let view = board.view(at(31), Vec::new(), 0);
    assert_eq!(
        (view.state, view.events.last().unwrap().text.as_str()),
        (State::Finished, "the result is there: It is luck.")
    );
}

#[test]
fn what_goes_on_shows_the_generations_of_earlier_attempts() {
    let mut board = board();
    let history: Vec<GenerationReport> = (0..12).map(report).collect();
    board.observe(
        &RunEvent::Started { done: 12, generations: 40, species: &[], history: &history },
        Moment(1),
    );
    let view = board.view(Moment(2), Vec::new(), 0);
    assert_eq!((view.generation, view.history.generation.len(), view.evaluations.distinct), (12, 12, 108));
    assert_eq!(view.events[0].text, "the run goes on after generation 11");
}

#[test]
fn a_view_is_bounded_whatever_the_run_does_and_hostile_texts_are_short_lines() {
    let mut board = board();
    for number in 0..3_000 {
        generation(&mut board, number, f64::from(number), number, Moment(u64::from(number)));
        let problem = "<script>alert(1)</script>\n".repeat(1000);
        board.observe(&RunEvent::Quarantined { strategy: "x", genome: &[], problem }, Moment(1));
    }
    let work = WorkLog::new();
    for worker in 0..1_000 {
        work.joined(worker, &"n".repeat(10_000), 8, Moment(worker));
    }
    let (events, count) = work.events();
    let mut view = board.view(Moment(9), events, count);
    view.work = work.view(Moment(9)).0;
    let text = serde_json::to_string(&view).unwrap();
    assert!(text.len() < 256 * 1024, "{} bytes", text.len());
    assert_eq!((view.events.len(), view.event_count), (100, 7_000));
    assert!(view.events.iter().all(|e| !e.text.contains('\n') && e.text.len() < 310));
}
