//! The functions of the language, as data: `docs/contract/rules.md`, D5. Checks and documentation read the one table.

mod table;

pub use table::FUNCTIONS;

/// A function.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How its arguments are read.
    pub shape: Shape,
    /// Its arguments, in order.
    pub parameters: &'static [Parameter],
    /// What the prices among its arguments must have in common.
    pub units: Units,
    /// What it gives: one column without a name, or several with names.
    pub outputs: &'static [Output],
    /// Whether it reads the volume of the bars.
    pub volume: bool,
    /// What it is, in a line.
    pub meaning: &'static str,
}

// Functions are the rows of one table, so their names tell them apart.
impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        self.name == other.name
    }
}

/// How the arguments of a function are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As its parameters say.
    Plain,
    /// A condition and two alternatives.
    Iff,
    /// Two to eight numbers.
    Extremum,
    /// A number, and thresholds with values.
    Step,
    /// A switch and a condition.
    Use,
    /// A word gene and an alternative for each of its values.
    Choose,
    /// A start and a body with `self`.
    Scan,
    /// A timeframe and an expression on its bars.
    On,
    /// A symbol and an expression on its bars.
    Of,
    /// An expression at the signal bar.
    AtEntry,
}

/// An argument of a function.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it must be.
    pub accepts: Accepts,
    /// Whether it may be left out, and is 1 then.
    pub optional: bool,
}

/// What an argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// A number.
    Number,
    /// A condition.
    Condition,
    /// Either.
    Any,
    /// A whole constant, at least this.
    Period(i128),
    /// A constant.
    Constant,
    /// Whatever the shape of the function asks for.
    Special,
}

/// What the prices among the arguments must have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// Nothing.
    Free,
    /// All numbers have the same price power; a constant takes that of the others.
    Alike,
    /// An even power.
    Even,
    /// A plain number or a price.
    PlainOrPrice,
}

/// One column that a function gives.
#[derive(Debug)]
pub struct Output {
    /// Its name, or nothing if it is the only one.
    pub field: &'static str,
    /// Its price power.
    pub power: Power,
    /// Whether it is a whole number.
    pub integer: Keeps,
    /// Whether it is an exact fraction of ticks.
    pub exact: Keeps,
    /// The first defined row, from the first one where all arguments are defined.
    pub first: fn(&[i64]) -> i64,
    /// The rows of warm-up that are added to those of the arguments.
    pub warm_up: fn(&[i64]) -> i64,
}

/// The price power of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// A condition has none.
    Condition,
    /// This one.
    Fixed(i32),
    /// That of an argument.
    Of(usize),
    /// Half of that of the first argument.
    Half,
}

/// Whether a result has a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// No.
    Never,
    /// If an argument has it.
    Of(usize),
    /// Yes.
    Always,
}

/// Functions that the language keeps for later.
pub const RESERVED: [&str; 8] =
    ["breadth", "mean_of", "pivot_high", "pivot_low", "poc", "psar", "rank", "wasm"];

/// The function of a name.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|f| f.name == name)
}

impl Function {
    /// Whether a field must pick one of its columns.
    pub fn is_tuple(&self) -> bool {
        self.outputs.len() > 1
    }

    /// The column of a field; the empty name is that of the only column.
    pub fn output(&self, field: &str) -> Option<&'static Output> {
        self.outputs.iter().find(|output| output.field == field)
    }

    /// Which arguments are periods.
    pub fn periods(&self) -> impl Iterator<Item = usize> {
        let is_period = |p: &Parameter| matches!(p.accepts, Accepts::Period(_));
        self.parameters.iter().enumerate().filter(move |(_, p)| is_period(p)).map(|(i, _)| i)
    }

    /// As it is written, with the names of its arguments.
    pub fn signature(&self) -> String {
        let named = |p: &Parameter| format!("{}{}", p.name, if p.optional { "=1" } else { "" });
        let names: Vec<String> = self.parameters.iter().map(named).collect();
        let more = match self.shape {
            Shape::Extremum | Shape::Step | Shape::Choose => ", ..",
            _ => "",
        };
        format!("{}({}{more})", self.name, names.join(", "))
    }

    /// Whether terms of the account and the position may be below.
    pub fn holds_terms(&self) -> bool {
        ["iff", "min", "max", "abs", "step", "num", "is_na", "use", "choose"].contains(&self.name)
    }

    /// Whether `self` may be below.
    pub fn holds_self(&self) -> bool {
        ["iff", "min", "max", "abs"].contains(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, RESERVED, Shape, function};
    use crate::terms::TERMS;

    // Contract D5.
    #[test]
    fn every_function_has_a_name_of_its_own_and_says_what_it_is() {
        for (i, f) in FUNCTIONS.iter().enumerate() {
            assert!(FUNCTIONS[..i].iter().all(|other| other.name != f.name), "{} stands twice", f.name);
            assert!(!RESERVED.contains(&f.name), "{} is reserved", f.name);
            assert!(!f.meaning.is_empty() && !f.parameters.iter().any(|p| p.name.is_empty()), "{}", f.name);
            assert!(!f.outputs.is_empty() || f.shape != Shape::Plain, "{} gives nothing", f.name);
            let named = f.outputs.iter().filter(|output| !output.field.is_empty()).count();
            assert_eq!(named, if f.is_tuple() { f.outputs.len() } else { 0 }, "{}", f.name);
        }
        assert!(TERMS.iter().all(|term| function(term.name).is_none()));
        assert_eq!(FUNCTIONS.len(), 61);
    }

    #[test]
    fn no_result_needs_less_warm_up_than_rows_to_be_defined() {
        for f in &FUNCTIONS {
            let periods = f.periods().count();
            for n in [2, 3, 14, 200, 10_000] {
                let given = vec![n; periods];
                for output in f.outputs {
                    let (first, warm_up) = ((output.first)(&given), (output.warm_up)(&given));
                    assert!(0 <= first && first <= warm_up, "{}.{} at {n}", f.name, output.field);
                }
            }
        }
    }

    #[test]
    fn a_signature_names_the_arguments() {
        let signature = |name| function(name).unwrap().signature();
        assert_eq!(signature("change"), "change(x, n=1)");
        assert_eq!(signature("min"), "min(x, y, ..)");
        assert_eq!(signature("obv"), "obv()");
    }
}
