//! Bodies of many questions at once.

use serde::Deserialize;

/// Bytes of a body at most.
pub(super) const MOST_BYTES: usize = 64 * 1024;
/// Questions of a body at most.
pub(super) const MOST_QUESTIONS: usize = 256;

/// A body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch {
    /// What is asked.
    pub requests: Vec<Question>,
}

/// A question for a signal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// Name of the champion; absent: the only one.
    #[serde(default)]
    pub champion: Option<String>,
    /// Name of a symbol; absent: all.
    #[serde(default)]
    pub symbol: Option<String>,
}

impl Batch {
    /// Reads a body.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(bytes: &[u8]) -> Result<Batch, String> {
        let batch: Batch = serde_json::from_slice(bytes).map_err(|error| {
            format!("the body is not {{\"requests\": [{{\"champion\": NAME, \"symbol\": NAME}}]}}: {error}")
        })?;
        match batch.requests.len() {
            0 => Err("requests: is empty".to_owned()),
            n if n > MOST_QUESTIONS => {
                Err(format!("requests: has {n}; at most {MOST_QUESTIONS} are answered"))
            }
            _ => Ok(batch),
        }
    }
}

impl Question {
    /// Reads a query, as `champion=stocks&symbol=AAPL`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(query: &str) -> Result<Question, String> {
        let mut question = Question::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match &*name {
                "champion" => &mut question.champion,
                "symbol" => &mut question.symbol,
                other => {
                    let other: String = other.chars().take(40).collect();
                    return Err(format!("{other:?} is no parameter: there are champion and symbol"));
                }
            };
            if field.replace(value.into_owned()).is_some() {
                return Err(format!("{name} is given twice"));
            }
        }
        Ok(question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_names_a_champion_and_a_symbol_once_each() {
        let question = Question::parse("symbol=BTC%2FUSDT&champion=a+b").unwrap();
        assert_eq!(question.symbol.as_deref(), Some("BTC/USDT"));
        assert_eq!(question.champion.as_deref(), Some("a b"));
        assert_eq!(Question::parse(""), Ok(Question::default()));
        assert!(Question::parse("symbl=A").unwrap_err().contains("symbol"));
        assert!(Question::parse("symbol=A&symbol=B").unwrap_err().contains("twice"));
    }

    #[test]
    fn a_body_that_is_empty_too_long_or_has_other_fields_is_refused() {
        assert_eq!(Batch::parse(br#"{"requests": [{}]}"#).unwrap().requests, [Question::default()]);
        let many = format!("{{\"requests\": [{}]}}", vec!["{}"; 257].join(","));
        for (body, word) in [
            ("", "requests"),
            ("{\"requests\": []}", "is empty"),
            ("{\"requests\": [{\"symbl\": \"A\"}]}", "symbl"),
            ("[1, 2]", "requests"),
            (many.as_str(), "at most 256"),
        ] {
            assert!(Batch::parse(body.as_bytes()).unwrap_err().contains(word), "{body}");
        }
    }
}
