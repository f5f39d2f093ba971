//! How much of everything there is.

use crate::statement::statements;
use crate::value::Row;
use crate::{Store, StoreError};

statements! {
    COUNTS = "SELECT (SELECT COUNT(*) FROM device),
        (SELECT COUNT(*) FROM device WHERE blocked IS NOT NULL),
        (SELECT COUNT(*) FROM app),
        (SELECT COUNT(*) FROM deployment),
        (SELECT COUNT(*) FROM message WHERE processed IS NULL)";
}

/// How many there are of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub devices: u64,
    pub blocked: u64,
    pub apps: u64,
    pub deployments: u64,
    /// Messages that wait to be processed.
    pub waiting: u64,
}

impl Store {
    /// All counts, of one moment.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let counts = |row: &mut Row| {
            Ok(Counts {
                devices: row.count()?,
                blocked: row.count()?,
                apps: row.count()?,
                deployments: row.count()?,
                waiting: row.count()?,
            })
        };
        self.one(&COUNTS, [], counts).await
    }
}
