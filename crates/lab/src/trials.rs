//! How tests of whole programs are run: one binary, one set-up of its own for
//! each test. What cannot run here is shown as ignored with its reason, and has
//! failed where `PORTOLAN_CI` is set.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// A test: its name and what it does; it fails by panicking.
pub type Test = (&'static str, fn());

/// Runs the tests that the command line asks for. With an obstacle, none can
/// run.
#[allow(clippy::print_stderr)]
pub fn run(obstacle: Option<&str>, tests: &[Test]) -> ExitCode {
    let strict = std::env::var_os("PORTOLAN_CI").is_some();
    let trials = tests.iter().map(|(name, test)| {
        if let Some(why) = obstacle {
            eprintln!("skipped: {name}: {why}");
        }
        let (obstacle, test) = (obstacle.map(str::to_owned), *test);
        let skipped = obstacle.is_some() && !strict;
        Trial::test(*name, move || match obstacle {
            Some(why) => Err(why.into()),
            None => {
                test();
                Ok(())
            }
        })
        .with_ignored_flag(skipped)
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
