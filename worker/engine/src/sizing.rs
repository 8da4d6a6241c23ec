//! How large an entry is that is sized by what it may lose, or by what the market moves: shares of the equity.

/// Share of the equity of an entry at `close` (price) that risks the share `risk` of it at a stop `distance` away; at most 1.
#[inline]
pub(crate) fn at_risk(risk: f64, close: f64, distance: f64) -> f64 {
    let w = risk * close / distance;
    if w < 1.0 { w } else { 1.0 }
}

/// Share of the equity that brings a volatility to its target, at most 1; 0 without volatility.
#[inline]
pub(crate) fn to_volatility(target: f64, volatility: f64) -> f64 {
    if volatility > 0.0 {
        let w = target / volatility;
        if w < 1.0 { w } else { 1.0 }
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_at_most_all_equity() {
        assert_eq!(at_risk(1.0, 103.0, 2.5), 1.0);
        assert_eq!(at_risk(0.02, 100.0, 4.0), 0.5);
        assert_eq!(at_risk(0.02, 100.0, 0.0), 1.0);
        assert_eq!(to_volatility(0.2, 0.1), 1.0);
        assert_eq!(to_volatility(0.1, 0.4), 0.25);
        assert_eq!(to_volatility(0.3195, 0.0), 0.0);
    }
}
