//! CEL rules that more than one block uses, and the patterns of names.

use kube::core::Rule;

/// Pattern of strategy, gene, metric and category names.
pub const SNAKE: &str = "^[a-z][a-z0-9_]*$";
/// Pattern of object names.
pub const NAME: &str = "^[a-z]([-a-z0-9]*[a-z0-9])?$";
/// Longest object name: child names and DNS labels are built from it.
pub const NAME_LENGTH: u32 = 40;

/// Spelling of a stamp: a date, or a time with its zone as RFC 3339 has it.
pub const STAMP: &str = "^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,3})?(Z|[+-](0[0-9]|1[0-5]):[0-5][0-9]))?$";

/// A field of the spec that is fixed when the object is made. On the spec, not on the field: a field's own rule
/// is passed by removing the field and adding it again.
pub fn immutable(field: &str) -> Rule {
    Rule::new(format!(
        "has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || self.{field} == oldSelf.{field})"
    ))
    .message(&*format!("{field} is immutable: use a new name, or delete and apply again"))
}

/// The same of a field that is always there, since it is required or has a default.
pub fn unchanged(field: &str) -> Rule {
    Rule::new(format!("self.{field} == oldSelf.{field}"))
        .message(&*format!("{field} is immutable: use a new name, or delete and apply again"))
}

/// The root rule on `metadata.name`.
pub fn object_name() -> Rule {
    Rule::new(format!("self.metadata.name.size() <= {NAME_LENGTH} && self.metadata.name.matches('{NAME}')"))
        .message(&*format!(
            "the name must have at most {NAME_LENGTH} characters: a lower case letter first, then lower case letters, digits and dashes, not ending with a dash"
        ))
}

/// An object with exactly one of its members.
pub fn exactly_one(members: &[&str]) -> Rule {
    let has: Vec<_> = members.iter().map(|m| format!("has(self.{m})")).collect();
    let message = match members {
        [only] => format!("{only} must be set"),
        several => format!("exactly one of {} must be set", several.join(", ")),
    };
    Rule::new(format!("[{}].filter(x, x).size() == 1", has.join(", "))).message(&*message)
}

/// An expression has a name of its own, a metric has one already.
pub fn expression_is_named() -> Rule {
    Rule::new("has(self.expression) == has(self.name)")
        .message("an expression needs a name, and a metric takes none")
}

/// Two stamps, if both are there, in this order. A date is its midnight, UTC. Two dates are compared as text: what is no
/// day of its month would end `timestamp` with an error that does not say so, and is left to the check of manifests.
pub fn earlier(first: &str, second: &str) -> Rule {
    let time = |f: &str| format!("timestamp(self.{f}.size() == 10 ? self.{f} + 'T00:00:00Z' : self.{f})");
    Rule::new(format!(
        "!has(self.{first}) || !has(self.{second}) || (self.{first}.size() + self.{second}.size() == 20 ? self.{first} < self.{second} : {} < {})",
        time(first),
        time(second)
    ))
    .message(&*format!("{first} must be before {second}: {second} itself does not count"))
}

/// CEL wants 1.0 where people write 1.
fn whole(bound: &str) -> &str {
    bound.strip_suffix(".0").unwrap_or(bound)
}

/// A decimal between two bounds, both included. `double(self)` takes integers and strings alike;
/// `double(string(self))` would too, but a server reckons it as a string of 3 MB and refuses the definition.
pub fn between(low: &str, high: &str) -> Rule {
    Rule::new(format!("double(self) >= {low} && double(self) <= {high}")).message(&*format!(
        "must be between {} and {}",
        whole(low),
        whole(high)
    ))
}

/// A decimal at or above a bound.
pub fn at_least(low: &str) -> Rule {
    Rule::new(format!("double(self) >= {low}")).message(&*format!("must be at least {}", whole(low)))
}

/// A decimal above 0.
pub fn positive() -> Rule {
    Rule::new("double(self) > 0.0").message("must be greater than 0")
}

/// A path on a volume that stays there.
pub fn below_the_root() -> Rule {
    Rule::new("!self.startsWith('/') && self.split('/').all(p, p != '..')")
        .message("must be relative and stay below the volume's root")
}

/// A share of something that must leave a rest: fees, slippage, holdout.
pub fn below_one() -> Rule {
    Rule::new("double(self) >= 0.0 && double(self) < 1.0").message("must be at least 0 and less than 1")
}

/// A share that takes something and leaves something.
pub fn inside_one() -> Rule {
    Rule::new("double(self) > 0.0 && double(self) < 1.0").message("must be greater than 0 and less than 1")
}
