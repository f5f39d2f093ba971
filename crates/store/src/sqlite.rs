//! SQLite: one thread writes, two read.
//!
//! The writer takes every transaction that is waiting, does each inside a
//! savepoint of one `BEGIN IMMEDIATE`, commits once and only then answers: a
//! flush of the disk is shared by all who waited for it, and nobody is told
//! *done* before it is on the disk (`synchronous = FULL`). With one writer
//! there is no `SQLITE_BUSY` between our own tasks; the busy timeout is for a
//! person who looks into the file with other tools.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use node::clock::Stopwatch;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use crate::driver::{GROUP, Job, QUEUE, tell};
use crate::migration;
use crate::statement::{Call, Outcome, Statement, for_sqlite};
use crate::value::{Row, Value};
use crate::{OpenError, StoreError};

const READERS: usize = 2;
const BUSY: Duration = Duration::from_secs(10);
/// On every connection that writes. The log grows with the largest burst; the
/// limit (bytes) gives what is above it back to the disk.
const SET_UP: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864;";

/// For so long what another process has written may be overlooked.
const OTHERS: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(crate) struct Sqlite {
    pub(crate) writer: mpsc::Sender<Job>,
    readers: mpsc::Sender<Read>,
    pub(crate) changes: Arc<Changes>,
}

/// How often anything was written.
#[derive(Debug)]
pub(crate) struct Changes {
    known: AtomicU64,
    others: Mutex<Others>,
}

/// A connection that writes nothing: to it everybody is another.
#[derive(Debug)]
struct Others {
    connection: Connection,
    version: Option<i64>,
    looked: Stopwatch,
}

impl Changes {
    fn new(connection: Connection) -> rusqlite::Result<Self> {
        // It is asked where nobody may wait.
        connection.busy_timeout(Duration::ZERO)?;
        let others = Others { connection, version: None, looked: Stopwatch::start() };
        Ok(Self { known: AtomicU64::new(0), others: Mutex::new(others) })
    }

    pub(crate) fn state(&self) -> u64 {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if others.looked.elapsed() >= OTHERS {
            others.looked = Stopwatch::start();
            let version = others.connection.pragma_query_value(None, "data_version", |r| r.get(0));
            let version = version.ok();
            // What cannot be told may have happened.
            if version.is_none() || version != others.version {
                others.version = version;
                self.known.fetch_add(1, Ordering::AcqRel);
            }
        }
        self.known.load(Ordering::Acquire)
    }
}

#[derive(Debug)]
struct Read {
    statement: &'static Statement,
    /// None: only see whether the statement is understood.
    values: Option<Vec<Value>>,
    answer: oneshot::Sender<Result<Vec<Row>, StoreError>>,
}

impl Sqlite {
    pub(crate) async fn query(
        &self,
        statement: &'static Statement,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        self.ask(statement, Some(values)).await
    }

    pub(crate) async fn prepare(&self, statement: &'static Statement) -> Result<(), StoreError> {
        self.ask(statement, None).await.map(drop)
    }

    async fn ask(
        &self,
        statement: &'static Statement,
        values: Option<Vec<Value>>,
    ) -> Result<Vec<Row>, StoreError> {
        let (answer, receiver) = oneshot::channel();
        let read = Read { statement, values, answer };
        self.readers.send(read).await.map_err(|_| StoreError::Closed)?;
        receiver.await.map_err(|_| StoreError::Closed)?
    }
}

/// Opens and migrates; the threads end when the last sender is dropped.
pub(crate) async fn open(path: &Path) -> Result<Sqlite, OpenError> {
    let (writer, jobs) = mpsc::channel(QUEUE);
    let (opened, ready) = oneshot::channel();
    let file = path.to_owned();
    std::thread::Builder::new().name("store-writer".into()).spawn(move || {
        let begun = open_writer(&file).and_then(|connection| {
            let changes = Changes::new(open_reader(&file)?).map_err(failed(&file))?;
            Ok((connection, Arc::new(changes)))
        });
        match begun {
            Ok((connection, changes)) => {
                if opened.send(Ok(Arc::clone(&changes))).is_ok() {
                    write(&mut Session::new(&connection), jobs, &changes.known);
                }
            }
            // Who wanted to open it may have gone away.
            Err(error) => drop(opened.send(Err(error))),
        }
    })?;
    let changes = ready.await.map_err(|_| StoreError::Closed)??;

    let (readers, reads) = mpsc::channel(QUEUE);
    let reads = Arc::new(Mutex::new(reads));
    for number in 1..=READERS {
        let connection = open_reader(path)?;
        let reads = Arc::clone(&reads);
        std::thread::Builder::new()
            .name(format!("store-reader-{number}"))
            .spawn(move || read(&mut Session::new(&connection), &reads))?;
    }
    Ok(Sqlite { writer, readers, changes })
}

