//! When a run ends, as a pure function of what it has achieved. Nothing here reaches breeding: a run with
//! other rules is a prefix or a continuation of the same run.

use crate::rank::Goal;

/// Where a run stands between two generations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Best feasible training fitness so far, or the volume of the front of several objectives; `None`: nothing feasible yet.
    pub best: Option<f64>,
    /// Distinct evaluations so far.
    pub evaluations: u64,
    /// Every species has been asked for its whole space.
    pub exhausted: bool,
}

/// Limits of a run; absent ones never stop it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StopRules {
    /// Number of generations of the whole run.
    pub generations: u32,
    /// Generations in a row without a rise of the best.
    pub patience: Option<u32>,
    /// A rise counts if it exceeds this share of the value last counted.
    pub min_delta: f64,
    /// Fitness that is good enough.
    pub target: Option<f64>,
    /// Most distinct evaluations of the run; `None`: no limit.
    pub max_evaluations: Option<u64>,
}

/// Which rule ended the run; if several hold at one boundary, the first in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoppedBy {
    /// The target was reached.
    TargetReached,
    /// Nothing is left to ask.
    SpaceExhausted,
    /// All generations are done.
    GenerationsReached,
    /// The evaluations are used up.
    MaxEvaluations,
    /// The best has not risen for too long.
    Patience,
}

impl StopRules {
    /// Only a number of generations.
    pub fn after(generations: u32) -> StopRules {
        StopRules { generations, patience: None, min_delta: 1e-6, target: None, max_evaluations: None }
    }
}

/// The rule that ends a run with this history (one entry per finished generation), if any does.
pub fn stop(history: &[Progress], rules: &StopRules, goal: Goal) -> Option<StoppedBy> {
    let reached = |best: f64, target: f64| match goal {
        Goal::Maximise => best >= target,
        Goal::Minimise => best <= target,
    };
    let last = history.last();
    if let (Some(best), Some(target)) = (last.and_then(|p| p.best), rules.target)
        && reached(best, target)
    {
        return Some(StoppedBy::TargetReached);
    }
    if last.is_some_and(|p| p.exhausted) {
        return Some(StoppedBy::SpaceExhausted);
    }
    if history.len() as u64 >= u64::from(rules.generations) {
        return Some(StoppedBy::GenerationsReached);
    }
    if let (Some(p), Some(most)) = (last, rules.max_evaluations)
        && p.evaluations >= most
    {
        return Some(StoppedBy::MaxEvaluations);
    }
    let patience = rules.patience?;
    (without_rise(history, rules.min_delta, goal) >= patience).then_some(StoppedBy::Patience)
}

/// Generations since the best last rose by more than `min_delta` of the value counted before it. The first
/// feasible value counts as a rise; so does, at the start, the first generation.
fn without_rise(history: &[Progress], min_delta: f64, goal: Goal) -> u32 {
    let mut counted: Option<f64> = None;
    let mut quiet = 0;
    for (i, progress) in history.iter().enumerate() {
        let rose = match (counted, progress.best) {
            (_, None) => i == 0,
            (None, Some(_)) => true,
            (Some(old), Some(new)) => {
                let gain = if goal == Goal::Maximise { new - old } else { old - new };
                gain > min_delta * old.abs()
            }
        };
        if rose {
            counted = progress.best.or(counted);
            quiet = 0;
        } else {
            quiet += 1;
        }
    }
    quiet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(bests: &[f64]) -> Vec<Progress> {
        let at = |(i, &best): (usize, &f64)| Progress {
            best: (!best.is_nan()).then_some(best),
            evaluations: 100 * (i as u64 + 1),
            exhausted: false,
        };
        bests.iter().enumerate().map(at).collect()
    }

    // Contract G3.
    #[test]
    fn patience_counts_generations_without_a_rise() {
        let rules = StopRules { patience: Some(2), ..StopRules::after(50) };
        assert_eq!(stop(&history(&[1.0, 1.0]), &rules, Goal::Maximise), None);
        assert_eq!(stop(&history(&[1.0, 1.0, 1.0]), &rules, Goal::Maximise), Some(StoppedBy::Patience));
        assert_eq!(stop(&history(&[1.0, 1.0, 2.0, 2.0]), &rules, Goal::Maximise), None);
        assert_eq!(stop(&history(&[1.0, 0.5, 0.4, 0.4]), &rules, Goal::Minimise), None);
    }

    #[test]
    fn a_creep_below_min_delta_adds_up_to_a_rise() {
        let rules = StopRules { patience: Some(3), min_delta: 0.25, ..StopRules::after(50) };
        assert_eq!(stop(&history(&[1.0, 1.1, 1.2, 1.3]), &rules, Goal::Maximise), None);
        assert_eq!(stop(&history(&[1.0, 1.1, 1.1, 1.1]), &rules, Goal::Maximise), Some(StoppedBy::Patience));
    }

    #[test]
    fn the_first_feasible_value_is_a_rise() {
        let rules = StopRules { patience: Some(2), ..StopRules::after(50) };
        assert_eq!(stop(&history(&[f64::NAN, f64::NAN, -3.0]), &rules, Goal::Maximise), None);
        assert_eq!(stop(&history(&[f64::NAN; 3]), &rules, Goal::Maximise), Some(StoppedBy::Patience));
    }

    // Contract G3.
    #[test]
    fn the_target_comes_first_of_all_reasons() {
        let rules = StopRules {
            target: Some(2.0),
            max_evaluations: Some(200),
            patience: Some(1),
            ..StopRules::after(2)
        };
        let met = history(&[1.0, 2.0]);
        assert_eq!(stop(&met, &rules, Goal::Maximise), Some(StoppedBy::TargetReached));
        let missed = history(&[1.0, 1.0]);
        assert_eq!(stop(&missed, &rules, Goal::Maximise), Some(StoppedBy::GenerationsReached));
        let longer = StopRules { generations: 9, ..rules };
        assert_eq!(stop(&missed, &longer, Goal::Maximise), Some(StoppedBy::MaxEvaluations));
        let exhausted = [Progress { exhausted: true, ..missed[0] }];
        assert_eq!(stop(&exhausted, &longer, Goal::Maximise), Some(StoppedBy::SpaceExhausted));
    }

    #[test]
    fn no_generations_means_no_work() {
        assert_eq!(stop(&[], &StopRules::after(0), Goal::Maximise), Some(StoppedBy::GenerationsReached));
        assert_eq!(stop(&[], &StopRules::after(1), Goal::Maximise), None);
    }
}
