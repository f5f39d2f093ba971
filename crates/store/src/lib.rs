//! The site's memory: everything that a site knows and must still know after
//! a power cut.
//!
//! A thin driver over two databases, embedded SQLite and PostgreSQL, takes
//! two kinds of order: [`Store::query`] reads, and [`Store::transact`] does a
//! list of statements wholly or not at all. There is no interactive
//! transaction, on purpose: it would hold the one writer across an `.await`.
//! What would be a decision between two statements is a condition inside one,
//! or a demand on the rows that it affects.
//!
//! Each subject (devices, applications, messages …) has a file with its
//! statements, its rows as plain structs, and its functions on [`Store`].
//! Callers see those; SQL does not leave this crate.
//!
//! Rejected: an ORM or a query builder (two databases, one text each, is
//! simpler than a third language), and a pool (one pipelined connection is
//! faster than eight that are not).

use std::path::Path;
use std::sync::Arc;

mod driver;
mod error;
mod migration;
mod postgres;
mod sqlite;
pub mod statement;
pub mod value;

pub mod agent_package;
pub mod app;
pub mod change;
pub mod collection;
pub mod content;
pub mod damage;
pub mod deployment;
pub mod device;
pub mod document;
pub mod held;
pub mod host;
pub mod inventory;
pub mod invitation;
pub mod message;
pub mod policy;
pub mod state;
pub mod status;
pub mod token;
pub mod visit;

pub use error::{OpenError, StoreError};
pub use postgres::{Login, Stream};

use change::{Signals, Topic};
use driver::{Driver, Job};
use statement::{Call, Outcome, Statement};
use value::{Row, Value};

/// The site's database. Clones share it; when the last one goes, it closes.
#[derive(Debug, Clone)]
pub struct Store {
    driver: Arc<Driver>,
    signals: Arc<Signals>,
    visits: Arc<visit::Visits>,
}

impl Store {
    /// Opens the SQLite database in the file, or makes it, and brings its
    /// schema up to date. Its folder must be there.
    pub async fn sqlite(path: &Path) -> Result<Self, OpenError> {
        Self::over(Driver::Sqlite(sqlite::open(path).await?)).await
    }

    /// Connects to a PostgreSQL database that exists and brings its schema up
    /// to date. `dial` makes a connection to the server each time that it is
    /// called: for two connections now, and again after one broke.
    pub async fn postgres<S, F>(
        dial: impl Fn() -> F + Send + Sync + 'static,
        login: Login,
    ) -> Result<Self, OpenError>
    where
        S: Stream + 'static,
        F: Future<Output = std::io::Result<S>> + Send + 'static,
    {
        Self::over(Driver::Postgres(postgres::open(dial, login).await?)).await
    }

    async fn over(driver: Driver) -> Result<Self, OpenError> {
        let driver = Arc::new(driver);
        let store = Self { driver, signals: Arc::default(), visits: Arc::default() };
        for topic in Topic::ALL {
            store.signals.raise(topic, store.version(topic).await?);
        }
        Ok(store)
    }

    /// Asks the database whether it understands a statement: the law that
    /// [`statement::all`] is held to, on both.
    pub async fn prepare(&self, statement: &'static Statement) -> Result<(), StoreError> {
        self.driver.prepare(statement).await
    }

    /// Reads.
    pub(crate) async fn query<const N: usize>(
        &self,
        statement: &'static Statement,
        values: [Value; N],
    ) -> Result<Vec<Row>, StoreError> {
        self.driver.query(statement, values.into()).await
    }

    /// Reads, and makes something of every row.
    pub(crate) async fn list<T, const N: usize>(
        &self,
        statement: &'static Statement,
        values: [Value; N],
        read: impl Fn(&mut Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.query(statement, values).await?.iter_mut().map(read).collect()
    }

    /// Reads at most one row.
    pub(crate) async fn first<T, const N: usize>(
        &self,
        statement: &'static Statement,
        values: [Value; N],
        read: impl Fn(&mut Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.query(statement, values).await?.first_mut().map(read).transpose()
    }

    /// Reads the one row that there always is.
    pub(crate) async fn one<T, const N: usize>(
        &self,
        statement: &'static Statement,
        values: [Value; N],
        read: impl Fn(&mut Row) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.first(statement, values, read)
            .await?
            .ok_or(StoreError::Empty { statement: statement.name() })
    }

    /// Does all of it, durably, or nothing. One outcome for each call. Who
    /// stops waiting does not stop it.
    pub(crate) async fn transact(&self, calls: Vec<Call>) -> Result<Vec<Outcome>, StoreError> {
        let (job, answer) = Job::new(calls);
        self.driver.submit(job).await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Does several transactions, in this order and each by itself, without
    /// waiting for the disk between them.
    pub(crate) async fn transact_each(
        &self,
        transactions: Vec<Vec<Call>>,
    ) -> Result<Vec<Result<Vec<Outcome>, StoreError>>, StoreError> {
        let mut answers = Vec::with_capacity(transactions.len());
        for calls in transactions {
            let (job, answer) = Job::new(calls);
            self.driver.submit(job).await?;
            answers.push(answer);
        }
        let mut outcomes = Vec::with_capacity(answers.len());
        for answer in answers {
            outcomes.push(answer.await.unwrap_or(Err(StoreError::Closed)));
        }
        Ok(outcomes)
    }

    /// One statement that writes, by itself.
    pub(crate) async fn execute(&self, call: Call) -> Result<Outcome, StoreError> {
        Ok(self.transact(vec![call]).await?.pop().unwrap_or_default())
    }
}
