//! `cargo xtask test`: everything that must hold, one step after the other.
//!
//! The steps share one environment and one set of features (`--workspace`
//! everywhere), so that no step builds again what another has built. Budgets
//! are minutes on a machine with two cores and an empty target folder; they
//! stand in CONTRIBUTING.md too.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::lab::WINDOWS;
use crate::{Outcome, lab, place, say, tidy};

/// What the whole suite may take in a fresh clone, in minutes.
pub(crate) const LIMIT: f64 = 25.0;

/// One step of the suite.
struct Step {
    name: &'static str,
    /// Minutes that it may take in a fresh clone.
    budget: f64,
    what: &'static str,
    act: Act,
}

enum Act {
    /// Part of this program.
    Here(fn() -> Outcome),
    /// cargo, with these arguments.
    Cargo(&'static [&'static str]),
    /// The check of the agent for Windows, which needs a compiler from the lab.
    Windows,
}

const STEPS: &[Step] = &[
    Step {
        name: "lab",
        budget: 3.0,
        what: "the tools and the Debian root that the tests need, in target/lab",
        act: Act::Here(|| lab::prepare().map(drop)),
    },
    Step {
        name: "fmt",
        budget: 0.2,
        what: "formatting",
        act: Act::Cargo(&["fmt", "--all", "--check"]),
    },
    Step { name: "tidy", budget: 0.2, what: "the laws of the house", act: Act::Here(tidy::run) },
    Step {
        name: "clippy",
        budget: 5.0,
        what: "lints, over all code and tests",
        act: Act::Cargo(&[
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]),
    },
    Step {
        name: "build",
        budget: 4.0,
        what: "all programs: the end-to-end tests pack and run them",
        act: Act::Cargo(&["build", "--locked", "--workspace", "--bins"]),
    },
    Step {
        name: "unit",
        budget: 3.0,
        what: "tests inside the crates, properties included",
        act: Act::Cargo(&["test", "--locked", "--workspace", "--lib", "--bins"]),
    },
    Step {
        name: "doc",
        budget: 0.5,
        what: "examples in the documentation, and what must not compile",
        act: Act::Cargo(&["test", "--locked", "--workspace", "--doc"]),
    },
    Step {
        name: "windows",
        budget: 2.0,
        what: "the agent compiles for Windows",
        act: Act::Windows,
    },
    Step {
        name: "end-to-end",
        budget: 7.0,
        what: "whole programs against each other, on one machine and on the lab's networks",
        act: Act::Cargo(&["test", "--locked", "--workspace", "--test", "*", "--no-fail-fast"]),
    },
];

enum Verdict {
    Passed,
    Failed(String),
    Skipped(String),
}

struct Row {
    step: &'static Step,
    took: Duration,
    verdict: Verdict,
}

/// Runs the steps that are named, or all.
///
/// # Errors
/// Where a step fails, or is skipped with `PORTOLAN_CI=1`, or has no such name.
pub(crate) fn run(words: &[&str]) -> Outcome {
    let keep_going = words.contains(&"--keep-going");
    let named: Vec<&str> = words.iter().copied().filter(|word| *word != "--keep-going").collect();
    if let Some(unknown) = named.iter().find(|name| !STEPS.iter().any(|step| step.name == **name)) {
        return Err(format!("no step is called {unknown}\n{}", help()).into());
    }
    let strict = std::env::var_os("PORTOLAN_CI").is_some_and(|value| value == "1");
    let mut rows = Vec::new();
    for step in STEPS.iter().filter(|step| named.is_empty() || named.contains(&step.name)) {
        say::line(&format!("\n── {}: {}", step.name, step.what));
        let start = Instant::now();
        let verdict = match act(step) {
            Verdict::Skipped(why) if strict => {
                Verdict::Failed(format!("skipped, and PORTOLAN_CI=1 allows no skip: {why}"))
            }
            verdict => verdict,
        };
        match &verdict {
            Verdict::Passed => {}
            Verdict::Failed(why) => say::problem(&format!("step {} failed: {why}", step.name)),
            Verdict::Skipped(why) => say::problem(&format!("step {} SKIPPED: {why}", step.name)),
        }
        let failed = matches!(verdict, Verdict::Failed(_));
        rows.push(Row { step, took: start.elapsed(), verdict });
        if failed && !keep_going {
            break;
        }
    }
    say::line(&table(&rows));
    let failed: Vec<&str> = rows
        .iter()
        .filter(|row| matches!(row.verdict, Verdict::Failed(_)))
        .map(|row| row.step.name)
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!(
        "failed: {} (once more: `cargo xtask test {}`)",
        failed.join(", "),
        failed.join(" ")
    )
    .into())
}

