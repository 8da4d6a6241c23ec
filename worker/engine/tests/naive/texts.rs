//! Random expressions as text, well typed but for what may not be nested.

use crate::common::market::Draws;

/// Numbers that are prices, plain numbers, and conditions.
pub struct Texts {
    draws: Draws,
}

impl Texts {
    pub fn new(seed: u64) -> Texts {
        Texts { draws: Draws(seed) }
    }

    fn below(&mut self, n: i64) -> i64 {
        self.draws.below(n)
    }

    fn one_of(&mut self, all: &[&str]) -> String {
        all[self.below(all.len() as i64) as usize].to_owned()
    }

    fn period(&mut self) -> String {
        match self.below(8) {
            0 => "$n".to_owned(),
            1 => "$n + 2".to_owned(),
            2 => (10 + self.below(20)).to_string(),
            _ => (1 + self.below(9)).to_string(),
        }
    }

    fn constant(&mut self) -> String {
        match self.below(8) {
            // Numerators that need i128, and weights that are too large to be exact.
            4 => self.one_of(&["1000000", "2147483647", "0.0000001"]),
            0 => "$k".to_owned(),
            1 => self.below(200).to_string(),
            2 => format!("-{}.{}", self.below(5), self.below(10)),
            3 => format!("(1 + 0.{:03})", self.below(1_000)),
            _ => format!("{}.{}", self.below(120), self.below(100)),
        }
    }

    pub fn price(&mut self, depth: u32) -> String {
        if depth == 0 || self.below(7) == 0 {
            return self.one_of(&["open", "high", "low", "close", "hl2", "hlc3", "ohlc4", "tr"]);
        }
        let d = depth - 1;
        let (n, m, c) = (self.period(), self.period(), self.constant());
        let x = |t: &mut Texts| t.price(d);
        match self.below(54) {
            0 => format!("({} + {})", x(self), x(self)),
            1 => format!("({} - {})", x(self), x(self)),
            2 => format!("-{}", x(self)),
            3 => format!("({} * {c})", x(self)),
            4 => format!("({} / 1.5)", x(self)),
            5 => format!("({} + {c})", x(self)),
            6 => format!("({c} - {})", x(self)),
            7 => format!("({})[{}]", x(self), self.below(12)),
            8 => format!("sum({}, {n})", x(self)),
            9 | 10 => format!("sma({}, {n})", x(self)),
            11 => format!("highest({}, {n})", x(self)),
            12 => format!("lowest({}, {n})", x(self)),
            13 => format!("change({}, {n})", x(self)),
            14 => format!("ema({}, {n})", x(self)),
            15 => format!("rma({}, {n})", x(self)),
            16 => format!("dema({}, {n})", x(self)),
            17 => format!("tema({}, {n})", x(self)),
            18 => format!("wma({}, {n})", x(self)),
            19 => format!("hma({}, {n})", x(self)),
            20 => format!("vwma({}, {n})", x(self)),
            21 => format!("stdev({}, {n})", x(self)),
            22 => format!("linreg({}, 1 + {n}).{}", x(self), self.one_of(&["slope", "end"])),
            23 => format!("macd({}, {n}, {m}, 3).{}", x(self), self.one_of(&["line", "signal", "hist"])),
            24 => format!("bb({}, {n}, 1.5).{}", x(self), self.one_of(&["mid", "upper", "lower"])),
            25 => format!("keltner({n}, $k).{}", self.one_of(&["mid", "upper", "lower"])),
            26 => format!("donchian({n}).{}", self.one_of(&["mid", "upper", "lower"])),
            27 => format!("supertrend({n}, $k).value"),
            28 => format!("heikin().{}", self.one_of(&["open", "high", "low", "close"])),
            29 => format!("vwap({n})"),
            30 => format!("vwap_since({})", self.condition(d)),
            31 => format!("atr({n})"),
            32 => format!("abs({})", x(self)),
            33 => format!("min({}, {c}, {})", x(self), x(self)),
            34 => format!("max({}, {})", x(self), x(self)),
            35 => format!("iff({}, {}, {})", self.condition(d), x(self), x(self)),
            36 => format!("({} or_else {c})", x(self)),
            37 => format!("value_when({}, {})", self.condition(d), x(self)),
            38 => format!("highest_since({}, {})", self.condition(d), x(self)),
            39 => format!("lowest_since({}, {})", self.condition(d), x(self)),
            40 => format!("choose($w, q: {}, p: {c})", x(self)),
            41 => format!("choose($w, p: {}, q: {})", x(self), x(self)),
            42 => format!("scan({}, self + 0.1 * ({} - self))", x(self), x(self)),
            43 => format!(
                "scan({}, iff({} < self, {}, max(self - {c}, {})))",
                x(self),
                x(self),
                x(self),
                x(self)
            ),
            44 => format!("scan({}, (abs(self) * {c} + {}) / 2 or_else 3)", x(self), x(self)),
            45 | 46 => format!("on({}, {})", self.timeframe(), x(self)),
            47 => format!("({} * {})", x(self), self.plain(d)),
            48 => format!("({} / {})", x(self), self.plain(d)),
            49 => format!("sqrt({} * {})", x(self), x(self)),
            50 => format!("iff({}, {c}, {})", self.condition(d), x(self)),
            51 => format!("change({})", x(self)),
            52 => format!("({} * {} / {})", x(self), x(self), x(self)),
            _ => format!(
                "scan({}, iff(not (self == {c}) and {} or self > {}, {}, self))",
                x(self),
                self.condition(d),
                x(self),
                x(self)
            ),
        }
    }

