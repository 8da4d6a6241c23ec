//! What a message tells a user to type can be typed: every hint in the sources is parsed by what would read it.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod repository;

use clap::builder::{Resettable, ValueParser};
use clap::{Arg, Command, CommandFactory, Id, Parser};
use galapagos::args::Arguments;
use galapagos::backtest::options::AccountArguments;
use galapagos::manifest;
use galapagos_run::engine::genes::Genome;
use galapagos_run::engine::strategies::{self, BuiltIn};
use galapagos_run::market::names::{check_dataset_name, to_symbol};
use galapagos_run::market::{Calendar, ColumnChoice, Interval, RandomWalk, Zone};
use regex::Regex;
use repository::sources;
use std::path::Path;

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

/// All texts below folders of the repository, each with its file.
fn all_texts(folders: &[&str]) -> Vec<(String, String)> {
    let of =
        |(file, source): (String, String)| texts(&source).into_iter().map(move |text| (file.clone(), text));
    sources(folders).into_iter().flat_map(of).collect()
}

/// The arguments with this long name, of any verb below `command`.
fn flags<'a>(command: &'a Command, long: &str, found: &mut Vec<&'a Arg>) {
    found.extend(command.get_arguments().filter(|a| a.get_long() == Some(long)));
    command.get_subcommands().for_each(|c| flags(c, long, found));
}

/// What the program reads from a flag whose value is a text for clap.
fn read_text(flag: &str, value: &str) -> Result<(), String> {
    let account = |account: AccountArguments| account.resolve().map(|_| ()).map_err(|e| e.text());
    let amount = Some(value.to_owned());
    let missing = |what: &str| Err(format!("{value:?} is no {what}"));
    match flag {
        "columns" => ColumnChoice::parse(value).map(|_| ()).map_err(|e| e.to_string()),
        "interval" | "resample" => Interval::parse(value).map(|_| ()).map_err(|e| e.to_string()),
        "calendar" => Calendar::parse(value).map(|_| ()).map_err(|e| e.to_string()),
        "random-walk" => RandomWalk::parse(value).map(|_| ()).map_err(|e| e.to_string()),
        "timezone" => Zone::parse(value).map(|_| ()).map_err(|e| e.to_string()),
        "dataset" => check_dataset_name(value).map_err(|e| e.to_string()),
        "symbol" => to_symbol(value).map_or_else(|| missing("symbol"), |_| Ok(())),
        "taker-fee" => account(AccountArguments { taker_fee: amount, ..AccountArguments::default() }),
        "maker-fee" => account(AccountArguments { maker_fee: amount, ..AccountArguments::default() }),
        "slippage" => account(AccountArguments { slippage: amount, ..AccountArguments::default() }),
        "capital" => account(AccountArguments { capital: amount, ..AccountArguments::default() }),
        "fraction" => account(AccountArguments { fraction: amount, ..AccountArguments::default() }),
        "strategy" if value == "all" || strategies::find(value).is_some() => Ok(()),
        "strategy" => missing("strategy"),
        "weight" | "limit" => {
            // Of `galapagos front`: the program reads them against a front, so only their form can be wrong here.
            let (sign, names) = if flag == "weight" { ("=", "NAME=W") } else { ("=", "METRIC<=X") };
            let number =
                value.split_once(sign).filter(|(name, _)| !name.is_empty()).map(|(_, n)| n.parse::<f64>());
            if matches!(number, Some(Ok(_))) { Ok(()) } else { missing(names) }
        }
        "gene" => {
            let Some(pair) = value.split_once('=') else { return missing("NAME=VALUE") };
            let takes = |s: &&dyn BuiltIn| Genome::from_pairs(s.def(), &[pair]).is_ok();
            if strategies::all().iter().any(takes) { Ok(()) } else { missing("gene of any strategy") }
        }
        "genes" => {
            let named = value.split(',').collect::<Vec<_>>();
            let genes = |s: &&dyn BuiltIn| named.iter().all(|n| s.def().genes.iter().any(|g| g.name == *n));
            // A and B stand for those of the reader's own job.
            let known = value == "A,B" || strategies::all().iter().any(genes);
            if named.len() == 2 && known { Ok(()) } else { missing("pair of genes of any strategy") }
        }
        "metric" if galapagos_run::engine::evaluation::Metric::from_name(value).is_some() => Ok(()),
        "metric" => missing("metric"),
        "set" => {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("job.yaml");
            std::fs::write(&file, JOB).unwrap();
            manifest::load(&file, None, &[value.to_owned()]).map(|_| ()).map_err(|e| e.text())
        }
        "to" => {
            let read = value.parse::<galapagos_delivery::destination::Destination>();
            read.map(|_| ()).map_err(|e| e.to_string())
        }
        // Files, folders, and names that are the user's own.
        "data" | "funding" | "execution" | "name" | "job" | "job-uid" | "digest" | "coordinator" => Ok(()),
        _ => Err("this test does not know how its value is read".to_owned()),
    }
}

