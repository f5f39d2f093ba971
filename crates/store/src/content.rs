//! Content: what the content library holds, by digest. The bytes are there;
//! here stands what they are, and which application needs them.

use crate::statement::statements;
use crate::value::Row;
use crate::{Store, StoreError};

statements! {
    INSERT = "INSERT INTO content (digest, size, name, complete, created)
        VALUES ($1, $2, $3, 0, $4) ON CONFLICT (digest) DO NOTHING";
    COMPLETE = "UPDATE content SET complete = 1, size = $2 WHERE digest = $1";
    SELECT = "SELECT digest, size, name, complete, created FROM content WHERE digest = $1";
    IN_USE = "SELECT COUNT(*) FROM app_content WHERE digest = $1";
    UNUSED = "SELECT digest, size, name, complete, created FROM content
        WHERE created < $1
            AND NOT EXISTS (SELECT 1 FROM app_content WHERE app_content.digest = content.digest)
        ORDER BY created, digest LIMIT $2";
    FORGET = "DELETE FROM content WHERE digest = $1
        AND NOT EXISTS (SELECT 1 FROM app_content WHERE app_content.digest = content.digest)";
}

/// A piece of content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// BLAKE3, 64 lower-case hexadecimal digits.
    pub digest: String,
    /// Bytes.
    pub size: u64,
    /// The file's name as it was first sent.
    pub name: String,
    /// All of it is there, and its digest is right.
    pub complete: bool,
    /// When its first byte was announced, in Unix milliseconds.
    pub created: i64,
}

fn content(row: &mut Row) -> Result<Content, StoreError> {
    Ok(Content {
        digest: row.text()?,
        size: row.count()?,
        name: row.text()?,
        complete: row.flag()?,
        created: row.int()?,
    })
}

impl Store {
    /// A piece of content will come. What is known of it already stays.
    pub async fn announce_content(
        &self,
        digest: &str,
        size: u64,
        name: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let call = INSERT.with([digest.into(), size.into(), name.into(), now.into()]);
        self.execute(call).await.map(drop)
    }

    /// All of it has come; says whether it had been announced.
    pub async fn complete_content(&self, digest: &str, size: u64) -> Result<bool, StoreError> {
        Ok(self.execute(COMPLETE.with([digest.into(), size.into()])).await?.affected == 1)
    }

    /// By digest.
    pub async fn content(&self, digest: &str) -> Result<Option<Content>, StoreError> {
        self.first(&SELECT, [digest.into()], content).await
    }

    /// An application needs it.
    pub async fn content_in_use(&self, digest: &str) -> Result<bool, StoreError> {
        Ok(self.one(&IN_USE, [digest.into()], |row| row.count()).await? > 0)
    }

    /// At most `limit` pieces, announced before a time, that no application
    /// needs.
    pub async fn unused_content(
        &self,
        announced_before: i64,
        limit: u64,
    ) -> Result<Vec<Content>, StoreError> {
        self.list(&UNUSED, [announced_before.into(), limit.into()], content).await
    }

    /// Forgets it unless an application needs it; says whether it was there
    /// and is gone, so that its bytes may go too.
    pub async fn forget_content(&self, digest: &str) -> Result<bool, StoreError> {
        Ok(self.execute(FORGET.with([digest.into()])).await?.affected == 1)
    }
}
