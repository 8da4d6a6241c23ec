//! What a strategy demands of its genes: names, kinds, default ranges, constraints. Data only: grids, repair
//! and draws belong to the genetics crate, and one file of the worker joins the two.

mod parse;

pub use parse::GeneError;

use rust_decimal::Decimal;

/// How the values of a gene are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeneKind {
    /// Whole numbers, ordered.
    Integer,
    /// Decimals, ordered.
    Real,
    /// One of a few names.
    Categorical,
}

/// The default range of a gene. Decimals are written as text so that definitions can be `const`.
#[derive(Clone, Copy, Debug)]
pub enum Range {
    /// min, min + step, ... up to max.
    Linear {
        /// The lowest value.
        min: &'static str,
        /// Upper bound; the highest value where a step meets it.
        max: &'static str,
        /// Distance of two neighbours.
        step: &'static str,
    },
    /// `steps` + 1 values, evenly spaced in the logarithm, rounded half up to multiples of `unit`.
    Log {
        /// The lowest value, above 0.
        min: &'static str,
        /// The highest value.
        max: &'static str,
        /// Number of steps between them.
        steps: u32,
    },
    /// The listed decimals, strictly rising.
    Values(&'static [&'static str]),
    /// The listed names; the first is category 0.
    Categories(&'static [&'static str]),
}

/// One gene of a strategy.
#[derive(Clone, Copy, Debug)]
pub struct GeneDef {
    /// Name in manifests and results, snake_case.
    pub name: &'static str,
    /// What its values are.
    pub kind: GeneKind,
    /// The range used where the manifest names none.
    pub range: Range,
    /// The value of an inactive conditional gene, and what `galapagos init` shows.
    pub default: &'static str,
    /// Smallest and largest value that make sense for any override (inclusive).
    pub hard: Option<(&'static str, &'static str)>,
    /// Values must be multiples of this unit (thresholds are compared in integers); `None`: any decimal.
    pub unit: Option<&'static str>,
    /// Older or other names accepted in manifests.
    pub aliases: &'static [&'static str],
    /// One sentence: what it does and in which unit it counts.
    pub help: &'static str,
}

impl GeneDef {
    const fn new(name: &'static str, kind: GeneKind, range: Range, default: &'static str) -> GeneDef {
        GeneDef { name, kind, range, default, hard: None, unit: None, aliases: &[], help: "" }
    }

    /// Whole numbers min, min + step, ... max.
    pub const fn integer(
        name: &'static str,
        min: &'static str,
        max: &'static str,
        step: &'static str,
        default: &'static str,
    ) -> GeneDef {
        GeneDef {
            unit: Some("1"),
            ..GeneDef::new(name, GeneKind::Integer, Range::Linear { min, max, step }, default)
        }
    }

    /// Decimals min, min + step, ... max.
    pub const fn real(
        name: &'static str,
        min: &'static str,
        max: &'static str,
        step: &'static str,
        default: &'static str,
    ) -> GeneDef {
        GeneDef::new(name, GeneKind::Real, Range::Linear { min, max, step }, default)
    }

    /// Decimals evenly spaced in the logarithm, 24 steps, multiples of `unit`.
    pub const fn log(
        name: &'static str,
        min: &'static str,
        max: &'static str,
        unit: &'static str,
        default: &'static str,
    ) -> GeneDef {
        GeneDef {
            unit: Some(unit),
            ..GeneDef::new(name, GeneKind::Real, Range::Log { min, max, steps: 24 }, default)
        }
    }

    /// The listed whole numbers, rising.
    pub const fn listed_integer(
        name: &'static str,
        values: &'static [&'static str],
        default: &'static str,
    ) -> GeneDef {
        GeneDef { unit: Some("1"), ..GeneDef::new(name, GeneKind::Integer, Range::Values(values), default) }
    }

    /// The listed decimals, rising.
    pub const fn listed_real(
        name: &'static str,
        values: &'static [&'static str],
        default: &'static str,
    ) -> GeneDef {
        GeneDef::new(name, GeneKind::Real, Range::Values(values), default)
    }

    /// One of the names; the first is category 0.
    pub const fn category(
        name: &'static str,
        names: &'static [&'static str],
        default: &'static str,
    ) -> GeneDef {
        GeneDef::new(name, GeneKind::Categorical, Range::Categories(names), default)
    }

    /// Sets the bounds of any override.
    pub const fn hard(self, min: &'static str, max: &'static str) -> GeneDef {
        GeneDef { hard: Some((min, max)), ..self }
    }

    /// Sets the unit that every value must be a multiple of.
    pub const fn unit(self, unit: &'static str) -> GeneDef {
        GeneDef { unit: Some(unit), ..self }
    }

    /// Sets the other accepted names.
    pub const fn aliases(self, aliases: &'static [&'static str]) -> GeneDef {
        GeneDef { aliases, ..self }
    }

    /// Sets the help sentence.
    pub const fn help(self, help: &'static str) -> GeneDef {
        GeneDef { help, ..self }
    }
}

