//! One connection of the link, opened again whenever it is needed and gone: by
//! dialling the site server on the ways of the host plan, or by waiting for the
//! next one that the site server opens.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use catalog::flows::SITE_SYSTEM_TO_SITE_SERVER_LINK as LINK;
use catalog::role::SITE_SERVER;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use node::http::{
    Body, BodyError, Connection, Incoming, OpenError, SendError, Stream, read_limited,
};
use node::net::Dial;
use node::tls::{self, Identity, TlsError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, mpsc};
use trust::tls::PinnedServer;
use wire::limit;
use wire::problem::{self, Problem};

use super::Office;

/// To connect and shake hands.
const OPEN: Duration = Duration::from_secs(15);
/// For an answer that is not waited for on purpose.
pub(super) const ANSWER: Duration = Duration::from_secs(30);
/// The longest pause after failures; a link has few users, and many wait for it.
const LONGEST: i64 = 30_000; // not a port: milliseconds

/// Why something did not work over the link.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    #[error("the host plan has no way to the site server")]
    NoWay,
    #[error("the site server opens no connections any more")]
    Closed,
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("the site server refused: {0}")]
    Refused(Problem),
    #[error("the site server's answer makes no sense")]
    Answer(#[from] serde_json::Error),
}

/// Where connections come from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Dialled,
    Accepted(Arc<Mutex<mpsc::Receiver<Stream>>>),
}

impl Source {
    pub(super) fn new(reversed: Option<mpsc::Receiver<Stream>>) -> Self {
        reversed.map_or(Self::Dialled, |streams| Self::Accepted(Arc::new(Mutex::new(streams))))
    }
}

/// A connection that is there when it is needed.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) office: Arc<Office>,
    source: Source,
    open: Option<Connection>,
    backoff: reach::backoff::Backoff,
}

impl Line {
    pub(super) fn new(office: Arc<Office>, source: Source) -> Self {
        Self { office, source, open: None, backoff: reach::backoff::Backoff::default() }
    }

    /// A question, and the head of its answer, whatever it says.
    pub(super) async fn send(
        &mut self,
        request: impl Fn() -> Request<Body>,
        within: Duration,
    ) -> Result<Response<Incoming>, LineError> {
        loop {
            let (mut connection, old) = match self.open.take().filter(|open| !open.is_closed()) {
                Some(connection) => (connection, true),
                None => (self.connect().await?, false),
            };
            match connection.send(request(), within).await {
                Ok(response) => {
                    self.open = Some(connection);
                    return Ok(response);
                }
                // Closed while nobody looked: it costs nothing to ask again.
                Err(SendError::Unsent { .. }) if old => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A question with a short answer.
    pub(super) async fn ask(
        &mut self,
        request: impl Fn() -> Request<Body>,
        within: Duration,
        limit: usize,
    ) -> Result<Bytes, LineError> {
        let response = self.send(request, within).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(read_limited(response.into_body(), limit).await?);
        }
        Err(LineError::Refused(self.problem(response).await?))
    }

    /// The same in JSON.
    pub(super) async fn get<T: DeserializeOwned>(
        &mut self,
        path: &str,
        within: Duration,
        limit: usize,
    ) -> Result<T, LineError> {
        let answer = self.ask(|| request(Method::GET, path, Body::empty()), within, limit).await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// Something is told; what is answered is for the caller.
    pub(super) async fn post(
        &mut self,
        path: &str,
        body: &impl Serialize,
        limit: usize,
    ) -> Result<Bytes, LineError> {
        let body = Bytes::from(serde_json::to_vec(body)?);
        let ask = || {
            let mut request = request(Method::POST, path, body.clone().into());
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(CONTENT_TYPE, json);
            request
        };
        self.ask(ask, ANSWER, limit).await
    }

    /// Why an answer says no.
    pub(super) async fn problem(
        &mut self,
        response: Response<Incoming>,
    ) -> Result<Problem, LineError> {
        let status = response.status();
        let body = read_limited(response.into_body(), limit::UNAUTHENTICATED_BODY).await?;
        Ok(problem_in(status, &body))
    }

    /// The next question goes over another connection.
    pub(super) fn close(&mut self) {
        self.open = None;
    }

    pub(super) fn succeeded(&mut self) {
        self.backoff.succeeded();
    }

    /// After a failure: waits for a while that grows from one to the next.
    /// `false` when it is time to stop.
    pub(super) async fn pause(&mut self) -> bool {
        self.close();
        let now = node::clock::now();
        let seed = content::Digest::of(format!("{} {now}", self.office.plan().host()).as_bytes());
        let random = seed.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let pause = self.backoff.failed(random).min(LONGEST);
        tokio::select! {
            () = self.office.stop.stopped() => false,
            () = node::clock::sleep(Duration::from_millis(pause.unsigned_abs())) => true,
        }
    }

    async fn connect(&mut self) -> Result<Connection, LineError> {
        match &self.source {
            Source::Accepted(streams) => {
                let next = async { streams.lock().await.recv().await };
                Ok(Connection::over(next.await.ok_or(LineError::Closed)?).await?)
            }
            Source::Dialled => {
                let client = self.client()?;
                let mut failed = LineError::NoWay;
                for way in self.office.plan().ways(&LINK) {
                    match Connection::open(&Dial::along(&way), &client, OPEN).await {
                        Ok(connection) => return Ok(connection),
                        Err(error) => failed = error.into(),
                    }
                }
                Err(failed)
            }
        }
    }

    /// Nobody is shown a certificate that has expired: who renews it needs none.
    fn client(&self) -> Result<tls::Client, LineError> {
        let (plan, chain) = (self.office.plan(), self.office.chain());
        let pin = PinnedServer::new(self.office.root, &SITE_SERVER, plan.site());
        let own = chain.first().and_then(|own| trust::certificate::validity(own));
        let valid = own.is_some_and(|(_, until)| node::clock::now() < until);
        let identity = valid.then(|| {
            Identity::from_der(chain.as_ref().clone(), self.office.key.to_pkcs8().to_vec())
        });
        Ok(tls::client(pin, identity)?)
    }
}

pub(super) fn request(method: Method, path: &str, body: Body) -> Request<Body> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    // Our own paths, and digits: always valid.
    *request.uri_mut() = path.parse().unwrap_or_default();
    request
}

fn problem_in(status: StatusCode, body: &[u8]) -> Problem {
    let said = serde_json::from_slice::<Problem>(body);
    let said =
        said.unwrap_or_else(|_| Problem::new("no-problem", format!("HTTP status {status}"), ""));
    let printable = |text: &str| problem::printable(text, 300);
    Problem::new(&printable(&said.code), printable(&said.message), printable(&said.next))
}
