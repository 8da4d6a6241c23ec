//! Help, flags, environment and the look of the log.

use crate::sandbox::Sandbox;

#[test]
fn help_of_every_role_says_flags_variables_examples_and_exit_codes() {
    let sandbox = Sandbox::new();
    for role in [&["--help"][..], &["import", "--help"]] {
        let ended = sandbox.run(role);
        assert_eq!(ended.code, Some(0));
        assert!(ended.log.is_empty());
        for part in ["Examples:", "Exit codes:", "--log-format", "[env: GALAPAGOS_LOG_FORMAT]"] {
            assert!(ended.stdout.contains(part), "{role:?} does not say {part}: {}", ended.stdout);
        }
    }
    for role in ["coordinator", "worker"] {
        let ended = sandbox.run(&[role, "--help"]);
        assert_eq!(ended.code, Some(0));
        for part in ["--job-uid", "GALAPAGOS_JOB_UID", "--tls-dir", "--http-address"] {
            assert!(ended.stdout.contains(part), "{role} does not say {part}: {}", ended.stdout);
        }
    }
}

#[test]
fn every_flag_of_every_role_is_a_variable_too() {
    use clap::CommandFactory;
    let command = galapagos_worker::roles::Arguments::command();
    let roles = command.get_subcommands();
    let flags = command.get_arguments().chain(roles.flat_map(clap::Command::get_arguments));
    for flag in flags.filter(|f| !f.is_hide_set() && !["help", "version"].contains(&f.get_id().as_str())) {
        let name = format!("GALAPAGOS_{}", flag.get_id().as_str().to_uppercase());
        assert_eq!(flag.get_env().and_then(|e| e.to_str()), Some(name.as_str()));
    }
}

#[test]
fn wrong_flags_are_permanent_errors() {
    let sandbox = Sandbox::new();
    for wrong in [
        &["evolve"][..],
        &["import"],
        &["import", "--job", "x", "--data-dir", "y", "--colour"],
        &["import", "--job", "x", "--data-dir", "y", "--log-level", "galapagos=loud"],
        &["import", "--job", "x", "--data-dir", "y", "--http-address", "8080"],
    ] {
        assert_eq!(sandbox.run(wrong).code, Some(64), "{wrong:?}");
    }
}

#[test]
fn a_variable_stands_in_for_a_flag_and_the_flag_wins() {
    let sandbox = Sandbox::with_samples();
    sandbox.job("[AAPL]", "    source: {path: raw/AAPL.csv}");
    let variables = [
        ("GALAPAGOS_JOB", "job.yaml"),
        ("GALAPAGOS_DATA_DIR", "elsewhere"),
        ("GALAPAGOS_LOG_LEVEL", "error"),
        ("GALAPAGOS_HTTP_ADDRESS", ""),
    ];
    let output = sandbox.command(&["import", "--data-dir", "data"]).envs(variables).output().unwrap();
    assert!(output.status.success());
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(sandbox.path("data/galapagos/datasets/us-stocks/LATEST").exists());
}

#[test]
fn every_line_of_the_log_names_role_and_job() {
    let sandbox = Sandbox::with_samples();
    sandbox.job("[AAPL]", "    source: {path: raw/AAPL.csv}");
    let ended = sandbox.import();
    assert_eq!(ended.code, Some(0));
    assert!(ended.log.len() >= 5, "{:#?}", ended.log);
    assert!(ended.log.iter().all(|line| line["role"] == "import" && line["level"].is_string()));
    // The first line is written before the manifest is read.
    assert!(ended.log[1..].iter().all(|line| line["job"] == "research/stocks"), "{:#?}", ended.log);
    assert_eq!(ended.message(), "done");

    let ended = sandbox.run(&["import", "--job", "job.yaml", "--data-dir", "data", "--log-format", "text"]);
    let lines: Vec<&str> = ended.log.iter().filter_map(|l| l.as_str()).collect();
    assert!(lines.len() >= 3 && lines[1..].iter().all(|l| l.ends_with(" role=import job=research/stocks")));
}

#[test]
fn the_level_is_for_our_lines_and_directives_work_as_in_rust_log() {
    let sandbox = Sandbox::with_samples();
    sandbox.job("[AAPL]", "    source: {path: raw/AAPL.csv}");
    let lines = |level| {
        let common = ["import", "--job", "job.yaml", "--data-dir", "data", "--log-level", level];
        sandbox.run(&common).log.len()
    };
    assert!(lines("info") > 2);
    assert_eq!(lines("warn"), 0);
    assert_eq!(lines("off"), 0);
    assert!(lines("off,galapagos_worker::process=info") >= 2);
}

#[test]
fn a_state_folder_that_cannot_be_written_is_told_with_its_path_and_the_user_before_anything_else() {
    let sandbox = Sandbox::with_samples();
    sandbox.job("[AAPL]", "    source: {path: raw/AAPL.csv}");
    // A file where the folder should be: that stops root too.
    sandbox.write("state", "");
    // No data and no certificates: neither is looked at before.
    let ended = sandbox.run(&[
        "coordinator",
        "--job",
        "job.yaml",
        "--job-uid",
        "u1",
        "--tls-dir",
        "tls",
        "--data-dir",
        "data",
        "--state-dir",
        "state",
        "--http-address",
        "",
        "--termination-log",
        "last-words",
    ]);
    assert_eq!(ended.code, Some(70));
    let last_words: serde_json::Value =
        serde_json::from_slice(&std::fs::read(sandbox.path("last-words")).unwrap()).unwrap();
    assert_eq!(last_words["reason"], "StateNotWritable");
    let message = last_words["message"].as_str().unwrap();
    let user = rustix::process::geteuid().as_raw();
    assert!(
        message.contains(&format!("user id {user} ")) && message.contains("state/galapagos"),
        "{message}"
    );
}
