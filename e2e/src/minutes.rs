//! Rules of Prometheus in a hurry: a minute of theirs is a second, and rates stay what they are.

use serde_json::Value;

/// Divides every duration of the groups of a rules file by 60: how long a condition holds, the window that a query looks at, and
/// the limit of what is measured in seconds. With a window goes the limit of what may happen in it, so that it is the same rate.
///
/// # Panics
/// A rule is written in a way that this does not know.
pub fn in_seconds(groups: &mut Value) {
    let groups = groups["groups"].as_array_mut().unwrap();
    for rule in groups.iter_mut().flat_map(|group| group["rules"].as_array_mut().unwrap()) {
        if let Some(held) = rule.get_mut("for") {
            *held = Value::from(duration(held.as_str().unwrap()));
        }
        let expr = limits(&windows(rule["expr"].as_str().unwrap()));
        rule["expr"] = Value::from(expr);
    }
}

fn duration(text: &str) -> String {
    let minutes = text.strip_suffix('m').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    format!("{}s", minutes.unwrap_or_else(|| panic!("{text} is no number of minutes")))
}

/// `[10m]` becomes `[10s]`.
fn windows(expr: &str) -> String {
    let mut parts = expr.split('[');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (window, rest) = part.split_once(']').unwrap();
        out += &format!("[{}]{rest}", duration(window));
    }
    out
}

/// `x_seconds) > 900` becomes `x_seconds) > 15`, and `increase(x[10s]) > 30` becomes `increase(x[10s]) > 0.5`.
fn limits(expr: &str) -> String {
    let mut words = expr.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    if !words.any(|word| word == "increase" || word.ends_with("_seconds")) {
        return expr.to_owned();
    }
    let Some((left, limit)) = expr.rsplit_once("> ") else { return expr.to_owned() };
    format!("{left}> {}", limit.parse::<f64>().unwrap() / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_minute_is_a_second_and_what_is_no_duration_stays() {
        let mut groups = json!({"groups": [{"name": "g", "rules": [
            {"alert": "A", "expr": "sum(increase(a_total{b=~\"c|d\"}[10m])) > 30", "for": "5m", "labels": {"d": "5m"}},
            {"alert": "B", "expr": "max by (e) (f_lag_seconds) > 3600"},
            {"alert": "C", "expr": "min(max_over_time(g_total[15m])) > 9"},
            {"alert": "D", "expr": "sum(increase(h_total[15m])) == 0"},
        ]}]});
        in_seconds(&mut groups);
        let expected = [
            json!({"alert": "A", "expr": "sum(increase(a_total{b=~\"c|d\"}[10s])) > 0.5", "for": "5s", "labels": {"d": "5m"}}),
            json!({"alert": "B", "expr": "max by (e) (f_lag_seconds) > 60"}),
            json!({"alert": "C", "expr": "min(max_over_time(g_total[15s])) > 9"}),
            json!({"alert": "D", "expr": "sum(increase(h_total[15s])) == 0"}),
        ];
        assert_eq!(groups["groups"][0]["rules"], json!(expected));
    }

    #[test]
    #[should_panic(expected = "1h is no number of minutes")]
    fn a_duration_that_it_does_not_know_is_not_passed_over() {
        in_seconds(&mut json!({"groups": [{"rules": [{"expr": "rate(a_total[1h]) > 0"}]}]}));
    }
}
