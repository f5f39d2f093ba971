//! Where content is: what each host is to hold, and what it says it holds. A
//! host's word replaces its earlier word; of what the site does not know (any
//! more) nothing is kept.

use std::collections::BTreeMap;

use crate::statement::statements;
use crate::value::Row;
use crate::{Store, StoreError};

statements! {
    /// What applications need is what distribution points hold.
    WANTED = "SELECT content.digest, content.size, content.name, COALESCE(doubt.count, 0)
        FROM content LEFT JOIN doubt ON doubt.digest = content.digest AND doubt.host = $1
        WHERE content.complete = 1
            AND EXISTS (SELECT 1 FROM app_content WHERE app_content.digest = content.digest)
        ORDER BY content.digest";
    ORDERED = "SELECT COUNT(*) FROM content WHERE content.digest = $1 AND content.complete = 1
        AND EXISTS (SELECT 1 FROM app_content WHERE app_content.digest = content.digest)";
    PUT = "INSERT INTO held (host, digest, have, complete, looked, repaired, trouble, at)
        SELECT $1, content.digest, $3, $4, $5, $6, $7, $8 FROM content WHERE content.digest = $2
        ON CONFLICT (host, digest) DO UPDATE SET have = excluded.have,
            complete = excluded.complete, looked = excluded.looked,
            repaired = excluded.repaired, trouble = excluded.trouble, at = excluded.at";
    DROP = "DELETE FROM held WHERE host = $1 AND digest = $2";
    FORGET = "DELETE FROM held WHERE host = $1";
    OF_HOST = "SELECT digest, have, complete, looked, repaired, trouble
        FROM held WHERE host = $1 ORDER BY digest";
    LIST = "SELECT held.digest, held.have, held.complete, held.looked, held.repaired,
            held.trouble, held.host, held.at, COALESCE(doubt.count, 0)
        FROM held LEFT JOIN doubt ON doubt.host = held.host AND doubt.digest = held.digest
        ORDER BY held.digest, held.host";
    /// Of hosts that are not (any more) of the site; $1 is the site server's.
    PRUNE = "DELETE FROM held WHERE host <> $1 AND NOT EXISTS (
        SELECT 1 FROM host WHERE host.name = held.host AND host.removed IS NULL)";
}

/// A piece of content that a host is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub digest: String,
    /// Bytes.
    pub size: u64,
    pub name: String,
    /// How often somebody found this host's copy damaged.
    pub doubt: u64,
}

/// What a host says of a piece of content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub digest: String,
    /// Bytes that are there and verified.
    pub have: u64,
    pub complete: bool,
    /// The doubt after which it looked at all blocks.
    pub looked: u64,
    /// Blocks that were damaged and are whole again.
    pub repaired: u64,
    /// Why it does not go on; empty when it does.
    pub trouble: String,
}

/// A copy of a piece of content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    pub held: Held,
    pub host: String,
    /// When the host said so, in Unix milliseconds.
    pub at: i64,
    /// How often somebody found it damaged.
    pub doubt: u64,
}

fn wanted(row: &mut Row) -> Result<Wanted, StoreError> {
    Ok(Wanted { digest: row.text()?, size: row.count()?, name: row.text()?, doubt: row.count()? })
}

fn held(row: &mut Row) -> Result<Held, StoreError> {
    Ok(Held {
        digest: row.text()?,
        have: row.count()?,
        complete: row.flag()?,
        looked: row.count()?,
        repaired: row.count()?,
        trouble: row.text()?,
    })
}

fn copy(row: &mut Row) -> Result<Copy, StoreError> {
    Ok(Copy { held: held(row)?, host: row.text()?, at: row.int()?, doubt: row.count()? })
}

impl Store {
    /// What a host with a distribution point is to hold, by digest.
    pub async fn wanted_by(&self, host: &str) -> Result<Vec<Wanted>, StoreError> {
        self.list(&WANTED, [host.into()], wanted).await
    }

    /// Whether hosts with a distribution point are to hold this content.
    pub async fn is_wanted(&self, digest: &str) -> Result<bool, StoreError> {
        Ok(self.one(&ORDERED, [digest.into()], |row| row.count()).await? > 0)
    }

    /// What a host said that it holds, by digest.
    pub async fn held_by(&self, host: &str) -> Result<Vec<Held>, StoreError> {
        self.list(&OF_HOST, [host.into()], held).await
    }

    /// Every copy that some host said it holds, by digest and host.
    pub async fn copies(&self) -> Result<Vec<Copy>, StoreError> {
        self.list(&LIST, [], copy).await
    }

    /// Takes a host's word for all that it holds. Only what differs from its
    /// last word is written.
    pub async fn report_held(
        &self,
        host: &str,
        report: &[Held],
        now: i64,
    ) -> Result<(), StoreError> {
        let before = self.held_by(host).await?;
        let mut gone: BTreeMap<_, _> = before.iter().map(|held| (&held.digest, held)).collect();
        let mut calls = Vec::new();
        for held in report {
            if gone.remove(&held.digest) != Some(held) {
                calls.push(PUT.with([
                    host.into(),
                    (&held.digest).into(),
                    held.have.into(),
                    held.complete.into(),
                    held.looked.into(),
                    held.repaired.into(),
                    (&held.trouble).into(),
                    now.into(),
                ]));
            }
        }
        calls.extend(gone.keys().map(|digest| DROP.with([host.into(), (*digest).into()])));
        if calls.is_empty() {
            return Ok(());
        }
        self.transact(calls).await.map(drop)
    }

    /// Forgets what was held by hosts that are not of the site any more; says
    /// of how many copies. `own` is the site server's own host, which joined
    /// nothing.
    pub async fn prune_held(&self, own: &str) -> Result<u64, StoreError> {
        Ok(self.execute(PRUNE.with([own.into()])).await?.affected)
    }
}
