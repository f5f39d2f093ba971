//! Enrolment tokens: each lets one machine in, once, until it expires. Only
//! the hash is kept, so that a copy of the database enrols nobody. Spending
//! stands in `device.rs`, because it happens together with the enrolment.

use crate::statement::statements;
use crate::value::Row;
use crate::{Store, StoreError};

statements! {
    INSERT = "INSERT INTO token (hash, created, expires) VALUES ($1, $2, $3)";
    SPEND = "UPDATE token SET spent = $2, spent_by = $3
        WHERE hash = $1 AND spent IS NULL AND expires > $2";
    SELECT = "SELECT created, expires, spent, spent_by FROM token WHERE hash = $1";
    PRUNE = "DELETE FROM token WHERE hash IN (
        SELECT hash FROM token WHERE expires < $1 ORDER BY expires LIMIT $2)";
}

/// A token, without what is secret about it. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub created: i64,
    pub expires: i64,
    pub spent: Option<i64>,
    /// The device that it let in.
    pub spent_by: Option<String>,
}

fn token(row: &mut Row) -> Result<Token, StoreError> {
    Ok(Token {
        created: row.int()?,
        expires: row.int()?,
        spent: row.int_or_null()?,
        spent_by: row.text_or_null()?,
    })
}

impl Store {
    /// Keeps a new token's hash.
    pub async fn create_token(
        &self,
        hash: &[u8; 32],
        now: i64,
        expires: i64,
    ) -> Result<(), StoreError> {
        let call = INSERT.with([hash.as_slice().into(), now.into(), expires.into()]);
        self.execute(call).await.map(drop)
    }

    /// By the hash of its text.
    pub async fn token(&self, hash: &[u8; 32]) -> Result<Option<Token>, StoreError> {
        self.first(&SELECT, [hash.as_slice().into()], token).await
    }

    /// Forgets at most `limit` tokens that expired before a time; says how
    /// many. They could let nobody in any more; only the words of a refusal
    /// change, from *expired* to *unknown*.
    pub async fn prune_tokens(&self, expired_before: i64, limit: u64) -> Result<u64, StoreError> {
        let call = PRUNE.with([expired_before.into(), limit.into()]);
        Ok(self.execute(call).await?.affected)
    }
}
