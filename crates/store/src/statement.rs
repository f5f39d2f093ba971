//! A statement: one SQL text with a name, for both databases.
//!
//! There is one text for each, written in the subset that SQLite and
//! PostgreSQL share, so that nothing behaves well on the desk's database and
//! otherwise on the site's. What no shared spelling exists for is rewritten
//! for SQLite here, and nowhere else: `$n`, `BYTEA`, `BIGSERIAL PRIMARY KEY`
//! and `FOR UPDATE SKIP LOCKED`.
//!
//! Statements stand in the file of their subject, inside [`statements!`],
//! which also lists them: [`all`] is what the law test prepares on both
//! databases. SQL stands nowhere else.

use std::sync::OnceLock;

use crate::StoreError;
use crate::value::{Row, Value};

/// One SQL text. Parameters are `$1`, `$2`, …
#[derive(Debug)]
pub struct Statement {
    name: &'static str,
    sql: &'static str,
    sqlite: OnceLock<String>,
}

impl Statement {
    pub(crate) const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, sqlite: OnceLock::new() }
    }

    /// Where it stands and what it is called: `store::token::SPEND`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// As written, which is as PostgreSQL takes it.
    pub fn sql(&self) -> &'static str {
        self.sql
    }

    /// As SQLite takes it.
    pub(crate) fn sqlite(&self) -> &str {
        self.sqlite.get_or_init(|| for_sqlite(self.sql))
    }

    /// The statement with its values.
    pub(crate) fn with<const N: usize>(&'static self, values: [Value; N]) -> Call {
        Call { statement: self, values: values.into(), affecting: None }
    }
}

/// Every statement of the crate.
pub fn all() -> impl Iterator<Item = &'static Statement> {
    [
        crate::agent_package::STATEMENTS,
        crate::app::STATEMENTS,
        crate::change::STATEMENTS,
        crate::collection::STATEMENTS,
        crate::content::STATEMENTS,
        crate::damage::STATEMENTS,
        crate::deployment::STATEMENTS,
        crate::device::STATEMENTS,
        crate::document::STATEMENTS,
        crate::held::STATEMENTS,
        crate::host::STATEMENTS,
        crate::inventory::STATEMENTS,
        crate::invitation::STATEMENTS,
        crate::message::STATEMENTS,
        crate::migration::STATEMENTS,
        crate::policy::STATEMENTS,
        crate::state::STATEMENTS,
        crate::status::STATEMENTS,
        crate::token::STATEMENTS,
        crate::visit::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// Declares a subject's statements, and the list of them.
macro_rules! statements {
    ($($(#[$note:meta])* $name:ident = $sql:literal;)+) => {
        $(
            $(#[$note])*
            pub(crate) static $name: crate::statement::Statement = crate::statement::Statement::new(
                concat!(module_path!(), "::", stringify!($name)),
                $sql,
            );
        )+
        pub(crate) static STATEMENTS: &[&crate::statement::Statement] = &[$(&$name),+];
    };
}
pub(crate) use statements;

/// One step of a transaction.
#[derive(Debug)]
pub struct Call {
    pub(crate) statement: &'static Statement,
    pub(crate) values: Vec<Value>,
    pub(crate) affecting: Option<u64>,
}

impl Call {
    /// The step must touch so many rows; otherwise nothing of the transaction
    /// happens, and the answer is [`crate::StoreError::Conflict`].
    pub(crate) fn affecting(self, rows: u64) -> Self {
        Self { affecting: Some(rows), ..self }
    }

    pub(crate) fn check(&self, step: usize, outcome: &Outcome) -> Result<(), StoreError> {
        match self.affecting {
            Some(rows) if rows != outcome.affected => {
                Err(StoreError::Conflict { statement: self.statement.name(), step })
            }
            _ => Ok(()),
        }
    }
}

/// What became of one step.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Rows inserted, updated or deleted; for a query, rows returned.
    pub affected: u64,
    /// What a query or a `RETURNING` gave.
    pub rows: Vec<Row>,
}

/// The four rewritings.
pub(crate) fn for_sqlite(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut rest = sql.chars().peekable();
    while let Some(letter) = rest.next() {
        let parameter = letter == '$' && rest.peek().is_some_and(char::is_ascii_digit);
        // SQLite numbers `$1` by its first appearance, `?1` by its number.
        text.push(if parameter { '?' } else { letter });
    }
    text.replace("BYTEA", "BLOB")
        // AUTOINCREMENT, because an id that was deleted must not come again:
        // clients remember deployments by theirs.
        .replace("BIGSERIAL PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT")
        // SQLite has one writer: there is nothing to lock.
        .replace("FOR UPDATE SKIP LOCKED", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_tokens_are_rewritten_and_nothing_else() {
        assert_eq!(
            for_sqlite("SELECT '$x' FROM t WHERE a = $2 AND b = $11 FOR UPDATE SKIP LOCKED"),
            "SELECT '$x' FROM t WHERE a = ?2 AND b = ?11 "
        );
        assert_eq!(
            for_sqlite("CREATE TABLE t (id BIGSERIAL PRIMARY KEY, b BYTEA, n BIGINT)"),
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, b BLOB, n BIGINT)"
        );
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = all().map(Statement::name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
