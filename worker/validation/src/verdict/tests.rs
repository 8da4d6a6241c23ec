//! Sentences and precedence (contract H17).

use super::*;

const FACTS: Facts = Facts { trials: 256, cost_factor: 2.0 };

fn asked(gate: Gate, value: f64) -> Asked {
    let threshold = match gate {
        Gate::LookAhead => Measure::Flag(true),
        Gate::Trades => Measure::Count(10),
        Gate::Confidence => Measure::Number(0.95),
        Gate::Costs => Measure::Number(0.0),
        Gate::Neighbourhood => Measure::Number(0.8),
        _ => Measure::Number(0.5),
    };
    let value = match gate {
        Gate::LookAhead => Measure::Flag(value == 1.0),
        Gate::Trades => Measure::Count(value as u64),
        _ => Measure::Number(value),
    };
    Asked { gate, threshold, value: Ok(value) }
}

fn good() -> Vec<Asked> {
    let values = [1.0, 40.0, 0.97, 0.5, 0.9];
    Gate::ALL.into_iter().zip(values).map(|(gate, value)| asked(gate, value)).collect()
}

fn with(other: Asked) -> Verdict {
    let mut all = good();
    all.retain(|a| a.gate != other.gate);
    all.push(other);
    judge(&all, FACTS)
}

#[test]
fn a_find_that_passes_every_gate_is_validated() {
    let verdict = judge(&good(), FACTS);
    assert_eq!((verdict.validated, verdict.reason), (Validated::True, Reason::AllGatesPassed));
    assert_eq!(verdict.summary, "No sign of luck: of 100 worthless finds about 4 pass these gates.");
    assert!(verdict.gates.iter().all(|g| g.sentence.is_none()) && verdict.failed().is_empty());
}

#[test]
fn gates_weaker_than_measured_promise_no_share() {
    let mut weak = good();
    weak[2].threshold = Measure::Number(0.9);
    let off: Vec<Asked> = good().into_iter().filter(|a| a.gate != Gate::Confidence).collect();
    for gates in [weak, off, vec![]] {
        let verdict = judge(&gates, FACTS);
        assert_eq!(verdict.validated, Validated::True);
        assert!(!verdict.summary.contains("100"), "{}", verdict.summary);
    }
}

#[test]
fn every_gate_says_its_sentence_when_it_fails() {
    let expected = [
        (0.0, "LookAhead", "A decision changes when the future is taken away: the result is not real."),
        (7.0, "TooFewTrades", "Only 7 trades: nothing can be said. More data, or a faster strategy."),
        (
            0.81,
            "LikelyLuck",
            "A search of 256 different strategies finds this much by luck: confidence .81, .95 is needed.",
        ),
        (-0.1, "CostSensitive", "At twice the costs it loses."),
        (0.314, "Fragile", "Neighbouring genes keep only 31 % of it: a lonely peak."),
        (0.2, "WalkForwardFailed", "Evolved anew and traded forward, it earned nothing beyond the market."),
        (0.1, "HoldoutFailed", "On rows it had not seen it earned nothing beyond the market."),
        (0.129, "Degraded", "On rows it had not seen it keeps 12 % of its Sharpe."),
        (0.61, "Overfit", "In 61 % of the splits the best half was below the median in the other."),
        (0.312, "DeflatedSharpeLow", "Deflated Sharpe .31."),
    ];
    for (gate, (value, reason, sentence)) in Gate::ALL.into_iter().zip(expected) {
        let verdict = with(asked(gate, value));
        let open = gate == Gate::Trades;
        let validated = if open { Validated::Unknown } else { Validated::False };
        assert_eq!((verdict.validated, verdict.reason.name()), (validated, reason));
        assert_eq!(verdict.summary, sentence);
        assert_eq!(verdict.failed(), [gate.name()]);
        assert!(sentence.len() <= 256);
    }
}

#[test]
fn other_thresholds_have_words_of_their_own() {
    let costs = Asked { threshold: Measure::Number(0.5), ..asked(Gate::Costs, 0.312) };
    assert_eq!(with(costs).summary, "At twice the costs its Sharpe ratio is .31, more than .5 is needed.");
    let facts = Facts { cost_factor: 1.5, ..FACTS };
    assert_eq!(judge(&[asked(Gate::Costs, 0.0)], facts).summary, "At 1.5 times the costs it loses.");
    assert!(judge(&[asked(Gate::Trades, 1.0)], FACTS).summary.starts_with("Only 1 trade:"));
}

#[test]
fn a_look_into_the_future_outweighs_few_trades_and_those_outweigh_all_else() {
    let mut gates = vec![asked(Gate::Confidence, 0.1), asked(Gate::Trades, 2.0), asked(Gate::LookAhead, 0.0)];
    assert_eq!(judge(&gates, FACTS).reason, Reason::LookAhead);
    gates.pop();
    let verdict = judge(&gates, FACTS);
    assert_eq!((verdict.validated, verdict.reason), (Validated::Unknown, Reason::TooFewTrades));
    assert_eq!(verdict.failed(), ["trades", "confidence"]);
}

#[test]
fn a_gate_without_a_value_is_not_passed_and_gives_way_to_one_that_fails() {
    let unknown = Asked { value: Err(NullReason::NotPositive), ..asked(Gate::Neighbourhood, 0.0) };
    let verdict = with(unknown);
    assert_eq!((verdict.validated, verdict.reason), (Validated::Unknown, Reason::NotComputed));
    assert_eq!(verdict.summary, "`neighbourhood` could not be computed: NotPositive.");
    assert!(verdict.failed().is_empty());
    let verdict = judge(&[unknown, asked(Gate::Pbo, 0.9)], FACTS);
    assert_eq!(verdict.reason, Reason::Overfit);
    assert_eq!(with(asked(Gate::Confidence, f64::NAN)).reason, Reason::NotComputed);
}

#[test]
fn a_run_without_a_find_is_open() {
    for verdict in [Verdict::no_candidate(), Verdict::not_yet()] {
        assert_eq!((verdict.validated, verdict.gates.len()), (Validated::Unknown, 0));
        assert!(verdict.summary.len() <= 256);
    }
}
