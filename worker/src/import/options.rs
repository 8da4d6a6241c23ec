//! How the files of `marketData.source` are read and checked.

use galapagos_crds::market_data::{CalendarType, MarketData};
use galapagos_crds::source::{DateOrder, DecimalSign, EmptyRows, Source, StampedEnd};
use galapagos_market::{
    Calendar, CheckOptions, ColumnChoice, DayOrder, EmptyCells, Interval, ReadOptions, Stamped, Zone,
};

use super::error::ImportError;

/// How files are read.
pub(super) fn read(source: &Source) -> Result<ReadOptions, ImportError> {
    let mut columns =
        ColumnChoice::of(source.columns.iter().map(|(role, column)| (role.as_str(), column.as_str())))?;
    if source.close_only {
        columns = columns.close_only()?;
    }
    if source.adjust {
        columns = columns.adjusted();
    }
    Ok(ReadOptions {
        columns,
        day_order: source.dates.map(|order| match order {
            DateOrder::DayMonth => DayOrder::DayMonth,
            DateOrder::MonthDay => DayOrder::MonthDay,
        }),
        decimal: source.decimal.map(|sign| match sign {
            DecimalSign::Point => galapagos_market::DecimalSign::Point,
            DecimalSign::Comma => galapagos_market::DecimalSign::Comma,
        }),
        zone: source.timezone.as_deref().map(Zone::parse).transpose()?,
        stamp: match source.stamp {
            None | Some(StampedEnd::Open) => Stamped::Open,
            Some(StampedEnd::Close) => Stamped::Close,
        },
        empty: source.na.map(|na| match na {
            EmptyRows::Drop => EmptyCells::Drop,
            EmptyRows::Refuse => EmptyCells::Refuse,
        }),
    })
}

/// What bars are checked for, and what they become.
pub(super) fn check(data: &MarketData, source: &Source) -> Result<CheckOptions, ImportError> {
    let job = Interval::parse(&data.interval)?;
    let own = source.interval.as_deref().map(Interval::parse).transpose()?.unwrap_or(job);
    // The exchanges that are known trade around the clock.
    let usual = source.fetch.as_ref().map(|_| Calendar::Continuous);
    let calendar = data.calendar.as_ref().map(|c| match (c.type_, c.bars_per_year) {
        (CalendarType::Sessions, Some(bars_per_year)) => Calendar::Sessions { bars_per_year },
        _ => Calendar::Continuous,
    });
    Ok(CheckOptions {
        interval: Some(own),
        calendar: calendar.or(usual),
        max_gap_share: source.gaps.max_share.to_f64(),
        repair: source.repair,
        // The same file gives the same dataset on every worker, whenever it reads it.
        now_ms: None,
        resample: (own != job).then_some(job),
    })
}
