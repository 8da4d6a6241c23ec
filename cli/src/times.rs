//! Times for people and files: UTC, RFC 3339.

/// Days since 1970 to (year, month, day): Howard Hinnant's `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// `2017-07-01` of UTC milliseconds.
pub fn date(ms: i64) -> String {
    let (year, month, day) = civil(ms.div_euclid(86_400_000));
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2017-07-01T11:00:00Z` of UTC milliseconds, with milliseconds where there are any.
pub fn rfc3339(ms: i64) -> String {
    let rest = ms.rem_euclid(86_400_000);
    let (seconds, millis) = (rest / 1000, rest % 1000);
    let fraction = if millis == 0 { String::new() } else { format!(".{millis:03}") };
    format!("{}T{:02}:{:02}:{:02}{fraction}Z", date(ms), seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The date, with hours and minutes where it is not midnight.
pub fn short(ms: i64) -> String {
    let minutes = ms.rem_euclid(86_400_000) / 60_000;
    if minutes == 0 { date(ms) } else { format!("{} {:02}:{:02}", date(ms), minutes / 60, minutes % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_day_of_its_milliseconds() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(1_498_867_200_000), "2017-07-01");
        assert_eq!(date(951_782_400_000), "2000-02-29");
        assert_eq!(date(-1), "1969-12-31");
    }

    #[test]
    fn a_time_is_utc_at_the_second_and_finer_only_where_needed() {
        assert_eq!(rfc3339(1_498_906_800_000), "2017-07-01T11:00:00Z");
        assert_eq!(rfc3339(1_498_906_800_007), "2017-07-01T11:00:00.007Z");
        assert_eq!(short(1_498_906_860_000), "2017-07-01 11:01");
        assert_eq!(short(1_498_867_200_000), "2017-07-01");
    }
}
