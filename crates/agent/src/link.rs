//! The way to one service of the site: the ladder decides where to try and
//! when, this file tries. One connection is kept while there is work, and
//! closed when there is none. (Distribution points are many, and not equal: see
//! [`crate::content`].)

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use catalog::flow::Flow;
use http::{Request, Response, StatusCode};
use node::http::{Body, BodyError, Connection, Incoming, read_limited};
use node::net::Dial;
use node::tls;
use reach::ladder::{Candidate, Ladder, Step};
use tokio::sync::watch;
use trust::map::VerifiedMap;
use trust::tls::PinnedServer;
use wire::problem::Problem;

use crate::identity::Identity;
use crate::journal::{Fact, Journal, JournalError};
use crate::words::chain;

/// For the connection and the TLS handshake.
const OPEN: Duration = Duration::from_secs(10);
/// For the head of an answer, beside the time that the request itself takes.
const ANSWER: Duration = Duration::from_secs(30);
/// Bytes of a request in a second, on the slowest connection. A management
/// point loses patience with a body before we do, and says so.
const SLOWEST: usize = 16 * 1024; // not a port: bytes
/// For a whole answer; what is larger than one comes from a distribution point.
const WHOLE: Duration = Duration::from_secs(300);

/// Who we are and where the site is, as both change.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub identity: Arc<Identity>,
    pub map: Option<Arc<VerifiedMap>>,
}

/// Why nothing answered.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Every place has failed, or it is too early to try again.
    #[error("{flow} cannot be reached: {cause}")]
    Unreachable {
        flow: String,
        /// Why the last place failed.
        cause: String,
        /// When to try again, in Unix milliseconds.
        until: i64,
    },
    #[error("this machine's certificate cannot be used")]
    Tls(#[from] tls::TlsError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The link to one service.
#[derive(Debug)]
pub struct Link {
    flow: &'static Flow,
    /// Under which the journal remembers where it worked last.
    fact: Fact,
    journal: Arc<Journal>,
    credentials: watch::Receiver<Credentials>,
    ladder: Ladder,
    open: Option<(Candidate, Connection)>,
    tls: Option<Tls>,
    trouble: String,
}

/// The client's side of TLS, and until when it may be used: in Unix
/// milliseconds, the end of the certificate that it shows.
#[derive(Debug)]
struct Tls {
    client: tls::Client,
    until: i64,
}

impl Link {
    pub fn new(
        flow: &'static Flow,
        fact: Fact,
        journal: Arc<Journal>,
        mut credentials: watch::Receiver<Credentials>,
        seed: u64,
    ) -> Self {
        credentials.mark_changed();
        let ladder = Ladder::towards(flow, seed);
        let trouble = String::new();
        Self { flow, fact, journal, credentials, ladder, open: None, tls: None, trouble }
    }

    /// Sends a request and gives the head of the answer, whatever its status.
    /// Climbs the ladder where needed. Every request must be one that may be
    /// repeated: a connection can break after it was heard.
    pub async fn send(
        &mut self,
        request: &Request<Bytes>,
    ) -> Result<Response<Incoming>, LinkError> {
        self.refresh()?;
        if let Some((candidate, mut connection)) = self.open.take()
            && !connection.is_closed()
        {
            match connection.send(request.clone().map(Body::from), patience(request)).await {
                Ok(response) => {
                    self.open = Some((candidate, connection));
                    return Ok(response);
                }
                Err(error) => tracing::debug!("the kept connection failed: {}", chain(&error)),
            }
        }
        loop {
            match self.ladder.next(node::clock::now()) {
                Step::Try(candidate) => {
                    if let Some(response) = self.attempt(candidate, request).await? {
                        return Ok(response);
                    }
                }
                Step::Wait(until) => return Err(self.unreachable(until)),
            }
        }
    }

    /// Closes the connection, until the next request.
    pub fn close(&mut self) {
        self.open = None;
    }

    async fn attempt(
        &mut self,
        candidate: Candidate,
        request: &Request<Bytes>,
    ) -> Result<Option<Response<Incoming>>, LinkError> {
        let tls = self.tls()?;
        let opened = Connection::open(&Dial::along(&candidate.way), &tls, OPEN).await;
        let answered = match opened {
            Ok(mut connection) => connection
                .send(request.clone().map(Body::from), patience(request))
                .await
                .map(|response| (connection, response))
                .map_err(|error| chain(&error)),
            Err(error) => Err(chain(&error)),
        };
        match answered {
            Ok((connection, response)) => {
                self.ladder.succeeded(&candidate, node::clock::now());
                self.remember(&candidate)?;
                self.trouble.clear();
                self.open = Some((candidate, connection));
                Ok(Some(response))
            }
            Err(trouble) => {
                tracing::debug!("{trouble}");
                self.trouble = trouble;
                self.ladder.failed(&candidate, node::clock::now());
                Ok(None)
            }
        }
    }

    /// Takes up a new identity or a new map.
    fn refresh(&mut self) -> Result<(), LinkError> {
        if !self.credentials.has_changed().unwrap_or(false) {
            return Ok(());
        }
        let Credentials { map, .. } = self.credentials.borrow_and_update().clone();
        self.close();
        self.tls = None;
        let Some(map) = map else { return Ok(()) };
        self.ladder.set_map(&map);
        if self.ladder.last_good().is_none()
            && let Some(place) = self.remembered()?
            && let Some(way) = map.remembered(self.flow, place.ip(), place.port())
        {
            self.ladder.set_last_good(way);
        }
        Ok(())
    }

    fn tls(&mut self) -> Result<tls::Client, LinkError> {
        let identity = Arc::clone(&self.credentials.borrow().identity);
        let now = node::clock::now();
        if let Some(tls) = self.tls.as_ref().filter(|tls| now < tls.until) {
            return Ok(tls.client.clone());
        }
        let pin = PinnedServer::new(identity.root, self.flow.to, &identity.site);
        let (client, until) = tls_for(&identity, pin, now)?;
        self.tls = Some(Tls { client: client.clone(), until });
        Ok(client)
    }

    fn remembered(&self) -> Result<Option<SocketAddr>, JournalError> {
        let text = self.journal.fact(self.fact)?.unwrap_or_default();
        Ok(std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok()))
    }

    fn remember(&self, candidate: &Candidate) -> Result<(), JournalError> {
        let place = SocketAddr::new(candidate.address(), candidate.port());
        if self.remembered()? == Some(place) {
            return Ok(());
        }
        tracing::info!("{} answers at {place}", self.flow.id());
        self.journal.keep(&[(self.fact, place.to_string().as_bytes())])
    }

    fn unreachable(&self, until: i64) -> LinkError {
        let cause = if self.trouble.is_empty() {
            "the service map names no place for it".to_owned()
        } else {
            self.trouble.clone()
        };
        LinkError::Unreachable { flow: self.flow.id(), cause, until }
    }
}

