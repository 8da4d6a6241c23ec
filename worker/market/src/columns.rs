//! Which column of a file means what.

use crate::choice::ColumnChoice;
pub(crate) use crate::role::{
    ColumnRole, begins_as_volume, ends_as_volume, is_adjusted, is_base_volume, is_close_time_name,
    is_end_name, is_of_other_role, is_page_name, is_time_name, is_volume_name, normal, says_no, symbol_word,
};

/// The columns found, as positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    pub time: usize,
    pub clock: Option<usize>,
    pub prices: [usize; 4],
    pub volume: Option<usize>,
    pub symbol: Option<usize>,
    /// The adjusted close, where it is asked for.
    pub adjusted: Option<usize>,
}

impl Columns {
    /// All positions that are read.
    pub(crate) fn all(&self) -> impl Iterator<Item = usize> + use<> {
        let optional = [self.clock, self.volume, self.symbol, self.adjusted].into_iter().flatten();
        optional.chain(self.prices).chain([self.time])
    }

    /// The largest position of a column that is read; a row must be longer.
    pub(crate) fn last(&self) -> usize {
        self.all().fold(self.time, |a, b| if a > b { a } else { b })
    }
}

/// Finds the columns of `header`.
///
/// # Errors
/// The names of the roles that were not found, or a choice that names no column.
pub(crate) fn find(header: &[&str], choice: &ColumnChoice) -> Result<Columns, String> {
    let normals: Vec<String> = header.iter().map(|h| normal(h)).collect();
    // Single letters keep their case: exchanges send `t` for the open and `T` for the close time.
    let fits = |i: usize, name: &str| {
        normals[i] == name
            && (name.len() > 1 || header[i].trim() == name || !header.iter().any(|h| h.trim() == name))
    };
    let usual = |role: ColumnRole, taken: &[usize]| -> Option<usize> {
        let by_name = role
            .usual_names()
            .iter()
            .find_map(|n| (0..header.len()).find(|&i| !taken.contains(&i) && fits(i, n)));
        // `Open (USD)`: a unit stands behind the name.
        let with_unit = || {
            let bare =
                |i: usize| header[i].trim().strip_suffix(')')?.rsplit_once('(').map(|(name, _)| normal(name));
            role.usual_names().iter().find_map(|n| {
                (0..header.len()).find(|&i| !taken.contains(&i) && bare(i).is_some_and(|name| name == *n))
            })
        };
        by_name.or_else(with_unit).or_else(|| match role {
            // `Volume BTC`: the first of them is the base volume in the files that have several.
            ColumnRole::Volume => normals
                .iter()
                .position(|n| begins_as_volume(n))
                .or_else(|| normals.iter().position(|n| ends_as_volume(n))),
            ColumnRole::Time => sole_time(header, &normals),
            ColumnRole::Close if choice.is_close_only() => only_price(&normals),
            _ => None,
        })
    };
    let pick = |role: ColumnRole, taken: &[usize]| -> Result<Option<usize>, String> {
        match choice.get(role) {
            None => Ok(usual(role, taken)),
            Some("") => Ok(None),
            Some(name) => position(header, name).map(Some),
        }
    };
    let need = |role: ColumnRole| {
        let at = pick(role, &[])?.ok_or_else(|| role.name().to_owned())?;
        let same = |i: &usize| header[*i].trim() == header[at].trim() && !header[at].trim().is_empty();
        let twins: Vec<usize> = (0..header.len()).filter(same).collect();
        if twins.len() > 1 && choice.get(role).is_none_or(|name| !name.starts_with('#')) {
            let places = twins.iter().map(|i| format!("#{}", i + 1)).collect::<Vec<_>>().join(", ");
            return Err(format!("one column {:?} (it has {places})", header[at].trim()));
        }
        Ok(at)
    };
    let mut missing = Vec::new();
    let mut need = |role: ColumnRole| match need(role) {
        Ok(at) => at,
        Err(e) => {
            missing.push(e);
            0
        }
    };
    let prices =
        if choice.is_close_only() { [need(ColumnRole::Close); 4] } else { ColumnRole::PRICES.map(&mut need) };
    let parts = ["year", "month", "day"];
    if choice.get(ColumnRole::Time).is_none() && parts.iter().all(|p| normals.iter().any(|n| n == p)) {
        return Err(
            "one column for the time (year, month and day stand in columns of their own: join them)".into()
        );
    }
    let mut time = need(ColumnRole::Time);
    let adjusted = choice.is_adjusted().then(|| need(ColumnRole::Adjusted));
    if !missing.is_empty() {
        return Err(missing.join(", "));
    }
    // A date beside a time of day: the date is the time, the other the clock.
    let mut clock =
        if choice.get(ColumnRole::Clock).is_some() { pick(ColumnRole::Clock, &[time])? } else { None };
    if clock.is_none() && choice.get(ColumnRole::Time).is_none() {
        let first_of = |names: &[&str]| names.iter().find_map(|name| normals.iter().position(|n| n == name));
        if let (Some(date), Some(of_day)) = (
            first_of(&["date", "day", "datum", "fecha", "dtyyyymmdd", "дата", "日期", "日付"]),
            first_of(&["time", "hour", "zeit", "uhrzeit", "hora", "время", "时间"]),
        ) && [date, of_day].contains(&time)
        {
            (time, clock) = (date, Some(of_day));
        }
    }
    Ok(Columns {
        time,
        clock,
        prices,
        volume: pick(ColumnRole::Volume, &[])?,
        symbol: pick(ColumnRole::Symbol, &[])?,
        adjusted,
    })
}

