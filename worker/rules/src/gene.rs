//! What a gene can be worth.

use crate::document::{Gene, Scale};
use crate::error::{Error, Kind};
use crate::lex::is_name;
use crate::rational::{Interval, Rational};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The most genes of a strategy.
pub const MOST_GENES: usize = 24;
/// The genes that act by themselves (contract C13).
pub const GUARDS: [&str; 3] = ["stop_loss", "take_profit", "trailing_stop"];

/// All genes of a strategy by name.
pub type Genes = BTreeMap<String, Domain>;

/// What a gene can be worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// Where it stands in the document.
    pub position: usize,
    /// Its values.
    pub values: Values,
    /// The value to begin with.
    pub default: String,
}

/// The values of a gene.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers within bounds.
    Numbers {
        /// The bounds.
        interval: Interval,
        /// Whether all are whole.
        integer: bool,
    },
    /// Words.
    Words(Vec<String>),
}

impl Domain {
    /// Its words, if it is a word gene.
    pub fn words(&self) -> Option<&[String]> {
        match &self.values {
            Values::Words(words) => Some(words),
            Values::Numbers { .. } => None,
        }
    }

    /// Whether it is a switch: its only words are on and off.
    pub fn is_switch(&self) -> bool {
        self.words().is_some_and(|words| words.iter().all(|w| w == "on" || w == "off"))
    }
}

/// A lower-case name of at most `longest` characters.
pub(crate) fn is_lower_name(name: &str, longest: usize) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    name.len() <= longest && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(plain)
}

/// The genes of a document, and what is wrong with them.
pub(crate) fn domains(genes: &[Gene]) -> (Genes, Vec<Error>) {
    let (mut all, mut errors) = (Genes::new(), Vec::new());
    if genes.len() > MOST_GENES {
        let message = format!("a strategy has at most {MOST_GENES} genes");
        errors.push(Error::of_field("genes", Kind::Limit, message));
    }
    for (position, gene) in genes.iter().enumerate().take(MOST_GENES) {
        let wrong = |message: String| Error::of_field(format!("genes[{position}]"), Kind::Structure, message);
        if !is_lower_name(&gene.name, 30) {
            errors.push(wrong(format!(
                "{:?} is no name of a gene: a lower-case letter, then letters, digits and _, at most 30",
                gene.name
            )));
            continue;
        }
        if all.contains_key(&gene.name) {
            errors.push(wrong(format!("gene {:?} stands twice", gene.name)));
            continue;
        }
        match domain(position, gene) {
            Ok(domain) => drop(all.insert(gene.name.clone(), domain)),
            Err(message) => errors.push(wrong(message)),
        }
    }
    (all, errors)
}

fn domain(position: usize, gene: &Gene) -> Result<Domain, String> {
    let ranged = gene.min.is_some() || gene.max.is_some() || gene.step.is_some();
    let ranged = ranged || gene.scale.is_some() || gene.steps.is_some();
    let (values, first, grid) = match (&gene.values, &gene.value, ranged) {
        (Some(values), None, false) => listed(values)?,
        (None, Some(value), false) => listed(std::slice::from_ref(value))?,
        (None, None, true) => range(gene)?,
        _ => return Err("a gene has either min and max, or values, or value".to_owned()),
    };
    let default = gene.default.clone().unwrap_or(first);
    if !grid.holds(&default)? {
        return Err(format!("default {default:?} is none of the values of the gene"));
    }
    Ok(Domain { position, values, default })
}

/// Where a default may stand.
enum Grid<'a> {
    Listed(&'a [String]),
    Even(Interval, Rational),
    Within(Interval),
}

impl Grid<'_> {
    fn holds(&self, default: &str) -> Result<bool, String> {
        let inside = |interval: &Interval, value: Rational| {
            interval.low.compare(value).is_some_and(Ordering::is_le)
                && value.compare(interval.high).is_some_and(Ordering::is_le)
        };
        Ok(match self {
            Grid::Listed(values) => values.iter().any(|value| match Rational::decimal(value) {
                Some(number) => Rational::decimal(default) == Some(number),
                None => value == default,
            }),
            Grid::Even(interval, step) => {
                let value = decimal("default", default)?;
                let steps = value.minus(interval.low).and_then(|distance| distance.over(*step));
                inside(interval, value) && steps.is_some_and(Rational::is_whole)
            }
            Grid::Within(interval) => inside(interval, decimal("default", default)?),
        })
    }
}

fn decimal(what: &str, text: &str) -> Result<Rational, String> {
    Rational::decimal(text).ok_or_else(|| format!("{what} {text:?} is no decimal of at most 18 digits"))
}

