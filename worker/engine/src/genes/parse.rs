//! Genomes from text and back: what `--gene k=v`, warm starts and stored results speak.

use super::{Constraint, GeneDef, GeneKind, GeneValue, Genome, Range, STOP_GENE_DEFS, STOP_GENES, Stops};
use crate::strategies::StrategyDef;
use rust_decimal::Decimal;
use std::str::FromStr;

/// Why a text is not a genome. Every message names the gene, the value and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are the words of the messages")]
pub enum GeneError {
    /// No gene of this name.
    #[error("{strategy} has no gene `{gene}`{suggestion}; its genes are {known}")]
    Unknown { strategy: String, gene: String, suggestion: String, known: String },
    /// The same gene twice.
    #[error("gene `{gene}` of {strategy} is given twice; keep one of them")]
    Twice { strategy: String, gene: String },
    /// Not a number, not whole, or not one of the names.
    #[error("gene `{gene}` is `{value}`, but it takes {expected}; write for example {gene}={example}")]
    Kind { gene: String, value: String, expected: String, example: String },
    /// Outside the bounds that make sense.
    #[error("gene `{gene}` is {value}, but must lie from {min} to {max}; the nearest is {gene}={nearest}")]
    Bounds { gene: String, value: String, min: String, max: String, nearest: String },
    /// Not a multiple of the unit.
    #[error("gene `{gene}` is {value}, but must be a multiple of {unit}; the nearest is {gene}={nearest}")]
    Unit { gene: String, value: String, unit: String, nearest: String },
    /// Two genes contradict each other.
    #[error("gene `{gene}` is {value}, but must be {must}; {suggestion}")]
    Constraint { gene: String, value: String, must: String, suggestion: String },
}

impl Genome {
    /// The genome with these gene values, by name or alias, as decimal or category text. Genes not named take
    /// their defaults; stop genes (C13) not named are off. The value of a conditional gene that is inactive is
    /// replaced by its default (C12).
    ///
    /// # Errors
    /// [`GeneError`] for the first value that is not acceptable.
    pub fn from_pairs(def: &StrategyDef, pairs: &[(&str, &str)]) -> Result<Genome, GeneError> {
        let mut values: Vec<Option<GeneValue>> = vec![None; def.genes.len()];
        let mut stops = [None; 3];
        for &(name, text) in pairs {
            let twice = || GeneError::Twice { strategy: def.name.into(), gene: name.into() };
            if let Some(i) = def.genes.iter().position(|g| g.is_named(name)) {
                if values[i].replace(def.genes[i].parse(text)?).is_some() {
                    return Err(twice());
                }
            } else if let Some(i) = STOP_GENES.iter().position(|&stop| stop == name) {
                if let GeneValue::Number(x) = STOP_GENE_DEFS[i].parse(text)?
                    && stops[i].replace(x).is_some()
                {
                    return Err(twice());
                }
            } else {
                return Err(unknown(def, name));
            }
        }
        let values = values
            .into_iter()
            .zip(def.genes)
            .map(|(value, gene)| value.map_or_else(|| gene.default_value(), Ok))
            .collect::<Result<_, _>>()?;
        let [stop_loss, take_profit, trailing_stop] = stops;
        let mut genome = Genome { values, stops: Stops { stop_loss, take_profit, trailing_stop } };
        for constraint in def.constraints {
            genome.apply(def, constraint)?;
        }
        Ok(genome)
    }

    /// The names and canonical texts of all values, stop genes last and only where they are on.
    pub fn pairs(&self, def: &StrategyDef) -> Vec<(String, String)> {
        let stops = [self.stops.stop_loss, self.stops.take_profit, self.stops.trailing_stop];
        let genes = def.genes.iter().zip(&self.values).map(|(g, &v)| (g.name.to_owned(), g.text(v)));
        let stops = STOP_GENES
            .iter()
            .zip(stops)
            .filter_map(|(&name, x)| x.map(|x| (name.to_owned(), x.normalize().to_string())));
        genes.chain(stops).collect()
    }

