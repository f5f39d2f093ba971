//! The voyage: a site on several hosts, clients on several networks, a package
//! that crosses from one to the other, and what can go wrong on its way. Every
//! machine is one of the lab's, every program the real one. A test that cannot
//! run here is shown as ignored with its reason, and has failed where
//! `PORTOLAN_CI` is set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, clippy::print_stdout)]
// Tests from outside play strangers: they bound their patience by the clock.
#![allow(clippy::disallowed_methods)]

use std::process::ExitCode;

use lab::Test;

mod away;
mod damage;
mod estate;
mod firewalls;
mod install;
mod law;
mod link;
mod microsoft;
mod mirror;
mod packages;
mod probe;
mod roll_out;
mod rules;
mod session;
mod stolen;
mod units;

fn main() -> ExitCode {
    let tests = [
        roll_out::TESTS,
        law::TESTS,
        rules::TESTS,
        microsoft::TESTS,
        away::TESTS,
        damage::TESTS,
        stolen::TESTS,
        link::TESTS,
        install::TESTS,
        units::TESTS,
        session::TESTS,
    ]
    .concat();
    lab::run(estate::obstacle().as_deref(), &tests)
}
