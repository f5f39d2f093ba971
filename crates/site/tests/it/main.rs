//! The product as its users meet it: real processes, the real package
//! database, in a machine of each test's own ([`sandbox`]). One binary, so that
//! it links once; a test that cannot run here is shown as ignored with its
//! reason, and has failed where `PORTOLAN_CI` is set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, clippy::print_stdout)]
// Tests from outside play strangers: they bound their patience by the clock.
#![allow(clippy::disallowed_methods)]

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

mod attack;
mod deploy;
mod estate;
mod kill;
mod readme;
mod refuse;
mod sandbox;
mod start;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("--attack", rest)) =
        words.split_first().map(|(first, rest)| (first.as_str(), rest))
    {
        return attack::main(rest);
    }
    let arguments = Arguments::from_args();
    let tests = [start::TESTS, deploy::TESTS, kill::TESTS, refuse::TESTS, readme::TESTS].concat();
    let trials = tests.into_iter().map(|(name, test)| trial(name, test)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A test: its name and what it does; it fails by panicking.
type Test = (&'static str, fn());

fn trial(name: &'static str, test: fn()) -> Trial {
    let obstacle = sandbox::obstacle();
    let strict = std::env::var_os("PORTOLAN_CI").is_some();
    if let Some(why) = &obstacle {
        eprintln!("skipped: {name}: {why}");
    }
    let skipped = obstacle.is_some() && !strict;
    Trial::test(name, move || match obstacle {
        Some(why) => Err(why.into()),
        None => {
            test();
            Ok(())
        }
    })
    .with_ignored_flag(skipped)
}
