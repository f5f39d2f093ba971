//! PostgreSQL: one pipelined connection reads, one writes.
//!
//! The streams are given to us (only `node` opens sockets). The writer shares
//! commits as SQLite's does: all transactions that wait, each in a savepoint,
//! one `COMMIT`, then the answers. Within a transaction all statements are
//! sent before the first answer is read. A connection that broke is made again
//! at the next order; nothing is repeated by itself, but for a transaction
//! that lost a deadlock to another host.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Mutex, mpsc};
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

use crate::driver::{GROUP, Job, QUEUE, tell};
use crate::migration::{self, Migration};
use crate::statement::{Call, Outcome, Statement};
use crate::value::{Row, Value};
use crate::{OpenError, StoreError};
use session::Session;

mod session;
mod types;

/// How often a transaction is tried that other hosts' transactions got in the
/// way of.
const TRIES: usize = 5;
/// Only one host migrates at a time. The number is ours to choose, and is the
/// same in all versions.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(7067653)";

/// A connection's bytes.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// As whom, and where.
#[derive(Debug, Clone)]
pub struct Login {
    pub user: String,
    pub database: String,
    /// None where the server trusts the connection, or asks for none.
    pub password: Option<String>,
}

type Cause = Arc<dyn Error + Send + Sync>;
type Dialled = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// Makes a connection each time that it is asked.
struct Server {
    dial: Box<dyn Fn() -> Dialled + Send + Sync>,
    login: Login,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("user", &self.login.user)
            .field("database", &self.login.database)
            .finish_non_exhaustive()
    }
}

impl Server {
    async fn connect(&self) -> Result<Session, Cause> {
        let stream = (self.dial)().await.map_err(|error| Arc::new(error) as Cause)?;
        let mut config = tokio_postgres::Config::new();
        config.user(&self.login.user).dbname(&self.login.database).application_name("portolan");
        if let Some(password) = &self.login.password {
            config.password(password);
        }
        let (client, connection) =
            config.connect_raw(stream, NoTls).await.map_err(|error| Arc::new(error) as Cause)?;
        Ok(Session::start(client, connection))
    }
}

/// A connection that is made again when it broke.
#[derive(Debug)]
struct Line {
    server: Arc<Server>,
    session: Option<Arc<Session>>,
}

impl Line {
    async fn session(&mut self) -> Result<Arc<Session>, StoreError> {
        if let Some(session) = self.session.as_ref().filter(|session| session.is_open()) {
            return Ok(Arc::clone(session));
        }
        let made = self.server.connect().await;
        let session = Arc::new(made.map_err(|source| StoreError::Unreachable { source })?);
        Ok(Arc::clone(self.session.insert(session)))
    }
}

#[derive(Debug)]
pub(crate) struct Postgres {
    pub(crate) writer: mpsc::Sender<Job>,
    reader: Mutex<Line>,
}

impl Postgres {
    pub(crate) async fn query(
        &self,
        statement: &'static Statement,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let session = self.reader.lock().await.session().await?;
        let call = Call { statement, values, affecting: None };
        Ok(session.run(&call).await?.rows)
    }
}

/// Connects twice and migrates; the writer ends when the last sender is
/// dropped.
pub(crate) async fn open<S, F>(
    dial: impl Fn() -> F + Send + Sync + 'static,
    login: Login,
) -> Result<Postgres, OpenError>
where
    S: Stream + 'static,
    F: Future<Output = io::Result<S>> + Send + 'static,
{
    let boxed = move || -> Dialled {
        let dialling = dial();
        Box::pin(async move { Ok(Box::new(dialling.await?) as Box<dyn Stream>) })
    };
    let server = Arc::new(Server { dial: Box::new(boxed), login });
    let session = server.connect().await.map_err(|source| OpenError::Postgres {
        user: server.login.user.clone(),
        database: server.login.database.clone(),
        source,
    })?;
    migrate(&session).await?;

    let (writer, jobs) = mpsc::channel(QUEUE);
    let line = Line { server: Arc::clone(&server), session: Some(Arc::new(session)) };
    tokio::spawn(write(line, jobs));
    Ok(Postgres { writer, reader: Mutex::new(Line { server, session: None }) })
}

async fn migrate(session: &Session) -> Result<(), OpenError> {
    // Under the lock, because two hosts that make the same table at the same
    // time get in each other's way even with IF NOT EXISTS.
    session.plain("BEGIN").await?;
    session.plain(MIGRATION_LOCK).await?;
    session.plain(migration::TABLE.sql()).await?;
    session.plain("COMMIT").await?;
    loop {
        session.plain("BEGIN").await?;
        session.plain(MIGRATION_LOCK).await?;
        let newest = session.run(&migration::NEWEST.with([])).await?;
        let Some(migration) = migration::missing(newest.rows)?.first() else {
            session.plain("COMMIT").await?;
            return Ok(());
        };
        apply(session, migration).await.map_err(|source| OpenError::Migration {
            number: migration.number,
            source: Arc::new(source),
        })?;
    }
}

async fn apply(session: &Session, migration: &Migration) -> Result<(), StoreError> {
    session.plain(migration.sql).await?;
    session.run(&migration.record()).await?;
    session.plain("COMMIT").await
}

async fn write(mut line: Line, mut jobs: mpsc::Receiver<Job>) {
    while let Some(first) = jobs.recv().await {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(job) = jobs.try_recv()
        {
            group.push(job);
        }
        commit(&mut line, group).await;
    }
}

/// One commit for all. Where the group as a whole fails, all of it is gone.
async fn commit(line: &mut Line, group: Vec<Job>) {
    let mut done = Vec::with_capacity(group.len());
    let mut whole = Ok(());
    let session = match line.session().await {
        Ok(session) => Some(session),
        Err(error) => {
            whole = Err(error);
            None
        }
    };
    if let Some(session) = &session {
        whole = session.plain("BEGIN").await;
    }
    for Job { calls, answer } in group {
        let member = match (&session, &whole) {
            (Some(session), Ok(())) => match member(session, &calls).await {
                Ok(member) => member,
                Err(error) => {
                    whole = Err(error);
                    Ok(Vec::new())
                }
            },
            _ => Ok(Vec::new()),
        };
        done.push((answer, member));
    }
    if let Some(session) = &session {
        match &whole {
            Ok(()) => whole = session.plain("COMMIT").await,
            // The connection is in no known state any more: make another.
            Err(_) => line.session = None,
        }
    }
    tell(done, whole);
}

/// One member's steps inside a savepoint. The outer error is the group's.
async fn member(
    session: &Session,
    calls: &[Call],
) -> Result<Result<Vec<Outcome>, StoreError>, StoreError> {
    let mut tries = 1;
    loop {
        session.plain("SAVEPOINT member").await?;
        let outcomes = session.steps(calls).await;
        let Err(error) = &outcomes else {
            session.plain("RELEASE member").await?;
            return Ok(outcomes);
        };
        session.plain("ROLLBACK TO member; RELEASE member").await?;
        if tries == TRIES || !lost_to_another(error) {
            return Ok(outcomes);
        }
        tries += 1;
    }
}

/// Another host's transaction got in the way; the same may work now.
fn lost_to_another(error: &StoreError) -> bool {
    let StoreError::Database { source, .. } = error else { return false };
    let code = source.downcast_ref::<tokio_postgres::Error>().and_then(|error| error.code());
    code == Some(&SqlState::T_R_DEADLOCK_DETECTED)
        || code == Some(&SqlState::T_R_SERIALIZATION_FAILURE)
}
