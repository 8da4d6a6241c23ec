//! How well the searchers find. `make quality` prints it all beside other packages.
//!
//! ```text
//! quality [SEEDS [FIRST]]                          settings of the searchers on test functions
//! quality compare SEEDS FIRST [LANDSCAPE]...       a line for each search: set, problem, searcher, evaluations, seed, value
//! quality problems SEEDS FIRST                     the test functions of these seeds, for other programs
//! quality speed                                    seconds for large generations, beside what is promised
//! ```

#![allow(clippy::unwrap_used, missing_docs, reason = "a measurement that fails ends")]

#[path = "../../tests/common/mod.rs"]
mod common;

mod compare;
mod fronts;
mod landscape;
mod speed;
mod variants;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let what = arguments.first().filter(|word| word.parse::<u64>().is_err());
    let mut numbers = arguments.iter().filter_map(|word| word.parse::<u64>().ok());
    let (seeds, first) = (numbers.next().unwrap_or(31), numbers.next().unwrap_or(1));
    match what.map(String::as_str) {
        None => variants::print(seeds, first),
        Some("problems") => compare::print_problems(seeds, first),
        Some("speed") => speed::print(),
        Some("compare") => compare::print(seeds, first, arguments.get(3..).unwrap_or_default()),
        Some(other) => {
            eprintln!("{other:?} is none of compare, problems, speed, or a number of seeds");
            std::process::exit(64);
        }
    }
}
