//! How the schema came to be: numbered texts, each applied in a transaction of
//! its own and recorded. A text that was released is never edited; the next
//! change is the next number. Going back is not offered: a program that is
//! older than the database says so and stops.

use crate::OpenError;
use crate::statement::{Call, statements};
use crate::value::Row;

statements! {
    TABLE = "CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY, title TEXT NOT NULL)";
    NEWEST = "SELECT COALESCE(MAX(number), 0) FROM migration";
    RECORD = "INSERT INTO migration (number, title) VALUES ($1, $2)";
}

/// One step of the schema. `sql` is a script in the spelling that statements
/// use, without parameters.
#[derive(Debug)]
pub(crate) struct Migration {
    pub(crate) number: i64,
    pub(crate) title: &'static str,
    pub(crate) sql: &'static str,
}

/// In order, from 1, without gaps.
static MIGRATIONS: &[Migration] = &[
    Migration { number: 1, title: "keel", sql: include_str!("migration/0001_keel.sql") },
    Migration { number: 2, title: "voyage", sql: include_str!("migration/0002_voyage.sql") },
];

impl Migration {
    pub(crate) fn record(&self) -> Call {
        RECORD.with([self.number.into(), self.title.into()])
    }
}

/// What is still to be applied, by the answer to [`NEWEST`].
pub(crate) fn missing(mut newest: Vec<Row>) -> Result<&'static [Migration], OpenError> {
    let found = newest.first_mut().map_or(Ok(0), Row::int)?;
    let known = MIGRATIONS.last().map_or(0, |migration| migration.number);
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    let applied = usize::try_from(found).unwrap_or(0);
    Ok(MIGRATIONS.get(applied..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_gaps() {
        let numbers = MIGRATIONS.iter().map(|migration| migration.number);
        assert!(numbers.eq(1..=i64::try_from(MIGRATIONS.len()).unwrap_or(0)));
    }
}
