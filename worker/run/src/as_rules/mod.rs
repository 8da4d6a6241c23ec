//! Built-in strategies as rules, to start an own strategy from; and why some cannot be said in them.

/// A built-in strategy as a document of rules whose decisions are the same in every row, or why there is none. `None`: no
/// built-in strategy of this name.
pub fn as_rules(name: &str) -> Option<Result<&'static str, &'static str>> {
    Some(match name {
        "sma_crossover" => Ok(include_str!("sma_crossover.yaml")),
        "ema_crossover" => Ok(include_str!("ema_crossover.yaml")),
        "donchian_breakout" => Ok(include_str!("donchian_breakout.yaml")),
        "rsi_filter" => Ok(include_str!("rsi_filter.yaml")),
        "stochastic_oscillator" => Ok(include_str!("stochastic_oscillator.yaml")),
        "sma_trend_filter" => Ok(include_str!("sma_trend_filter.yaml")),
        "ichimoku_cloud" => Ok(include_str!("ichimoku_cloud.yaml")),
        "bollinger_bands" => Ok(include_str!("bollinger_bands.yaml")),
        "atr_stop_loss" => Ok(include_str!("atr_stop_loss.yaml")),
        "vwap_reversion" => Err(
            "its deviation weighs each row by its volume around the average of the current row, and no function does that",
        ),
        "volatility_scaling" => Err(
            "its volatility comes from exact sums of returns and from the bars of a year, which no function gives",
        ),
        "funding_rate_carry" => Err("it reads the funding series, which rules do not see"),
        "nadaraya_watson" => Err("its average weighs rows by a kernel, and no function does that"),
        "linear_svc_classifier" | "pca_tree_quantile" => Err("it trains a model"),
        _ => return None,
    })
}
