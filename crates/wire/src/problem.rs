//! What every HTTP error of the product says: a code for programs, a sentence
//! for the person, and what to do next.

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