    fn timeframe(&mut self) -> String {
        self.one_of(&["2h", "3h", "4h", "1d", "1w"])
    }

    pub fn plain(&mut self, depth: u32) -> String {
        if depth == 0 || self.below(8) == 0 {
            return self.one_of(&["volume", "minute", "hour", "weekday", "day", "month", "bar_of_day"]);
        }
        let d = depth - 1;
        let (n, c) = (self.period(), self.constant());
        let any = |t: &mut Texts| if t.below(2) == 0 { t.price(d) } else { t.plain(d) };
        match self.below(36) {
            0 => format!("rsi({}, {n})", any(self)),
            1 => format!("zscore({}, {n})", any(self)),
            2 => format!("roc({}, {n})", any(self)),
            3 => format!("percent_rank({}, {n})", any(self)),
            4 => format!("stoch({n}, 3).{}", self.one_of(&["k", "d"])),
            5 => format!("willr({n})"),
            6 => format!("cci({n})"),
            7 => format!("mfi({n})"),
            8 => format!("cmf({n})"),
            9 => format!("adx({n}).{}", self.one_of(&["plus", "minus", "adx"])),
            10 => "obv()".to_owned(),
            11 => format!("supertrend({n}, 1.5).side"),
            12 => format!("bb({}, {n}, 2).{}", any(self), self.one_of(&["z", "width"])),
            13 => format!("count({}, {n})", self.condition(d)),
            14 => format!("bars_since({})", self.condition(d)),
            15 => format!("log({})", any(self)),
            16 => format!("exp({} / 100)", self.plain(d)),
            17 => format!("step({}, 0, {}, 50, {c}, 101.5, 3)", any(self), self.plain(d)),
            18 => format!("num({})", any(self)),
            19 => format!("({} / {})", self.price(d), self.price(d)),
            20 | 21 => format!("of(B, {})", any(self)),
            22 => format!("({} + {})", self.plain(d), self.plain(d)),
            23 => format!("({} - {c})", self.plain(d)),
            24 => format!("({} * {})", self.plain(d), self.plain(d)),
            25 => format!("({} / {})", self.plain(d), self.plain(d)),
            26 => format!("sma({}, {n})", self.plain(d)),
            27 => format!("max({}, {c}, {})", self.plain(d), self.plain(d)),
            28 => format!("({})[{n}]", self.plain(d)),
            29 => format!("on({}, {})", self.timeframe(), self.plain(d)),
            30 => format!("highest({}, {n})", self.plain(d)),
            31 => format!("sqrt({})", self.plain(d)),
            32 => format!("scan({c}, self / 2 + {})", self.plain(d)),
            33 => format!("iff({}, {c}, $k)", self.condition(d)),
            34 => format!("num(1 / {})", self.price(d)),
            _ => format!("lowest_since({}, {})", self.condition(d), self.plain(d)),
        }
    }

    pub fn condition(&mut self, depth: u32) -> String {
        if depth == 0 || self.below(9) == 0 {
            return match self.below(4) {
                0 => "new_day".to_owned(),
                1 => "new_month".to_owned(),
                2 => format!("hour == {}", self.below(24)),
                _ => "close > open".to_owned(),
            };
        }
        let d = depth - 1;
        let (n, c) = (self.period(), self.constant());
        let operator = self.one_of(&["<", "<=", ">", ">="]);
        match self.below(27) {
            0..=2 => format!("{} {operator} {}", self.price(d), self.price(d)),
            3 => format!("{} {operator} {}", self.plain(d), self.plain(d)),
            4 => format!("{} {operator} {c}", self.price(d)),
            5 => format!("{c} {operator} {}", self.plain(d)),
            6 => format!("{} < {} <= {}", self.price(d), self.price(d), self.price(d)),
            7 => format!("not ({})", self.condition(d)),
            8 | 9 => format!("(({}) and ({}))", self.condition(d), self.condition(d)),
            10 | 11 => format!("(({}) or ({}))", self.condition(d), self.condition(d)),
            12 => format!("(({}) or_else ({}))", self.condition(d), self.condition(d)),
            13 => format!("cross_up({}, {})", self.price(d), self.price(d)),
            14 => format!("cross_down({}, {c})", self.price(d)),
            15 => format!("rising({})", self.price(d)),
            16 => format!("falling({})", self.plain(d)),
            17 => format!("any({}, {n})", self.condition(d)),
            18 => format!("all({}, {n})", self.condition(d)),
            19 => format!("is_na({})", if self.below(2) == 0 { self.price(d) } else { self.condition(d) }),
            20 => format!("use($f, {})", self.condition(d)),
            21 => format!("({})[{n}]", self.condition(d)),
            22 => format!("iff({}, {}, {})", self.condition(d), self.condition(d), self.condition(d)),
            23 => format!("(({}) == ({}))", self.condition(d), self.condition(d)),
            24 => format!("(($w == p) and sma(close, {n}) {} hl2)", self.one_of(&["==", "!=", "<"])),
            25 => format!("on({}, {})", self.timeframe(), self.condition(d)),
            _ => format!("of(B, {})", self.condition(d)),
        }
    }
}
