//! The digest of a dataset: BLAKE3 over a canonical stream, so that it depends on the data alone and not on
//! the bytes of a file format.
//!
//! The stream, with every integer little-endian and without padding:
//!
//! | bytes | content |
//! |---|---|
//! | 20 | ASCII `galapagos.dataset.v1` |
//! | 8 | u64: interval in milliseconds |
//! | 8 | u64: number of symbols |
//!
//! then per symbol, in ascending byte order of the names:
//!
//! | bytes | content |
//! |---|---|
//! | 8 | u64: length of the name |
//! | n | the name, UTF-8 |
//! | 1 | u8: decimals of a tick |
//! | 8 | u64: number of rows R |
//! | 8 R | i64: times, UTC milliseconds at bar open |
//! | 8 R each | i64: open, high, low, close in ticks, one column after the other |
//! | 1 | u8: 1 if there is a volume column, else 0 |
//! | 8 R | f64 bits: volumes, if there is the column; -0.0 is written as 0.0, NaN does not occur |
//! | 8 | u64: number of funding stamps |
//! | per stamp | i64 time in ms; i64 rate in 1e-9; u8 1 with f64 bits of the mark price, or u8 0 alone |
//!
//! The name of the dataset and its calendar are not part of it: the same bars under another name are the same
//! data. The interval is, because it decides how the rows are read.

use crate::error::Result;
use crate::series::Series;
use crate::series_blocks::ByColumn;

/// First bytes of the canonical stream: its schema version.
pub const STREAM_TAG: &[u8; 20] = b"galapagos.dataset.v1";

/// The digest of `series` (in any order) as 64 hex digits.
pub fn dataset_digest(interval_ms: i64, series: &[Series<'_>]) -> String {
    let mut sorted: Vec<&Series<'_>> = series.iter().collect();
    sorted.sort_by(|a, b| a.symbol.as_bytes().cmp(b.symbol.as_bytes()));
    let mut stream = Stream::new(interval_ms, sorted.len());
    sorted.into_iter().for_each(|s| {
        // What is in memory cannot fail to be read.
        let _ = stream.add(s, s);
    });
    stream.digest()
}

/// The digest of series that come one after the other, in ascending byte order of their names.
pub(crate) struct Stream(blake3::Hasher);

impl Stream {
    /// The stream of so many symbols.
    pub(crate) fn new(interval_ms: i64, symbols: usize) -> Self {
        let mut hash = blake3::Hasher::new();
        hash.update(STREAM_TAG);
        hash.update(&interval_ms.to_le_bytes());
        hash.update(&(symbols as u64).to_le_bytes());
        Self(hash)
    }

    /// The next symbol: what is known of it, and its columns.
    ///
    /// # Errors
    /// `Io` if its columns cannot be read back.
    pub(crate) fn add(&mut self, bare: &Series<'_>, columns: &dyn ByColumn) -> Result<()> {
        hash_series(&mut self.0, bare, columns)
    }

    /// The digest of them all, 64 hex digits.
    pub(crate) fn digest(self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

fn hash_series(hash: &mut blake3::Hasher, s: &Series<'_>, columns: &dyn ByColumn) -> Result<()> {
    hash.update(&(s.symbol.len() as u64).to_le_bytes());
    hash.update(s.symbol.as_bytes());
    hash.update(&[s.decimals]);
    hash.update(&(columns.rows() as u64).to_le_bytes());
    for column in 0..5 {
        columns.each_ticks(column, &mut |ticks| {
            hash_column(hash, ticks, |v| v.to_le_bytes());
            Ok(())
        })?;
    }
    hash.update(&[u8::from(s.volume.is_some())]);
    columns.each_volume(&mut |volume| {
        // Adding 0.0 turns -0.0 into 0.0 and changes nothing else.
        hash_column(hash, volume, |v| (v + 0.0).to_bits().to_le_bytes());
        Ok(())
    })?;
    hash.update(&(s.funding.len() as u64).to_le_bytes());
    for stamp in s.funding {
        hash.update(&stamp.time_ms.to_le_bytes());
        hash.update(&stamp.rate_e9.to_le_bytes());
        match stamp.mark {
            None => hash.update(&[0]),
            Some(mark) => hash.update(&[1]).update(&(mark + 0.0).to_bits().to_le_bytes()),
        };
    }
    Ok(())
}

/// Blocks of 64 KiB: large enough for the wide BLAKE3 kernels, small enough to stay in the cache.
pub(crate) fn hash_column<T: Copy>(hash: &mut blake3::Hasher, column: &[T], bytes: impl Fn(T) -> [u8; 8]) {
    let mut block = vec![0u8; 8 * 8192.min(column.len())];
    for values in column.chunks(8192) {
        for (out, &value) in block.chunks_exact_mut(8).zip(values) {
            out.copy_from_slice(&bytes(value));
        }
        hash.update(&block[..8 * values.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{FundingStamp, OwnedSeries};

    fn two_symbols() -> [OwnedSeries; 2] {
        let eur = OwnedSeries {
            symbol: "EURUSD".into(),
            decimals: 5,
            interval_ms: 3_600_000,
            time_ms: vec![1_483_308_000_000, 1_483_311_600_000],
            open: vec![105_236, 105_227],
            high: vec![105_253, 105_426],
            low: vec![105_221, 105_226],
            close: vec![105_227, 105_282],
            volume: None,
            funding: vec![],
        };
        let btc = OwnedSeries {
            symbol: "BTC-USDT".into(),
            decimals: 2,
            volume: Some(vec![1.5, -0.0]),
            funding: vec![
                FundingStamp { time_ms: 1_483_308_000_000, rate_e9: 100_000, mark: None },
                FundingStamp { time_ms: 1_483_311_600_000, rate_e9: -25_000, mark: Some(1052.5) },
            ],
            ..eur.clone()
        };
        [eur, btc]
    }

    /// The golden vector, made by a program in another language that follows the table above.
    #[test]
    fn the_digest_of_the_documented_stream_never_changes() {
        let [eur, btc] = two_symbols();
        let digest = dataset_digest(3_600_000, &[eur.as_series(), btc.as_series()]);
        assert_eq!(digest, GOLDEN);
    }

    #[test]
    fn the_order_of_symbols_does_not_change_the_digest() {
        let [eur, btc] = two_symbols();
        let digest = dataset_digest(3_600_000, &[btc.as_series(), eur.as_series()]);
        assert_eq!(digest, GOLDEN);
    }

    #[test]
    fn every_part_of_the_data_changes_the_digest() {
        let changes: [fn(&mut OwnedSeries); 10] = [
            |s| s.symbol.push('X'),
            |s| s.decimals += 1,
            |s| s.time_ms[1] += 1,
            |s| s.open[0] += 1,
            |s| s.high[0] += 1,
            |s| s.low[0] -= 1,
            |s| s.close[1] += 1,
            |s| s.volume = None,
            |s| s.funding[0].rate_e9 += 1,
            |s| s.funding[1].mark = None,
        ];
        for change in changes {
            let [eur, mut btc] = two_symbols();
            change(&mut btc);
            assert_ne!(dataset_digest(3_600_000, &[eur.as_series(), btc.as_series()]), GOLDEN);
        }
        let [eur, btc] = two_symbols();
        assert_ne!(dataset_digest(60_000, &[eur.as_series(), btc.as_series()]), GOLDEN);
    }

    const GOLDEN: &str = "baca18d6741bc9c267aa88d87018f9f178a8b29fb66eaf62f1ff8fc3d5939610";
}