/// Our side of TLS with whom `pin` lets pass, and until when it may be used, in
/// Unix milliseconds.
pub(crate) fn tls_for(
    identity: &Identity,
    pin: Arc<PinnedServer>,
    now: i64,
) -> Result<(tls::Client, i64), tls::TlsError> {
    // An expired certificate would end the handshake; without one, the way to a
    // fresh one is still open.
    let until = identity.until().filter(|until| now < *until);
    let own = until.map(|_| {
        let key = identity.keys.signing.to_pkcs8().to_vec();
        tls::Identity::from_der(identity.chain.clone(), key)
    });
    Ok((tls::client(pin, own)?, until.unwrap_or(i64::MAX)))
}

fn patience(request: &Request<Bytes>) -> Duration {
    ANSWER + Duration::from_secs((request.body().len() / SLOWEST) as u64)
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

/// Reads a whole answer, of at most `limit` bytes.
pub async fn read(response: Response<Incoming>, limit: usize) -> Result<Answer, BodyError> {
    let (head, body) = response.into_parts();
    let body = tokio::time::timeout(WHOLE, read_limited(body, limit)).await;
    let body = body.unwrap_or(Err(BodyError::TooSlow { within: WHOLE }))?;
    Ok(Answer { status: head.status, body })
}

/// What an answer that is no success says; a stranger's text is cut short.
pub fn problem_in(status: StatusCode, body: &[u8]) -> Problem {
    let problem = serde_json::from_slice::<Problem>(body);
    let mut problem =
        problem.unwrap_or_else(|_| Problem::new("no-problem", format!("HTTP status {status}"), ""));
    for text in [&mut problem.code, &mut problem.message, &mut problem.next] {
        *text = crate::words::printable(text);
    }
    problem
}
