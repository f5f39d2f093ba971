//! The project's own commands: `cargo xtask tidy | lab | gen | test | seeds | measure`.
//!
//! Written in Rust rather than in shell so that one toolchain is enough, and so
//! that the laws of the house are functions with tests of their own. It links
//! nothing of the product but the catalog: it must work while the rest is broken.

// It times its own steps, and links nothing that could hand it a clock.
#![allow(clippy::disallowed_methods)]

mod dist;
mod generate;
mod lab;
mod measure;
mod place;
mod say;
mod seeds;
mod suite;
mod tidy;

use std::error::Error;
use std::process::ExitCode;

/// What every command ends with: nothing, or words for a person.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const HELP: &str = "\
usage: cargo xtask COMMAND

  test [--keep-going] [STEP…]  prepare the lab, then check and test everything
                               (a step's name alone runs that step)
  tidy                         the laws of the house (CONTRIBUTING.md)
  lab                          download and unpack the tools that the tests need into
                               target/lab; installs nothing (a bare Debian root needs
                               root to make, and is skipped aloud without it)
  gen                          rewrite the files that are made from code (docs/openapi.json)
  seeds DIR [--check]          read the tables of the articles in DIR into xtask/seeds, or
                               compare them with what stands there
  measure [--idle-minutes N] [--build] [--suite]
                               sizes, packages, and what an idle agent costs, beside
                               their goals; a clean build and the suite when asked to
  dist [--version V] [--binaries FOLDER] [--output FOLDER]
                               both programs as Debian packages, in target/dist; of a
                               release build, or of programs that were built already";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["tidy"] => tidy::run(),
        ["lab"] => lab::prepare().map(drop),
        ["gen"] => generate::run(),
        ["test", "--help" | "-h"] => {
            say::line(&suite::help());
            Ok(())
        }
        ["test", rest @ ..] => suite::run(rest),
        ["seeds", dir] => seeds::run(dir, false),
        ["seeds", dir, "--check"] => seeds::run(dir, true),
        ["measure", rest @ ..] => match measure::Wish::parse(rest) {
            Some(wish) => measure::run(&wish),
            None => return misused(),
        },
        ["dist", rest @ ..] => match dist::Wish::parse(rest) {
            Some(wish) => dist::run(&wish),
            None => return misused(),
        },
        ["--help" | "-h" | "help"] => {
            say::line(HELP);
            Ok(())
        }
        _ => return misused(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::problem(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn misused() -> ExitCode {
    say::problem(HELP);
    ExitCode::from(2)
}
