//! Why a document is not believed, in words for the person who has to find out.

use crate::Fingerprint;
use crate::envelope::Kind;

/// Why a document was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this {what} has {found} bytes, and {limit} are allowed")]
    TooLarge { what: &'static str, limit: usize, found: usize },
    #[error("{found} {what}, and {limit} are allowed")]
    TooMany { what: &'static str, limit: usize, found: usize },
    #[error("malformed {what}: {problem}")]
    Malformed {
        what: &'static str,
        /// Where in it, in bytes; `None` where something is missing at the end.
        at: Option<usize>,
        problem: String,
    },
    #[error(
        "this {what} is of version {found}, and this program reads version {known}; update the program"
    )]
    NewerVersion { what: &'static str, found: u16, known: u16 },
    #[error(
        "a document of a kind that this program does not know (number {number}); update the program"
    )]
    UnknownKind { number: u16 },
    #[error("expected a {expected} and found a {found}")]
    Kind { expected: Kind, found: Kind },
    #[error("signed under root {found}, and this site's root is {expected}")]
    WrongRoot { expected: Fingerprint, found: Fingerprint },
    #[error("signed by a key that the site's root has not allowed to sign a {kind}")]
    NotDelegated { kind: Kind },
    #[error("the signature of the {what} does not match its bytes")]
    Signature { what: Kind },
    #[error("a {kind} for site {found:?}, and this is site {expected:?}")]
    Site { kind: Kind, expected: String, found: String },
    #[error("a {kind} for host {found:?}, and this is host {expected:?}")]
    Host { kind: Kind, expected: String, found: String },
    #[error(
        "a {kind} with number {number}, older than number {highest}, which was accepted before"
    )]
    Older { kind: Kind, number: u64, highest: u64 },
    #[error("a {kind} that expired {} ago; if that cannot be, look at this machine's clock", duration(*now, *expires))]
    Expired {
        kind: Kind,
        /// Unix milliseconds.
        expires: i64,
        /// Unix milliseconds.
        now: i64,
    },
    #[error(
        "the {kind} says something that must not be overlooked (key {key}), and this program does not know it; update the program"
    )]
    Critical { kind: Kind, key: u32 },
}

impl Refusal {
    pub(crate) fn malformed(what: &'static str, source: &minicbor::decode::Error) -> Self {
        Self::Malformed { what, at: source.position(), problem: source.to_string() }
    }

    /// For another site; what a stranger wrote is cut short for the message.
    pub(crate) fn site(kind: Kind, expected: &str, found: &str) -> Self {
        Self::Site { kind, expected: expected.to_owned(), found: found.chars().take(16).collect() }
    }

    /// For another host of the site.
    pub(crate) fn host(kind: Kind, expected: &str, found: &str) -> Self {
        Self::Host { kind, expected: expected.to_owned(), found: found.chars().take(64).collect() }
    }
}

/// A length of time for a person: the largest unit that says something.
fn duration(later: i64, earlier: i64) -> String {
    let seconds = later.saturating_sub(earlier).max(0) / 1000;
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