fn failed(path: &Path) -> impl Fn(rusqlite::Error) -> OpenError {
    move |source| OpenError::Sqlite { path: PathBuf::from(path), source: Arc::new(source) }
}

fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    make_private(path).map_err(|source| OpenError::Sqlite {
        path: PathBuf::from(path),
        source: Arc::new(source),
    })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed(path))?;
    let set_up = || {
        connection.busy_timeout(BUSY)?;
        connection.execute_batch(SET_UP)
    };
    set_up().map_err(failed(path))?;
    migrate(&mut Session::new(&connection))?;
    Ok(connection)
}

fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed(path))?;
    connection.busy_timeout(BUSY).map_err(failed(path))?;
    Ok(connection)
}

/// The database holds what only the site may know. SQLite gives its other
/// files the permissions of this one.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

fn migrate(session: &mut Session<'_>) -> Result<(), OpenError> {
    session.run(&migration::TABLE.with([]))?;
    loop {
        // What is missing is asked under the lock: another process may be
        // here too.
        session.plain("BEGIN IMMEDIATE")?;
        let step = migrate_once(session);
        if !matches!(step, Ok(true)) {
            session.roll_back();
            return step.map(drop);
        }
    }
}

/// Applies the next migration, if there is one.
fn migrate_once(session: &mut Session<'_>) -> Result<bool, OpenError> {
    let newest = session.run(&migration::NEWEST.with([]))?;
    let Some(migration) = migration::missing(newest.rows)?.first() else { return Ok(false) };
    let done = session
        .plain(&for_sqlite(migration.sql))
        .and_then(|()| session.run(&migration.record()))
        .and_then(|_| session.plain("COMMIT"));
    done.map_err(|source| OpenError::Migration {
        number: migration.number,
        source: Arc::new(source),
    })?;
    Ok(true)
}

fn write(session: &mut Session<'_>, mut jobs: mpsc::Receiver<Job>, changes: &AtomicU64) {
    while let Some(first) = jobs.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(job) = jobs.try_recv()
        {
            group.push(job);
        }
        commit(session, group, changes);
    }
}

/// One commit for all. Where the group as a whole fails, all of it is gone.
/// Counts a change before anybody is told of it.
fn commit(session: &mut Session<'_>, group: Vec<Job>, changes: &AtomicU64) {
    let mut done = Vec::with_capacity(group.len());
    let mut whole = session.plain("BEGIN IMMEDIATE");
    for Job { calls, answer } in group {
        let mut told = Ok(Vec::new());
        if whole.is_ok() {
            match session.member(&calls) {
                Ok(outcomes) => told = outcomes,
                Err(error) => whole = Err(error),
            }
        }
        done.push((answer, told));
    }
    whole = whole.and_then(|()| session.plain("COMMIT"));
    if whole.is_err() {
        session.roll_back();
    }
    changes.fetch_add(1, Ordering::AcqRel);
    tell(done, &whole);
}

fn read(session: &mut Session<'_>, reads: &Mutex<mpsc::Receiver<Read>>) {
    loop {
        // One reader waits for work, the other waits for its turn to wait.
        let next = reads.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(Read { statement, values, answer }) = next else { return };
        let rows = match values {
            Some(values) => {
                let call = Call { statement, values, affecting: None };
                session.run(&call).map(|outcome| outcome.rows)
            }
            None => session.prepare(statement).map(|_| Vec::new()),
        };
        // Who asked may have gone away.
        let _gone = answer.send(rows);
    }
}

/// A connection, and the statements that it has parsed.
struct Session<'a> {
    connection: &'a Connection,
    prepared: HashMap<&'static str, rusqlite::Statement<'a>>,
}

