//! What a command on this machine may ask the running agent, and what it is
//! told: one word, one JSON document.

use serde::{Deserialize, Serialize};
use wire::client::Phase;

/// Assignments in one status; the answer must fit into the socket's limit.
pub const ASSIGNMENTS: usize = 100;

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Status,
    Sync,
}

impl Question {
    pub fn word(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Sync => "sync",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Status, Self::Sync].into_iter().find(|question| question.word() == word.trim())
    }
}

/// What came of `sync`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synced {
    pub ok: bool,
    /// For people.
    pub message: String,
}

/// How the agent is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub running: bool,
    pub version: String,
    /// Empty before the machine is enrolled, and so are the next two.
    pub device: String,
    pub site: String,
    pub root: String,
    /// Where the management point answered last.
    pub management_point: String,
    /// Unix milliseconds; 0 for never since the start.
    pub last_contact: i64,
    /// The last thing that went wrong on the way there; empty if nothing did.
    pub trouble: String,
    /// Numbers of the documents that the agent acts on; 0 for none.
    pub policy: u64,
    pub map: u64,
    /// Messages that are not delivered yet.
    pub spool: u64,
    /// An assignment is being worked on.
    pub busy: bool,
    /// What this agent cannot do.
    pub limits: Vec<String>,
    pub assignments: Vec<AssignmentStatus>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentStatus {
    pub name: String,
    pub deployment: u64,
    pub phase: Phase,
    pub reason: String,
}
