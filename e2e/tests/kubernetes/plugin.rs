//! The command as a plugin of kubectl: jobs are shown, steered and brought home.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};

use galapagos_crds::status::Phase;
use galapagos_e2e::outcome::published;
use galapagos_e2e::program;
use galapagos_e2e::screen::Screen;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use crate::harness::cluster::{cluster, said};
use crate::harness::manifests::{long, pool, small, with};
use crate::harness::wait::{PATIENCE, has_done, is_in, is_true, status};
use crate::harness::{Space, case};

/// `kubectl galapagos` as people install it: a link of that name on the PATH.
struct Plugin<'a> {
    space: &'a Space,
    here: tempfile::TempDir,
}

impl Plugin<'_> {
    fn new(space: &Space) -> Plugin<'_> {
        let here = tempfile::tempdir().unwrap();
        for name in ["kubectl-galapagos", "kubectl_complete-galapagos"] {
            let link = here.path().join(name);
            std::os::unix::fs::symlink(program::folder().join("galapagos"), link).unwrap();
        }
        Plugin { space, here }
    }

    fn kubectl(&self, arguments: &[&str]) -> Output {
        self.kubectl_command(arguments).output().unwrap()
    }

    fn call(&self, arguments: &[&str]) -> Output {
        self.kubectl(&[&["galapagos"], arguments, &["-n", &self.space.namespace]].concat())
    }

    fn kubectl_command(&self, arguments: &[&str]) -> std::process::Command {
        let kubectl = cluster().kubectl();
        let programs = Path::new(kubectl.get_program()).parent().unwrap();
        let path = format!("{}:{}", self.here.path().display(), programs.display());
        let mut command = std::process::Command::new(kubectl.get_program());
        command.args(arguments).env("PATH", path).env("KUBECONFIG", &cluster().kubeconfig);
        command.current_dir(self.here.path());
        command
    }

    /// The same in a terminal of a person.
    fn screen(&self, arguments: &[&str], size: (u16, u16)) -> Screen {
        let all = [&["galapagos"], arguments, &["-n", &self.space.namespace]].concat();
        Screen::start(&self.kubectl_command(&all), size, "$ kubectl galapagos\n")
    }

    /// A command that ends by itself does so in a terminal, shows what is looked for and leaves the terminal as it was.
    #[track_caller]
    fn at_a_terminal(&self, arguments: &[&str], seen: &str) {
        let mut screen = self.screen(arguments, (40, 120));
        assert!(screen.end().success(), "{arguments:?}: {}", screen.text());
        assert!(screen.text().contains(seen) && screen.is_restored(), "{arguments:?}: {}", screen.text());
    }

    /// What kubectl offers a shell behind `kubectl galapagos` and these words.
    fn offered(&self, words: &[&str]) -> String {
        let output = self.kubectl(&[&["__complete", "galapagos"], words].concat());
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.call(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], code: i32) -> String {
        let output = self.call(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
        said(&output)
    }
}

#[test]
fn a_person_sees_a_job_and_takes_its_result_home_with_the_plugin_alone() {
    case("plugin", async |space: &Space| {
        let plugin = Plugin::new(space);
        assert!(plugin.ok(&["status"]).contains("no jobs"));
        space.apply(&[pool("default", 1), small("evolve")]);
        let watched = plugin.ok(&["status", "evolve", "--watch"]);
        assert!(watched.contains("Phase        Succeeded"), "{watched}");
        let digest = space.digest("evolve").await;
        let job = space.jobs().get("evolve").await.unwrap();
        let best = status(&job).best.unwrap();

        let jobs = plugin.offered(&["best", "-n", &space.namespace, "ev"]);
        assert!(jobs.starts_with("evolve\n:4\n"), "{jobs}");
        let listed = plugin.ok(&["status"]);
        assert!(
            listed.contains("evolve") && listed.contains("6/6") && listed.contains(&best.strategy),
            "{listed}"
        );
        let shown: Value = serde_json::from_str(&plugin.ok(&["best", "evolve", "-o", "json"])).unwrap();
        assert_eq!(shown, json!(best));
        assert!(plugin.ok(&["best", "evolve"]).contains("HOLDOUT"));
        let log = plugin.ok(&["logs", "evolve"]);
        assert!(log.lines().count() > 6 && log.contains("\"coordinator\""), "{log}");
        assert!(plugin.refused(&["logs", "evolve", "--attempt", "2"], 2).contains("its last one is 1"));
        assert!(plugin.ok(&["events", "evolve"]).contains("evolve"));

        plugin.ok(&["results", "evolve", "-o", "copy"]);
        let copy = plugin.here.path().join("copy");
        let (original, document) = published(&space.folder()).unwrap();
        assert_eq!(document["result_digest"], json!(digest));
        let same = std::process::Command::new("diff").arg("-r").args([&original, &copy]).output().unwrap();
        assert!(same.status.success(), "{}", said(&same));
        assert!(plugin.refused(&["results", "evolve", "-o", "copy"], 2).contains("is there already"));
        assert_eq!(plugin.ok(&["report", "evolve"]), "evolve.html\n");
        let page = std::fs::read(plugin.here.path().join("evolve.html")).unwrap();
        assert_eq!(page, std::fs::read(original.join("report.html")).unwrap());
        space.none_left::<Pod>("app.kubernetes.io/component=reader").await;

        let healthy = plugin.ok(&["doctor"]);
        for part in
            ["Kubernetes", "evolutionjobs.galapagos.dev", "operator ", "pool default", "claim market-data"]
        {
            assert!(healthy.contains(part), "{healthy}");
        }
        space.apply(&[with(small("lost"), "/spec/workerPoolName", json!("nowhere"))]);
        space.job_is("lost", "stalls", is_true("Stalled", "PoolNotFound")).await;
        let ill = plugin.refused(&["doctor"], 3);
        assert!(
            ill.contains("job lost") && ill.contains("PoolNotFound") && ill.contains("1 thing does not work"),
            "{ill}"
        );
    });
}

