//! The product as its users meet it: real processes, the real package
//! database, in a machine of each test's own ([`sandbox`]). One binary, so that
//! it links once; a test that cannot run here is shown as ignored with its
//! reason, and has failed where `PORTOLAN_CI` is set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, clippy::print_stdout)]
// Tests from outside play strangers: they bound their patience by the clock.
#![allow(clippy::disallowed_methods)]

use std::process::ExitCode;

use lab::Test;

mod attack;
mod deploy;
mod estate;
mod kill;
mod plan;
mod readme;
mod refuse;
mod rules;
mod sandbox;
mod start;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("--attack", rest)) =
        words.split_first().map(|(first, rest)| (first.as_str(), rest))
    {
        return attack::main(rest);
    }
    let tests = [
        start::TESTS,
        deploy::TESTS,
        kill::TESTS,
        refuse::TESTS,
        plan::TESTS,
        rules::TESTS,
        readme::TESTS,
    ]
    .concat();
    lab::run(sandbox::obstacle().as_deref(), &tests)
}
