//! Invitations of hosts: each lets one host join, once, until it expires. Only
//! the token's hash is kept, so that a copy of the database lets nobody in. A
//! host has at most one that is open: another makes the earlier one void.
//! Spending stands in `host.rs`, because it happens together with the joining.

use crate::statement::statements;
use crate::value::Row;
use crate::{Store, StoreError};

statements! {
    /// Nothing where the host has joined.
    INSERT = "INSERT INTO invitation (hash, host, created, expires)
        SELECT $1, $2, $3, $4
        WHERE NOT EXISTS (SELECT 1 FROM host WHERE host.name = $2 AND host.removed IS NULL)";
    WITHDRAW = "DELETE FROM invitation WHERE host = $1 AND spent IS NULL";
    SPEND = "UPDATE invitation SET spent = $2
        WHERE hash = $1 AND spent IS NULL AND expires > $2";
    SELECT = "SELECT host, created, expires, spent FROM invitation WHERE hash = $1";
    OPEN = "SELECT host, created, expires, spent FROM invitation
        WHERE spent IS NULL AND expires > $1 ORDER BY host";
    PRUNE = "DELETE FROM invitation WHERE hash IN (
        SELECT hash FROM invitation WHERE expires < $1 ORDER BY expires LIMIT $2)";
}

/// An invitation, without what is secret about it. Times are Unix
/// milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub host: String,
    pub created: i64,
    pub expires: i64,
    pub spent: Option<i64>,
}

/// Why a host was not invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    #[error("{host} has joined already; remove it first to let another machine take its place")]
    Joined { host: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn invitation(row: &mut Row) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        host: row.text()?,
        created: row.int()?,
        expires: row.int()?,
        spent: row.int_or_null()?,
    })
}

impl Store {
    /// Keeps a new invitation's hash; an earlier one of this host is void.
    pub async fn invite_host(
        &self,
        host: &str,
        hash: &[u8; 32],
        now: i64,
        expires: i64,
    ) -> Result<(), InviteError> {
        let insert = INSERT.with([hash.as_slice().into(), host.into(), now.into(), expires.into()]);
        let calls = vec![WITHDRAW.with([host.into()]), insert.affecting(1)];
        match self.transact(calls).await {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict { .. }) => Err(InviteError::Joined { host: host.into() }),
            Err(error) => Err(error.into()),
        }
    }

    /// By the hash of its token.
    pub async fn invitation(&self, hash: &[u8; 32]) -> Result<Option<Invitation>, StoreError> {
        self.first(&SELECT, [hash.as_slice().into()], invitation).await
    }

    /// Those that still let somebody in, by host.
    pub async fn open_invitations(&self, now: i64) -> Result<Vec<Invitation>, StoreError> {
        self.list(&OPEN, [now.into()], invitation).await
    }

    /// Forgets at most `limit` invitations that expired before a time; says
    /// how many. They could let nobody in any more; only the words of a
    /// refusal change, from *expired* to *unknown*.
    pub async fn prune_invitations(
        &self,
        expired_before: i64,
        limit: u64,
    ) -> Result<u64, StoreError> {
        let call = PRUNE.with([expired_before.into(), limit.into()]);
        Ok(self.execute(call).await?.affected)
    }
}
