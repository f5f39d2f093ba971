//! The voyage: a site on several hosts, clients on several networks, a package
//! that crosses from one to the other, and what can go wrong on its way. Every
//! machine is one of the lab's, every program the real one. A test that cannot
//! run here is shown as ignored with its reason, and has failed where
//! `PORTOLAN_CI` is set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, clippy::print_stdout)]
// Tests from outside play strangers: they bound their patience by the clock.
#![allow(clippy::disallowed_methods)]

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

mod away;
mod damage;
mod estate;
mod install;
mod law;
mod link;
mod mirror;
mod packages;
mod roll_out;
mod session;
mod stolen;
mod units;

fn main() -> ExitCode {
    let tests = [
        roll_out::TESTS,
        law::TESTS,
        away::TESTS,
        damage::TESTS,
        stolen::TESTS,
        link::TESTS,
        install::TESTS,
        units::TESTS,
        session::TESTS,
    ]
    .concat();
    let trials = tests.into_iter().map(|(name, test)| trial(name, test)).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A test: its name and what it does; it fails by panicking.
type Test = (&'static str, fn());

fn trial(name: &'static str, test: fn()) -> Trial {
    let obstacle = estate::obstacle();
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
