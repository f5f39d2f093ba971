//! The agent's packages, which machines fetch by SHA-256 before they are
//! devices. The newest is the one that new machines are told to install.

use crate::statement::statements;
use crate::value::Row;
use crate::{Store, StoreError};

statements! {
    INSERT = "INSERT INTO agent_package (sha256, digest, size, version, architecture, published)
        SELECT $1, content.digest, content.size, $3, $4, $5 FROM content
        WHERE content.digest = $2 AND content.complete = 1
        ON CONFLICT (sha256) DO UPDATE SET version = excluded.version,
            architecture = excluded.architecture, published = excluded.published";
    SELECT = "SELECT sha256, digest, size, version, architecture, published
        FROM agent_package WHERE sha256 = $1";
    NEWEST = "SELECT sha256, digest, size, version, architecture, published
        FROM agent_package ORDER BY published DESC, sha256 LIMIT 1";
    PRUNE = "DELETE FROM agent_package WHERE published < $1 AND published < (
        SELECT MAX(newest.published) FROM agent_package AS newest)";
}

/// A package of the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentPackage {
    /// 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// The content that it is.
    pub digest: String,
    /// Bytes.
    pub size: u64,
    pub version: String,
    pub architecture: String,
    /// Unix milliseconds.
    pub published: i64,
}

fn package(row: &mut Row) -> Result<AgentPackage, StoreError> {
    Ok(AgentPackage {
        sha256: row.text()?,
        digest: row.text()?,
        size: row.count()?,
        version: row.text()?,
        architecture: row.text()?,
        published: row.int()?,
    })
}

impl Store {
    /// Publishes a package whose content is there completely; says whether it
    /// is. The size is the content's.
    pub async fn publish_agent_package(&self, new: &AgentPackage) -> Result<bool, StoreError> {
        let call = INSERT.with([
            (&new.sha256).into(),
            (&new.digest).into(),
            (&new.version).into(),
            (&new.architecture).into(),
            new.published.into(),
        ]);
        Ok(self.execute(call).await?.affected == 1)
    }

    /// The newest.
    pub async fn agent_package(&self) -> Result<Option<AgentPackage>, StoreError> {
        self.first(&NEWEST, [], package).await
    }

    /// By its SHA-256.
    pub async fn agent_package_with(
        &self,
        sha256: &str,
    ) -> Result<Option<AgentPackage>, StoreError> {
        self.first(&SELECT, [sha256.into()], package).await
    }

    /// Forgets packages that were published before a time, but never the
    /// newest; says how many.
    pub async fn prune_agent_packages(&self, before: i64) -> Result<u64, StoreError> {
        Ok(self.execute(PRUNE.with([before.into()])).await?.affected)
    }
}