    /// Checks one constraint, or makes an inactive gene its default.
    fn apply(&mut self, def: &StrategyDef, constraint: &Constraint) -> Result<(), GeneError> {
        let find = |name: &str| def.genes.iter().position(|g| g.name == name);
        let holds = |genome: &Genome, (gene, value): (&str, &str)| {
            find(gene).is_some_and(|i| def.genes[i].text(genome.values[i]) == value)
        };
        let number = |genome: &Genome, name: &str| {
            find(name).and_then(|i| match genome.values[i] {
                GeneValue::Number(x) => Some(x),
                GeneValue::Category(_) => None,
            })
        };
        let fail = |gene: &str, value: Decimal, must: String, suggestion: String| {
            Err(GeneError::Constraint { gene: gene.into(), value: value.to_string(), must, suggestion })
        };
        match *constraint {
            Constraint::Ordered { low, high } => {
                if let (Some(a), Some(b)) = (number(self, low), number(self, high))
                    && a >= b
                {
                    let must = format!("below `{high}`, which is {b}");
                    return fail(low, a, must, format!("lower `{low}` or raise `{high}` above {a}"));
                }
            }
            Constraint::Capped { gene, cap, margin, when } => {
                if when.is_none_or(|w| holds(self, w))
                    && let (Some(a), Some(b)) = (number(self, gene), number(self, cap))
                    && let Ok(margin) = Decimal::from_str(margin)
                    && a > b - margin
                {
                    let most = (b - margin).normalize();
                    let must = if margin.is_zero() {
                        format!("at most `{cap}`, which is {b}")
                    } else {
                        format!("at most {most}, that is {margin} below `{cap}`, which is {b}")
                    };
                    return fail(gene, a, must, format!("write {gene}={most} or raise `{cap}`"));
                }
            }
            Constraint::ActiveWhen { gene, when } => {
                if !holds(self, when)
                    && let Some(i) = find(gene)
                {
                    self.values[i] = def.genes[i].default_value()?;
                }
            }
            Constraint::ZeroBelow { gene, below } => {
                if let (Some(a), Ok(least)) = (number(self, gene), Decimal::from_str(below))
                    && a > Decimal::ZERO
                    && a < least
                {
                    let must = format!("0 (off) or at least {below}");
                    return fail(gene, a, must, format!("write {gene}=0 or {gene}={below}"));
                }
            }
        }
        Ok(())
    }
}

impl GeneDef {
    /// Whether `name` is its name or an alias.
    pub fn is_named(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }

    /// The value of a text, checked against kind, hard bounds and unit.
    ///
    /// # Errors
    /// [`GeneError`] that says what is accepted.
    pub fn parse(&self, text: &str) -> Result<GeneValue, GeneError> {
        let kind = |expected: String| GeneError::Kind {
            gene: self.name.into(),
            value: text.into(),
            expected,
            example: self.default.into(),
        };
        if let Range::Categories(names) = self.range {
            let i = names.iter().position(|&n| n == text);
            let i = i.ok_or_else(|| kind(format!("one of {}", names.join(", "))))?;
            return Ok(GeneValue::Category(i as u32));
        }
        let whole = self.kind == GeneKind::Integer;
        let expected = if whole { "a whole number" } else { "a decimal number such as 0.25" };
        let x = Decimal::from_str_exact(text).map_err(|_| kind(expected.into()))?.normalize();
        if whole && x.scale() > 0 {
            return Err(kind(expected.into()));
        }
        self.check(x)?;
        // -0 is 0: one value, one spelling.
        Ok(GeneValue::Number(if x.is_zero() { Decimal::ZERO } else { x }))
    }

    /// Checks a number against hard bounds and unit.
    ///
    /// # Errors
    /// [`GeneError::Bounds`] and [`GeneError::Unit`].
    pub fn check(&self, x: Decimal) -> Result<(), GeneError> {
        let decimal = |text: &str| Decimal::from_str(text).ok();
        if let Some((min, max)) = self.hard
            && let (Some(low), Some(high)) = (decimal(min), decimal(max))
            && (x < low || x > high)
        {
            return Err(GeneError::Bounds {
                gene: self.name.into(),
                value: x.to_string(),
                min: min.into(),
                max: max.into(),
                nearest: if x < low { min } else { max }.into(),
            });
        }
        if let Some(unit) = self.unit
            && let Some(u) = decimal(unit)
            && !(x % u).is_zero()
        {
            return Err(GeneError::Unit {
                gene: self.name.into(),
                value: x.to_string(),
                unit: unit.into(),
                nearest: ((x / u).round() * u).normalize().to_string(),
            });
        }
        Ok(())
    }

    /// The canonical text of a value.
    pub fn text(&self, value: GeneValue) -> String {
        match (value, self.range) {
            (GeneValue::Number(x), _) => x.normalize().to_string(),
            (GeneValue::Category(i), Range::Categories(names)) => {
                names.get(i as usize).map_or_else(|| i.to_string(), |&n| n.to_owned())
            }
            (GeneValue::Category(i), _) => i.to_string(),
        }
    }

    /// The default as a value.
    ///
    /// # Errors
    /// None for the definitions of this crate: a test parses them all.
    pub fn default_value(&self) -> Result<GeneValue, GeneError> {
        self.parse(self.default)
    }
}

fn unknown(def: &StrategyDef, name: &str) -> GeneError {
    let names = || def.genes.iter().map(|g| g.name).chain(STOP_GENES);
    let nearest = names().map(|n| (distance(n, name), n)).min();
    GeneError::Unknown {
        strategy: def.name.into(),
        gene: name.into(),
        suggestion: match nearest {
            Some((d, n)) if d <= 3.max(name.len() / 3) => format!(", did you mean `{n}`?"),
            _ => String::new(),
        },
        known: names().collect::<Vec<_>>().join(", "),
    }
}

/// Number of single-character edits between two words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for j in 0..b.len() {
            let substituted = diagonal + usize::from(x != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
