//! What rules cost: those of every machine's firewall and of the border, for the
//! largest estates that the plan's own bench has, with one central site, 25
//! primaries, 250 secondaries, 2,000 distribution points and 5,000 client networks.
//!
//! Timed is one thread by its CPU time: the look through the plan that comes first,
//! then the rules, then their text in three dialects. Each figure is the median of its
//! rounds. Bytes are those that a set of rules holds when it is done.
//!
//! `cargo bench -p rules --bench rules` (`-- 5` for five rounds instead of three).
//! Without `--bench`, as under `cargo test`, it only shows that it runs. How this
//! compares with Aerleon, and what the kernel makes of it, is for those who may start
//! programs: `cargo bench -p site --bench rules`.

#![allow(clippy::panic, clippy::expect_used, reason = "there is nothing to measure then")]

#[path = "../../../plan/benches/grow/file.rs"]
mod file;
mod measure;
mod table;

use std::io::Write as _;

use file::{Kind, WHOLE};
use measure::Estate;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let rounds = arguments.iter().find_map(|one| one.parse().ok()).unwrap_or(3);
    let measured = arguments.iter().any(|one| one == "--bench");
    for kind in [Kind::Hierarchy, Kind::OneSite] {
        let (parts, rounds) = if measured { (WHOLE, rounds) } else { (1, 1) };
        let estate = Estate::new(kind, parts);
        let figures = estate.measure(rounds);
        say(&format!("\n{}\n\n{}", kind.name(), table::figures(&estate, &figures)));
    }
}

fn say(text: &str) {
    writeln!(std::io::stdout(), "{text}").expect("stdout");
}