impl<'a> Session<'a> {
    fn new(connection: &'a Connection) -> Self {
        Self { connection, prepared: HashMap::new() }
    }

    /// A word to the database: `BEGIN`, a script.
    fn plain(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(StoreError::commit)
    }

    /// After a failure, which is what is reported; this one would say no more.
    fn roll_back(&self) {
        if !self.connection.is_autocommit() {
            drop(self.plain("ROLLBACK"));
        }
    }

    /// One member's steps inside a savepoint. The outer error is the group's.
    fn member(&mut self, calls: &[Call]) -> Result<Result<Vec<Outcome>, StoreError>, StoreError> {
        self.plain("SAVEPOINT member")?;
        let outcomes = self.steps(calls);
        match &outcomes {
            Ok(_) => self.plain("RELEASE member")?,
            // After some failures (the disk is full) SQLite has rolled back
            // everything by itself, the members before this one too.
            Err(error) if self.connection.is_autocommit() => return Err(error.clone()),
            Err(_) => self.plain("ROLLBACK TO member; RELEASE member")?,
        }
        Ok(outcomes)
    }

    fn steps(&mut self, calls: &[Call]) -> Result<Vec<Outcome>, StoreError> {
        let mut outcomes = Vec::with_capacity(calls.len());
        for (step, call) in calls.iter().enumerate() {
            let outcome = self.run(call)?;
            call.check(step, &outcome)?;
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    fn prepare(
        &mut self,
        statement: &'static Statement,
    ) -> Result<&mut rusqlite::Statement<'a>, StoreError> {
        let name = statement.name();
        match self.prepared.entry(name) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(free) => match self.connection.prepare(statement.sqlite()) {
                Ok(prepared) => Ok(free.insert(prepared)),
                Err(error) => Err(StoreError::database(name, error)),
            },
        }
    }

    fn run(&mut self, call: &Call) -> Result<Outcome, StoreError> {
        let name = call.statement.name();
        run(self.prepare(call.statement)?, call).map_err(|error| StoreError::database(name, error))
    }
}

fn run(prepared: &mut rusqlite::Statement<'_>, call: &Call) -> rusqlite::Result<Outcome> {
    let values = rusqlite::params_from_iter(&call.values);
    let columns = prepared.column_count();
    if columns == 0 {
        let affected = prepared.execute(values)? as u64;
        return Ok(Outcome { affected, rows: Vec::new() });
    }
    let mut found = prepared.query(values)?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let values =
            (0..columns).map(|column| value(row.get_ref(column)?)).collect::<Result<_, _>>()?;
        rows.push(Row::new(call.statement.name(), values));
    }
    Ok(Outcome { affected: rows.len() as u64, rows })
}

fn value(found: ValueRef<'_>) -> rusqlite::Result<Value> {
    Ok(match found {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(_) => Value::Text(found.as_str()?.to_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        // No column is declared so, and no statement computes one.
        ValueRef::Real(_) => return Err(rusqlite::types::FromSqlError::InvalidType.into()),
    })
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn the_writer_waits_for_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let writer = open_writer(&dir.path().join("site.db")).unwrap();
        let set = |name| writer.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(set("synchronous"), 2, "FULL");
        assert_eq!(set("foreign_keys"), 1);
        let mode: String = writer.pragma_query_value(None, "journal_mode", |r| r.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }

    /// A full disk is nobody's fault: whoever shared the commit may try again.
    #[test]
    fn what_a_full_disk_stops_is_not_lost_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let writer = open_writer(&dir.path().join("site.db")).unwrap();
        writer.pragma_update(None, "max_page_count", 1).unwrap();
        let mut session = Session::new(&writer);
        let mut answers = Vec::new();
        let mut jobs = Vec::new();
        for hash in [1_u8, 2] {
            let hash = vec![hash; 900_000];
            let call =
                crate::token::INSERT.with([hash.as_slice().into(), 1_i64.into(), 2_i64.into()]);
            let (job, answer) = Job::new(vec![call]);
            jobs.push(job);
            answers.push(answer);
        }
        commit(&mut session, jobs, &AtomicU64::new(0));
        for answer in answers {
            let told = answer.blocking_recv().unwrap();
            assert!(told.as_ref().is_err_and(|error| !error.is_lasting()), "{told:?}");
        }
        assert!(writer.is_autocommit());
    }
}