fn act(step: &Step) -> Verdict {
    if let Some(why) = obstacle(step) {
        return Verdict::Skipped(why);
    }
    let mut command = match &step.act {
        Act::Here(act) => {
            return act().map_or_else(|e| Verdict::Failed(e.to_string()), |()| Verdict::Passed);
        }
        Act::Cargo(arguments) => {
            let mut cargo = place::cargo();
            cargo.args(*arguments);
            cargo
        }
        Act::Windows => windows(),
    };
    command.env("PORTOLAN_LAB", place::lab());
    if std::env::var_os("PORTOLAN_PG_BIN").is_none() {
        command.env("PORTOLAN_PG_BIN", place::lab().join("bin"));
    }
    match command.status() {
        Ok(status) if status.success() => Verdict::Passed,
        Ok(status) => Verdict::Failed(format!("cargo ended with {status}")),
        Err(error) => Verdict::Failed(format!("cannot run cargo: {error}")),
    }
}

/// Why a step cannot run on this machine, whatever the code is like.
fn obstacle(step: &Step) -> Option<String> {
    let missing = |programs: &[&str]| {
        let missing = programs.iter().find(|program| !place::on_path(program))?;
        Some(format!("this machine has no {missing}; Debian and its relatives have it"))
    };
    match (&step.act, step.name) {
        (_, "lab") => missing(&["apt-get", "dpkg"]),
        (Act::Windows, _) if !place::on_path("rustup") => {
            Some(format!("this machine has no rustup to fetch the target {WINDOWS}"))
        }
        (Act::Windows, _) if !gcc().is_file() => {
            Some("the lab has no C compiler for Windows: run `cargo xtask lab`".to_owned())
        }
        _ => None,
    }
}

fn gcc() -> std::path::PathBuf {
    place::lab().join("bin/x86_64-w64-mingw32-gcc")
}

/// The agent for Windows, in a target folder of its own: its locks and its
/// artefacts stay out of the way of everything else.
fn windows() -> Command {
    let bin = place::lab().join("bin");
    let mut cargo = place::cargo();
    cargo.args(["check", "--locked", "--package", "agent", "--target", WINDOWS]);
    cargo.args(["--target-dir", "target/windows"]);
    cargo.env("CC_x86_64_pc_windows_gnu", gcc());
    cargo.env("AR_x86_64_pc_windows_gnu", bin.join("x86_64-w64-mingw32-ar"));
    cargo.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", gcc());
    // aws-lc would ask for an assembler; its source brings the assembled files.
    cargo.env("AWS_LC_SYS_PREBUILT_NASM", "1");
    // rustc looks for dlltool by name.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(bin).chain(std::env::split_paths(&path));
    if let Ok(path) = std::env::join_paths(path) {
        cargo.env("PATH", path);
    }
    cargo
}

fn table(rows: &[Row]) -> String {
    let minutes = |took: Duration| took.as_secs_f64() / 60.0;
    let mut lines = vec![format!("\n{:<12} {:>8} {:>8}  result", "step", "minutes", "budget")];
    for row in rows {
        let result = match &row.verdict {
            Verdict::Passed if minutes(row.took) > row.step.budget => "passed, over its budget",
            Verdict::Passed => "passed",
            Verdict::Failed(_) => "FAILED",
            Verdict::Skipped(_) => "SKIPPED",
        };
        let (name, budget) = (row.step.name, row.step.budget);
        lines.push(format!("{name:<12} {:>8.1} {budget:>8.1}  {result}", minutes(row.took)));
    }
    let took: f64 = rows.iter().map(|row| minutes(row.took)).sum();
    let budget: f64 = rows.iter().map(|row| row.step.budget).sum();
    lines.push(format!("{:<12} {took:>8.1} {budget:>8.1}", "together"));
    lines.join("\n")
}

/// What `--help` says.
pub(crate) fn help() -> String {
    let mut lines = vec![
        "usage: cargo xtask test [--keep-going] [STEP…]".to_owned(),
        "steps, with their budget of minutes:".to_owned(),
    ];
    for step in STEPS {
        lines.push(format!("  {:<12} {:>4.1}  {}", step.name, step.budget, step.what));
    }
    lines.push("with PORTOLAN_CI=1 a step that cannot run is a failure".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budgets_fit_and_contributing_tells_the_same() {
        let text = include_str!("../../CONTRIBUTING.md");
        for step in STEPS {
            let row = format!("| `{}` | {:.1} |", step.name, step.budget);
            assert!(text.contains(&row), "CONTRIBUTING.md lacks {row}");
        }
        assert!(STEPS.iter().map(|step| step.budget).sum::<f64>() < LIMIT);
    }

    #[test]
    fn an_unknown_step_is_refused_before_anything_runs() {
        let error = run(&["nonsense"]).map_err(|error| error.to_string());
        assert!(error.is_err_and(|error| error.contains("nonsense") && error.contains("clippy")));
    }

    #[test]
    fn the_table_names_what_failed_and_what_was_slow() {
        let [first, second, ..] = STEPS else { return };
        let slow = Duration::from_secs_f64(60.0 * (first.budget + 1.0));
        let table = table(&[
            Row { step: first, took: slow, verdict: Verdict::Passed },
            Row { step: second, took: Duration::ZERO, verdict: Verdict::Failed(String::new()) },
        ]);
        assert!(table.contains("over its budget") && table.contains("FAILED"));
    }
}
