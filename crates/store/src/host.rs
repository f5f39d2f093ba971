//! Hosts of the site: those that joined, and those that were removed and are
//! refused until they are invited again. A host's identity is its public key;
//! its name is its key in the site file. What the site file says of it is not
//! kept here, and the site server's own host is none of these.

use crate::change::Topic;
use crate::statement::statements;
use crate::value::Row;
use crate::{Store, StoreError, damage, held, invitation};

statements! {
    JOIN = "INSERT INTO host (name, public_key, version, joined, last_seen)
        SELECT invitation.host, $2, $3, $4, $4 FROM invitation WHERE invitation.hash = $1
        ON CONFLICT (name) DO UPDATE SET public_key = excluded.public_key,
            version = excluded.version, joined = excluded.joined,
            last_seen = excluded.last_seen, removed = NULL
        RETURNING name";
    NAMED = "SELECT name, public_key, version, joined, last_seen, removed
        FROM host WHERE name = $1";
    LIST = "SELECT name, public_key, version, joined, last_seen, removed
        FROM host ORDER BY name";
    REMOVE = "UPDATE host SET removed = $2 WHERE name = $1 AND removed IS NULL";
    TOUCH = "UPDATE host SET last_seen = $2 WHERE name = $1 AND last_seen < $2";
    VERSION = "UPDATE host SET version = $2 WHERE name = $1 AND version <> $2";
}

/// A host. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its key in the site file.
    pub name: String,
    pub public_key: Vec<u8>,
    pub version: String,
    pub joined: i64,
    /// The last time that it asked for orders.
    pub last_seen: i64,
    /// Since when it is refused.
    pub removed: Option<i64>,
}

/// Why a host did not join. The words say nothing of the host: whoever asks
/// may have found the token.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    #[error(
        "the invitation is unknown, or another has taken its place; make one with portolan host invite"
    )]
    Unknown,
    #[error("the invitation was already used; make another with portolan host invite")]
    Spent {
        /// Unix milliseconds.
        when: i64,
    },
    #[error("the invitation has expired; make another with portolan host invite")]
    Expired {
        /// Unix milliseconds.
        when: i64,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn host(row: &mut Row) -> Result<Host, StoreError> {
    Ok(Host {
        name: row.text()?,
        public_key: row.blob()?,
        version: row.text()?,
        joined: row.int()?,
        last_seen: row.int()?,
        removed: row.int_or_null()?,
    })
}

impl Store {
    /// Lets the host of an invitation join with this key and spends the
    /// invitation, both or neither; gives the host's name. Who asks again with
    /// the same key, because the answer was lost on the way, gets it again.
    pub async fn join_host(
        &self,
        token_hash: &[u8; 32],
        public_key: &[u8; 32],
        version: &str,
        now: i64,
    ) -> Result<String, JoinError> {
        let hash = || token_hash.as_slice().into();
        let calls = vec![
            invitation::SPEND.with([hash(), now.into()]).affecting(1),
            JOIN.with([hash(), public_key.as_slice().into(), version.into(), now.into()])
                .affecting(1),
        ];
        match self.change(&[Topic::Orders], calls).await {
            Ok(mut outcomes) => {
                let row = outcomes.last_mut().and_then(|outcome| outcome.rows.first_mut());
                Ok(row.ok_or(StoreError::Empty { statement: JOIN.name() })?.text()?)
            }
            Err(StoreError::Conflict { .. }) => self.joined_already(token_hash, public_key).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn joined_already(
        &self,
        token_hash: &[u8; 32],
        public_key: &[u8; 32],
    ) -> Result<String, JoinError> {
        let invitation = self.invitation(token_hash).await?.ok_or(JoinError::Unknown)?;
        let Some(when) = invitation.spent else {
            return Err(JoinError::Expired { when: invitation.expires });
        };
        match self.host(&invitation.host).await? {
            Some(host) if host.removed.is_none() && host.public_key == public_key => Ok(host.name),
            _ => Err(JoinError::Spent { when }),
        }
    }

    /// By name.
    pub async fn host(&self, name: &str) -> Result<Option<Host>, StoreError> {
        self.first(&NAMED, [name.into()], host).await
    }

    /// All that ever joined, by name.
    pub async fn hosts(&self) -> Result<Vec<Host>, StoreError> {
        self.list(&LIST, [], host).await
    }

    /// Refuses a host from now on, withdraws its invitation, and forgets what
    /// it held; says whether it had joined or was invited.
    pub async fn remove_host(&self, name: &str, now: i64) -> Result<bool, StoreError> {
        let calls = vec![
            REMOVE.with([name.into(), now.into()]),
            invitation::WITHDRAW.with([name.into()]),
            held::FORGET.with([name.into()]),
            damage::FORGET.with([name.into()]),
            damage::TRUST_AGAIN.with([name.into()]),
        ];
        let outcomes = self.change(&[Topic::Orders], calls).await?;
        Ok(outcomes.iter().take(2).any(|outcome| outcome.affected > 0))
    }

    /// The host asked for orders.
    pub async fn touch_host(&self, name: &str, now: i64) -> Result<(), StoreError> {
        self.execute(TOUCH.with([name.into(), now.into()])).await.map(drop)
    }

    /// The version that the host's program says it has.
    pub async fn note_host_version(&self, name: &str, version: &str) -> Result<(), StoreError> {
        self.execute(VERSION.with([name.into(), version.into()])).await.map(drop)
    }
}
