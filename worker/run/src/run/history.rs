//! The history as a checkpoint has it, kept as text: a generation adds its own line, where to write all lines anew for
//! each generation would take longer than breeding one once there are hundreds.

use super::state::{DriverState, GenerationReport};

/// The JSON of a history without its brackets.
#[derive(Debug, Default)]
pub(super) struct HistoryText(Vec<u8>);

impl HistoryText {
    pub(super) fn new(history: &[GenerationReport]) -> Result<HistoryText, serde_json::Error> {
        let mut text = HistoryText::default();
        history.iter().try_for_each(|report| text.push(report))?;
        Ok(text)
    }

    pub(super) fn push(&mut self, report: &GenerationReport) -> Result<(), serde_json::Error> {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        serde_json::to_writer(&mut self.0, report)
    }

    /// The JSON of the state whose history this is.
    pub(super) fn state(&self, state: &DriverState) -> Result<Vec<u8>, serde_json::Error> {
        // All fields by name: one that is added has to be added here.
        let DriverState { history: _, exhausted, counters } = state;
        let mut out = Vec::with_capacity(self.0.len() + 256);
        out.extend_from_slice(b"{\"history\":[");
        out.extend_from_slice(&self.0);
        out.extend_from_slice(b"],\"exhausted\":");
        serde_json::to_writer(&mut out, exhausted)?;
        out.extend_from_slice(b",\"counters\":");
        serde_json::to_writer(&mut out, counters)?;
        out.push(b'}');
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::state::Counters;

    fn report(generation: u32) -> GenerationReport {
        GenerationReport {
            generation,
            best: (generation > 0).then_some(0.1 + f64::from(generation)),
            strategy: (generation > 0).then(|| "a \"quoted\" name".to_owned()),
            median: None,
            spread: Some(1e-300),
            diversity: 1.0 / 3.0,
            front: (generation > 1).then_some(3),
            hypervolume: (generation > 1).then_some(0.7),
            feasible: 1,
            infeasible: 2,
            failed: 3,
            cached: 4,
            distinct: u64::MAX,
            quotas: vec![5, 6],
            seconds: 0.25,
        }
    }

    #[test]
    fn the_text_that_grew_is_the_one_that_the_whole_state_would_have() {
        let mut text = HistoryText::default();
        let counters = Counters { cached: 7, seconds: 1.5, ..Counters::default() };
        let mut state = DriverState { exhausted: true, counters, ..DriverState::default() };
        for generation in 0..4 {
            let whole = serde_json::to_vec(&state).unwrap();
            assert_eq!(text.state(&state).unwrap(), whole);
            assert_eq!(HistoryText::new(&state.history).unwrap().state(&state).unwrap(), whole);
            text.push(&report(generation)).unwrap();
            state.history.push(report(generation));
        }
        assert_eq!(serde_json::from_slice::<DriverState>(&text.state(&state).unwrap()).unwrap(), state);
    }
}
