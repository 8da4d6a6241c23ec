//! What the windows say together (F5).

/// The tests of all windows as one account.
#[derive(Clone, Debug, PartialEq)]
pub struct Stitched {
    /// The counted test returns of the windows, one after another.
    pub returns: Vec<f64>,
    /// Equity after each of them.
    pub equity: Vec<f64>,
}

/// Trades the windows' tests one after another with one capital. A return of -1 is ruin: what follows changes nothing.
pub fn stitch<'a>(parts: impl IntoIterator<Item = &'a [f64]>, capital: f64) -> Stitched {
    let mut stitched = Stitched { returns: Vec::new(), equity: Vec::new() };
    let (mut equity, mut ruined) = (capital, false);
    for &r in parts.into_iter().flatten() {
        ruined |= r == -1.0;
        equity = if ruined { 0.0 } else { equity * (1.0 + r) };
        stitched.returns.push(r);
        stitched.equity.push(equity);
    }
    stitched
}

/// What is left out of sample of a metric: its value over the stitched tests by the mean of what the champions had where
/// they were trained, windows without one left out. `None`: that mean is not above 0, or the value is undefined.
pub fn efficiency(out_of_sample: Option<f64>, in_sample: &[Option<f64>]) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in in_sample.iter().flatten() {
        sum += value;
        count += 1.0;
    }
    let mean = sum / count;
    if mean > 0.0 { out_of_sample.map(|value| value / mean) } else { None }
}

/// How far a species' champions lie apart, gene by gene: 0 the same position everywhere, 1 the whole range. `positions`
/// has one genome a window, `last` the last position of each gene.
pub fn gene_stability(positions: &[&[u32]], last: &[u32]) -> Vec<f64> {
    let spread = |(gene, &last): (usize, &u32)| {
        let mut values = positions.iter().map(|genome| genome[gene]);
        let first = values.next().unwrap_or(0);
        let (low, high) = values.fold((first, first), |(low, high), v| (v.min(low), v.max(high)));
        // A gene with one position is the same everywhere.
        if last == 0 { 0.0 } else { f64::from(high - low) / f64::from(last) }
    };
    last.iter().enumerate().map(spread).collect()
}

/// Windows whose champion is of another species than that of the window before; a window without one equals none.
pub fn species_changes<T: PartialEq>(champions: &[Option<T>]) -> u32 {
    champions.windows(2).filter(|pair| pair[0] != pair[1]).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract F5.
    #[test]
    fn tests_are_traded_one_after_another_and_cash_stands_still() {
        let parts: [&[f64]; 3] = [&[0.01, -0.02, 0.03], &[0.0, 0.0], &[-0.1, 0.2]];
        let equity = stitch(parts, 10_000.0).equity;
        let expected = [10_100.0, 9_898.0, 10_194.94, 10_194.94, 10_194.94, 9_175.446, 11_010.535_2];
        assert_eq!(equity.len(), expected.len());
        for (got, want) in equity.iter().zip(expected) {
            assert!((got - want).abs() < 1e-9, "{got} {want}");
        }
    }

    // Contract F5.
    #[test]
    fn after_ruin_nothing_grows_again() {
        let stitched = stitch([&[0.5, -1.0, 0.2][..], &[0.1]], 1000.0);
        assert_eq!(stitched.equity, [1500.0, 0.0, 0.0, 0.0]);
        assert_eq!(stitched.returns, [0.5, -1.0, 0.2, 0.1]);
    }

    // Contract F5.
    #[test]
    fn efficiency_leaves_out_windows_without_a_champion_and_asks_for_a_gain_in_sample() {
        assert_eq!(efficiency(Some(0.3), &[Some(0.5), None, Some(0.7)]), Some(0.5));
        assert_eq!(efficiency(Some(0.3), &[Some(-0.5), Some(0.5)]), None);
        assert_eq!(efficiency(Some(0.3), &[None]), None);
        assert_eq!(efficiency(None, &[Some(0.5)]), None);
    }

    // Contract F5.
    #[test]
    fn stability_is_the_share_of_its_range_that_a_gene_wanders() {
        let found = gene_stability(&[&[3, 40], &[5, 42], &[4, 90]], &[58, 195]);
        assert_eq!(found, [2.0 / 58.0, 50.0 / 195.0]);
        assert_eq!(gene_stability(&[&[0], &[0]], &[0]), [0.0]);
    }

    // Contract F5.
    #[test]
    fn a_change_of_species_is_counted_where_it_happens() {
        assert_eq!(species_changes(&[Some("a"), Some("a"), Some("b"), None, Some("b")]), 3);
        assert_eq!(species_changes::<&str>(&[]), 0);
    }
}
