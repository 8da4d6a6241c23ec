//! Jobs whose source is an exchange.

use super::*;

/// A job whose dataset does not exist and comes from Binance. `source` and `market` are further lines of those blocks.
fn job(interval: &str, fetch: &str, source: &str) -> String {
    format!(
        "apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: fetched}}
spec:
  marketData:
    dataset: x
    symbols: [BTC]
    interval: {interval}
    source:
      fetch: {{exchange: Binance, symbols: {{BTC: BTCUSDT}}, from: \"2024-01-01\", {fetch}}}
      {source}
  strategies: [{{name: rsi_filter}}]
  population: {{size: 20, seed: 1}}
  generations: 2
"
    )
}

#[test]
fn a_job_whose_source_is_an_exchange_runs_on_what_the_command_would_have_fetched() {
    let exchange = Exchange::new(START, START + 2 * BARS * HOUR);
    let end = START + BARS * HOUR;
    let fetch = format!("to: \"{}\", endpoint: \"{}\"", date(end), exchange.url());
    let run = |interval: &str, source: &str| {
        let sandbox = Sandbox::new();
        sandbox.write("job.yaml", job(interval, &fetch, source));
        // Whether an individual is feasible on such bars does not matter here.
        let ended = sandbox.run(&["run", "job.yaml", "-o", "json"]);
        assert!([0, 4].contains(&ended.code), "{}", ended.stderr);
        ended.json()["dataset_digest"].as_str().unwrap().to_owned()
    };
    assert_eq!(run("1h", ""), from_files(START, end, "BTC", None));

    // Bars of four hours are made of those of one, as by hand.
    let sandbox = Sandbox::new();
    let mut bars = String::from("time,open,high,low,close,volume\n");
    for time in (START..end).step_by(HOUR as usize) {
        bars += &format!("{time},{}\n", candle(time).join(","));
    }
    sandbox.write("bars.csv", bars);
    let by_hand =
        ["import", "BTC=bars.csv", "--dataset", "x", "--interval", "1h", "--resample", "4h", "-o", "json"];
    assert_eq!(run("4h", "interval: 1h"), sandbox.json(&by_hand)["digest"].as_str().unwrap());
}

#[test]
fn what_an_exchange_cannot_give_a_job_is_refused_by_its_field() {
    let sandbox = Sandbox::new();
    for (interval, fetch, source, words) in [
        ("1h", "", "timezone: Europe/Berlin", "spec.marketData.source.timezone: "),
        ("1h", "", "interval: 45m", "spec.marketData.source.interval: "),
        ("7m", "", "", "spec.marketData.source.interval: "),
        ("1h", "funding: true", "", "spec.marketData.source.fetch.funding: "),
        ("1h", "to: \"2023-01-01\"", "", "from must be before to"),
        ("1h", "", "path: raw", "exactly one of path, http, fetch must be set"),
    ] {
        sandbox.write("job.yaml", job(interval, fetch, source));
        let refused = sandbox.run(&["validate", "job.yaml"]);
        assert_eq!(refused.code, 2, "{interval} {fetch} {source}");
        let said = refused.stdout;
        assert!(said.contains(words), "{interval} {fetch} {source}: {said}");
    }
}

#[test]
fn an_endpoint_of_a_job_is_refused_by_its_field() {
    for endpoint in ["http://api.example", "https://a.example/?x=1", "http://"] {
        let sandbox = Sandbox::new();
        sandbox.write("job.yaml", job("1h", &format!("to: \"2024-02-01\", endpoint: \"{endpoint}\""), ""));
        let refused = sandbox.run(&["run", "job.yaml"]);
        assert_eq!(refused.code, 2, "{endpoint}: {}", refused.stderr);
        let said = refused.stderr;
        assert!(
            said.contains("spec.marketData.source.fetch.endpoint: ") && !said.contains("--endpoint"),
            "{said}"
        );
    }
}
