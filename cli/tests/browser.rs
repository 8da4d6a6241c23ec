//! The report in a real browser: nothing goes wrong in it, its charts are drawn, it prints, and people who see, hear or type
//! otherwise can use it. e2e/browser/get.sh finds or installs what that takes; a machine that cannot says so.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::browser::{AXE, Browser, found};
use common::{Sandbox, root, run_folder};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

fn report() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let example = |name: &str| root().join("deploy/examples").join(name).display().to_string();
    let dataset = ["--dataset", "us-stocks", "--interval", "1d", "--calendar", "sessions:252"];
    sandbox.ok(&[&["import", &example("data/AAPL.csv")][..], &dataset].concat());
    sandbox.ok(&["run", &example("stocks-daily.yaml")]);
    let result = run_folder(&sandbox.path().join("results"), "stocks-daily").join("result");
    let page = fs::read_to_string(result.join("report.html")).unwrap();
    (sandbox, page)
}

/// A copy that may run another script, which leaves what it found as text of the page.
fn probed(page: &str, scripts: &[&str]) -> String {
    let (head, rest) = page.split_once("<meta http-equiv").unwrap();
    let rest = rest.split_once('>').unwrap().1;
    let scripts: String = scripts.iter().map(|script| format!("<script>{script}</script>")).collect();
    format!("{head}{rest}").replacen("</body>", &format!("{scripts}</body>"), 1)
}

/// Different colours of each canvas, and what the drop-down does.
const LOOK: &str = "
const leave = value => { const pre = document.createElement('pre'); pre.id = 'found'; pre.textContent = JSON.stringify(value); document.body.append(pre); };
setTimeout(() => {
  const colours = [...document.querySelectorAll('canvas')].map(c => {
    const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, all = new Set();
    for (let i = 0; i < d.length; i += 4) all.add(d[i] + ',' + d[i + 1] + ',' + d[i + 2] + ',' + d[i + 3]);
    return all.size;
  });
  const stills = [...document.querySelectorAll('.still')].map(s => getComputedStyle(s).display);
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  leave({ colours, stills, wide });
}, 500);";

#[test]
fn a_browser_draws_the_report_prints_it_and_complains_of_nothing() {
    let Some(browser) = Browser::find() else { return };
    let (_sandbox, page) = report();

    let (dom, console) = browser.open("report.html", &page, &["--dump-dom"]);
    assert_eq!(console, Vec::<String>::new());
    assert_eq!(dom.matches("class=\"uplot").count(), 4, "the charts are not there");
    assert!(dom.contains("class=\"verdict ") && dom.contains("<canvas"));

    // The console is heard: a script that the policy does not name is refused, and says so.
    let strange = page.replacen("</body>", "<script>document.title = 'strange'</script></body>", 1);
    let (dom, console) = browser.open("strange.html", &strange, &["--dump-dom"]);
    assert!(console.iter().any(|line| line.contains("Content Security Policy")), "{console:?}");
    assert!(!dom.contains("<title>strange"));

    let (dom, _) =
        browser.open("look.html", &probed(&page, &[LOOK]), &["--dump-dom", "--window-size=1100,900"]);
    let seen = found(&dom);
    let colours = seen["colours"].as_array().unwrap();
    assert!(colours.len() == 4 && colours.iter().all(|c| c.as_u64().unwrap() > 10), "{seen}");
    assert!(seen["stills"].as_array().unwrap().iter().all(|s| s == "none"), "{seen}");
    assert_eq!(seen["wide"], 0, "the page is wider than the window");

    let (dom, _) =
        browser.open("narrow.html", &probed(&page, &[LOOK]), &["--dump-dom", "--window-size=500,900"]);
    assert_eq!(found(&dom)["wide"], 0, "the page is wider than a narrow window");

    let (_, console) =
        browser.open("shot.html", &page, &["--screenshot=shot.png", "--window-size=1000,1180"]);
    assert_eq!(console, Vec::<String>::new());
    let size = fs::metadata(browser.file("shot.png")).unwrap().len();
    assert!(size > 40_000, "an empty picture has {size} bytes");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::copy(browser.file("shot.png"), root().join("docs/images/report.png")).unwrap();
    }

    browser.open("print.html", &page, &["--print-to-pdf=report.pdf", "--no-pdf-header-footer"]);
    printed(&browser.file("report.pdf"));
}

/// What is on paper can be read: the text, where `pdftotext` is there, else that there are pages.
fn printed(pdf: &Path) {
    let bytes = fs::read(pdf).unwrap();
    let pages = bytes.windows(11).filter(|w| w == b"/Type /Page").count();
    assert!(pages > 2, "{pages} pages");
    let Ok(output) =
        Command::new("pdftotext").args(["-layout".as_ref(), pdf.as_os_str(), "-".as_ref()]).output()
    else {
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    for word in [
        "Verdict",
        "Account",
        "best individual",
        "Monthly returns",
        "What was assumed",
        "galapagos backtest",
        "Drawdown",
    ] {
        assert!(text.contains(word), "{word} is not on paper:\n{text}");
    }
}

#[test]
fn people_who_see_hear_or_type_otherwise_can_use_the_report() {
    let Some(browser) = Browser::find() else { return };
    let Some(axe) = &browser.axe else { return };
    let (_sandbox, page) = report();
    let dark = page.replace("(prefers-color-scheme: dark)", "all");
    assert_ne!(page, dark);
    for (name, page) in [("light.html", &page), ("dark.html", &dark)] {
        let (dom, _) =
            browser.open(name, &probed(page, &[axe, AXE]), &["--dump-dom", "--window-size=1100,900"]);
        let seen = found(&dom);
        let violations = seen["violations"].as_array().unwrap();
        let grave: Vec<&Value> =
            violations.iter().filter(|v| v["impact"] == "serious" || v["impact"] == "critical").collect();
        assert!(grave.is_empty(), "{name}: {grave:#?}");
        assert!(seen["passes"].as_u64().unwrap() > 10, "{seen}");
    }
}
