//! The README's session, replayed: every line after `$ ` in its `console`
//! blocks is run in a sandbox, in order, and what it prints must be what the
//! README shows, but for times, ids, sizes and the machine's own name.

use crate::Test;
use crate::estate::hello;
use crate::sandbox::{Running, Sandbox, repository};

pub(crate) const TESTS: &[Test] = &[("readme::the_session_is_true", session)];

fn session() {
    let text = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let steps = steps(&text);
    assert!(steps.len() >= 6, "the README shows a session");
    let machine = Sandbox::new();
    machine.shell("dpkg --remove hello; hostname keel").ok();
    machine.shell(&format!("cp {} /root/", hello())).ok();
    let mut running: Option<Running> = None;
    for step in &steps {
        // The first command goes by cargo for a reader; here it is built already.
        let command = step.command.replace("cargo run --release --", "portolan");
        let said = if command.ends_with(" up") {
            let up = running.insert(machine.start_shell(&format!("cd /root; exec {command}")));
            up.wait_for("ready");
            // What it shows ends with the advice below that line.
            up.wait_for("Ctrl-C");
            up.said
                .iter()
                .filter(|line| !line.contains(" INFO "))
                .cloned()
                .collect::<Vec<_>>()
                .join("\n")
        } else {
            let said = machine.shell(&format!("cd /root; {command}"));
            format!("{}{}", said.out, said.err)
        };
        assert_eq!(masked(&said), masked(&step.shown), "the README's `{}`", step.command);
    }
}

struct Step {
    command: String,
    shown: String,
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside && let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), shown: String::new() });
        } else if inside && let Some(step) = steps.last_mut() {
            step.shown.push_str(line);
            step.shown.push('\n');
        }
    }
    steps
}

/// What differs from run to run, replaced; and runs of spaces, because tables
/// are as wide as what stands in them.
fn masked(text: &str) -> String {
    let words = text.lines().map(|line| {
        let words: Vec<String> = line.split_whitespace().map(mask).collect();
        words.join(" ")
    });
    words.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn mask(word: &str) -> String {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let hex = bare.len() >= 16 && bare.chars().all(|c| c.is_ascii_hexdigit());
    let number = bare.chars().any(|c| c.is_ascii_digit())
        && bare.chars().all(|c| "0123456789.:-/TZ".contains(c));
    if hex || bare.starts_with("sha256:") || bare.starts_with("ptk_") {
        word.replace(bare, "ID")
    } else if number {
        word.replace(bare, "N")
    } else if ["s", "min", "h", "days", "B", "KiB", "MiB", "GiB", "TiB"].contains(&bare) {
        word.replace(bare, "UNIT")
    } else {
        word.to_owned()
    }
}
