//! `cargo xtask gen`: rewrites the checked-in files that code makes.
//!
//! The tests that compare them also write them, when `UPDATE_GOLDEN=1` says so:
//! one reader of the code, and no second generator that could differ.

use crate::{Outcome, place, say};

/// A generated file, and the test that owns it.
struct Generated {
    file: &'static str,
    krate: &'static str,
    test: &'static str,
}

const GENERATED: &[Generated] =
    &[Generated { file: "docs/openapi.json", krate: "roles", test: "openapi" }];

pub(crate) fn run() -> Outcome {
    for made in GENERATED {
        say::line(&format!("{}: made by the tests `{}` of {}", made.file, made.test, made.krate));
        let status = place::cargo()
            .args(["test", "--quiet", "--package", made.krate, "--", made.test])
            .env("UPDATE_GOLDEN", "1")
            .status()?;
        if !status.success() {
            return Err(format!("{} was not made: see above", made.file).into());
        }
    }
    Ok(())
}
