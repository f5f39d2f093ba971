//! `portolan`: the site and its administrators' tool in one program.
//!
//! It parses, does one thing, says what went wrong if anything did, and exits
//! with a code that means something ([`outcome`]).

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::outcome::Failure;

mod api;
mod certificate;
mod cli;
mod compose;
mod compose_host;
mod create;
mod deb;
mod doors;
mod folder;
mod join;
mod keys;
mod member;
mod outcome;
mod papers;
mod reload;
mod reversed;
mod serve;
mod show;
mod site_file;
mod up;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let ran = node::log::init(cli.usual_log())
        .map_err(|error| Failure::because("cannot write a log", &error))
        .and_then(|()| cli.run());
    match ran {
        Ok(exit) => exit.code(),
        Err(failure) => {
            // Nobody is left to tell when standard error is closed.
            let _closed = writeln!(std::io::stderr(), "portolan: {failure}");
            failure.code()
        }
    }
}

/// The runtime of a command that does one thing at a time.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::because("cannot start", &error))
}
