//! PostgreSQL: one pipelined connection reads, one writes.
//!
//! The streams are given to us (only `node` opens sockets). The writer shares
//! commits as SQLite's does: all transactions that wait, one `COMMIT`, then
//! the answers. All their statements are sent before the first answer is read;
//! only where one fails are they done again, each in a savepoint. A connection that broke is made again
//! at the next order; nothing is repeated by itself, but for a transaction
//! that lost a deadlock to another host.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use node::task::Tasks;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Mutex, mpsc};
use tokio_postgres::NoTls;

use crate::driver::{GROUP, Job, QUEUE, tell};
use crate::migration::{self, Migration};
use crate::statement::{Call, Outcome, Statement};
use crate::value::{Row, Value};
use crate::{OpenError, StoreError};
use session::Session;

mod session;
mod types;

/// How often a group is tried that other hosts' transactions got in the way
/// of.
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
    async fn log_in(&self) -> Result<Session, Cause> {
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
        let made = self.server.log_in().await;
        let session = Arc::new(made.map_err(|source| StoreError::Unreachable { source })?);
        Ok(Arc::clone(self.session.insert(session)))
    }
}

#[derive(Debug)]
pub(crate) struct Postgres {
    pub(crate) writer: mpsc::Sender<Job>,
    reader: Mutex<Line>,
    /// The writer; it ends with us, when nobody is left to be answered.
    _tasks: Tasks,
}

impl Postgres {
    pub(crate) async fn query(
        &self,
        statement: &'static Statement,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let call = Call { statement, values, affecting: None };
        let session = self.session().await?;
        let outcome = match session.run(&call).await {
            // Reading twice does no harm.
            Err(error) if session::broke(&error) => {
                session.give_up();
                self.session().await?.run(&call).await
            }
            outcome => outcome,
        };
        outcome.map(|outcome| outcome.rows)
    }

    async fn session(&self) -> Result<Arc<Session>, StoreError> {
        self.reader.lock().await.session().await
    }

    pub(crate) async fn prepare(&self, statement: &'static Statement) -> Result<(), StoreError> {
        self.session().await?.prepare(statement).await.map(drop)
    }
}

/// Connects and migrates.
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
    let session = server.log_in().await.map_err(|source| OpenError::Postgres {
        user: server.login.user.clone(),
        database: server.login.database.clone(),
        source,
    })?;
    migrate(&session).await?;

    let (writer, jobs) = mpsc::channel(QUEUE);
    let line = Line { server: Arc::clone(&server), session: Some(Arc::new(session)) };
    let mut tasks = Tasks::new();
    tasks.spawn("store-writer", write(line, jobs));
    let reader = Mutex::new(Line { server, session: None });
    Ok(Postgres { writer, reader, _tasks: tasks })
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
    let session = match begin(line).await {
        Ok(session) => session,
        Err(error) => {
            let nothing = |job: Job| (job.answer, Ok(Vec::new()));
            return tell(group.into_iter().map(nothing).collect(), &Err(error));
        }
    };
    let mut tries = 1;
    let done = loop {
        let done = attempt(&session, &group).await;
        let Err(error) = &done else { break done };
        let again = tries < TRIES && session::lost_to_another(error);
        // All of it, so that every lock is let go and the other host gets on.
        if !again || session.plain("ROLLBACK; BEGIN").await.is_err() {
            break done;
        }
        tries += 1;
    };
    let (told, whole) = match done {
        Ok(told) => (told, session.plain("COMMIT").await),
        Err(error) => (Vec::new(), Err(error)),
    };
    if whole.is_err() {
        // It is in no known state any more.
        session.give_up();
    }
    let told = told.into_iter().chain(std::iter::repeat_with(|| Ok(Vec::new())));
    tell(group.into_iter().map(|job| job.answer).zip(told).collect(), &whole);
}

type Told = Result<Vec<Outcome>, StoreError>;

/// Does what everybody wants, as far as it can be done. An error is one of
/// the group as a whole.
async fn attempt(session: &Session, group: &[Job]) -> Result<Vec<Told>, StoreError> {
    if let Some(outcomes) = together(session, group).await? {
        return Ok(outcomes.into_iter().map(Ok).collect());
    }
    let mut told = Vec::with_capacity(group.len());
    for job in group {
        told.push(alone(session, job).await?);
    }
    Ok(told)
}

/// Hopes that all goes well, as it mostly does: everything of everybody is
/// sent before the first answer is read. None where something did not go
/// well: nothing of it is left then, and the transaction is begun again.
async fn together(
    session: &Session,
    group: &[Job],
) -> Result<Option<Vec<Vec<Outcome>>>, StoreError> {
    let steps = group.iter().flat_map(|job| &job.calls).collect::<Vec<_>>();
    let mut answers = match session.steps(&steps).await {
        Ok(answers) => answers.into_iter(),
        Err(error) if session::lost_to_another(&error) => return Err(error),
        Err(_) => {
            session.plain("ROLLBACK; BEGIN").await?;
            return Ok(None);
        }
    };
    let share = |job: &Job| answers.by_ref().take(job.calls.len()).collect();
    Ok(Some(group.iter().map(share).collect()))
}

/// One of the group in a savepoint, so that who fails takes nobody along.
async fn alone(session: &Session, job: &Job) -> Result<Told, StoreError> {
    session.plain("SAVEPOINT member").await?;
    let told = session.steps(&job.calls.iter().collect::<Vec<_>>()).await;
    match &told {
        Ok(_) => session.plain("RELEASE member").await?,
        Err(error) if session::lost_to_another(error) => return Err(error.clone()),
        Err(_) => session.plain("ROLLBACK TO member; RELEASE member").await?,
    }
    Ok(told)
}

/// Begins, on a new connection if the old one turns out to be broken: nothing
/// has happened yet, so nothing is done twice.
async fn begin(line: &mut Line) -> Result<Arc<Session>, StoreError> {
    let session = line.session().await?;
    match session.plain("BEGIN").await {
        Ok(()) => Ok(session),
        Err(_) => {
            session.give_up();
            let session = line.session().await?;
            session.plain("BEGIN").await?;
            Ok(session)
        }
    }
}
