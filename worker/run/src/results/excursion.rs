//! How far a trade went against and in favour of its side before it ended, by the highs and lows of its bars.

use galapagos_engine::bars::Bars;
use galapagos_engine::execution::Fill;
use galapagos_engine::trace::{ExitReason, Trade};

/// Shares of the price of the first fill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Excursion {
    /// The furthest against it, at most 0.
    pub adverse: f64,
    /// The furthest in its favour, at least 0.
    pub favourable: f64,
}

/// Of a closed trade. A bar counts if it was held from its open to its close; of the one in which a stop, target or
/// liquidation ended the trade it is not known what came first, so that only the price of the exit counts.
pub fn excursion(trade: &Trade, bars: &Bars<'_>, fill: Fill) -> Excursion {
    let at_close = fill == Fill::SameClose;
    let from = trade.entry + usize::from(at_close);
    let whole = match trade.reason {
        ExitReason::End => true,
        ExitReason::Signal | ExitReason::Time => at_close,
        ExitReason::Stop | ExitReason::Target | ExitReason::Liquidation | ExitReason::Ruin => false,
    };
    let to = (trade.exit + usize::from(whole)).min(bars.len());
    let held = from.min(to)..to;
    let (mut low, mut high) = (trade.exit_price, trade.exit_price);
    for t in held {
        low = low.min(bars.low[t] as f64 / bars.scale());
        high = high.max(bars.high[t] as f64 / bars.scale());
    }
    let share = |price: f64| price / trade.entry_price - 1.0;
    let (down, up) = (share(low).min(0.0), share(high).max(0.0));
    if trade.side > 0 {
        Excursion { adverse: down, favourable: up }
    } else {
        // `0.0 -`: of what did not move against it there is no negative zero.
        Excursion { adverse: 0.0 - up, favourable: 0.0 - down }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICES: [&[i64]; 2] = [&[90, 95, 80, 70, 60], &[110, 120, 130, 150, 200]];
    const TIME: [i64; 5] = [0, 1, 2, 3, 4];

    fn trade(exit: usize, reason: ExitReason, side: i8, exit_price: f64) -> Trade {
        Trade {
            entry: 1,
            exit,
            side,
            entry_price: 100.0,
            exit_price,
            reason,
            pnl: 0.0,
            fees: 0.0,
            quantity: 1.0,
            level: None,
            gap: false,
        }
    }

    fn of(trade: &Trade, fill: Fill) -> (i64, i64) {
        let [low, high] = PRICES;
        let bars = Bars {
            symbol: "A",
            decimals: 0,
            interval_ms: 1,
            time_ms: &TIME,
            open: low,
            high,
            low,
            close: high,
            volume: None,
            funding: &[],
            signals: None,
        };
        let found = excursion(trade, &bars, fill);
        ((found.adverse * 100.0).round() as i64, (found.favourable * 100.0).round() as i64)
    }

    #[test]
    fn bars_count_that_were_held_from_open_to_close() {
        use ExitReason::{End, Signal, Stop};
        // From the open of row 1 to that of row 3: the lows 95 and 80, the highs 120 and 130.
        assert_eq!(of(&trade(3, Signal, 1, 105.0), Fill::NextOpen), (-20, 30));
        assert_eq!(of(&trade(3, Signal, -1, 105.0), Fill::NextOpen), (-30, 20));
        // From the close of row 1 to that of row 3: rows 2 and 3.
        assert_eq!(of(&trade(3, Signal, 1, 105.0), Fill::SameClose), (-30, 50));
        // The last close of the data ends a trade with its bar.
        assert_eq!(of(&trade(4, End, 1, 200.0), Fill::NextOpen), (-40, 100));
        // In the bar of the stop only its price counts: nobody knows whether the high of 150 came before.
        assert_eq!(of(&trade(3, Stop, 1, 75.0), Fill::NextOpen), (-25, 30));
        assert_eq!(of(&trade(1, Stop, 1, 92.0), Fill::NextOpen), (-8, 0));
    }
}
