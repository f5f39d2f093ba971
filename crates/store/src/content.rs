//! Content: what the content library holds, by digest. The bytes are there;
//! here stands what they are, what needs them (an application, or the agent's
//! package), and when somebody last meant to use them: what nothing needs goes
//! some time after that.

use crate::change::Topic;
use crate::statement::statements;
use crate::value::Row;
use crate::{Store, StoreError};

statements! {
    INSERT = "INSERT INTO content (digest, size, name, complete, wanted)
        VALUES ($1, $2, $3, 0, $4) ON CONFLICT (digest) DO UPDATE
        SET name = CASE content.name WHEN '' THEN excluded.name ELSE content.name END,
            wanted = CASE WHEN content.wanted < excluded.wanted
                THEN excluded.wanted ELSE content.wanted END
        WHERE content.wanted < excluded.wanted OR (content.name = '' AND excluded.name <> '')";
    WANT = "UPDATE content SET wanted = $2 WHERE digest = $1 AND wanted < $2";
    COMPLETE = "UPDATE content SET complete = 1, size = $2, wanted = $3 WHERE digest = $1";
    SELECT = "SELECT digest, size, name, complete, wanted FROM content WHERE digest = $1";
    LIST = "SELECT digest, size, name, complete, wanted FROM content ORDER BY digest";
    USES = "SELECT app_content.digest, app.name
        FROM app_content JOIN app ON app.id = app_content.app
        ORDER BY app_content.digest, app.name";
    UNUSED = "SELECT digest, size, name, complete, wanted FROM content
        WHERE wanted < $1
            AND NOT EXISTS (SELECT 1 FROM app_content WHERE app_content.digest = content.digest)
            AND NOT EXISTS (SELECT 1 FROM agent_package
                WHERE agent_package.digest = content.digest)
        ORDER BY wanted, digest LIMIT $2";
    FORGET = "DELETE FROM content WHERE digest = $1 AND wanted < $2
        AND NOT EXISTS (SELECT 1 FROM app_content WHERE app_content.digest = content.digest)
        AND NOT EXISTS (SELECT 1 FROM agent_package WHERE agent_package.digest = content.digest)";
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
    /// When somebody last sent it, asked for it or put it into an application,
    /// in Unix milliseconds.
    pub wanted: i64,
}

fn content(row: &mut Row) -> Result<Content, StoreError> {
    Ok(Content {
        digest: row.text()?,
        size: row.count()?,
        name: row.text()?,
        complete: row.flag()?,
        wanted: row.int()?,
    })
}

impl Store {
    /// A piece of content will come, or is about to be used. What is known of
    /// it already stays; a name is taken where there was none.
    pub async fn announce_content(
        &self,
        digest: &str,
        size: u64,
        name: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        self.announce_contents(&[(digest, size, name)], now).await
    }

    /// Several pieces at once: digest, size and name of each.
    pub async fn announce_contents(
        &self,
        contents: &[(&str, u64, &str)],
        now: i64,
    ) -> Result<(), StoreError> {
        let insert = |(digest, size, name): &(&str, u64, &str)| {
            INSERT.with([(*digest).into(), (*size).into(), (*name).into(), now.into()])
        };
        self.transact(contents.iter().map(insert).collect()).await.map(drop)
    }

    /// Somebody asks for it, and will use it if it is there.
    pub async fn want_content(&self, digest: &str, now: i64) -> Result<(), StoreError> {
        self.execute(WANT.with([digest.into(), now.into()])).await.map(drop)
    }

    /// All of it has come; says whether it had been announced.
    pub async fn complete_content(
        &self,
        digest: &str,
        size: u64,
        now: i64,
    ) -> Result<bool, StoreError> {
        let calls = vec![COMPLETE.with([digest.into(), size.into(), now.into()])];
        let outcomes = self.change(&[Topic::Orders], calls).await?;
        Ok(outcomes.first().is_some_and(|outcome| outcome.affected == 1))
    }

    /// Several pieces at once: digest and size of each.
    pub async fn complete_contents(
        &self,
        contents: &[(&str, u64)],
        now: i64,
    ) -> Result<(), StoreError> {
        let complete = |(digest, size): &(&str, u64)| {
            COMPLETE.with([(*digest).into(), (*size).into(), now.into()])
        };
        self.transact(contents.iter().map(complete).collect()).await.map(drop)
    }

    /// By digest.
    pub async fn content(&self, digest: &str) -> Result<Option<Content>, StoreError> {
        self.first(&SELECT, [digest.into()], content).await
    }

    /// All, by digest.
    pub async fn contents(&self) -> Result<Vec<Content>, StoreError> {
        self.list(&LIST, [], content).await
    }

    /// Which application needs what: digests and the names of applications,
    /// sorted.
    pub async fn content_uses(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.list(&USES, [], |row| Ok((row.text()?, row.text()?))).await
    }

    /// At most `limit` pieces, last wanted before a time, that nothing needs.
    pub async fn unused_content(
        &self,
        wanted_before: i64,
        limit: u64,
    ) -> Result<Vec<Content>, StoreError> {
        self.list(&UNUSED, [wanted_before.into(), limit.into()], content).await
    }

    /// Forgets it unless something needs it, or somebody has wanted it
    /// since that time; says whether it was there and is gone, so that its
    /// bytes may go too.
    pub async fn forget_content(
        &self,
        digest: &str,
        wanted_before: i64,
    ) -> Result<bool, StoreError> {
        let call = FORGET.with([digest.into(), wanted_before.into()]);
        Ok(self.execute(call).await?.affected == 1)
    }
}
