//! News: how somebody who waits learns that something changed.
//!
//! A topic's version stands in the database and rises in the transaction that
//! makes the change, so that a poll always finds what a lost notification
//! would have told. A [`watch`] channel beside it wakes waiters in this
//! process at once; it may lag behind other hosts, never behind this one.

use tokio::sync::watch;

use crate::statement::{Call, Outcome, statements};
use crate::{Store, StoreError};

statements! {
    RAISE = "UPDATE version SET value = value + 1 WHERE topic = $1 RETURNING value";
    VERSION = "SELECT value FROM version WHERE topic = $1";
}

/// What there can be news about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Deployments, and where devices stand with them.
    Progress,
    /// What devices are told: devices, collections, deployments.
    Policy,
    /// What hosts are told: their plans, the content they hold, the devices
    /// they refuse.
    Orders,
}

impl Topic {
    /// In the order in which a transaction raises several of them: two that
    /// raised them in different orders would wait for each other.
    pub(crate) const ALL: [Self; 3] = [Self::Progress, Self::Policy, Self::Orders];

    fn word(self) -> &'static str {
        match self {
            Self::Progress => "progress",
            Self::Policy => "policy",
            Self::Orders => "orders",
        }
    }
}

/// The wakers of this process.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    progress: watch::Sender<u64>,
    policy: watch::Sender<u64>,
    orders: watch::Sender<u64>,
    /// Rises whenever messages arrived; counts nothing in the database.
    pub(crate) arrivals: watch::Sender<u64>,
}

impl Signals {
    fn of(&self, topic: Topic) -> &watch::Sender<u64> {
        match topic {
            Topic::Progress => &self.progress,
            Topic::Policy => &self.policy,
            Topic::Orders => &self.orders,
        }
    }

    pub(crate) fn raise(&self, topic: Topic, version: u64) {
        self.of(topic).send_if_modified(|known| {
            let newer = version > *known;
            *known = version.max(*known);
            newer
        });
    }
}

/// Steps that raise the versions of topics, for the end of a transaction: the
/// row is locked from here to the commit only.
pub(crate) fn raising(topics: &[Topic]) -> impl Iterator<Item = Call> {
    topics.iter().map(|topic| RAISE.with([topic.word().into()]).affecting(1))
}

impl Store {
    /// Wakes when deployments or states changed: the newest version of
    /// [`Topic::Progress`] that this process has seen.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.signals.of(Topic::Progress).subscribe()
    }

    /// Wakes when what devices are told may have changed: the newest version
    /// of [`Topic::Policy`] that this process has seen.
    pub fn policy_changes(&self) -> watch::Receiver<u64> {
        self.signals.of(Topic::Policy).subscribe()
    }

    /// Wakes when what hosts are told may have changed: the newest version of
    /// [`Topic::Orders`] that this process has seen.
    pub fn order_changes(&self) -> watch::Receiver<u64> {
        self.signals.of(Topic::Orders).subscribe()
    }

    /// Wakes when messages arrived through this process. The value only rises.
    pub fn arrivals(&self) -> watch::Receiver<u64> {
        self.signals.arrivals.subscribe()
    }

    /// A topic's version, from the database.
    pub async fn version(&self, topic: Topic) -> Result<u64, StoreError> {
        self.one(&VERSION, [topic.word().into()], |row| row.count()).await
    }

    /// [`Store::transact`], raising the topics' versions in the same
    /// transaction, and waking who waits for them after it. The outcomes are
    /// those of `calls`.
    pub(crate) async fn change(
        &self,
        topics: &[Topic],
        mut calls: Vec<Call>,
    ) -> Result<Vec<Outcome>, StoreError> {
        calls.extend(raising(topics));
        let mut outcomes = self.transact(calls).await?;
        self.announce(topics, &mut outcomes)?;
        Ok(outcomes)
    }

    /// Takes the outcomes of [`raising`] off the end and wakes who waits.
    pub(crate) fn announce(
        &self,
        topics: &[Topic],
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), StoreError> {
        let raised = outcomes.split_off(outcomes.len().saturating_sub(topics.len()));
        for (topic, mut outcome) in topics.iter().zip(raised) {
            if let Some(row) = outcome.rows.first_mut() {
                self.signals.raise(*topic, row.count()?);
            }
        }
        Ok(())
    }
}