/// A rule between genes of one strategy that repair restores (C12, C15).
#[derive(Clone, Copy, Debug)]
pub enum Constraint {
    /// `low` < `high`; when violated the two are swapped, or the nearest values are taken (C15).
    Ordered {
        /// The gene that must be smaller.
        low: &'static str,
        /// The gene that must be larger.
        high: &'static str,
    },
    /// `gene` <= `cap` - `margin`, only where `when` holds.
    Capped {
        /// The gene that is capped.
        gene: &'static str,
        /// The gene that caps it.
        cap: &'static str,
        /// Distance below the cap.
        margin: &'static str,
        /// Condition (categorical gene, value) under which the cap holds.
        when: Option<(&'static str, &'static str)>,
    },
    /// `gene` is set to its default unless the categorical gene `when.0` has the value `when.1` (C12).
    ActiveWhen {
        /// Name of the gene that may be inactive.
        gene: &'static str,
        /// The categorical gene and the name of the value at which `gene` is active.
        when: (&'static str, &'static str),
    },
    /// Values strictly between 0 and `below` become 0.
    ZeroBelow {
        /// Name of the gene, a numeric one.
        gene: &'static str,
        /// The smallest value kept besides 0.
        below: &'static str,
    },
}

/// The value of one gene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GeneValue {
    /// An exact decimal, in the unit that the gene's help names.
    Number(Decimal),
    /// Position in the gene's list of categories.
    Category(u32),
}

/// The values of all genes of one strategy, in the order of its definition, and its optional stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genome {
    /// One value per gene of the definition.
    pub values: Vec<GeneValue>,
    /// Stop genes any strategy may add (C13).
    pub stops: Stops,
}

/// Optional stop genes, as fractions of the fill price; `None` = off (C13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stops {
    /// Distance of the fixed stop.
    pub stop_loss: Option<Decimal>,
    /// Distance of the target.
    pub take_profit: Option<Decimal>,
    /// Distance of the trailing stop.
    pub trailing_stop: Option<Decimal>,
}

/// Names of the optional stop genes, in the order of [`Stops`].
pub const STOP_GENES: [&str; 3] = galapagos_rules::GUARDS;

/// Definitions of the optional stop genes, in the order of [`Stops`]. Their defaults hold where a manifest names
/// the gene without a range; a gene that is not named is off.
pub static STOP_GENE_DEFS: [GeneDef; 3] = [
    GeneDef::real("stop_loss", "0.002", "0.2", "0.002", "0.05")
        .hard("0.000001", "0.999999")
        .help("Distance of the stop from the fill, as a fraction of the fill price."),
    GeneDef::real("take_profit", "0.002", "0.2", "0.002", "0.1")
        .hard("0.000001", "100")
        .help("Distance of the target from the fill, as a fraction of the fill price."),
    GeneDef::real("trailing_stop", "0.002", "0.2", "0.002", "0.05").hard("0.000001", "0.999999").help(
        "Distance of the stop that follows the best price since the fill, as a fraction of that price.",
    ),
];

/// The position of a gene in its strategy's genomes. Found by name while the strategy is compiled, so that definitions can
/// be reordered, and a gene that does not exist is refused there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gene(usize);

impl Gene {
    /// The gene of `name` among `genes`.
    ///
    /// # Panics
    /// There is none: in a constant, that is an error of the compiler.
    pub const fn named(genes: &[GeneDef], name: &str) -> Gene {
        let mut i = 0;
        while i < genes.len() {
            if same(genes[i].name.as_bytes(), name.as_bytes()) {
                return Gene(i);
            }
            i += 1;
        }
        panic!("the strategy has no gene of this name")
    }
}