/// What a hint for `--set` is tried on.
const JOB: &str = "\
apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {name: hints}
spec:
  marketData: {dataset: walk, symbols: [WALK], interval: 1h}
  strategies: [{name: sma_crossover}]
  population: {size: 20, seed: 9}
  generations: 3
";

/// Parses the value that a hint gives for a flag, as the program would.
fn check_value(arg: &Arg, value: &str) -> Result<(), String> {
    // A sentence that goes on behind the flag gives no value.
    let goes_on =
        ["", "and", "or", "for", "of", "in", "to", "is", "mean", "means", "overrides", "must", "cannot"];
    // One in capitals stands for what the user has, one in braces is written by the program when it runs.
    let placeholder = Regex::new(r"^[A-Z_]+(=[A-Z_]+)?$|[{}]").unwrap();
    if !arg.get_action().takes_values() || goes_on.contains(&value) || placeholder.is_match(value) {
        return Ok(());
    }
    let value = value.replace("BARS_PER_YEAR", "252");
    let long = arg.get_long().unwrap_or_default();
    let none = || Resettable::<Id>::Reset;
    let alone = arg.clone().required(false).conflicts_with(none()).required_unless_present(none());
    let tried = Command::new("x").arg(alone).try_get_matches_from(["x", &format!("--{long}={value}")]);
    tried.map_err(|e| e.to_string())?;
    if arg.get_value_parser().type_id() == ValueParser::string().type_id() {
        return read_text(long, &value);
    }
    Ok(())
}

/// Checks every `--flag` of a text; returns how many there were.
fn check_flags(text: &str, verbs: &Command) -> Result<usize, String> {
    let hint = Regex::new(
        r#"--([a-z][a-z-]*[a-z])(?:(?:[ =]|, as )([^\s,;:)`'-][^\s,;:)`']*(?:,[^\s;:)`']+)*(?::[A-Z_0-9]+)?))?"#,
    )
    .unwrap();
    let mut count = 0;
    for hit in hint.captures_iter(text) {
        let mut known = Vec::new();
        flags(verbs, &hit[1], &mut known);
        if known.is_empty() {
            return Err(format!("--{} does not exist: {text}", &hit[1]));
        }
        let value = hit.get(2).map_or("", |v| v.as_str().trim_end_matches(['.', ']', '"']));
        let checked: Vec<_> = known.iter().map(|arg| check_value(arg, value)).collect();
        if let (false, Some(Err(problem))) = (checked.iter().any(Result::is_ok), checked.first()) {
            return Err(format!("--{} {value} is refused: {problem}: {text}", &hit[1]));
        }
        count += 1;
    }
    Ok(count)
}

/// The plugin of kubectl is the same program.
fn as_verbs(text: &str) -> String {
    text.replace("kubectl galapagos ", "galapagos cluster ")
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
    let of = |name: &str| command.find_subcommand(name).unwrap();
    let (import, signals) = (of("import"), of("import-signals"));
    let mut count = 0;
    for (path, text) in all_texts(&["worker/market/src"]) {
        let import = if path.contains("/signals/") { signals } else { import };
        // Doc comments of this crate are for programmers.
        if !text.starts_with("///") {
            count += check_flags(&text, import).unwrap_or_else(|e| panic!("{path}: {e}"));
        }
    }
    assert!(count > 10, "only {count} hints were found");
}

