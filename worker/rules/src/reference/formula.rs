//! A number of rows as a formula of the periods: read off the function that computes it, so that it is said once.

/// Periods at which a formula is compared with the function.
const TRIED: [i64; 7] = [1, 2, 3, 7, 30, 200, 4_999];

type Rows = fn(&[i64]) -> i64;

/// The formula of `rows` over periods of these names.
pub(super) fn formula(names: &[&str], rows: Rows) -> String {
    let one = |i: usize| move |n: &[i64]| n[i];
    let mut terms: Vec<Term<'_>> = names
        .iter()
        .enumerate()
        .map(|(i, name)| Term { name: (*name).to_owned(), value: Box::new(one(i)) })
        .collect();
    if let Some(text) = linear(names.len(), &terms, rows) {
        return text;
    }
    if names.len() > 1 {
        let name = format!("max({}, {})", names[0], names[1]);
        let longer = Term { name, value: Box::new(|n: &[i64]| if n[0] > n[1] { n[0] } else { n[1] }) };
        terms.splice(..2, [longer]);
    } else {
        terms.push(Term {
            name: format!("round(√{})", names.first().unwrap_or(&"")),
            value: Box::new(|n| root(n[0])),
        });
    }
    linear(names.len(), &terms, rows).unwrap_or_else(|| "see docs/contract/rules.md".to_owned())
}

/// Rows of the periods of a function.
type Measure<'a> = Box<dyn Fn(&[i64]) -> i64 + 'a>;

/// A part of a formula.
struct Term<'a> {
    name: String,
    value: Measure<'a>,
}

/// ⌊√n + 0.5⌋ in whole numbers.
fn root(n: i64) -> i64 {
    let mut root = 1;
    while (2 * root + 1) * (2 * root + 1) <= 4 * n {
        root += 1;
    }
    root
}

/// Weights and a constant that give `rows` at every tried period, as text.
fn linear(periods: usize, terms: &[Term<'_>], rows: Rows) -> Option<String> {
    let all = points(periods);
    let weights: [i64; 8] = [0, 1, 2, 3, 5, 6, 9, 10];
    let mut found = None;
    choices(&weights, terms.len(), &mut |chosen: &[i64]| {
        let sum = |n: &[i64]| -> i64 { chosen.iter().zip(terms).map(|(w, term)| w * (term.value)(n)).sum() };
        let rest = rows(&all[0]) - sum(&all[0]);
        if found.is_none() && all.iter().all(|n| rows(n) == sum(n) + rest) {
            found = Some(said(chosen, terms, rest));
        }
    });
    found
}

/// Every combination of tried periods.
fn points(periods: usize) -> Vec<Vec<i64>> {
    let mut out = vec![Vec::new()];
    for _ in 0..periods {
        out = out
            .iter()
            .flat_map(|point| TRIED.iter().map(|n| point.iter().copied().chain([*n]).collect()))
            .collect();
    }
    out
}

fn choices(weights: &[i64], count: usize, each: &mut dyn FnMut(&[i64])) {
    let mut all = vec![Vec::new()];
    for _ in 0..count {
        all = all
            .iter()
            .flat_map(|c: &Vec<i64>| weights.iter().map(|w| c.iter().copied().chain([*w]).collect()))
            .collect();
    }
    all.iter().for_each(|chosen| each(chosen));
}

fn said(weights: &[i64], terms: &[Term<'_>], rest: i64) -> String {
    let part = |(weight, term): (&i64, &Term<'_>)| match weight {
        0 => None,
        1 => Some(term.name.clone()),
        weight => Some(format!("{weight}{}", term.name)),
    };
    let parts: Vec<String> = weights.iter().zip(terms).filter_map(part).collect();
    match (parts.is_empty(), rest) {
        (true, rest) => rest.to_string(),
        (false, 0) => parts.join(" + "),
        (false, rest) if rest < 0 => format!("{} - {}", parts.join(" + "), -rest),
        (false, rest) => format!("{} + {rest}", parts.join(" + ")),
    }
}