/// One category of a gene, found by both names as a [`Gene`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    gene: Gene,
    category: u32,
}

impl Choice {
    /// The category `name` of the gene `gene` among `genes`.
    ///
    /// # Panics
    /// There is none: in a constant, that is an error of the compiler.
    pub const fn named(genes: &[GeneDef], gene: &str, name: &str) -> Choice {
        let gene = Gene::named(genes, gene);
        if let Range::Categories(names) = genes[gene.0].range {
            let mut i = 0;
            while i < names.len() {
                if same(names[i].as_bytes(), name.as_bytes()) {
                    return Choice { gene, category: i as u32 };
                }
                i += 1;
            }
        }
        panic!("the gene has no category of this name")
    }
}

/// `==` of texts, which the compiler cannot evaluate in constants.
const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

impl Genome {
    /// A gene as a number; panics if it is a category: the strategy's own definition decides, so that would
    /// be a defect of the strategy, not of the input.
    pub fn decimal(&self, Gene(i): Gene) -> Decimal {
        match self.values[i] {
            GeneValue::Number(d) => d,
            GeneValue::Category(_) => unreachable!("gene {i} is categorical by definition"),
        }
    }

    /// A gene as a whole number of rows or stamps.
    pub fn rows(&self, gene: Gene) -> usize {
        let decimal = self.decimal(gene);
        // Nearly all are whole numbers as they stand.
        let whole = if decimal.scale() == 0 { decimal } else { decimal.trunc().normalize() };
        usize::try_from(whole.mantissa()).expect("checked by the definition: a non-negative integer")
    }

    /// A gene as the nearest f64 of its decimal.
    pub fn f64(&self, gene: Gene) -> f64 {
        to_f64(self.decimal(gene))
    }

    /// A gene as an integer multiple of 10^-`digits`; the definition's unit guarantees that it is one.
    pub fn scaled(&self, gene: Gene, digits: u32) -> i64 {
        let d = self.decimal(gene).normalize();
        let m = if d.scale() <= digits {
            d.mantissa() * 10_i128.pow(digits - d.scale())
        } else {
            d.mantissa() / 10_i128.pow(d.scale() - digits)
        };
        i64::try_from(m).expect("checked by the definition: small enough")
    }

    /// Whether a categorical gene has this category.
    pub fn chose(&self, Choice { gene: Gene(i), category }: Choice) -> bool {
        match self.values[i] {
            GeneValue::Category(c) => c == category,
            GeneValue::Number(_) => unreachable!("gene {i} is numeric by definition"),
        }
    }
}

/// The f64 nearest to a decimal (ties to even). Of few digits it is one division of two exact numbers, which is rounded once
/// (Clinger 1990); of more it goes by way of its text, since std's parser rounds correctly.
pub fn to_f64(d: Decimal) -> f64 {
    /// From here on not every whole number is an f64.
    const EXACT: i128 = 1 << 53;
    let (mantissa, scale) = (d.mantissa(), d.scale());
    match POWERS_OF_TEN.get(scale as usize) {
        Some(power) if (-EXACT..=EXACT).contains(&mantissa) => mantissa as i64 as f64 / power,
        _ => d.normalize().to_string().parse().expect("a decimal's text is a number"),
    }
}

/// The powers of ten that are f64, by their exponents.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_the_f64_that_its_text_is() {
        let edge = 1_i128 << 53;
        let mantissas = (0..2_000_i128).chain((0..60).flat_map(|bit| {
            let power = 1_i128 << bit;
            [power - 1, power, power + 1, power / 3, power / 7 + 1]
        }));
        let mantissas = mantissas.chain([edge - 1, edge, edge + 1, edge + 2, (1 << 95) - 1]);
        for mantissa in mantissas {
            for scale in 0..=28 {
                for signed in [mantissa, -mantissa] {
                    let decimal = Decimal::from_i128_with_scale(signed, scale);
                    let text: f64 = decimal.normalize().to_string().parse().unwrap();
                    assert_eq!(to_f64(decimal).to_bits(), text.to_bits(), "{decimal}");
                }
            }
        }
        let mut nothing = Decimal::ZERO;
        nothing.set_sign_negative(true);
        let text: f64 = nothing.normalize().to_string().parse().unwrap();
        assert_eq!(to_f64(nothing).to_bits(), text.to_bits());
    }
}