#[test]
fn every_flag_and_command_in_a_message_of_the_program_can_be_typed() {
    let command = Arguments::command();
    let quoted = Regex::new(r"`(galapagos [^`]+)`|(?m)^ +(galapagos .+)$").unwrap();
    let (mut count, mut commands) = (0, 0);
    for (path, text) in all_texts(&["cli/src"]) {
        let text = as_verbs(&text);
        // Flags of the worker, of kubectl and of helm are not those of this program; nor is a text that is one flag alone
        // where it hands that to kubectl.
        let others =
            |line: &str| ["galapagos-worker", "kubectl ", "helm "].iter().any(|name| line.contains(name));
        if path.contains("/cluster/") && text.starts_with("--") && !text.contains(' ') {
            continue;
        }
        let own = text.lines().filter(|line| !others(line)).collect::<Vec<_>>().join("\n");
        count += check_flags(&own, &command).unwrap_or_else(|e| panic!("{path}: {e}"));
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
                panic!("{path}: {line}\n{e}");
            }
            commands += 1;
        }
    }
    assert!(count > 20 && commands > 10, "only {count} flags and {commands} commands were found");
}

#[test]
fn every_flag_in_a_message_of_the_worker_is_its_own_or_that_of_the_program() {
    let (own, program) = (galapagos_worker::roles::Arguments::command(), Arguments::command());
    let mut count = 0;
    for (path, text) in all_texts(&["worker/src", "worker/run/src"]) {
        // The tools of the build have flags of their own.
        if path.contains("/bin/") {
            continue;
        }
        let checked = check_flags(&text, &own).or_else(|_| check_flags(&text, &program));
        count += checked.unwrap_or_else(|e| panic!("{path}: {e}"));
    }
    assert!(count > 20, "only {count} hints were found");
}

#[test]
fn every_command_in_the_documents_can_be_typed() {
    let command = Arguments::command();
    let quoted = Regex::new(r"`(galapagos [a-z][^`]+)`|(?m)^(galapagos [a-z][^`\n]+)$").unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut count = 0;
    for path in docs.chain([root.join("README.md")]).filter(|p| p.extension().is_some_and(|e| e == "md")) {
        let text = as_verbs(&std::fs::read_to_string(&path).unwrap().replace("\\\n", " "));
        for hit in quoted.captures_iter(&text) {
            let line = hit.get(1).or(hit.get(2)).unwrap().as_str();
            check_flags(line, &command).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            // In a sentence a part of a command is enough, and brackets stand for what may be left out.
            let words = words(line);
            let whole = hit.get(2).is_some() && !line.contains(['[', '|']);
            if let (true, Err(e)) = (whole, Arguments::try_parse_from(&words)) {
                panic!("{}: {line}\n{e}", path.display());
            }
            count += 1;
        }
    }
    assert!(count > 20, "only {count} commands were found");
}

#[test]
fn the_extraction_finds_what_it_is_for() {
    let command = Arguments::command();
    for wrong in [
        "say --dates day-first",
        "use --repeir",
        "say --interval, as hourly",
        "with --columns price=x",
        "give --max-gap-share half",
        "give --threads many",
        "as --set generashuns=3",
        "as --set generations=none",
        "as --gene fast_perod=10",
        "with --random-walk bars=10,sed=1",
        "with --taker-fee much",
        "with --strategy sma_crosover",
        "with --dataset Walk",
        "with --symbol /",
        "say --continuous --repeir",
    ] {
        assert!(check_flags(wrong, &command).is_err(), "{wrong}");
    }
    let source = "fn f() { let c = '\"'; g(\"say \\\"x\\\" \\\n   --repair\"); } // \"--no\"\n#[cfg(test)] mod t { \"--not\" }";
    assert_eq!(texts(source), ["say \"x\" --repair"]);
}
