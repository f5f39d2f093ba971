//! The lab against itself: that it is quick, that nothing is left of it, that
//! each fault really happens, and that no frame escapes its capture. A test that
//! cannot run here is shown as ignored with its reason, and has failed where
//! `PORTOLAN_CI` is set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, clippy::print_stdout)]
// Tests from outside play strangers: they bound their patience by the clock.
#![allow(clippy::disallowed_methods)]

use std::process::ExitCode;

use lab::Test;

mod broken;
mod caught;
mod life;
mod talk;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(life::VICTIM) {
        return life::victim();
    }
    let tests = [life::TESTS, broken::TESTS, caught::TESTS].concat();
    lab::run(lab::obstacle().as_deref(), &tests)
}
