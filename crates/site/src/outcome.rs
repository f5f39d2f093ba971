//! How a command ends: an exit code that means something, and for a failure
//! what happened and what to do next. Every error of the program's inside is
//! turned into a [`Failure`] where a command calls it, and printed once, in
//! `main`.

use std::process::ExitCode;

use wire::problem::Problem;

/// The end of a command that did what it was asked.
#[derive(Debug)]
pub(crate) enum Exit {
    Done,
    /// `deployment watch` saw the end, and a device failed.
    DeviceFailed,
    /// The site file's mistakes were what there was to show.
    Mistaken,
    /// `plan diff`, or `plan resolve --check`, found a difference.
    Differs,
    /// What the embedded agent answered.
    Of(ExitCode),
}

impl Exit {
    pub(crate) fn code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::DeviceFailed => ExitCode::from(6),
            Self::Mistaken => ExitCode::from(Kind::SiteFile as u8),
            Self::Differs => ExitCode::from(7),
            Self::Of(code) => code,
        }
    }
}

/// The kinds of failure that a script may want to tell apart; each is an exit
/// code of its own. (2 is wrong usage, and mostly clap's.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Failed = 1,
    Usage = 2,
    Unreachable = 3,
    Refused = 4,
    SiteFile = 5,
}

/// What went wrong, in words.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
    next: String,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, message: message.into(), next: String::new() }
    }

    pub(crate) fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    pub(crate) fn is(&self, kind: Kind) -> bool {
        self.kind == kind
    }

    /// What to do about it.
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = next.into();
        self
    }

    /// An error with all its causes, after the words for what was tried.
    pub(crate) fn because(tried: impl Into<String>, error: &dyn std::error::Error) -> Self {
        Self::new(format!("{}: {}", tried.into(), wire::problem::chain(error)))
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }
}

impl From<Problem> for Failure {
    /// What the site said when it refused.
    fn from(problem: Problem) -> Self {
        Self::new(problem.message).next(problem.next).kind(Kind::Refused)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        if !self.next.is_empty() {
            write!(f, "\nnext: {}", self.next)?;
        }
        Ok(())
    }
}