fn listed(values: &[String]) -> Result<(Values, String, Grid<'_>), String> {
    let first = values.first().cloned().ok_or("a gene has at least one value")?;
    let numbers: Option<Vec<Rational>> = values.iter().map(|v| Rational::decimal(v)).collect();
    let twice = (1..values.len()).find(|&i| values[..i].contains(&values[i]));
    if let Some(twice) = twice {
        return Err(format!("value {:?} stands twice", values[twice]));
    }
    let values = match numbers {
        Some(numbers) => {
            let mut interval = Interval::point(numbers[0]);
            for &number in &numbers {
                interval = interval.joined(Interval::point(number)).ok_or("the values are too large")?;
            }
            (Values::Numbers { interval, integer: numbers.iter().all(|n| n.is_whole()) }, values)
        }
        None => {
            if let Some(odd) = values.iter().find(|value| !is_name(value)) {
                return Err(format!(
                    "value {odd:?} is neither a decimal nor a word of letters, digits and _"
                ));
            }
            (Values::Words(values.to_vec()), values)
        }
    };
    Ok((values.0, first, Grid::Listed(values.1)))
}

fn range(gene: &Gene) -> Result<(Values, String, Grid<'_>), String> {
    let (Some(min), Some(max)) = (&gene.min, &gene.max) else {
        return Err("a gene with a range has min and max".to_owned());
    };
    let (low, high) = (decimal("min", min)?, decimal("max", max)?);
    if low.compare(high) == Some(Ordering::Greater) {
        return Err(format!("min {min} is above max {max}"));
    }
    let interval = Interval { low, high };
    if gene.scale == Some(Scale::Log) {
        if gene.step.is_some() || gene.steps.is_none() || low.numerator() <= 0 {
            return Err("a gene of scale Log has steps, no step, and a positive min".to_owned());
        }
        return Ok((Values::Numbers { interval, integer: false }, min.clone(), Grid::Within(interval)));
    }
    if gene.steps.is_some() {
        return Err("steps belong to a gene of scale Log; write step".to_owned());
    }
    let whole = low.is_whole() && high.is_whole();
    let step = match &gene.step {
        Some(step) => decimal("step", step)?,
        None if whole => Rational::whole(1),
        None => return Err("step is missing; without it, min and max are whole numbers".to_owned()),
    };
    if step.numerator() <= 0 {
        return Err("step is positive".to_owned());
    }
    let integer = low.is_whole() && step.is_whole();
    let integer = integer && whole;
    Ok((Values::Numbers { interval, integer }, min.clone(), Grid::Even(interval, step)))
}

#[cfg(test)]
mod tests {
    use super::{Values, domains};
    use crate::document::Gene;

    fn one(text: &str) -> Result<super::Domain, String> {
        let gene: Gene = serde_json::from_str(text).unwrap();
        let (genes, errors) = domains(&[gene]);
        errors.into_iter().next().map_or_else(|| Ok(genes["g"].clone()), |e| Err(e.message))
    }

    #[test]
    fn the_kind_of_a_gene_follows_from_its_values() {
        let is_integer =
            |text: &str| matches!(one(text).unwrap().values, Values::Numbers { integer: true, .. });
        assert!(is_integer(r#"{"name": "g", "min": 5, "max": 50}"#));
        assert!(!is_integer(r#"{"name": "g", "min": 1, "max": 3, "step": 0.5}"#));
        assert!(!is_integer(r#"{"name": "g", "scale": "Log", "min": "1", "max": "9", "steps": 4}"#));
        assert!(is_integer(r#"{"name": "g", "values": [1, 2, 4]}"#));
        assert!(one(r#"{"name": "g", "values": [true, false]}"#).unwrap().is_switch());
        assert!(!one(r#"{"name": "g", "values": ["on", "half"]}"#).unwrap().is_switch());
    }

    #[test]
    fn a_gene_that_cannot_be_read_says_why() {
        let refused = |text| one(text).unwrap_err();
        assert!(refused(r#"{"name": "g", "min": "0.5", "max": 3}"#).contains("step is missing"));
        assert!(refused(r#"{"name": "g", "min": 5, "max": 3}"#).contains("above max"));
        assert!(refused(r#"{"name": "g", "min": 1, "max": 9, "step": 2, "default": 4}"#).contains("default"));
        assert!(refused(r#"{"name": "g", "values": ["a"], "min": 1}"#).contains("either"));
        assert!(refused(r#"{"name": "g", "min": 1, "max": 9, "step": 0}"#).contains("positive"));
        assert!(refused(r#"{"name": "G", "value": 1}"#).contains("no name"));
    }
}
