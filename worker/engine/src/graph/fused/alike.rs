//! Programs beside the nodes that they stand for.

use super::Aside;
use crate::bars::Bars;
use crate::batch::{Bits, InstructionSet, WORDS};
use crate::graph::{Blocks, Columns, Market, Plan, Slot};
use crate::interrupt::Interrupt;

struct Noise(u64);

impl Noise {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Sides whose entry to the one implies the exit of the other, or nearly; some of numbers that are below 0 at times.
const SIDES: [[&str; 4]; 16] = [
    [
        "rising(ema(close, $a) > ema(close, $b) * (1 + $t))",
        "ema(close, $a) < ema(close, $b)",
        "rising(ema(close, $a) < ema(close, $b) * (1 - $t))",
        "ema(close, $a) > ema(close, $b)",
    ],
    [
        "cross_up(sma(close, $a), sma(close, $b))",
        "cross_down(sma(close, $a), sma(close, $b))",
        "cross_down(sma(close, $a), sma(close, $b))",
        "cross_up(sma(close, $a), sma(close, $b))",
    ],
    [
        "close > sma(close, $a) and sma(close, $a) > sma(close, $b) and sma(close, $b) > sma(close, $b)[$a] * (1 + $t)",
        "close < sma(close, $b)",
        "close < sma(close, $a) and sma(close, $a) < sma(close, $b) and sma(close, $b) < sma(close, $b)[$a] * (1 - $t)",
        "close > sma(close, $b)",
    ],
    [
        "close > highest(high, $a)[1] * (1 + $t) and volume >= sma(volume, $b)",
        "close < lowest(low, $b)[1]",
        "close < lowest(low, $a)[1] * (1 - $t) and volume >= sma(volume, $b)",
        "close > highest(high, $b)[1]",
    ],
    ["rsi(close, $a) < 30", "rsi(close, $a) >= $b", "rsi(close, $a) > 70", "rsi(close, $a) <= $b"],
    // Of both signs: a factor below 1 is no smaller number.
    [
        "rising(close - open > (close - open)[$a] * (1 + $t))",
        "close - open < (close - open)[$a]",
        "rising(close - open < (close - open)[$a] * (1 - $t))",
        "close - open > (close - open)[$a]",
    ],
    [
        "rising(macd(close, $a, 60, 9).line > ema(close, $b) - ema(close, 40) * (1 + $t))",
        "macd(close, $a, 60, 9).line < ema(close, $b) - ema(close, 40)",
        "rising(macd(close, $a, 60, 9).line < (ema(close, $b) - ema(close, 40)) * (1 - $t))",
        "macd(close, $a, 60, 9).line > ema(close, $b) - ema(close, 40)",
    ],
    // Above 0 in whole blocks, and below from the first row of another one on.
    [
        "rising(iff(hour < 12, ema(close, $a), -ema(close, $a)) > iff(hour < 12, ema(close, $b), -ema(close, $b)) * (1 + $t))",
        "iff(hour < 12, ema(close, $a), -ema(close, $a)) < iff(hour < 12, ema(close, $b), -ema(close, $b))",
        "rising(iff(hour < 12, ema(close, $a), -ema(close, $a)) < iff(hour < 12, ema(close, $b), -ema(close, $b)) * (1 - $t))",
        "iff(hour < 12, ema(close, $a), -ema(close, $a)) > iff(hour < 12, ema(close, $b), -ema(close, $b))",
    ],
    // So small that 32 bits see nothing of them, of both signs.
    [
        "ema((close - open) * TINY, $b) > ema((close - open) * TINY, $a) * (1 + $t)",
        "ema((close - open) * TINY, $b) < ema((close - open) * TINY, $a)",
        "ema((close - open) * TINY, $b) < ema((close - open) * TINY, $a) * (1 - $t)",
        "ema((close - open) * TINY, $b) > ema((close - open) * TINY, $a)",
    ],
    // So large that a product overflows in some rows, where it is na, beside something that is above 0 in whole blocks.
    [
        "iff(hour < 12, ema(close, $a), -ema(close, $a)) > iff(hour < 12, ema(close, $b), -ema(close, $b)) * (1 + $t)",
        "iff(hour < 12, ema(close, $a), -ema(close, $a)) < iff(hour < 12, ema(close, $b), -ema(close, $b))",
        "iff(hour < 12, ema(close, $a), -ema(close, $a)) < iff(hour < 12, ema(close, $b), -ema(close, $b)) * (1 - $t) and rising(exp(num(high - high) + 709.7 - 0.001 * min(3, $a)) > exp(iff(hour < 12, 709, 600) - $t) * HUGE)",
        "iff(hour < 12, ema(close, $a), -ema(close, $a)) > iff(hour < 12, ema(close, $b), -ema(close, $b))",
    ],
    // Seen from a higher timeframe, whose bars end between rows.
    [
        "rising(close > on(5m, ema(close, $a)) * (1 + $t))",
        "close < on(5m, ema(close, $a)) and close < on(1h, sma(close, $b))",
        "rising(close < on(5m, ema(close, $a)) * (1 - $t))",
        "close > on(5m, ema(close, $a)) or close > on(1h, sma(close, $b))",
    ],
    // The same border twice, with and without what is on it.
    [
        "ema(close, $a) > ema(close, $b)",
        "ema(close, $a) <= ema(close, $b) and not (ema(close, $b) < ema(close, $a))",
        "ema(close, $b) >= ema(close, $a) and ema(close, $a) < ema(close, $b)",
        "ema(close, $a) >= ema(close, $b)",
    ],
    // Nothing is implied.
    [
        "ema(close, $a) > ema(close, $b) and not (close < open)",
        "ema(close, $b) < close * (1 - $t)",
        "ema(close, $a) < ema(close, $b) * (1 + $t)",
        "close > ema(close, $b) or close == open",
    ],
    // Conditions that are na for long, and rising parts of several comparisons.
    [
        "rising(close > sma(close, 40) and close > ema(close, $a))",
        "not (close > sma(close, 40) and close > ema(close, $a))",
        "rising(not (close > sma(close, 40) or close > ema(close, $a)))",
        "close > ema(close, $a) or not (close > sma(close, 40))",
    ],
    [
        "rising(rising(close > ema(close, $a)) or close > ema(close, $b) * (1 + $t))",
        "close < ema(close, $b) * 1.0 or close < open",
        "rising(close < ema(close, $b) * (1 - $t)) and close < ema(close, $b)",
        "close > ema(close, $b)",
    ],
    ["close > 0 and close > ema(close, $a)", "close <= 0", "close < -5 * $t", "close >= 0"],
];

fn plan_of(plan: &mut Plan, sides: &[&str; 4], (a, b, t): (u64, u64, u64)) -> [Option<Slot>; 4] {
    let texts = sides.map(|side| {
        // `rising` is said with the row before.
        let tiny = ["0.00000000000000001"; 3].join(" * ");
        let mut text = side.replace("TINY", &tiny).replace("HUGE", "100000000000000000");
        while let Some(at) = text.rfind("rising(") {
            let (mut depth, mut end) = (0, at + 6);
            for (i, c) in text[at + 6..].char_indices() {
                depth += i32::from(c == '(') - i32::from(c == ')');
                if depth == 0 {
                    end = at + 6 + i;
                    break;
                }
            }
            let inner = text[at + 7..end].to_owned();
            text.replace_range(at..=end, &format!("(({inner}) and not ({inner})[1])"));
        }
        text
    });
    let genes = [("a", "100", "1"), ("b", "100", "1"), ("t", "0.5", "0.0001")];
    let genes = genes.iter().filter(|(name, ..)| texts.iter().any(|text| text.contains(&format!("${name}"))));
    let gene = |(name, max, step): &(&str, &str, &str)| {
        let min = if *name == "t" { "0" } else { "1" };
        serde_json::json!({"name": name, "min": min, "max": max, "step": step})
    };
    let document = serde_json::json!({
        "name": "alike",
        "genes": genes.map(gene).collect::<Vec<_>>(),
        "rules": {
            "language": 1,
            "long": {"enter": texts[0], "exit": texts[1]},
            "short": {"enter": texts[2], "exit": texts[3]},
        },
    });
    let document = galapagos_rules::read(&document).unwrap();
    let strategy = galapagos_rules::check(&document, &galapagos_rules::Market::default()).unwrap();
    let t = format!("{}", t as f64 / 10_000.0);
    let values = [("a", a.to_string()), ("b", b.to_string()), ("t", t)];
    let genome = values.map(|(name, value)| (name.to_owned(), value)).into();
    let mut slots = strategy.expressions.iter().map(|e| Some(plan.add(&e.tree, &genome).unwrap()));
    std::array::from_fn(|_| slots.next().flatten())
}

/// What a side sets and resets, of all that has a say in it.
fn side(enter: u64, leave: u64, opposite: u64) -> (u64, u64) {
    let set = enter & !opposite;
    (set, !set & (opposite & !enter | leave))
}

#[test]
fn a_program_decides_what_the_nodes_say_whatever_it_leaves_out() {
    let mut noise = Noise(11);
    let mut spared = 0;
    for (case, sides) in SIDES.iter().enumerate() {
        for (start, step) in [(20_000, 60), (500, 1), (90, 30)] {
            let rows = 2_900;
            let mut price = start as i64;
            let mut columns: [Vec<i64>; 4] = Default::default();
            for _ in 0..rows {
                let open = price;
                price = (price + noise.below(2 * step + 1) as i64 - step as i64).max(1);
                let (high, low) = (open.max(price) + noise.below(3) as i64, open.min(price));
                for (column, x) in columns.iter_mut().zip([open, high, low, price]) {
                    column.push(x);
                }
            }
            // Twelve hours of 1,024 rows each.
            let time: Vec<i64> =
                (0..rows as i64).map(|t| t / 1_024 * 43_200_000 + t % 1_024 * 42_000).collect();
            let volume: Vec<f64> = (0..rows).map(|_| noise.below(50) as f64).collect();
            let [open, high, low, close] = &columns;
            let bars = Bars {
                symbol: "A",
                decimals: 1,
                interval_ms: 42_000,
                time_ms: &time,
                open,
                high,
                low,
                close,
                volume: Some(&volume),
                funding: &[],
                signals: None,
            };
            let market = Market::alone(bars);
            let mut plan = Plan::new(1, Vec::new());
            let members: Vec<[Option<Slot>; 4]> = (0..30)
                .map(|_| {
                    let periods = (1 + noise.below(12), 1 + noise.below(30));
                    plan_of(&mut plan, sides, (periods.0, periods.1, noise.below(4) * 3))
                })
                .collect();
            let all = Columns::compute(&plan, &market, Interrupt::NEVER);
            let truth = |slot: Slot| all.conditions(slot).planes().0;
            for set in InstructionSet::available() {
                for (spare, length) in [(None, 512), (Some(2), 512), (Some(0), 512), (Some(2), 200)] {
                    let aside = spare.map(|spare| Aside { enter: 2 - spare, leave: 3 - spare, spare });
                    let mut asked = members.clone();
                    spare.iter().for_each(|spare| asked.iter_mut().for_each(|m| m[spare + 1] = None));
                    let mut blocks = Blocks::of_members(&plan, &market, &asked, aside, set);
                    let mut from = 0;
                    while from < rows {
                        let to = if from + length < rows { from + length } else { rows };
                        blocks.fill(from, to);
                        for (i, member) in members.iter().enumerate() {
                            let found = blocks.truths(i);
                            let known: [Bits; 4] = std::array::from_fn(|c| {
                                let words = member[c].map(truth);
                                std::array::from_fn(|w| words.map_or(0, |all| bits(all, from + w * 64)))
                            });
                            for w in 0..WORDS.min((to - from).div_ceil(64)) {
                                let rest = to - from - w * 64;
                                let own = if rest < 64 { (1 << rest) - 1 } else { u64::MAX };
                                let word = |of: &[Bits; 4], c: usize| of[c][w] & own;
                                let text = format!("case {case}, {}, rows {from}.., member {i}", set.name());
                                let Some(Aside { enter, leave, spare }) = aside else {
                                    for c in 0..4 {
                                        assert_eq!(word(found, c), word(&known, c), "{text}, condition {c}");
                                    }
                                    continue;
                                };
                                let of = |all: &[Bits; 4]| {
                                    side(word(all, enter), word(all, leave), word(all, spare))
                                };
                                assert_eq!(of(found), of(&known), "{text}, without {spare}");
                                spared += usize::from(word(found, spare) != word(&known, spare));
                            }
                        }
                        from = to;
                    }
                }
            }
        }
    }
    assert!(spared > 1_000, "left out in {spared} words");
}

/// The 64 bits from a row on.
fn bits(all: &[u64], row: usize) -> u64 {
    let at = |i: usize| all.get(i).copied().unwrap_or(0);
    let (word, shift) = (row / 64, row % 64);
    let low = at(word) >> shift;
    if shift == 0 { low } else { low | at(word + 1) << (64 - shift) }
}
