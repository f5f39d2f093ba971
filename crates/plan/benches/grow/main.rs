//! Whether the cost of a plan grows with its flows and with nothing else: plans of
//! two kinds of estate, each six times as it doubles, up to one central site, 25
//! primaries, 250 secondaries, 2,000 distribution points and 5,000 client networks.
//!
//! Timed is `plan()` alone, in one thread and by its CPU time, and beside it the
//! reading of the file; the steps take turns, so that what else the machine does falls
//! on all of them, and each figure is the median of its rounds. Bytes are those that the plan still holds
//! when it is done, and the most that were held until then. Last, what is asked of a
//! plan, at the smallest and at the largest: what takes 32 times as long there for 32
//! times as many flows is linear.
//!
//! `cargo bench -p plan --bench grow` (`-- 3` for three rounds instead of fifteen).
//! About a minute. Without `--bench`, as under `cargo test`, it only shows that it
//! runs.

#![allow(clippy::panic, clippy::expect_used, reason = "there is nothing to measure then")]

mod file;
mod measure;
mod table;

use std::io::Write as _;

use file::{Kind, WHOLE};
use measure::Step;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let rounds = arguments.iter().find_map(|one| one.parse().ok()).unwrap_or(15);
    let measured = arguments.iter().any(|one| one == "--bench");
    for kind in [Kind::Hierarchy, Kind::OneSite] {
        if measured {
            measure(kind, &[1, 2, 4, 8, 16, WHOLE], rounds);
        } else {
            measure(kind, &[1, 2], 1);
        }
    }
}

fn measure(kind: Kind, parts: &[usize], rounds: usize) {
    let mut steps: Vec<Step> = parts.iter().map(|parts| Step::new(kind, *parts)).collect();
    let most = parts.iter().max().copied().unwrap_or(1);
    for _ in 0..rounds {
        for (step, parts) in steps.iter_mut().zip(parts) {
            // The small ones are over at once, and the clock is not that sharp.
            step.round((most / parts).min(4));
        }
    }
    say(&format!("\n{}\n", kind.name()));
    say(&table::steps(&steps));
    say(&table::curve(&steps));
    if let [first, .., last] = steps.as_slice() {
        say(&table::verdict(first, last));
        say(&table::questions(first, last));
    }
}

fn say(text: &str) {
    writeln!(std::io::stdout(), "{text}").expect("stdout");
}
