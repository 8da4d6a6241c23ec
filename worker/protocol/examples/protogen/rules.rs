//! Which changes of the wire leave old and new processes able to read each other.

use super::lock::{Entry, Group, Wire};

/// The lock after the change from `locked` to `wire`.
///
/// Allowed: new messages, enums, methods, fields and values under fresh numbers and names; a new name for a field of
/// the same number, type and label; removing a field or a value whose number and name the .proto file reserves, which
/// leaves a line in the lock for ever.
///
/// # Errors
/// One sentence for each change that is refused.
pub fn advance(locked: &Wire, wire: &Wire) -> Result<Wire, Vec<String>> {
    let mut refusals = Vec::new();
    let mut next = wire.clone();
    for (name, old) in &locked.groups {
        match next.groups.get_mut(name) {
            Some(new) => group(name, old, new, &mut refusals),
            None => refusals.push(format!("{name} is gone: leave it in place, unused")),
        }
    }
    for (name, signature) in &locked.methods {
        match wire.methods.get(name) {
            Some(same) if same == signature => {}
            Some(other) => refusals.push(format!("method {name} was {signature}, now {other}")),
            None => refusals.push(format!("method {name} is gone: leave it in place")),
        }
    }
    if refusals.is_empty() { Ok(next) } else { Err(refusals) }
}

fn group(group: &str, old: &Group, new: &mut Group, refusals: &mut Vec<String>) {
    for (&number, entry) in &old.entries {
        let (name, was) = match entry {
            Entry::Used { name, kind } => (name, Some(kind)),
            Entry::Reserved { name } => (name, None),
        };
        let moved = new.entries.iter().find(|&(&at, present)| {
            at != number && matches!(present, Entry::Used { name: other, .. } if other == name)
        });
        if let Some((at, _)) = moved {
            refusals.push(format!("{group}.{name} has number {number}, not {at}"));
            continue;
        }
        match (was, new.entries.get(&number)) {
            (Some(was), Some(Entry::Used { name: now_name, kind })) if was != kind => {
                refusals.push(format!(
                    "{group} {number} was `{name}: {was}`, now `{now_name}: {kind}`: take a new number"
                ));
            }
            (Some(_), Some(_)) => {}
            (None, Some(_)) => {
                refusals.push(format!("{group} {number} was `{name}` once: take a new number"));
            }
            (_, None) => {
                let reserved = new.reservations.numbers.iter().any(|range| range.contains(&number.into()))
                    && new.reservations.names.contains(name);
                if reserved {
                    new.entries.insert(number, Entry::Reserved { name: name.clone() });
                } else {
                    refusals.push(format!(
                        "{group}.{name} is gone: write `reserved {number};` and `reserved \"{name}\";` there"
                    ));
                }
            }
        }
    }
}
