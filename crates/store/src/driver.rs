//! The two databases behind one face. An enum rather than a trait: there are
//! two, and both are here.

use tokio::sync::oneshot;

use crate::StoreError;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::statement::{Call, Outcome, Statement};
use crate::value::{Row, Value};

/// How many transactions may wait for the writer before callers wait too.
pub(crate) const QUEUE: usize = 1024;
/// How many transactions share one commit at most. More would only make the
/// first of them wait.
pub(crate) const GROUP: usize = 256;

pub(crate) type Answer = oneshot::Sender<Result<Vec<Outcome>, StoreError>>;

/// A transaction on its way to the writer.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) calls: Vec<Call>,
    pub(crate) answer: Answer,
}

impl Job {
    pub(crate) fn new(
        calls: Vec<Call>,
    ) -> (Self, oneshot::Receiver<Result<Vec<Outcome>, StoreError>>) {
        let (answer, receiver) = oneshot::channel();
        (Self { calls, answer }, receiver)
    }
}

/// Tells the members of a group what became of them. After a failure of the
/// group as a whole, nothing of it happened.
pub(crate) fn tell(
    group: Vec<(Answer, Result<Vec<Outcome>, StoreError>)>,
    whole: &Result<(), StoreError>,
) {
    for (answer, member) in group {
        let told = match whole {
            Ok(()) => member,
            Err(error) => member.and(Err(error.clone())),
        };
        // Who asked may have gone away; what was done is done.
        let _gone = answer.send(told);
    }
}

#[derive(Debug)]
pub(crate) enum Driver {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Driver {
    pub(crate) async fn query(
        &self,
        statement: &'static Statement,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.query(statement, values).await,
            Self::Postgres(postgres) => postgres.query(statement, values).await,
        }
    }

    /// A number that rises with whatever is written: by this process before
    /// anybody is told, by others soon after. `None` where nobody can tell.
    pub(crate) fn state(&self) -> Option<u64> {
        match self {
            Self::Sqlite(sqlite) => Some(sqlite.changes.state()),
            Self::Postgres(_) => None,
        }
    }

    pub(crate) async fn prepare(&self, statement: &'static Statement) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.prepare(statement).await,
            Self::Postgres(postgres) => postgres.prepare(statement).await,
        }
    }

    pub(crate) async fn submit(&self, job: Job) -> Result<(), StoreError> {
        let queue = match self {
            Self::Sqlite(sqlite) => &sqlite.writer,
            Self::Postgres(postgres) => &postgres.writer,
        };
        queue.send(job).await.map_err(|_| StoreError::Closed)
    }
}
