//! Signed documents of the whole site, by kind and rising number: the service
//! map, and each host's plan.

use crate::change::Topic;
use crate::statement::{Call, statements};
use crate::value::Row;
use crate::{Store, StoreError};

statements! {
    INSERT = "INSERT INTO document (kind, number, envelope, issued)
        SELECT $1, $2, $3, $4
        WHERE NOT EXISTS (SELECT 1 FROM document WHERE kind = $1 AND number >= $2)
        ON CONFLICT (kind, number) DO NOTHING";
    NUMBER = "SELECT COALESCE(MAX(number), 0) FROM document WHERE kind = $1";
    LATEST = "SELECT number, envelope, issued FROM document
        WHERE kind = $1 ORDER BY number DESC LIMIT 1";
    PRUNE = "DELETE FROM document WHERE kind = $1 AND number IN (
        SELECT number FROM document WHERE kind = $1 ORDER BY number DESC LIMIT 1000 OFFSET $2)";
}

/// A signed document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub number: u64,
    pub envelope: Vec<u8>,
    /// Unix milliseconds.
    pub issued: i64,
}

fn document(row: &mut Row) -> Result<Document, StoreError> {
    Ok(Document { number: row.count()?, envelope: row.blob()?, issued: row.int()? })
}

fn insert(kind: &str, new: &Document) -> Call {
    INSERT.with([kind.into(), new.number.into(), new.envelope.as_slice().into(), new.issued.into()])
}

impl Store {
    /// Publishes a document; says whether its number was higher than that of
    /// every earlier one. Otherwise nothing happens.
    pub async fn put_document(&self, kind: &str, new: &Document) -> Result<bool, StoreError> {
        Ok(self.execute(insert(kind, new)).await?.affected == 1)
    }

    /// [`Self::put_document`], of a kind that stands in what hosts are told.
    pub async fn put_ordered_document(
        &self,
        kind: &str,
        new: &Document,
    ) -> Result<bool, StoreError> {
        let calls = vec![insert(kind, new).affecting(1)];
        match self.change(&[Topic::Orders], calls).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The highest number of a kind; 0 where there is no document.
    pub async fn document_number(&self, kind: &str) -> Result<u64, StoreError> {
        self.one(&NUMBER, [kind.into()], |row| row.count()).await
    }

    /// The document with the highest number.
    pub async fn document(&self, kind: &str) -> Result<Option<Document>, StoreError> {
        self.first(&LATEST, [kind.into()], document).await
    }

    /// Forgets all but the newest `keep` of a kind, at most 1000 at once; says
    /// how many.
    pub async fn prune_documents(&self, kind: &str, keep: u64) -> Result<u64, StoreError> {
        Ok(self.execute(PRUNE.with([kind.into(), keep.max(1).into()])).await?.affected)
    }
}
