//! `cargo xtask gen`: rewrites the checked-in files that code makes.
//!
//! The tests that compare them also write them, when `UPDATE_GOLDEN=1` says so:
//! one reader of the code, and no second generator that could differ.

#[cfg(test)]
mod ports;

use crate::{Outcome, place, say};

/// A generated file, and the test that owns it.
struct Generated {
    file: &'static str,
    krate: &'static str,
    test: &'static str,
}

const GENERATED: &[Generated] = &[
    Generated {
        file: "docs/openapi.json",
        krate: "roles",
        test: "the_description_that_is_checked_in_is_true",
    },
    Generated { file: "docs/voyage.svg", krate: "site", test: "the_chart_of_the_voyage_is_true" },
    Generated {
        file: "docs/site-file.schema.json",
        krate: "site",
        test: "the_schema_of_the_site_file_is_true",
    },
    Generated { file: "docs/ports*.md", krate: "xtask", test: "the_pages_about_ports_are_true" },
];

pub(crate) fn run() -> Outcome {
    for made in GENERATED {
        say::line(&format!("{}: made by a test of the crate {}", made.file, made.krate));
        let mut cargo = place::cargo();
        cargo.args(["test", "--package", made.krate, made.test]).env("UPDATE_GOLDEN", "1");
        let said = place::output_of(&mut cargo)?;
        // A test that was renamed runs nowhere, and that is a success to cargo.
        if !said.contains("test result: ok. 1 passed") {
            return Err(format!("{} has no test `{}` any more", made.krate, made.test).into());
        }
    }
    Ok(())
}