/// The time of a table whose names say nothing of it: the first column if it is not named, the `ticks` of Deribit, the
/// `id` of Huobi's candles.
fn sole_time(header: &[&str], normals: &[String]) -> Option<usize> {
    let at = |name: &str| normals.iter().position(|n| n == name);
    let unnamed = header.first().filter(|name| name.trim().is_empty()).map(|_| 0);
    unnamed
        .or_else(|| at("ticks"))
        .or_else(|| at("id").filter(|_| at("amount").is_some() && at("vol").is_some()))
}

/// The price of a table without other prices: one adjusted for dividends, a net asset value, or whatever stands alone
/// beside the time.
fn only_price(normals: &[String]) -> Option<usize> {
    let names =
        ["adjclose", "adjustedclose", "adjustedprice", "value", "nav", "rate", "settle", "settlement"];
    let named = names.iter().find_map(|name| normals.iter().position(|n| n == name));
    named.or_else(|| match normals {
        [time, _] if is_time_name(time) => Some(1),
        _ => None,
    })
}

/// What to write where roles are missing.
pub(crate) fn remedy(missing: &str) -> &'static str {
    match missing {
        "open, high, low" => {
            "name the columns with --columns, as open=Open; where there are closes only, say --close-only"
        }
        "adjusted" => {
            "--adjust needs a column of adjusted closes: name it with --columns, as adjusted=\"Adj Close\", or leave --adjust out"
        }
        _ => "name the columns with --columns, as time=Date,open=Open",
    }
}

fn position(header: &[&str], name: &str) -> Result<usize, String> {
    if let Some(n) = name.strip_prefix('#').and_then(|n| n.parse::<usize>().ok()) {
        return if n >= 1 && n <= header.len() { Ok(n - 1) } else { Err(format!("column {name}")) };
    }
    let exact = header.iter().position(|h| h.trim() == name);
    exact
        .or_else(|| header.iter().position(|h| normal(h) == normal(name)))
        .ok_or_else(|| format!("column {name:?}"))
}

