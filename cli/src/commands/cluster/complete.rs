//! Completion of the plugin: kubectl runs a program of the name [`COMPLETER`] with the words that are typed, the last of them
//! to be completed, and reads a candidate a line, perhaps with a tab and what it is, and at the end what the shell shall do.

use super::{Access, Plugin};
use crate::exit::CommandResult;
use crate::terminal;
use clap::{Arg, Command, CommandFactory};
use std::ffi::OsString;

/// Name under which kubectl finds the program that completes the plugin.
pub const COMPLETER: &str = "kubectl_complete-galapagos";

/// What the shell does beside the candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// It completes names of files.
    Files = 0,
    /// Nothing.
    Nothing = 4,
}

/// What completes a word.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// One of these, each with what it is.
    Words(Vec<(String, String)>),
    /// The name of a job.
    Job,
    /// Whatever the shell completes.
    Files,
    /// Nothing is known.
    Nothing,
}

/// Prints what completes the last of the words behind `kubectl galapagos`.
///
/// # Errors
/// Standard output is closed.
pub fn complete(words: impl Iterator<Item = OsString>) -> CommandResult {
    let words: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    let (partial, before) =
        words.split_last().map_or(("", &[][..]), |(last, before)| (last.as_str(), before));
    let (access, wanted) = wanted(&Plugin::command(), before, partial);
    let (all, then) = match wanted {
        Wanted::Words(all) => (all, Then::Nothing),
        Wanted::Job => (jobs(&access), Then::Nothing),
        Wanted::Files => (Vec::new(), Then::Files),
        Wanted::Nothing => (Vec::new(), Then::Nothing),
    };
    let mut text = String::new();
    for (word, about) in all.iter().filter(|(word, _)| word.starts_with(partial)) {
        text.push_str(&if about.is_empty() { format!("{word}\n") } else { format!("{word}\t{about}\n") });
    }
    terminal::print(&format!("{text}:{}\n", then as u8))
}

/// The jobs of the namespace; none where the cluster does not answer, since a shell waits.
fn jobs(access: &Access) -> Vec<(String, String)> {
    let named = ["get", "evolutionjobs", "-o", "name", "--request-timeout=3s"];
    let output = access.output(&named).ok().filter(|output| output.status.success());
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let name = |line: &str| line.rsplit('/').next().map(|name| (name.to_owned(), String::new()));
    text.lines().filter_map(name).collect()
}

/// What completes `partial` behind the words before it, and on which cluster.
fn wanted(plugin: &Command, before: &[String], partial: &str) -> (Access, Wanted) {
    let mut access = Access::default();
    let (mut verb, mut positions): (Option<&Command>, usize) = (None, 0);
    let mut words = before.iter();
    let mut open: Option<&Arg> = None;
    while let Some(word) = words.next() {
        if let Some((name, joined)) = flag(word) {
            let Some(found) = find(plugin, verb, name).filter(|arg| arg.get_action().takes_values()) else {
                continue;
            };
            match joined.or_else(|| words.next().map(String::as_str)) {
                Some(value) => note(&mut access, found, value),
                None => open = Some(found),
            }
        } else if verb.is_none() {
            verb = plugin.find_subcommand(word);
        } else {
            positions += 1;
        }
    }
    let wanted = match (open, verb) {
        (Some(arg), _) => value(arg),
        (None, _) if partial.starts_with('-') => flags(plugin, verb),
        (None, None) => Wanted::Words(plugin.get_subcommands().map(named).collect()),
        (None, Some(verb)) if verb.get_positionals().count() > positions => Wanted::Job,
        (None, Some(_)) => Wanted::Nothing,
    };
    (access, wanted)
}

/// The name of a flag without its dashes, and the value that is joined to it.
fn flag(word: &str) -> Option<(&str, Option<&str>)> {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-').filter(|name| !name.is_empty()))?;
    Some(name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value))))
}

fn all<'c>(plugin: &'c Command, verb: Option<&'c Command>) -> impl Iterator<Item = &'c Arg> {
    let of_verb = verb.into_iter().flat_map(Command::get_arguments);
    of_verb.chain(plugin.get_arguments()).filter(|arg| !arg.is_positional() && !arg.is_hide_set())
}

fn find<'c>(plugin: &'c Command, verb: Option<&'c Command>, name: &str) -> Option<&'c Arg> {
    all(plugin, verb).find(|arg| {
        arg.get_long() == Some(name) || arg.get_short().is_some_and(|short| name == short.to_string())
    })
}

fn note(access: &mut Access, arg: &Arg, value: &str) {
    match arg.get_id().as_str() {
        "namespace" => access.namespace = Some(value.to_owned()),
        "context" => access.context = Some(value.to_owned()),
        "kubeconfig" => access.kubeconfig = Some(value.into()),
        _ => {}
    }
}

/// What a flag takes.
fn value(arg: &Arg) -> Wanted {
    let possible = arg.get_possible_values();
    let named = |name: &str| arg.get_value_names().is_some_and(|names| names.iter().any(|n| n == name));
    if !possible.is_empty() {
        let words = possible.iter().map(|value| (value.get_name().to_owned(), help(value.get_help())));
        Wanted::Words(words.collect())
    } else if named("FILE") || named("DIR") {
        Wanted::Files
    } else {
        Wanted::Nothing
    }
}

fn flags(plugin: &Command, verb: Option<&Command>) -> Wanted {
    let long = |arg: &Arg| arg.get_long().map(|long| (format!("--{long}"), help(arg.get_help())));
    Wanted::Words(all(plugin, verb).filter_map(long).collect())
}

fn named(command: &Command) -> (String, String) {
    (command.get_name().to_owned(), help(command.get_about()))
}

/// A text of help on one line.
fn help(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(|text| text.to_string().lines().next().unwrap_or_default().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> (Access, Wanted) {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let (partial, before) = words.split_last().unwrap();
        wanted(&Plugin::command(), before, partial)
    }

    fn names(line: &str) -> Vec<String> {
        match asked(line).1 {
            Wanted::Words(words) => words.into_iter().map(|(word, _)| word).collect(),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn verbs_flags_values_jobs_and_files_are_told_apart() {
        let verbs = names("");
        assert!(
            ["status", "best", "results", "doctor"].iter().all(|verb| verbs.contains(&(*verb).to_owned()))
        );
        assert_eq!(names("-n quant "), verbs);
        let flags = names("status btc --");
        assert!(
            ["--watch", "--output", "--namespace"].iter().all(|flag| flags.contains(&(*flag).to_owned()))
        );
        assert_eq!(names("status -o "), ["table", "json"]);
        assert!(names("logs btc --of ").contains(&"coordinator".to_owned()));
        for line in ["best ", "best b", "status --watch ", "results -o out "] {
            assert_eq!(asked(line).1, Wanted::Job, "{line}");
        }
        for line in ["results btc -o ", "--kubeconfig "] {
            assert_eq!(asked(line).1, Wanted::Files, "{line}");
        }
        assert_eq!(asked("best btc ").1, Wanted::Nothing);
    }

    #[test]
    fn jobs_are_those_of_the_cluster_and_namespace_that_are_named() {
        let (access, wanted) = asked("-n quant best --context=lab --kubeconfig file ");
        assert_eq!(wanted, Wanted::Job);
        assert_eq!(access.namespace.as_deref(), Some("quant"));
        assert_eq!(access.context.as_deref(), Some("lab"));
        assert_eq!(access.kubeconfig, Some("file".into()));
    }
}
