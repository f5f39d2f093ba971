//! `cargo xtask tidy`: the laws of the house.
//!
//! A law is a row: its name, its reason, the way out, and a function that lists
//! the breaches. Each is tested on a bad sample, because a law that cannot fail
//! is not one. Source is read as Rust's own tokens (`syn`), not with patterns
//! over text: comments, strings and macros would fool those.

mod arrows;
mod doors;
mod house;
pub(crate) mod packages;
mod ports;
mod shape;
mod source;
mod words;

use std::time::Instant;

use crate::{Outcome, say};
use house::House;

/// A place where a law is broken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Breach {
    /// `file:line`, or the manifest of a crate.
    pub at: String,
    pub what: String,
}

/// One law of the house.
pub(crate) struct Law {
    pub name: &'static str,
    pub reason: &'static str,
    pub way_out: &'static str,
    pub check: fn(&House) -> Vec<Breach>,
}

/// In the order in which a newcomer should learn them.
const LAWS: &[&[Law]] =
    &[arrows::LAWS, packages::LAWS, doors::LAWS, ports::LAWS, shape::LAWS, words::LAWS];

pub(crate) fn run() -> Outcome {
    let start = Instant::now();
    let house = House::read(&crate::place::root())?;
    for note in shape::notes(&house).into_iter().chain(packages::notes(&house)) {
        say::line(&format!("note: {note}"));
    }
    let mut broken = 0;
    let mut laws = 0;
    for law in LAWS.iter().copied().flatten() {
        laws += 1;
        let mut breaches = (law.check)(&house);
        breaches.sort();
        breaches.dedup();
        for breach in &breaches {
            say::problem(&format!("{}: {} [{}]", breach.at, breach.what, law.name));
        }
        if !breaches.is_empty() {
            broken += breaches.len();
            say::problem(&format!("  why: {}\n  way out: {}", law.reason, law.way_out));
        }
    }
    if broken > 0 {
        return Err(format!("{broken} breaches of the laws of the house").into());
    }
    say::line(&format!(
        "tidy: {laws} laws hold over {} files ({:.1} s)",
        house.sources.len(),
        start.elapsed().as_secs_f32()
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_law_stands_in_contributing_and_has_words_of_its_own() {
        let text = include_str!("../../CONTRIBUTING.md");
        let mut names = std::collections::BTreeSet::new();
        for law in LAWS.iter().copied().flatten() {
            assert!(text.contains(&format!("`{}`", law.name)), "{} is not explained", law.name);
            assert!(names.insert(law.name), "{} twice", law.name);
            assert!(law.reason.len() > 20 && law.way_out.len() > 10, "{}", law.name);
        }
    }
}
