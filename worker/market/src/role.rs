//! What columns mean, and the names by which that is known.

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ColumnRole {
    Time,
    Clock,
    Open,
    High,
    Low,
    Close,
    Volume,
    Symbol,
    Adjusted,
}

impl ColumnRole {
    pub(crate) const PRICES: [ColumnRole; 4] =
        [ColumnRole::Open, ColumnRole::High, ColumnRole::Low, ColumnRole::Close];

    pub(crate) fn name(self) -> &'static str {
        match self {
            ColumnRole::Time => "time",
            ColumnRole::Clock => "clock",
            ColumnRole::Open => "open",
            ColumnRole::High => "high",
            ColumnRole::Low => "low",
            ColumnRole::Close => "close",
            ColumnRole::Volume => "volume",
            ColumnRole::Symbol => "symbol",
            ColumnRole::Adjusted => "adjusted",
        }
    }

    /// Names as normalised by [`normal`], the most telling first. An epoch comes before a date beside it.
    pub(crate) fn usual_names(self) -> &'static [&'static str] {
        match self {
            ColumnRole::Time => &[
                "opentime",
                "timeperiodstart",
                "candledatetimeutc",
                "timeopen",
                "timestamp",
                "unix",
                "unixtime",
                "unixtimestamp",
                "epoch",
                "datetime",
                "time",
                "date",
                "datum",
                "gmttime",
                "utctime",
                "datetimeutc",
                "timeutc",
                "dateutc",
                "observationdate",
                "opentimems",
                "starttime",
                "start",
                "begin",
                "begins",
                "ts",
                "tsevent",
                "windowstart",
                "dt",
                "candletime",
                "candlebegintime",
                "localtime",
                "bartime",
                "day",
                "period",
                "snapshottimeutc",
                "snapshottime",
                "indexlevel0",
                "index",
                "t",
                "fecha",
                "giorno",
                "data",
                "tarih",
                "дата",
                "dtyyyymmdd",
                "日期",
                "交易日期",
                "日付",
                "날짜",
                "일자",
            ],
            ColumnRole::Clock => &["time", "clock", "hour"],
            ColumnRole::Open => &[
                "open",
                "openprice",
                "pxopen",
                "op",
                "openingprice",
                "o",
                "priceopen",
                "eröffnung",
                "eroeffnung",
                "eröffn",
                "erster",
                "ouverture",
                "ouv",
                "apertura",
                "abertura",
                "otwarcie",
                "açılış",
                "откр",
                "открытие",
                "开盘",
                "开盘价",
                "始値",
                "시가",
            ],
            ColumnRole::High => &[
                "high",
                "highprice",
                "pxhigh",
                "highest",
                "max",
                "hi",
                "h",
                "pricehigh",
                "hoch",
                "plushaut",
                "haut",
                "máximo",
                "maximo",
                "máx",
                "massimo",
                "najwyższy",
                "najwyzszy",
                "máxima",
                "hoog",
                "yüksek",
                "макс",
                "максимум",
                "最高",
                "最高价",
                "高値",
                "고가",
            ],
            ColumnRole::Low => &[
                "low",
                "lowprice",
                "pxlow",
                "lowest",
                "min",
                "lo",
                "l",
                "pricelow",
                "tief",
                "plusbas",
                "bas",
                "mínimo",
                "minimo",
                "mín",
                "najniższy",
                "najnizszy",
                "mínima",
                "laag",
                "düşük",
                "мин",
                "минимум",
                "最低",
                "最低价",
                "安値",
                "저가",
            ],
            ColumnRole::Close => &[
                "close",
                "closeprice",
                "pxlast",
                "closelast",
                "closingprice",
                "last",
                "price",
                "cl",
                "c",
                "priceclose",
                "tradeprice",
                "schluss",
                "schlusskurs",
                "zuletzt",
                "clot",
                "clôture",
                "cloture",
                "dernier",
                "cierre",
                "último",
                "ultimo",
                "chiusura",
                "fechamento",
                "zamknięcie",
                "zamkniecie",
                "laatste",
                "şimdi",
                "цена",
                "закрытие",
                "收盘",
                "收盘价",
                "終値",
                "종가",
            ],
            ColumnRole::Volume => &[
                "volume",
                "vol",
                "basevolume",
                "tickvol",
                "tickvolume",
                "amount",
                "v",
                "candleacctradevolume",
                "sharestraded",
                "stuecke",
                "stücke",
                "wolumen",
                "pxvolume",
                "noofshares",
                "tottrdqty",
                "totaltradequantity",
                "totaltradedquantity",
                "hac",
                "объем",
                "объём",
                "成交量",
                "出来高",
                "거래량",
            ],
            ColumnRole::Adjusted => {
                &["adjclose", "adjustedclose", "adjcloseprice", "adjustedcloseprice", "closeadj"]
            }
            ColumnRole::Symbol => &[
                "symbol",
                "ticker",
                "pair",
                "instrument",
                "sym",
                "tic",
                "tickersymbol",
                "instrumentid",
                "asset",
                "coin",
                "stock",
                "security",
                "instrumentname",
                "tscode",
                "secid",
                "股票代码",
                "证券代码",
                "name",
                "s",
            ],
        }
    }
}