/// Columns of a file without a header: time, open, high, low, close (or the close alone) and, if there are more, volume.
pub(crate) fn without_header(
    fields: usize,
    has_clock: bool,
    choice: &ColumnChoice,
) -> Result<Columns, String> {
    let shift = usize::from(has_clock);
    let numbers: Vec<String> = (1..=fields).map(|n| format!("#{n}")).collect();
    let header: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let at = |role: ColumnRole, usual: Option<usize>| match choice.get(role) {
        None => Ok(usual),
        Some("") => Ok(None),
        Some(name) => position(&header, name).map(Some),
    };
    let required =
        |role: ColumnRole, usual: usize| at(role, Some(usual))?.ok_or_else(|| role.name().to_owned());
    let mut prices = [0; 4];
    if choice.is_close_only() {
        prices = [required(ColumnRole::Close, 1 + shift)?; 4];
    } else {
        for (i, role) in ColumnRole::PRICES.into_iter().enumerate() {
            prices[i] = required(role, 1 + shift + i)?;
        }
    }
    let volume = choice.least_fields() + shift;
    let columns = Columns {
        time: required(ColumnRole::Time, 0)?,
        clock: at(ColumnRole::Clock, has_clock.then_some(1))?,
        prices,
        volume: at(ColumnRole::Volume, (fields > volume).then_some(volume))?,
        symbol: at(ColumnRole::Symbol, None)?,
        adjusted: match choice.is_adjusted() {
            true => {
                Some(at(ColumnRole::Adjusted, None)?.ok_or_else(|| ColumnRole::Adjusted.name().to_owned())?)
            }
            false => None,
        },
    };
    if columns.last() >= fields { Err(format!("column #{}", columns.last() + 1)) } else { Ok(columns) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(header: &str, choice: &str) -> Result<Columns, String> {
        find(&header.split(',').collect::<Vec<_>>(), &ColumnChoice::parse(choice).unwrap())
    }

    #[test]
    fn usual_column_names_are_found_by_themselves() {
        for (header, time, prices, volume) in [
            ("Date,Open,High,Low,Close,Adj Close,Volume", 0, [1, 2, 3, 4], Some(6)),
            ("open_time,open,high,low,close,volume,close_time,quote_volume", 0, [1, 2, 3, 4], Some(5)),
            ("Gmt time,Open,High,Low,Close,Volume", 0, [1, 2, 3, 4], Some(5)),
            (
                "Unix Timestamp,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USD",
                0,
                [3, 4, 5, 6],
                Some(7),
            ),
            ("timestamp,1. open,2. high,3. low,4. close,5. volume", 0, [1, 2, 3, 4], Some(5)),
            (",Open,High,Low,Close", 0, [1, 2, 3, 4], None),
            ("T,t,s,i,o,c,h,l,v,n", 1, [4, 6, 7, 5], Some(8)),
            ("Date,Close/Last,Volume,Open,High,Low", 0, [3, 4, 5, 1], Some(2)),
        ] {
            let c = found(header, "").unwrap_or_else(|e| panic!("{header}: {e}"));
            assert_eq!((c.time, c.prices, c.volume), (time, prices, volume), "{header}");
        }
    }

    #[test]
    fn a_date_beside_a_time_of_day_makes_one_stamp() {
        let c = found("<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<TICKVOL>,<VOL>", "").unwrap();
        assert_eq!((c.time, c.clock, c.volume), (0, Some(1), Some(7)));
    }

    #[test]
    fn chosen_columns_win_and_an_empty_choice_leaves_one_out() {
        let header = "Day,Time2,Open,High,Low,Close,Volume USD,Volume BTC";
        let c = found(header, "time=Time2,volume=\"Volume BTC\"").unwrap();
        assert_eq!((c.time, c.volume), (1, Some(7)));
        assert_eq!(found(header, "volume=").unwrap().volume, None);
        assert_eq!(found(header, "volume=#8").unwrap().volume, Some(7));
        assert_eq!(found(header, "volume=Turnover"), Err("column \"Turnover\"".into()));
    }

    #[test]
    fn missing_columns_are_named() {
        assert_eq!(found("Date,Open,Close", ""), Err("high, low".into()));
        assert!(ColumnChoice::parse("price=x").is_err());
        assert!(ColumnChoice::parse("time").is_err());
    }
}