#[test]
fn a_person_suspends_resumes_and_stops_a_job_with_the_plugin_alone() {
    case("plugin-steers", async |space: &Space| {
        let plugin = Plugin::new(space);
        assert!(plugin.refused(&["stop", "evolve"], 2).contains("NotFound"));
        space.apply(&[pool("default", 1), long("evolve")]);
        space.job_is("evolve", "is on its way", has_done(1)).await;
        assert!(plugin.refused(&["results", "evolve"], 2).contains("kubectl galapagos stop evolve"));
        plugin.at_a_terminal(&["suspend", "evolve"], "evolve");
        space.job_is("evolve", "is suspended", is_in(Phase::Suspended)).await;
        plugin.at_a_terminal(&["resume", "evolve"], "evolve");
        let again = space.job_is("evolve", "runs again", is_in(Phase::Running)).await;
        let done = status(&again).generation.unwrap();
        plugin.at_a_terminal(&["stop", "evolve"], "evolve");
        let ended = space.job_is("evolve", "ends with its best", is_in(Phase::Succeeded)).await;
        assert!(status(&ended).generation.unwrap() >= done && status(&ended).best.is_some());
        assert!(plugin.refused(&["stop", "evolve"], 2).contains("has ended already"));
    });
}

/// Whether a chart is drawn.
fn drawn(text: &str) -> bool {
    text.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c))
}

#[test]
fn a_person_at_a_terminal_watches_a_job_and_sees_what_is_left_of_it() {
    case("plugin-terminal", async |space: &Space| {
        let plugin = Plugin::new(space);
        space.apply(&[pool("default", 1), long("evolve")]);
        space.job_is("evolve", "has some generations", has_done(3)).await;
        for size in [(24, 80), (40, 40)] {
            let mut screen = plugin.screen(&["watch", "evolve"], size);
            screen.shows(|text| text.contains("Running") && drawn(text));
            screen.types("\x03");
            screen.end();
            assert!(screen.is_restored() && screen.text().contains("$ kubectl"), "{}", screen.text());
        }
        let mut screen = plugin.screen(&["estimate", "evolve"], (24, 80));
        assert!(screen.end().success(), "{}", screen.text());
        assert!(screen.text().contains("Measured on the cluster"), "{}", screen.text());
        let left: Value = serde_json::from_str(&plugin.ok(&["estimate", "evolve", "-o", "json"])).unwrap();
        assert_eq!(left["measured"], json!("cluster"));
        assert!(left["evaluations_at_most"].as_u64().unwrap() > 0 && left["seconds"].as_f64().unwrap() > 0.0);

        let mut screen = plugin.screen(&["ui", "evolve"], (24, 80));
        screen.shows(|text| text.contains("http://127.0.0.1:"));
        screen.types("\x03");
        screen.end();
        assert!(screen.is_restored(), "{}", screen.text());

        // A pod of the pool reads and writes its volumes and reaches the coordinator as a worker does.
        let probed = plugin.ok(&["doctor", "--probe"]);
        for part in ["reading market data", "writing state", "job evolve: port 7400", "job evolve: port 7401"]
        {
            assert!(probed.contains(part), "{part}: {probed}");
        }
        // It has the labels of a worker, but belongs to no job; and it is gone.
        space.none_left::<Pod>("galapagos.dev/pool=default,!galapagos.dev/job").await;
        plugin.ok(&["stop", "evolve"]);
        space.job_is("evolve", "ends with its best", is_in(Phase::Succeeded)).await;
        assert!(plugin.refused(&["estimate", "evolve"], 2).contains("has ended"));

        // Every verb that shows something does so in a terminal, too.
        for (arguments, seen) in [
            (&["status"][..], "evolve"),
            (&["status", "evolve"], "Succeeded"),
            (&["best", "evolve"], "HOLDOUT"),
            (&["events", "evolve"], "evolve"),
            (&["logs", "evolve", "--tail", "3"], "coordinator"),
            (&["report", "evolve", "-o", "page.html"], "page.html"),
            (&["results", "evolve", "-o", "copy"], "copy"),
            (&["doctor"], "claim market-data"),
        ] {
            plugin.at_a_terminal(arguments, seen);
        }
    });
}

