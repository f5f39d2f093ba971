//! What can go wrong in the store itself. What can go wrong with a subject
//! (a name that is taken, a token that is spent) has an enum beside it.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot open the database {}", path.display())]
    Sqlite { path: PathBuf, source: Arc<dyn Error + Send + Sync> },
    #[error("cannot connect to the database server as {user} to {database}")]
    Postgres { user: String, database: String, source: Arc<dyn Error + Send + Sync> },
    #[error(
        "the database has schema {found} and this program knows up to {known}: \
         a newer portolan has used it; start that version again"
    )]
    Newer { found: i64, known: i64 },
    #[error("migration {number} of the database failed; nothing of it was kept")]
    Migration { number: i64, source: Arc<dyn Error + Send + Sync> },
    #[error("cannot read the database's schema")]
    Store(#[from] StoreError),
    #[error("cannot start a thread for the database")]
    Thread(#[from] std::io::Error),
}

/// Why a statement or a transaction did not happen.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A step touched another number of rows than it must. Nothing happened.
    #[error("{statement} did not apply; nothing was changed")]
    Conflict {
        statement: &'static str,
        /// Which step of the transaction, from 0.
        step: usize,
    },
    #[error("{statement} failed")]
    Database { statement: &'static str, source: Arc<dyn Error + Send + Sync> },
    /// PostgreSQL: whether the transaction happened is not known, when the
    /// connection broke in the commit.
    #[error("the transaction could not be written")]
    Commit { source: Arc<dyn Error + Send + Sync> },
    #[error("the database server cannot be reached")]
    Unreachable { source: Arc<dyn Error + Send + Sync> },
    #[error("{statement}: column {column} holds {found} where {wanted} belongs")]
    Column { statement: &'static str, column: usize, wanted: &'static str, found: &'static str },
    #[error("{statement} gave no row")]
    Empty { statement: &'static str },
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    pub(crate) fn database(
        statement: &'static str,
        source: impl Error + Send + Sync + 'static,
    ) -> Self {
        Self::Database { statement, source: Arc::new(source) }
    }

    /// Whether the same order will fail for ever, because of what it says: it
    /// breaks a rule of the schema, or holds what the database cannot. A full
    /// disk, a broken connection and a lost deadlock pass.
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::Conflict { .. } => true,
            Self::Database { source, .. } => is_of_the_data(source.as_ref()),
            _ => false,
        }
    }

    pub(crate) fn commit(source: impl Error + Send + Sync + 'static) -> Self {
        Self::Commit { source: Arc::new(source) }
    }
}

fn is_of_the_data(source: &(dyn Error + Send + Sync + 'static)) -> bool {
    use rusqlite::ErrorCode as Code;
    if let Some(error) = source.downcast_ref::<rusqlite::Error>() {
        let codes = [Code::ConstraintViolation, Code::TypeMismatch, Code::TooBig];
        return error.sqlite_error_code().is_some_and(|code| codes.contains(&code));
    }
    // Data exceptions, violated constraints, exceeded limits (PostgreSQL's
    // documentation, appendix A).
    let code = source.downcast_ref::<tokio_postgres::Error>().and_then(tokio_postgres::Error::code);
    code.is_some_and(|code| ["22", "23", "54"].iter().any(|class| code.code().starts_with(class)))
}