/// Lower-case letters and digits alone: `<OPEN>`, `Open Time` and `open_time` look the same.
pub(crate) fn normal(name: &str) -> String {
    let kept: String = name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    // `1. open` of some services.
    let bare = kept.trim_start_matches(|c: char| c.is_ascii_digit());
    if bare.is_empty() { kept } else { bare.to_owned() }
}

/// If a field of this name says whose the candles beside it are: the place of the word, the surest first.
pub(crate) fn symbol_word(name: &str) -> Option<usize> {
    let name = normal(name);
    ColumnRole::Symbol.usual_names().iter().position(|word| *word == name).filter(|_| name.len() > 1)
}

/// If a field of this name beside candles says that there are more of them elsewhere.
pub(crate) fn is_page_name(name: &str) -> bool {
    let name = normal(name);
    let words = [
        "nexturl",
        "nextlink",
        "nextcursor",
        "nexttoken",
        "hasmore",
        "hasnext",
        "hasnextpage",
        "truncated",
        "istruncated",
        "paginationkey",
        "paginationtoken",
        "continuationtoken",
        "nextkey",
    ];
    name.contains("nextpage") || words.contains(&name.as_str())
}

/// `Volume BTC`, `Vol.`, and not `Volatility`.
pub(crate) fn begins_as_volume(normal: &str) -> bool {
    normal.starts_with("vol") && !normal.starts_with("volat")
}

/// `Total volume`, `baseTokenVolume`, where no other column is called as volumes are; not a share of it, its mean, or money.
pub(crate) fn ends_as_volume(normal: &str) -> bool {
    const OTHERS: [&str; 15] = [
        "quote", "usd", "eur", "avg", "average", "mean", "prev", "bid", "ask", "buy", "sell", "taker", "up",
        "down", "adj",
    ];
    normal.ends_with("volume") && !OTHERS.iter().any(|word| normal.starts_with(word))
}

/// Whether a column of this name says that its times are those of the closes: `close_time`, `End`.
pub(crate) fn is_close_time_name(name: &str) -> bool {
    let names = [
        "closetime",
        "timeclose",
        "closedate",
        "dateclose",
        "endtime",
        "timeend",
        "end",
        "enddate",
        "dateend",
        "periodend",
        "timeperiodend",
        "endperiod",
        "candleendtime",
        "barend",
        "barendtime",
        "closetimestamp",
        "endtimestamp",
        "endsat",
        "endedat",
        "closedat",
        "windowend",
    ];
    names.contains(&normal(name).as_str())
}

/// Whether a column of this name may hold volumes.
pub(crate) fn is_volume_name(name: &str) -> bool {
    let name = normal(name);
    // The short ones end other words: `ImpliedVol`.
    let ends = |word: &&str| word.len() > "vol".len() && name.ends_with(word);
    begins_as_volume(&name) || ColumnRole::Volume.usual_names().iter().any(ends)
}

/// Whether a column of this name holds the volume of the base by the usage of all sources.
pub(crate) fn is_base_volume(name: &str) -> bool {
    ["volume", "basevolume", "v"].contains(&normal(name).as_str())
}

/// Whether a column of this name says whether a candle has ended.
pub(crate) fn is_end_name(name: &str) -> bool {
    let names = ["complete", "iscomplete", "closed", "isclosed", "final", "isfinal", "confirm", "confirmed"];
    names.contains(&normal(name).as_str())
}

/// Whether a cell of such a column says that the candle has not ended.
pub(crate) fn says_no(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    let is_zero = || std::str::from_utf8(cell).is_ok_and(|text| text.parse() == Ok(0.0));
    cell.eq_ignore_ascii_case(b"false") || is_zero()
}

/// Whether a column of this name holds prices, a volume or something else that is no time.
pub(crate) fn is_of_other_role(name: &str) -> bool {
    let prices = ColumnRole::PRICES.into_iter().chain([ColumnRole::Symbol, ColumnRole::Adjusted]);
    let mut roles = prices.filter(|role| role.usual_names().contains(&normal(name).as_str()));
    roles.next().is_some() || is_volume_name(name)
}

/// Whether a column of this name may hold the times of the bars.
pub(crate) fn is_time_name(name: &str) -> bool {
    ColumnRole::Time.usual_names().contains(&normal(name).as_str())
}

/// Whether a column of this name holds closes adjusted for splits and dividends.
pub(crate) fn is_adjusted(name: &str) -> bool {
    ColumnRole::Adjusted.usual_names().contains(&normal(name).as_str())
}
