//! A document from values as YAML and JSON have them, with a path for whatever is wrong in its structure.

use crate::document::{Document, Gene, Reentry, Rules, Side, Text, word_of};
use crate::error::{Error, Kind};
use crate::suggest::nearest;
use serde_json::{Map, Value};

/// Keys that the language keeps for later.
pub const RESERVED_KEYS: [&str; 9] =
    ["active", "add", "expire", "legs", "mirror", "rebalance", "reduce", "sessions", "weights"];

/// Reads a strategy: `name`, `genes` and `rules`. What is missing or does not belong there is in the errors.
pub fn read(strategy: &Value) -> Result<Document, Vec<Error>> {
    let mut reader = Reader { errors: Vec::new() };
    let document = reader.document(strategy);
    let name = document.as_ref().map(|d| d.name.clone()).unwrap_or_default();
    match document {
        Some(document) if reader.errors.is_empty() => Ok(document),
        _ => {
            let named = |e| Error { strategy: name.clone(), ..e };
            Err(reader.errors.into_iter().map(named).collect())
        }
    }
}

struct Reader {
    errors: Vec<Error>,
}

impl Reader {
    fn wrong(&mut self, path: &str, message: impl Into<String>) {
        self.errors.push(Error::of_field(path, Kind::Structure, message));
    }

    /// An object whose keys are all known.
    fn object<'a>(&mut self, path: &str, value: &'a Value, keys: &[&str]) -> Option<&'a Map<String, Value>> {
        let Some(object) = value.as_object() else {
            self.wrong(path, "this is an object with keys");
            return None;
        };
        for key in object.keys().filter(|key| !keys.contains(&key.as_str())) {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if RESERVED_KEYS.contains(&key.as_str()) {
                self.errors.push(Error::of_field(path, Kind::Reserved, format!("{key} is not in use yet")));
                continue;
            }
            if key == "signals" {
                self.wrong(&path, "signals stand beside rules, not in them");
                continue;
            }
            let known = nearest(key, keys.iter().copied()).map(str::to_owned);
            let error = Error::of_field(path, Kind::Structure, format!("there is no key {key:?} here"));
            self.errors.push(Error { expected: Some(keys.join(", ")), nearest: known, ..error });
        }
        Some(object)
    }

    fn document(&mut self, value: &Value) -> Option<Document> {
        let object = self.object("", value, &["name", "genes", "rules"])?;
        let name = match object.get("name") {
            Some(Value::String(name)) => name.clone(),
            _ => {
                self.wrong("name", "a strategy has a name");
                String::new()
            }
        };
        let mut genes = Vec::new();
        match object.get("genes") {
            None | Some(Value::Null) => {}
            Some(Value::Array(all)) => {
                for (i, gene) in all.iter().enumerate() {
                    match serde_json::from_value::<Gene>(gene.clone()) {
                        Ok(gene) => genes.push(gene),
                        Err(e) => self.wrong(&format!("genes[{i}]"), format!("this is no gene: {e}")),
                    }
                }
            }
            Some(_) => self.wrong("genes", "genes are a list"),
        }
        let rules = match object.get("rules") {
            Some(rules) => self.rules(rules)?,
            None => {
                self.wrong("rules", "a strategy of one's own has rules");
                return None;
            }
        };
        Some(Document { name, genes, rules })
    }

    fn rules(&mut self, value: &Value) -> Option<Rules> {
        let keys =
            ["language", "let", "long", "short", "exposure", "cooldownBars", "maxBars", "order", "reentry"];
        let object = self.object("rules", value, &keys)?;
        let given = |key: &str| object.get(key).filter(|value| !value.is_null());
        let mut rules = Rules::default();
        match given("language").map(Value::as_u64) {
            Some(Some(language)) => rules.language = u32::try_from(language).unwrap_or(u32::MAX),
            Some(None) => self.wrong("rules.language", "language is a number"),
            None => self.wrong("rules.language", "language is missing; write language: 1"),
        }
        match given("let").map(Value::as_object) {
            None => {}
            Some(None) => self.wrong("rules.let", "let has a name for each expression"),
            Some(Some(lets)) => {
                for (name, text) in lets {
                    let text = self.text(&format!("rules.let.{name}"), text);
                    rules.lets.insert(name.clone(), text);
                }
            }
        }
        rules.long = given("long").and_then(|side| self.side("rules.long", side));
        rules.short = given("short").and_then(|side| self.side("rules.short", side));
        rules.exposure = given("exposure").map(|text| self.text("rules.exposure", text));
        rules.cooldown_bars = given("cooldownBars").and_then(|v| self.count("rules.cooldownBars", v));
        rules.max_bars = given("maxBars").and_then(|v| self.count("rules.maxBars", v));
        match given("order").map(Value::as_array) {
            None => {}
            Some(None) => self.wrong("rules.order", "order is a list of strings"),
            Some(Some(all)) => {
                let texts = all.iter().enumerate();
                rules.order = texts.map(|(i, v)| self.text(&format!("rules.order[{i}]"), v).0).collect();
            }
        }
        rules.reentry = match given("reentry").map(Value::as_str) {
            None => None,
            Some(Some("NewSignal")) => Some(Reentry::NewSignal),
            Some(Some("Always")) => Some(Reentry::Always),
            Some(_) => {
                self.wrong("rules.reentry", "reentry is NewSignal or Always");
                None
            }
        };
        Some(rules)
    }

    fn side(&mut self, path: &str, value: &Value) -> Option<Side> {
        let keys = ["enter", "exit", "stop", "target", "size", "risk"];
        let object = self.object(path, value, &keys)?;
        let mut texts = keys.map(|key| {
            let text = object.get(key).filter(|value| !value.is_null())?;
            Some(self.text(&format!("{path}.{key}"), text))
        });
        let Some(enter) = texts[0].take() else {
            self.wrong(path, "a side has an expression for enter");
            return None;
        };
        let [_, exit, stop, target, size, risk] = texts;
        Some(Side { enter, exit, stop, target, size, risk })
    }

    fn text(&mut self, path: &str, value: &Value) -> Text {
        match value {
            Value::String(text) => return Text(text.clone()),
            Value::Number(number) => {
                // Never with an exponent, which the language does not have.
                let text = number.as_f64().filter(|_| number.is_f64()).map(|real| real.to_string());
                return Text(text.unwrap_or_else(|| number.to_string()));
            }
            Value::Object(_) if path.ends_with(".enter") => {
                let message = "orders at a level are not in use yet; enter is a string";
                self.errors.push(Error::of_field(path, Kind::Reserved, message));
            }
            Value::Bool(flag) => {
                let word = word_of(*flag);
                self.wrong(path, format!("this is a string; quote it, above all a word such as {word:?}"));
            }
            _ => self.wrong(path, "this is a string"),
        }
        Text::default()
    }

    fn count(&mut self, path: &str, value: &Value) -> Option<u32> {
        let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
        if count.is_none() {
            self.wrong(path, "this is a whole number of bars");
        }
        count
    }
}
