//! Records and price files of the oracle, read with as little as they need.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]
#![allow(dead_code, reason = "each test file uses its own part")]

use galapagos_engine::bars::{Bars, FundingStamp};
use galapagos_engine::execution::{Aggregate, Execution, Fill, Funding, Side, Window};
use serde_json::Value;
use std::path::PathBuf;

/// Owned columns of one symbol.
#[derive(Clone, Debug)]
pub struct Data {
    name: String,
    decimals: u8,
    interval_ms: i64,
    time_ms: Vec<i64>,
    prices: [Vec<i64>; 4],
    volume: Vec<f64>,
    funding: Vec<FundingStamp>,
}

impl Data {
    pub fn bars(&self) -> Bars<'_> {
        Bars {
            symbol: &self.name,
            decimals: self.decimals,
            interval_ms: self.interval_ms,
            time_ms: &self.time_ms,
            open: &self.prices[0],
            high: &self.prices[1],
            low: &self.prices[2],
            close: &self.prices[3],
            volume: Some(&self.volume),
            funding: &self.funding,
            signals: None,
        }
    }

    /// The data with prices of this many decimals.
    pub fn with_decimals(self, decimals: u8) -> Data {
        Data { decimals, ..self }
    }

    /// Some of the rows, as a series of their own.
    pub fn rows(&self, range: std::ops::Range<usize>) -> Data {
        Data {
            time_ms: self.time_ms[range.clone()].to_vec(),
            prices: self.prices.each_ref().map(|column| column[range.clone()].to_vec()),
            volume: self.volume[range].to_vec(),
            ..self.clone()
        }
    }

    /// The data with the edit and the made funding that the record's `data` names.
    pub fn edited(&self, set: &Value) -> Data {
        let mut out = self.clone();
        out.decimals = u8::try_from(set["decimals"].as_u64().unwrap()).unwrap();
        if let Some(edit) = set["edit"].as_str() {
            assert_eq!(edit, "volume set to 0 in rows t (counted from 0) with t % 13 == 5");
            out.volume.iter_mut().skip(5).step_by(13).for_each(|v| *v = 0.0);
        }
        if !set["funding"].is_null() {
            out.funding = made_funding(&out.time_ms);
            assert_eq!(out.funding.len() as u64, set["funding"]["count"].as_u64().unwrap());
            for (stamp, first) in out.funding.iter().zip(set["funding"]["first5"].as_array().unwrap()) {
                assert_eq!([stamp.time_ms / 1000, stamp.rate_e9], [0, 1].map(|i| first[i].as_i64().unwrap()));
            }
        }
        out
    }
}

/// Stamps every eight hours between the first and the last bar's open, with rates that swing and jitter.
fn made_funding(time_ms: &[i64]) -> Vec<FundingStamp> {
    const STEP: i64 = 28_800;
    let (first, last) = (time_ms[0] / 1000, time_ms[time_ms.len() - 1] / 1000);
    let stamps = first.div_euclid(STEP)..=last.div_euclid(STEP);
    stamps
        .filter(|j| STEP * j >= first)
        .map(|j| {
            let swing = (j % 120 - 60).abs() - 30;
            let noise = (j * 7919) % 201 - 100;
            FundingStamp { time_ms: STEP * j * 1000, rate_e9: swing * 10_000 + noise * 500, mark: None }
        })
        .collect()
}

/// All records.
pub fn all() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("engine.json")).unwrap();
    file["records"].as_array().unwrap().clone()
}

/// BLAKE3 of the price files whose SHA-256 the records name: `make-data.sh` checks the one, [`load`] the other.
const DIGESTS: [(&str, &str); 4] = [
    ("AAPL", "7e54b87d27217bf7203b3625999fe82067ad70c9f7c7c316ec57147392ad80f3"),
    ("EURUSD", "86fe70d1855e1ad6d6451594ad0a4ae37ca1b5738493a5e25ae593c20a6c9184"),
    ("GOOG", "b8a72e6bb5b817be19587530307736d6a174b2b9bd77a1b4338ee2d7537552f5"),
    ("IBM", "09e08a74443c9bda96ea0b4b1464c224661e851f201228302b64a82e67707ce3"),
];

/// The prices of a symbol, from the target folder.
pub fn load(name: &str) -> Data {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target")), PathBuf::from);
    let path = target.join("oracle-data").join(format!("{name}.csv"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| {
        panic!(
            "{} cannot be read ({e}): run `make oracle-data` (worker/engine/tests/oracle/make-data.sh)",
            path.display()
        )
    });
    let digest = blake3::hash(text.as_bytes()).to_hex();
    assert!(
        DIGESTS.contains(&(name, digest.as_str())),
        "{} is not the file the records were made from (its BLAKE3 is {digest}): delete it, run `make oracle-data`",
        path.display()
    );
    let mut data = Data {
        name: name.to_owned(),
        decimals: 0,
        interval_ms: if name == "EURUSD" { 3_600_000 } else { 86_400_000 },
        time_ms: Vec::new(),
        prices: Default::default(),
        volume: Vec::new(),
        funding: Vec::new(),
    };
    for line in text.lines().skip(1) {
        let mut fields = line.split(',');
        data.time_ms.push(time_ms(fields.next().unwrap()));
        for column in &mut data.prices {
            // All prices of a file have the same number of decimals, so their digits are the ticks.
            column.push(fields.next().unwrap().replace('.', "").parse().unwrap());
        }
        data.volume.push(fields.next().unwrap().parse().unwrap());
    }
    data
}

/// Milliseconds of `YYYY-MM-DDTHH:MM:SSZ` (days from the civil date after Howard Hinnant).
fn time_ms(text: &str) -> i64 {
    let n = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
    let (year, month, day) = (n(0..4), n(5..7), n(8..10));
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    ((days * 24 + n(11..13)) * 3600 + n(14..16) * 60 + n(17..19)) * 1000
}

/// The text of a gene's value.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The record's options.
pub fn execution(record: &Value, bars_per_year: f64) -> Execution {
    let e = &record["execution"];
    let number = |v: &Value| v.as_str().map(|s| s.parse::<f64>().unwrap());
    let required = |name: &str| number(&e[name]).unwrap();
    let steps = 1.0 / required("exposureStep");
    let execution = Execution {
        initial_capital: required("initialCapital"),
        fill: if e["fill"] == "SameClose" { Fill::SameClose } else { Fill::NextOpen },
        side: match e["side"].as_str().unwrap() {
            "Long" => Side::Long,
            "Short" => Side::Short,
            _ => Side::LongShort,
        },
        taker_fee: required("takerFee"),
        maker_fee: required("makerFee"),
        slippage: required("slippage"),
        fraction: number(&e["sizing"]["fraction"]["value"]).unwrap(),
        leverage: required("leverage"),
        maintenance_margin: number(&e["liquidation"]["maintenanceMargin"]["value"]),
        borrow_rate: required("borrowRate"),
        funding: if e["funding"]["series"].is_object() { Funding::Series } else { Funding::None },
        exposure_steps: steps.round() as u32,
        lot: number(&e["lot"]),
        final_close: e["finalClose"].as_bool().unwrap(),
        window: if e["window"] == "Full" { Window::Full } else { Window::AfterWarmUp },
        // Said once for all records of this strategy, not in each of them.
        warmup_bars: (record["strategy"] == "funding_rate_carry").then_some(600),
        risk_free_rate: required("riskFreeRate"),
        aggregate: Aggregate::Portfolio,
        bars_per_year,
    };
    assert!(e["funding"]["constant"].is_null(), "no record has constant funding");
    execution
}
