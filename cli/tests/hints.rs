//! What a message tells a user to type can be typed: every hint in the sources is parsed by what would read it.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

use clap::{Arg, Command, CommandFactory, Parser};
use galapagos::args::Arguments;
use galapagos_worker::market::{Calendar, ColumnChoice, Interval};
use regex::Regex;
use std::path::{Path, PathBuf};

/// Texts of a source file: its string literals and the doc comments that become help.
fn texts(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let token = Regex::new(
        r##"(?s)(///[^\n]*)|//[^\n]*|b?'(?:\\.|[^'\\])'|r#"(.*?)"#|r"([^"]*)"|"((?:\\.|[^"\\])*)""##,
    )
    .unwrap();
    let continued = Regex::new(r"\\\n\s*").unwrap();
    let found = token.captures_iter(source).filter_map(|c| {
        let text = [1, 2, 3, 4].into_iter().find_map(|i| c.get(i))?.as_str();
        Some(continued.replace_all(text, "").replace("\\\"", "\"").replace("\\n", "\n"))
    });
    found.collect()
}

/// All texts below `folder`, each with its file.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let all = texts(&std::fs::read_to_string(&path).unwrap());
                found.extend(all.into_iter().map(|text| (path.clone(), text)));
            }
        }
    }
    found
}

/// The arguments with this long name, of any verb below `command`.
fn flags<'a>(command: &'a Command, long: &str, found: &mut Vec<&'a Arg>) {
    found.extend(command.get_arguments().filter(|a| a.get_long() == Some(long)));
    command.get_subcommands().for_each(|c| flags(c, long, found));
}

/// Parses the value that a hint gives for a flag, as the program would.
fn check_value(arg: &Arg, value: &str) -> Result<(), String> {
    // A sentence that goes on behind the flag gives no value.
    if ["", "and", "or", "for", "of", "in", "to", "is", "mean", "means", "overrides"].contains(&value) {
        return Ok(());
    }
    let possible = arg.get_possible_values();
    if !possible.is_empty() && arg.get_action().takes_values() {
        let known = possible.iter().any(|p| p.matches(value, false));
        return if known { Ok(()) } else { Err(format!("{value:?} is no value of it")) };
    }
    // A value in capitals stands for what the user has.
    let placeholder = Regex::new("^[A-Z_]+$").unwrap();
    if placeholder.is_match(value) {
        return Ok(());
    }
    let value = value.replace("BARS_PER_YEAR", "252");
    match arg.get_long() {
        Some("columns") if value.contains('=') => {
            ColumnChoice::parse(&value).map(|_| ()).map_err(|e| e.to_string())
        }
        Some("interval") => Interval::parse(&value).map(|_| ()).map_err(|e| e.to_string()),
        Some("calendar") => Calendar::parse(&value).map(|_| ()).map_err(|e| e.to_string()),
        _ => Ok(()),
    }
}

/// Checks every `--flag` of a text; returns how many there were.
fn check_flags(text: &str, verbs: &Command) -> Result<usize, String> {
    let hint = Regex::new(
        r#"--([a-z][a-z-]*[a-z])(?:(?:[ =]|, as )([^\s,;:)`']+(?:,[^\s;:)`']+)*(?::[A-Z_0-9]+)?))?"#,
    )
    .unwrap();
    let mut count = 0;
    for hit in hint.captures_iter(text) {
        let mut known = Vec::new();
        flags(verbs, &hit[1], &mut known);
        if known.is_empty() {
            return Err(format!("--{} does not exist: {text}", &hit[1]));
        }
        let value = hit.get(2).map_or("", |v| v.as_str());
        let checked = known.iter().map(|arg| check_value(arg, value)).find(Result::is_ok);
        if checked.is_none() {
            return Err(format!("--{} {value} is refused: {text}", &hit[1]));
        }
        count += 1;
    }
    Ok(count)
}

/// Splits a line as a shell does, up to a redirection, a pipe or a comment.
fn words(line: &str) -> Vec<String> {
    let line = [" > ", " | ", " # "].iter().fold(line, |l, end| l.split(end).next().unwrap_or_default());
    let word = Regex::new(r#"(?:[^\s"]|"[^"]*")+"#).unwrap();
    word.find_iter(line).map(|w| w.as_str().replace('"', "")).collect()
}

#[test]
fn every_flag_in_a_message_of_the_import_exists_and_takes_the_value_shown() {
    let command = Arguments::command();
    let import = command.find_subcommand("import").unwrap();
    let mut count = 0;
    for (path, text) in sources("../worker/market/src") {
        // Doc comments of this crate are for programmers.
        if !text.starts_with("///") {
            count += check_flags(&text, import).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
    }
    assert!(count > 10, "only {count} hints were found");
}

#[test]
fn every_flag_and_command_in_a_message_of_the_program_can_be_typed() {
    let command = Arguments::command();
    let quoted = Regex::new(r"`(galapagos [^`]+)`|(?m)^ +(galapagos .+)$").unwrap();
    let (mut count, mut commands) = (0, 0);
    for (path, text) in sources("src") {
        // The worker's own flags are not those of this program.
        let of_worker = |line: &&str| !line.contains("galapagos-worker");
        let own = text.lines().filter(of_worker).collect::<Vec<_>>().join("\n");
        count += check_flags(&own, &command).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        if text.starts_with("///") {
            continue;
        }
        for hit in quoted.captures_iter(&own) {
            let line = hit.get(1).or(hit.get(2)).unwrap().as_str();
            let words = words(line);
            // The name of a verb alone points to the verb, not to a whole command.
            let names_verb = words.len() == 2 && command.find_subcommand(&words[1]).is_some();
            if let Err(e) = Arguments::try_parse_from(&words)
                && !names_verb
            {
                panic!("{}: {line}\n{e}", path.display());
            }
            commands += 1;
        }
    }
    assert!(count > 20 && commands > 10, "only {count} flags and {commands} commands were found");
}

#[test]
fn the_extraction_finds_what_it_is_for() {
    let command = Arguments::command();
    for wrong in
        ["say --dates day-first", "use --repeir", "say --interval, as hourly", "with --columns price=x"]
    {
        assert!(check_flags(wrong, &command).is_err(), "{wrong}");
    }
    let source = "fn f() { let c = '\"'; g(\"say \\\"x\\\" \\\n   --repair\"); } // \"--no\"\n#[cfg(test)] mod t { \"--not\" }";
    assert_eq!(texts(source), ["say \"x\" --repair"]);
}
