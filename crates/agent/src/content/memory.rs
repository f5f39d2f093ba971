//! What is remembered of content across restarts: since when it has been wanted
//! in vain, because neighbours are asked only after a while; and which damage
//! has been told, because once is enough.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use wire::client::{Body, Damaged};

use crate::journal::{Fact, Journal, JournalError};

/// Damaged blocks that are remembered as told; more are told again.
const TOLD: usize = 256;

/// The memory, in the journal.
#[derive(Debug)]
pub(super) struct Memory {
    journal: Arc<Journal>,
    /// By digest; in the journal as well once a round over the places has
    /// failed.
    since: BTreeMap<String, i64>,
}

impl Memory {
    pub(super) fn recall(journal: Arc<Journal>) -> Result<Self, JournalError> {
        Ok(Self { since: recall(&journal, Fact::Wanted)?, journal })
    }

    /// Since when this content is wanted.
    pub(super) fn wanted(&mut self, digest: &str, now: i64) -> i64 {
        let since = self.since.entry(digest.to_owned()).or_insert(now);
        // A clock that was set back does not make it wait for years.
        *since = now.min(*since);
        *since
    }

    /// The content could not be had in this round.
    pub(super) fn not_had(&self) -> Result<(), JournalError> {
        keep_if_new(&self.journal, Fact::Wanted, &self.since)
    }

    /// The content is there. Damage that is told after this is other damage.
    pub(super) fn had(&mut self, digest: &str) -> Result<(), JournalError> {
        self.since.remove(digest);
        keep_if_new(&self.journal, Fact::Wanted, &self.since)?;
        let mut told: Vec<Damaged> = recall(&self.journal, Fact::Damaged)?;
        told.retain(|damaged| damaged.digest != digest);
        keep_if_new(&self.journal, Fact::Damaged, &told)
    }

    /// Forgets what nobody needs any more.
    pub(super) fn keep(&mut self, needed: &HashSet<String>) -> Result<(), JournalError> {
        self.since.retain(|digest, _| needed.contains(digest));
        keep_if_new(&self.journal, Fact::Wanted, &self.since)
    }

    /// Tells the site of a damaged block, once.
    pub(super) fn tell_damage(
        &self,
        host: &str,
        digest: &str,
        block: u64,
    ) -> Result<(), JournalError> {
        let mut told: Vec<Damaged> = recall(&self.journal, Fact::Damaged)?;
        let damaged = Damaged { host: host.to_owned(), digest: digest.to_owned(), block };
        if told.contains(&damaged) {
            return Ok(());
        }
        told.push(damaged.clone());
        told.drain(..told.len().saturating_sub(TOLD));
        // Told first: twice is better than never.
        self.journal.send(Body::Damaged(damaged), node::clock::now())?;
        keep_if_new(&self.journal, Fact::Damaged, &told)
    }
}

/// A fact that is JSON; nothing where it is not there, or of another version.
pub(super) fn recall<T: Default + serde::de::DeserializeOwned>(
    journal: &Journal,
    fact: Fact,
) -> Result<T, JournalError> {
    let json = journal.fact(fact)?.unwrap_or_default();
    Ok(serde_json::from_slice(&json).unwrap_or_default())
}

/// Keeps a fact as JSON, if it says something else than it did.
pub(super) fn keep_if_new(
    journal: &Journal,
    fact: Fact,
    value: &impl serde::Serialize,
) -> Result<(), JournalError> {
    let json = serde_json::to_vec(value).map_err(|error| JournalError::Record("fact", error))?;
    let known = journal.fact(fact)?;
    let says_nothing = known.is_none() && matches!(json.as_slice(), b"{}" | b"[]");
    if says_nothing || known.as_deref() == Some(&json) {
        return Ok(());
    }
    journal.keep(&[(fact, &json)])
}
