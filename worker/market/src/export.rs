//! A dataset as files that other programs read, one for the bars of each symbol and one for its funding, which is text in
//! every format. Imported again they are the same dataset.

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::ipc;
use crate::layout::{bars_file, funding_file, make_readable, sync_folder};
use crate::series::Series;
use crate::stamp::show;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Integers up to here are exact in f64.
const EXACT: i64 = 1 << 53;

/// The format of exported files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text with prices as they are, digit by digit.
    Csv,
    /// Columns, compressed; prices are f64.
    Parquet,
    /// Arrow's own file, uncompressed; prices are f64.
    Feather,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Parquet => "parquet",
            Format::Feather => "feather",
        }
    }
}

/// Writes `symbols` of a dataset (all if there are none) into the folder `to`, which is made if it is missing, and
/// returns the files. A file that is there already is never overwritten.
///
/// # Errors
/// `Missing` for a symbol that the dataset does not have, `Spec` for a file that is there or prices with more digits than
/// the format holds, `Io` if it cannot be written. Files that were written before the error stay.
pub fn export(dataset: &Dataset, symbols: &[String], to: &Path, format: Format) -> Result<Vec<PathBuf>> {
    let chosen: Vec<Series<'_>> = match symbols {
        [] => dataset.iter().collect(),
        names => names.iter().map(|name| dataset.symbol(name)).collect::<Result<_>>()?,
    };
    let place = |file: String, format: Format| to.join(file).with_extension(format.extension());
    let mut plan: Vec<(PathBuf, Series<'_>, bool)> = Vec::new();
    for series in chosen {
        plan.push((place(bars_file(series.symbol), format), series, false));
        if !series.funding.is_empty() {
            plan.push((place(funding_file(series.symbol), Format::Csv), series, true));
        }
    }
    for (path, series, funding) in &plan {
        if path.exists() {
            let problem = "is there already: remove it, or name another folder";
            return Err(Error::option("to", path.display().to_string(), problem));
        }
        let finest = series.high.iter().copied().max().unwrap_or_default();
        if !funding && format != Format::Csv && finest > EXACT {
            let problem = format!("{} has prices of more digits than f64 holds: choose csv", series.symbol);
            return Err(Error::option("format", format.extension(), problem));
        }
    }
    std::fs::create_dir_all(to).map_err(|e| Error::io("write", to, e))?;
    for (path, series, funding) in &plan {
        write(to, path, |out| match format {
            _ if *funding => csv_funding(out, series),
            Format::Csv => csv_bars(out, series),
            Format::Parquet => parquet(out, &ipc::plain(series)?),
            Format::Feather => ipc::write_batch(out, &ipc::plain(series)?),
        })?;
    }
    sync_folder(to)?;
    Ok(plan.into_iter().map(|(path, _, _)| path).collect())
}

type Written = std::result::Result<(), ArrowError>;

/// A file that is there whole or not at all.
fn write(folder: &Path, path: &Path, put: impl FnOnce(&mut dyn Write) -> Written) -> Result<()> {
    let failed = |e| Error::io("write", path, e);
    let file = tempfile::Builder::new().prefix(".tmp-").tempfile_in(folder).map_err(failed)?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    put(&mut out).map_err(|e| match e {
        ArrowError::IoError(_, source) => failed(source),
        other => failed(std::io::Error::other(other)),
    })?;
    let file = out.into_inner().map_err(|e| failed(e.into_error()))?;
    make_readable(file.path()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(path).map_err(|e| failed(e.error))?;
    Ok(())
}

fn parquet(out: &mut dyn Write, batch: &RecordBatch) -> Written {
    let level = ZstdLevel::try_new(3).map_err(ArrowError::from)?;
    let options = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    // The writer wants to know that it may be sent to another thread; a buffer may.
    let mut bytes = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut bytes, batch.schema(), Some(options)).map_err(ArrowError::from)?;
    writer.write(batch).map_err(ArrowError::from)?;
    writer.close().map_err(ArrowError::from)?;
    Ok(out.write_all(&bytes)?)
}

fn csv_bars(out: &mut dyn Write, s: &Series<'_>) -> Written {
    let volume = if s.volume.is_some() { ",volume" } else { "" };
    writeln!(out, "time,open,high,low,close{volume}")?;
    for row in 0..s.len() {
        write!(out, "{}", show(s.time_ms[row]))?;
        for column in [s.open, s.high, s.low, s.close] {
            out.write_all(b",")?;
            put_price(out, column[row], s.decimals)?;
        }
        match s.volume {
            Some(volume) => writeln!(out, ",{}", volume[row])?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

fn csv_funding(out: &mut dyn Write, s: &Series<'_>) -> Written {
    let marks = s.funding.iter().any(|f| f.mark.is_some());
    writeln!(out, "time,rate{}", if marks { ",mark" } else { "" })?;
    for stamp in s.funding {
        write!(out, "{},", show(stamp.time_ms))?;
        let sign = if stamp.rate_e9 < 0 { "-" } else { "" };
        let rate = stamp.rate_e9.unsigned_abs();
        write!(out, "{sign}{}.{:09}", rate / 1_000_000_000, rate % 1_000_000_000)?;
        match stamp.mark {
            Some(mark) => writeln!(out, ",{mark}")?,
            None => writeln!(out, "{}", if marks { "," } else { "" })?,
        }
    }
    Ok(())
}

/// A price above 0, digit by digit.
fn put_price(out: &mut dyn Write, tick: i64, decimals: u8) -> std::io::Result<()> {
    let one = 10_i64.pow(u32::from(decimals));
    match decimals {
        0 => write!(out, "{tick}"),
        n => write!(out, "{}.{:0width$}", tick / one, tick % one, width = usize::from(n)),
    }
}
