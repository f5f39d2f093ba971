//! What is wrong with a site file, and what is merely worth saying about it.
//!
//! A mistake stops: there is no plan. A finding does not. Both know where in
//! the file they were caused, so that a person need not search.

use std::fmt;
use std::ops::Range;

/// Something in the site file that cannot be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Bytes of the site file; empty and at its start where something is missing.
    pub at: Range<usize>,
    /// Lower case, no full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Mistake {
    pub(crate) fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn maybe(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// The line of `text`, the site file, where the mistake begins; from 1.
    pub fn line(&self, text: &str) -> usize {
        line_of(text, &self.at)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

/// Something that the plan's lint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    pub kind: Kind,
    /// Bytes of the site file, where it was caused by something in there.
    pub at: Option<Range<usize>>,
    pub message: String,
}

/// How much it matters. The most urgent is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something will not work.
    Warning,
    /// Good to know.
    Notice,
}

impl Severity {
    pub fn slug(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// Nobody is a client of the site.
    NoClients,
    /// A role is missing that most sites want.
    NoRole,
    /// A flow is wanted whose ends cannot reach one another.
    Unreachable,
    /// A port was set that nothing uses.
    UnusedPort,
    /// The plan does not know servers that every machine uses.
    PlatformUnknown,
    /// A role on a host of its own that this version cannot run there.
    NotServed,
    /// Clients in a boundary group find no content of their own.
    NoPlace,
    /// No client is sent to this distribution point.
    NobodyComes,
    /// Of several ways the file chose none, so the first is planned.
    Unchosen,
    /// A feature is on, and no flow comes of it.
    IdleFeature,
    /// Clients on the internet find nobody of their site.
    Stranded,
    /// Whom the edition's roles talk to, and the file does not name.
    PartyUnknown,
    /// The names of the site file and those of its lock are not the same.
    StaleLock,
}

impl Kind {
    pub const ALL: [Self; 13] = [
        Self::NoClients,
        Self::NoRole,
        Self::Unreachable,
        Self::UnusedPort,
        Self::PlatformUnknown,
        Self::NotServed,
        Self::NoPlace,
        Self::NobodyComes,
        Self::Unchosen,
        Self::IdleFeature,
        Self::Stranded,
        Self::PartyUnknown,
        Self::StaleLock,
    ];

    pub fn slug(self) -> &'static str {
        match self {
            Self::NoClients => "no-clients",
            Self::NoRole => "no-role",
            Self::Unreachable => "unreachable",
            Self::UnusedPort => "unused-port",
            Self::PlatformUnknown => "platform-unknown",
            Self::NotServed => "not-served",
            Self::NoPlace => "no-place",
            Self::NobodyComes => "nobody-comes",
            Self::Unchosen => "unchosen",
            Self::IdleFeature => "idle-feature",
            Self::Stranded => "stranded",
            Self::PartyUnknown => "party-unknown",
            Self::StaleLock => "stale-lock",
        }
    }

    /// What it says, for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoClients => "Nobody is a client of the site.",
            Self::NoRole => "A role is missing that most sites want.",
            Self::Unreachable => "A flow is wanted whose ends cannot reach one another.",
            Self::UnusedPort => "A port was set that nothing uses.",
            Self::PlatformUnknown => "The plan does not know servers that every machine uses.",
            Self::NotServed => "A role on a host of its own that this version cannot run there.",
            Self::NoPlace => "Clients in a boundary group find no content of their own.",
            Self::NobodyComes => "No client is sent to this distribution point.",
            Self::Unchosen => "Of several ways the file chose none, so the first is planned.",
            Self::IdleFeature => "A feature is on, and no flow comes of it.",
            Self::Stranded => "Clients on the internet find nobody of their site.",
            Self::PartyUnknown => "Whom the edition's roles talk to, and the file does not name.",
            Self::StaleLock => "The names of the site file and those of its lock are not the same.",
        }
    }
}

/// The line of `text` where `at` begins; from 1.
pub fn line_of(text: &str, at: &Range<usize>) -> usize {
    let before = text.as_bytes().get(..at.start).unwrap_or(text.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}
