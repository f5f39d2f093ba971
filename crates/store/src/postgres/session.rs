//! One connection to PostgreSQL, and the statements it has prepared.

use std::collections::HashMap;
use std::error::Error as _;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::Poll;

use futures_util::TryStreamExt as _;
use node::task::Tasks;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Connection};

use super::Stream;
use crate::StoreError;
use crate::statement::{Call, Outcome, Statement};
use crate::value::Row;

#[derive(Debug)]
pub(super) struct Session {
    client: Client,
    given_up: AtomicBool,
    prepared: Mutex<HashMap<&'static str, tokio_postgres::Statement>>,
    /// What carries the bytes.
    _tasks: Tasks,
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Outcome, StoreError>> + Send + 'a>>;

impl Session {
    pub(super) fn start(
        client: Client,
        connection: Connection<Box<dyn Stream>, NoTlsStream>,
    ) -> Self {
        let mut tasks = Tasks::new();
        tasks.spawn("store-connection", async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "the connection to the database server broke");
            }
        });
        Self { client, given_up: AtomicBool::new(false), prepared: Mutex::default(), _tasks: tasks }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.given_up.load(Ordering::Relaxed) && !self.client.is_closed()
    }

    /// Not to be used for anything that begins from now on.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    /// A word to the server: `BEGIN`, a script.
    pub(super) async fn plain(&self, sql: &str) -> Result<(), StoreError> {
        self.client.batch_execute(sql).await.map_err(StoreError::commit)
    }

    pub(super) async fn prepare(
        &self,
        statement: &'static Statement,
    ) -> Result<tokio_postgres::Statement, StoreError> {
        let name = statement.name();
        let known = || self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = known().get(name) {
            return Ok(prepared.clone());
        }
        let prepared = self
            .client
            .prepare(statement.sql())
            .await
            .map_err(|error| StoreError::database(name, error))?;
        known().insert(name, prepared.clone());
        Ok(prepared)
    }

    /// One statement by itself.
    pub(super) async fn run(&self, call: &Call) -> Result<Outcome, StoreError> {
        let prepared = self.prepare(call.statement).await?;
        self.send(call, &prepared).await
    }

    /// All statements, sent together; the first that fails is the answer.
    pub(super) async fn steps(&self, calls: &[&Call]) -> Result<Vec<Outcome>, StoreError> {
        let mut prepared = Vec::with_capacity(calls.len());
        for call in calls {
            prepared.push(self.prepare(call.statement).await?);
        }
        let running = calls
            .iter()
            .zip(&prepared)
            .map(|(call, ready)| -> Running<'_> { Box::pin(self.send(call, ready)) });
        let answers = in_order(running.collect()).await;
        let mut outcomes = Vec::with_capacity(calls.len());
        for (step, (call, answer)) in calls.iter().zip(answers).enumerate() {
            let outcome = answer?;
            call.check(step, &outcome)?;
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    async fn send(
        &self,
        call: &Call,
        prepared: &tokio_postgres::Statement,
    ) -> Result<Outcome, StoreError> {
        self.send_plainly(call, prepared)
            .await
            .map_err(|error| StoreError::database(call.statement.name(), error))
    }

    async fn send_plainly(
        &self,
        call: &Call,
        prepared: &tokio_postgres::Statement,
    ) -> Result<Outcome, tokio_postgres::Error> {
        let answer = self.client.query_raw(prepared, &call.values).await?;
        let mut answer = std::pin::pin!(answer);
        let mut rows = Vec::new();
        while let Some(row) = answer.try_next().await? {
            let values =
                (0..row.len()).map(|column| row.try_get(column)).collect::<Result<_, _>>()?;
            rows.push(Row::new(call.statement.name(), values));
        }
        let affected = answer.rows_affected().unwrap_or(0);
        Ok(Outcome { affected, rows })
    }
}

/// The connection is to blame, not the statement.
pub(super) fn broke(error: &StoreError) -> bool {
    let Some(error) = cause(error) else { return false };
    let ended = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
    match error.code() {
        Some(code) => ended.contains(code),
        None => error.is_closed() || error.source().is_some_and(|source| source.is::<io::Error>()),
    }
}

/// Another host's transaction got in the way; the same may work now.
pub(super) fn lost_to_another(error: &StoreError) -> bool {
    let lost = [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE];
    cause(error).and_then(|error| error.code()).is_some_and(|code| lost.contains(code))
}

fn cause(error: &StoreError) -> Option<&tokio_postgres::Error> {
    match error {
        StoreError::Database { source, .. } => source.downcast_ref(),
        _ => None,
    }
}

/// Polls each once, in order, which is when it is sent; then waits for each,
/// in order, which is how the answers come.
async fn in_order(mut running: Vec<Running<'_>>) -> Vec<Result<Outcome, StoreError>> {
    let mut early: Vec<Option<_>> = std::future::poll_fn(|context| {
        let poll = |one: &mut Running<'_>| match one.as_mut().poll(context) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        };
        Poll::Ready(running.iter_mut().map(poll).collect())
    })
    .await;
    let mut answers = Vec::with_capacity(running.len());
    for (one, early) in running.into_iter().zip(early.drain(..)) {
        answers.push(match early {
            Some(answer) => answer,
            None => one.await,
        });
    }
    answers
}
