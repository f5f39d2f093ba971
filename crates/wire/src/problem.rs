//! What every HTTP error of the product says: a code for programs, a sentence
//! for the person, and what to do next. And how errors and foreign texts become
//! sentences, so that they look the same wherever they are read.

use serde::{Deserialize, Serialize};

/// Codes that a client acts on: the body itself is disliked, and is so again
/// if it is sent again.
pub const BODY_TOO_LARGE: &str = "body-too-large";
pub const BODY_TOO_SLOW: &str = "body-too-slow";
pub const JSON_MALFORMED: &str = "json-malformed";
pub const BATCH_TOO_LONG: &str = "batch-too-long";

/// The body of an HTTP response whose status is 4xx or 5xx.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// Stable, for programs: `token-spent`, `device-blocked`, `not-found`, …
    pub code: String,
    /// What happened, in words.
    pub message: String,
    /// What to do about it; empty where there is nothing to do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub next: String,
}

impl Problem {
    /// A problem with a next step; pass `""` where there is none.
    pub fn new(code: &str, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), next: next.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        if !self.next.is_empty() {
            write!(f, "; {}", self.next)?;
        }
        Ok(())
    }
}

/// An error and its causes in one line, without saying anything twice.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}

/// A foreign text as it may stand in a message or a log line: no control
/// characters, and of at most so many characters.
pub fn printable(text: &str, most: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Failure(&'static str, Option<Box<Self>>);

    impl std::fmt::Display for Failure {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    impl std::error::Error for Failure {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            self.1.as_deref().map(|cause| cause as _)
        }
    }

    #[test]
    fn causes_are_said_once_and_foreign_texts_are_tamed() {
        let disk = Failure("no space", None);
        let same = Failure("cannot write: no space", Some(Box::new(disk)));
        let whole = Failure("not saved", Some(Box::new(same)));
        assert_eq!(chain(&whole), "not saved: cannot write: no space");
        assert_eq!(printable("a\nb\u{1b}[1mcd", 7), "a b [1m");
    }
}
