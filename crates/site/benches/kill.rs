//! The suite kills site or agent at ten random moments; this does it at fifty,
//! and says what a round takes. It fails where the machine, the site's word and
//! the store's messages differ afterwards.
//!
//! `cargo bench -p site --bench kill`, with `-- 5` for five; `PORTOLAN_SEED`
//! repeats a run. Without `--bench`, as under `cargo test`, it does nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]
#![allow(clippy::needless_pass_by_value, clippy::print_stdout)]
// It measures by the clock, like the tests that it borrows from.
#![allow(clippy::disallowed_methods)]

// The tests use more of these than we do.
#[allow(dead_code)]
#[path = "../tests/it/attack.rs"]
mod attack;
#[allow(dead_code)]
#[path = "../tests/it/estate.rs"]
mod estate;
#[allow(dead_code)]
#[path = "../tests/it/kill.rs"]
mod kill;
#[allow(dead_code)]
#[path = "../tests/it/sandbox.rs"]
mod sandbox;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

/// As in the suite, whose list of tests comes along.
type Test = (&'static str, fn());

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    // It starts itself in the machine, to look into the store.
    if let [first, rest @ ..] = words.as_slice()
        && first == "--attack"
    {
        return attack::main(rest);
    }
    if words.iter().any(|word| word == "--bench") {
        match sandbox::obstacle() {
            Some(why) => say(&format!("skipped: {why}")),
            None => measure(words.iter().find_map(|word| word.parse().ok()).unwrap_or(50)),
        }
    }
    ExitCode::SUCCESS
}

fn measure(rounds: u64) {
    let start = Instant::now();
    kill::random_moments(rounds);
    let seconds = start.elapsed().as_secs_f64();
    let each = seconds / rounds as f64;
    say(&format!("{rounds} rounds of kill -9 in {seconds:.0} s, {each:.1} s each"));
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("stdout");
}
