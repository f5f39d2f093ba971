//! `cargo xtask measure`: what the product costs, beside what it may cost.
//!
//! One table, in Markdown, for the README. What a figure is taken from is what
//! users get: release builds, each program built by itself so that neither
//! carries features that only the other asks for. The idle agent is measured
//! by a bench of the crate `site`, which borrows the sandbox of the end-to-end
//! tests; messages per second and random kills are benches of their own
//! (`cargo bench -p store`, `cargo bench -p site --bench kill`).

use std::time::{Duration, Instant};

use crate::tidy::packages::{Built, Packages};
use crate::{Outcome, place, say, suite};

/// What is to be measured.
#[derive(Debug, PartialEq)]
pub(crate) struct Wish {
    idle_minutes: u32,
    build: bool,
    suite: bool,
}

impl Wish {
    /// Nothing where the words are not understood.
    pub(crate) fn parse(words: &[&str]) -> Option<Self> {
        let mut wish = Self { idle_minutes: 10, build: false, suite: false };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--build" => wish.build = true,
                "--suite" => wish.suite = true,
                "--idle-minutes" => wish.idle_minutes = words.next()?.parse().ok()?,
                _ => return None,
            }
        }
        Some(wish)
    }
}

/// One line of the table.
struct Figure {
    what: String,
    /// As it is shown; the reason where nothing was measured.
    reached: String,
    goal: String,
    missed: bool,
}

impl Figure {
    /// A figure with an upper limit, both in the same unit.
    fn limited(what: &str, reached: f64, limit: f64, unit: &str) -> Self {
        Self {
            what: what.to_owned(),
            reached: number(reached, unit),
            goal: format!("≤ {limit} {unit}"),
            missed: reached > limit,
        }
    }

    /// A figure without a goal.
    fn plain(what: &str, reached: String) -> Self {
        Self { what: what.to_owned(), reached, goal: String::new(), missed: false }
    }
}

fn number(value: f64, unit: &str) -> String {
    format!("{value:.1} {unit}")
}

/// Measures, and prints the table.
///
/// # Errors
/// Where something cannot be built or run, or misses its goal.
pub(crate) fn run(wish: &Wish) -> Outcome {
    let mut figures = Vec::new();
    // What needs an idle machine least comes last.
    if wish.build {
        let minutes = clean_build()?.as_secs_f64() / 60.0;
        let what = "clean release build of `portolan`";
        figures.push(Figure::plain(what, number(minutes, "minutes")));
    }
    figures.extend(sizes()?);
    for Built { program, packages, goal } in Packages::read(&place::root())?.built() {
        figures.push(Figure {
            what: format!("packages built for `{program}`"),
            reached: packages.to_string(),
            goal: format!("≤ {goal}"),
            missed: packages > goal,
        });
    }
    figures.extend(idle_agent(wish.idle_minutes)?);
    if wish.suite {
        let start = Instant::now();
        suite::run(&[])?;
        let minutes = start.elapsed().as_secs_f64() / 60.0;
        figures.push(Figure::limited("`cargo xtask test`", minutes, suite::LIMIT, "minutes"));
    }
    say::line(&table(&figures));
    let missed: Vec<&str> =
        figures.iter().filter(|figure| figure.missed).map(|figure| figure.what.as_str()).collect();
    if missed.is_empty() {
        return Ok(());
    }
    Err(format!("over the goal: {}", missed.join(", ")).into())
}

/// Builds `portolan` as README's first command does, in an empty folder.
fn clean_build() -> Outcome<Duration> {
    let folder = place::root().join("target/measure");
    remove(&folder)?;
    say::line("building `portolan` in an empty folder");
    let start = Instant::now();
    let built = build("site", &["--target-dir", "target/measure"]);
    let took = start.elapsed();
    remove(&folder)?;
    built.map(|()| took)
}

fn remove(folder: &std::path::Path) -> Outcome {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot empty {}: {error}", folder.display()).into())
        }
        _ => Ok(()),
    }
}

fn build(package: &str, more: &[&str]) -> Outcome {
    let mut cargo = place::cargo();
    cargo.args(["build", "--quiet", "--release", "--locked", "--package", package]).args(more);
    place::output_of(&mut cargo).map(drop)
}

/// Of both programs, as they are shipped: stripped, not compressed.
fn sizes() -> Outcome<[Figure; 2]> {
    say::line("building both programs");
    build("site", &[])?;
    build("agent", &[])?;
    let megabytes = |program: &str| -> Outcome<f64> {
        let path = place::release().join(program);
        let size = std::fs::metadata(&path)
            .map_err(|error| format!("cannot look at {}: {error}", path.display()))?
            .len();
        Ok(size as f64 / 1e6)
    };
    Ok([
        Figure::plain("size of `portolan`", number(megabytes("portolan")?, "MB")),
        Figure::limited("size of `portolan-agent`", megabytes("portolan-agent")?, 10.0, "MB"),
    ])
}

