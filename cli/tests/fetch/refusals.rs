//! What an exchange refuses or answers otherwise than documented, and questions that nobody is asked.

use super::*;

#[test]
fn what_an_exchange_refuses_is_told_in_its_words_and_nothing_is_published() {
    let exchange = Exchange::new(START, START + 10 * BARS * HOUR);
    let (url, to) = (exchange.url(), date(START + BARS * HOUR));
    for (what, words) in [
        (&["binance", "BTCUSDT", "NOPE"][..], "NOPE: 127.0.0.1"),
        (&["binance", "BTCUSDT", "NOPE"][..], "Invalid symbol."),
        (&["kraken", "NOPE"][..], "Unknown asset pair"),
    ] {
        let sandbox = Sandbox::new();
        let to = if what[0] == "kraken" { date(this_hour()) } else { to.clone() };
        let ended = sandbox.run(&arguments(what, &url, &to));
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
        assert!(!published(&sandbox));
    }
}

#[test]
fn an_answer_that_the_documents_do_not_know_is_not_believed() {
    let exchange = Exchange::new(START, START + 10 * BARS * HOUR);
    let (url, to) = (exchange.url(), date(START + 3 * HOUR));
    for (body, words) in [
        (r#"{"candles": []}"#, "no list"),
        (r#"[[1704067200000, 1.5, "2", "1", "1.5", "3"]]"#, "a price is 1.5"),
        (r#"[[1704067200000, "1.5", "2", "1"]]"#, "a row without 4"),
        (r#"[["1704067200000", "1", "1", "1", "1", "3"]]"#, "a time is"),
        (
            r#"[[1704070800000,"1","1","1","1","1"],[1704067200000,"1","1","1","1","1"]]"#,
            "1704067200000 stands after",
        ),
        (
            r#"[[1704067200000,"1","1","1","1","1"],[1704067200000,"1","1","1","1","1"]]"#,
            "1704067200000 stands after",
        ),
    ] {
        exchange.fails(&[Fault::Body(body)]);
        let sandbox = Sandbox::new();
        let ended = sandbox.run(&arguments(&["binance", "BTCUSDT"], &url, &to));
        assert_eq!(ended.code, 1, "{body}: {}", ended.stderr);
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
        assert!(!published(&sandbox));
    }
    for (fault, words) in [
        (Fault::Large, "more than 8388608 bytes"),
        (Fault::Status(302, "Location: http://169.254.169.254/", ""), "status 302, which leads elsewhere"),
    ] {
        exchange.fails(&[fault]);
        let ended = Sandbox::new().run(&arguments(&["binance", "BTCUSDT"], &url, &to));
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
    // Candles of another range are none of this one.
    exchange.fails(&[Fault::Body(r#"[[1604067200000,"1","1","1","1","1"]]"#)]);
    let ended = Sandbox::new().run(&arguments(&["binance", "BTCUSDT"], &url, &to));
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("has no bars of the range"), "{}", ended.stderr);
}

#[test]
fn a_question_that_makes_no_sense_asks_nobody() {
    let exchange = Exchange::new(START, START + BARS * HOUR);
    let (url, to) = (exchange.url(), date(START + BARS * HOUR));
    for (what, words) in [
        (&["binance", "BTCUSDT", "--funding"][..], "a spot market pays none"),
        (&["kraken", "PF_XBTUSD", "--market", "perpetual", "--funding"][..], "that of kraken is not fetched"),
        (&["hyperliquid", "PURR/USDC"][..], "say --market spot"),
        (&["binance", "BTC USDT"][..], "is no symbol of an exchange"),
        (&["binance", "BTCUSDT", "--max-gap-share", "2"][..], "between 0 and 1"),
        (&["binance", "BTCUSDT", "X=BTCUSDT"][..], "BTCUSDT is named twice"),
        (&["binance", "X=BTCUSDT", "x=ETHUSDT"][..], "would be called the same"),
        (&["binance", "=BTCUSDT"][..], "write NAME=SYMBOL, as BTC=BTCUSDT"),
        (&["binance", "BTCUSDT", "--retries", "x"][..], "invalid value"),
        (&["binance", "BTCUSDT", "--dumps", "http://api.example"][..], "--dumps: api.example: it must begin"),
    ] {
        let ended = Sandbox::new().run(&arguments(what, &url, &to));
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
    let mut all = arguments(&["kraken", "XBTUSD"], &url, &to);
    all[4] = "2h";
    let ended = Sandbox::new().run(&all);
    assert!(ended.stderr.contains("kraken has bars of 1m, 5m, 15m, 30m, 1h, 4h, 1d"), "{}", ended.stderr);
    let ended = Sandbox::new().run(&arguments(&["binance", "BTCUSDT"], "http://api.example", &to));
    assert!(
        ended.stderr.contains("--endpoint: api.example: it must begin with https://"),
        "{}",
        ended.stderr
    );
    let ended = Sandbox::new().run(&arguments(&["binance", "BTCUSDT"], &url, "2023-01-01"));
    assert!(ended.stderr.contains("is not after --from"), "{}", ended.stderr);
    assert_eq!(exchange.answered(), Vec::<String>::new());
}