#[test]
fn a_job_begins_with_what_a_job_of_the_cluster_has_found() {
    case("plugin-render", async |space: &Space| {
        let plugin = Plugin::new(space);
        space.apply(&[pool("default", 1), small("first")]);
        let mut second = small("second");
        second["spec"]["population"]["from"] = json!("first");
        // A key without quotes, as people write it.
        let text = second.to_string().replace(r#""from":"#, "from: ");
        let file = plugin.here.path().join("second.yaml");
        std::fs::write(&file, &text).unwrap();
        space.job_is("first", "ends", is_in(Phase::Succeeded)).await;
        let rendered = plugin.ok(&["render", "second.yaml"]);
        assert!(rendered.contains("initial:"), "{rendered}");
        plugin.at_a_terminal(&["render", "second.yaml"], "");
        std::fs::write(&file, rendered).unwrap();
        space.kubectl(&["apply", "-f", file.to_str().unwrap()]);
        space.job_is("second", "ends", is_in(Phase::Succeeded)).await;
        std::fs::write(&file, text.replace("\"first\"", "\"nobody\"")).unwrap();
        assert!(plugin.refused(&["render", "second.yaml"], 2).contains("NotFound"));
        space.none_left::<Pod>("app.kubernetes.io/component=reader").await;
    });
}

/// The view of a run that a page shows.
fn view(url: &str) -> Option<Value> {
    let mut curl = std::process::Command::new("curl");
    let output =
        curl.args(["--silent", "--fail", "--max-time", "5", &format!("{url}api/v1/run")]).output().unwrap();
    output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn the_page_of_a_job_is_shown_through_a_port_of_ones_own_also_by_the_next_attempt() {
    case("page", async |space: &Space| {
        space.apply(&[pool("default", 0), long("btc")]);
        space.job_is("btc", "runs", has_done(1)).await;
        let plugin = Plugin::new(space);
        let mut command = plugin.kubectl_command(&["galapagos", "ui", "btc", "-n", &space.namespace]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut page = Page(child);
        let mut url = String::new();
        BufReader::new(page.0.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        let shown = view(url).unwrap();
        assert_eq!((&shown["job"]["name"], &shown["state"]), (&json!("btc"), &json!("running")), "{shown}");
        let workers = shown["work"]["workers"].as_array().unwrap();
        assert!(workers.iter().any(|worker| worker["name"] == "local"), "{shown}");

        // Its coordinator dies: the same address shows the next one.
        let before = shown["generation"].as_u64().unwrap();
        space.kill(&space.pods("btc", "coordinator").await).await;
        let began = std::time::Instant::now();
        while view(url).is_none_or(|shown| shown["generation"].as_u64().unwrap() <= before) {
            assert!(began.elapsed() < PATIENCE, "the next attempt is not shown");
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        // Nobody else reaches it: it listens inside its pod only.
        let pod = space.pods("btc", "coordinator").await.remove(0);
        let address = pod.status.unwrap().pod_ip.unwrap();
        assert_eq!(view(&format!("http://{address}:7402/")), None);

        space.edit("evojob/btc", json!({"spec": {"suspend": true}}));
        space.kubectl(&["delete", "evojob", "btc"]);
    });
}

/// A page that is closed with the value.
struct Page(std::process::Child);

impl Drop for Page {
    fn drop(&mut self) {
        let _ = rustix::process::kill_process(
            rustix::process::Pid::from_child(&self.0),
            rustix::process::Signal::INT,
        );
        let _ = self.0.wait();
    }
}
