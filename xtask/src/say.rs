//! Words for the person at the terminal.
//!
//! One door for output, so that a closed pipe (`cargo xtask test | head`) is
//! not a panic.

use std::io::Write as _;

/// A line of what is going on, or of a result.
pub(crate) fn line(text: &str) {
    writeln!(std::io::stdout(), "{text}").unwrap_or_default();
}

/// A line of what went wrong.
pub(crate) fn problem(text: &str) {
    writeln!(std::io::stderr(), "{text}").unwrap_or_default();
}
