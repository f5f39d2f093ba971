//! Damage: which block of which host's copy a device found to be wrong. Each
//! raises the copy's doubt, and the host looks at all of the copy again. That
//! costs the host much and the device nothing, so one device raises the doubt
//! of one copy at most once in [`PAUSE`].

use crate::change::Topic;
use crate::message::Origin;
use crate::statement::{Call, statements};
use crate::{Store, StoreError};

/// Milliseconds.
const PAUSE: i64 = 60 * 60 * 1000;
/// Bytes of a block, as content is divided everywhere.
const BLOCK: i64 = 1024 * 1024;

statements! {
    // A block that the content does not have was not found in it.
    DOUBT = "INSERT INTO doubt (host, digest, count)
        SELECT $1, content.digest, 1 FROM content
        WHERE content.digest = $2 AND $3 < (content.size + $6 - 1) / $6
            AND NOT EXISTS (SELECT 1 FROM damage WHERE damage.host = $1
                AND damage.digest = $2 AND damage.device = $4 AND damage.at > $5)
        ON CONFLICT (host, digest) DO UPDATE SET count = doubt.count + 1";
    INSERT = "INSERT INTO damage (host, digest, block, device, at)
        SELECT $1, content.digest, $3, $4, $5 FROM content
        WHERE content.digest = $2 AND $3 < (content.size + $6 - 1) / $6
        ON CONFLICT (host, digest, block, device) DO UPDATE SET at = excluded.at";
    DOUBT_ALSO = "INSERT INTO doubt (host, digest, count)
        SELECT $1, content.digest, 1 FROM content WHERE content.digest = $2
        ON CONFLICT (host, digest) DO UPDATE SET count = doubt.count + 1";
    COUNT = "SELECT COALESCE(MAX(count), 0) FROM doubt WHERE host = $1 AND digest = $2";
    FORGET = "DELETE FROM damage WHERE host = $1";
    TRUST_AGAIN = "DELETE FROM doubt WHERE host = $1";
    PRUNE = "DELETE FROM damage WHERE at < $1";
}

/// What a device found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// A host of the site, by its key in the site file.
    pub host: String,
    pub digest: String,
    /// From 0.
    pub block: u64,
}

/// The effects of a report of damage. Of content that the site does not know,
/// or a block that it does not have, there are none.
pub(crate) fn report(origin: &Origin<'_>, damage: &Damage) -> [Call; 2] {
    let values = |at: i64| {
        [
            (&damage.host).into(),
            (&damage.digest).into(),
            damage.block.into(),
            origin.device.into(),
            at.into(),
            BLOCK.into(),
        ]
    };
    [
        DOUBT.with(values(origin.received.saturating_sub(PAUSE))),
        INSERT.with(values(origin.received)),
    ]
}

impl Store {
    /// Raises the doubt of a copy, because a host that takes from it says so. How
    /// often is for the caller to bound.
    pub async fn doubt(&self, host: &str, digest: &str) -> Result<(), StoreError> {
        let calls = vec![DOUBT_ALSO.with([host.into(), digest.into()])];
        self.change(&[Topic::Orders], calls).await.map(drop)
    }

    /// How often somebody found a host's copy damaged.
    pub async fn doubt_of(&self, host: &str, digest: &str) -> Result<u64, StoreError> {
        self.one(&COUNT, [host.into(), digest.into()], |row| row.count()).await
    }

    /// Forgets who found what damaged before a time; says how many reports.
    /// The doubts stay: they are numbers that only rise.
    pub async fn prune_damage(&self, before: i64) -> Result<u64, StoreError> {
        Ok(self.execute(PRUNE.with([before.into()])).await?.affected)
    }
}
