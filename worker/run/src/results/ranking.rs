//! Which of a result's champions is meant: `PATH#RANK`, best first.

use std::path::PathBuf;

use super::document::{Champion, ResultDocument};

/// `PATH[#RANK]`: the path, and the rank among the species' champions, 1 if none is named. `None`: what stands after # is
/// no rank.
pub fn parse(text: &str) -> Option<(PathBuf, usize)> {
    match text.rsplit_once('#') {
        Some((path, rank)) => rank.parse().ok().filter(|&n| n > 0).map(|rank| (path.into(), rank)),
        None => Some((text.into(), 1)),
    }
}

/// The best of the species, best first: rank 1 is the winner. `None`: there are fewer.
pub fn ranked(document: &ResultDocument, rank: usize) -> Option<&Champion> {
    let mut all: Vec<&Champion> = document.species.iter().collect();
    let winner = |c: &Champion| {
        document.best.as_ref().is_some_and(|b| b.strategy == c.strategy && b.genome == c.genome)
    };
    let class = |c: &Champion| ["feasible", "infeasible", "failed"].iter().position(|n| *n == c.class);
    // The winner knows whether more or less is better: the others are on its far side, nearest first.
    let distance = |c: &Champion| {
        let best = document.best.as_ref().and_then(|b| b.fitness);
        best.zip(c.fitness).map_or(f64::INFINITY, |(a, b)| (a - b).abs())
    };
    all.sort_by(|a, b| {
        let by_class = winner(b).cmp(&winner(a)).then(class(a).cmp(&class(b)));
        by_class.then(a.violation.total_cmp(&b.violation)).then(distance(a).total_cmp(&distance(b)))
    });
    all.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_stands_behind_the_last_number_sign_and_counts_from_one() {
        assert_eq!(parse("a/b#c/result.json#2"), Some(("a/b#c/result.json".into(), 2)));
        assert_eq!(parse("result.json"), Some(("result.json".into(), 1)));
        assert_eq!((parse("r#0"), parse("r#x"), parse("r#-1")), (None, None, None));
    }
}