/// Memory and CPU time of an enrolled agent that has nothing to do.
fn idle_agent(minutes: u32) -> Outcome<Vec<Figure>> {
    say::line(&format!("letting an enrolled agent be idle for {minutes} minutes"));
    let mut cargo = place::cargo();
    cargo.args(["bench", "--quiet", "--locked", "--package", "site", "--bench", "idle", "--"]);
    idle_figures(&place::output_of(cargo.arg(minutes.to_string()))?)
}

/// Reads what the bench prints: a name and a number on each line.
fn idle_figures(said: &str) -> Outcome<Vec<Figure>> {
    if let Some(why) = said.lines().find_map(|line| line.strip_prefix("skipped: ")) {
        return Ok(vec![Figure::plain(
            "memory and CPU time of the agent",
            format!("not measured: it {why}"),
        )]);
    }
    let value = |name: &str| -> Outcome<f64> {
        let mut lines = said.lines().filter_map(|line| line.split_once(' '));
        let (_, value) = lines
            .find(|(key, _)| *key == name)
            .ok_or_else(|| format!("the bench `idle` does not say {name}"))?;
        Ok(value.parse()?)
    };
    let mebibytes = |name: &str| value(name).map(|kib| kib / 1024.0);
    let minutes = value("idle_seconds")? / 60.0;
    let share = value("cpu_ms")? / (10.0 * value("idle_seconds")?.max(1.0));
    Ok(vec![
        Figure::limited("memory of the agent (PSS)", mebibytes("pss_kib")?, 12.0, "MiB"),
        Figure::plain("— anonymous", number(mebibytes("pss_anonymous_kib")?, "MiB")),
        Figure::plain("— of files (its program, libc)", number(mebibytes("pss_file_kib")?, "MiB")),
        Figure::plain(
            &format!("CPU time of the agent in {minutes} idle minutes"),
            format!("{:.2} s ({share:.3} % of a core)", value("cpu_ms")? / 1000.0),
        ),
        Figure::plain(
            "— of programs that it ran",
            format!("{:.2} s", value("children_cpu_ms")? / 1000.0),
        ),
    ])
}

/// Markdown that is aligned for people, too.
fn table(figures: &[Figure]) -> String {
    let wide = |text: &str| text.chars().count();
    let width = figures.iter().map(|figure| wide(&figure.what)).max().unwrap_or(0);
    let reached = figures.iter().map(|figure| wide(&figure.reached)).max().unwrap_or(0);
    let goal = 14;
    let row = |what: &str, is: &str, may: &str| {
        format!("| {what:<width$} | {is:<reached$} | {may:<goal$} |")
    };
    let mut lines = vec![
        String::new(),
        row("what", "reached", "goal"),
        format!("|{}|{}|{}|", "-".repeat(width + 2), "-".repeat(reached + 2), "-".repeat(goal + 2)),
    ];
    lines.extend(figures.iter().map(|figure| {
        let missed = if figure.missed { " MISSED" } else { "" };
        row(&figure.what, &figure.reached, &format!("{}{missed}", figure.goal))
    }));
    lines.push("\nmessages per second: `cargo bench -p store`; fifty random kills: `cargo bench -p site --bench kill`".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood_wholly_or_not_at_all() {
        let wish = Wish::parse(&["--build", "--idle-minutes", "3"]);
        assert_eq!(wish, Some(Wish { idle_minutes: 3, build: true, suite: false }));
        for bad in [&["--idle-minutes"][..], &["--idle-minutes", "x"], &["build"]] {
            assert_eq!(Wish::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_missed_goal_is_said_and_a_missing_figure_is_an_error() -> Outcome {
        let said = "idle_seconds 600\ncpu_ms 120\nchildren_cpu_ms 0\n\
                    pss_kib 13312\npss_anonymous_kib 2048\npss_file_kib 11264\n";
        let figures = idle_figures(said)?;
        let table = table(&figures);
        assert!(table.contains("13.0 MiB") && table.contains("MISSED"), "{table}");
        assert!(table.contains("0.12 s (0.020 % of a core)"), "{table}");
        let without: String = said.lines().skip(1).collect();
        assert!(idle_figures(&without).is_err());
        Ok(())
    }

    #[test]
    fn a_machine_without_sandboxes_is_no_error() -> Outcome {
        let figures = idle_figures("skipped: needs root\n")?;
        assert!(table(&figures).contains("needs root"));
        Ok(())
    }
}
