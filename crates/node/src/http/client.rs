//! The asking side of a connection: dialled on a ground and pinned to a role of
//! the site, or accepted from it; kept as long as both sides like, one request
//! after the other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{HOST, HeaderValue};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::{Accepted, Body, Stream};
use crate::net::{Dial, DialError, dial};
use crate::tls::{self, TlsFailure};

/// The longest head of an answer. Bytes.
const HEAD: usize = 32 * 1024; // not a port: bytes

/// A connection that did not come about.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not even TCP.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// TCP, and then no TLS with whom we wanted.
    #[error("{flow}: no TLS with {address}: {cause}")]
    Tls {
        /// The flow's id.
        flow: String,
        /// Where we went.
        address: SocketAddr,
        /// Why.
        cause: TlsFailure,
    },
    /// TLS, and then no HTTP.
    #[error("{flow}: no HTTP with {address}")]
    Http {
        /// The flow's id.
        flow: String,
        /// Where we went.
        address: SocketAddr,
        /// Why.
        source: hyper::Error,
    },
}

/// A request without an answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The other side had closed the connection; the request was not sent and
    /// can be repeated on a new one.
    #[error("{flow}: {address} had closed the connection")]
    Unsent {
        /// The flow's id.
        flow: String,
        /// Where we went.
        address: SocketAddr,
        /// Why.
        source: hyper::Error,
    },
    /// TLS has failed after the handshake: in TLS 1.3 that is how a client
    /// learns that its certificate was refused.
    #[error("{flow}: TLS with {address} broke off: {cause}")]
    Tls {
        /// The flow's id.
        flow: String,
        /// Where we went.
        address: SocketAddr,
        /// Why.
        cause: TlsFailure,
    },
    /// No answer in this time. The request may have had its effect.
    #[error("{flow}: {address} did not answer within {} s", .within.as_secs_f32())]
    TimedOut {
        /// The flow's id.
        flow: String,
        /// Where we went.
        address: SocketAddr,
        /// The limit.
        within: Duration,
    },
    /// The connection broke off. The request may have had its effect.
    #[error("{flow}: the connection to {address} broke off before the answer")]
    Broken {
        /// The flow's id.
        flow: String,
        /// Where we went.
        address: SocketAddr,
        /// Why.
        source: hyper::Error,
    },
}

/// Dials and shakes hands, all of it `within`; nothing is asked yet.
///
/// # Errors
/// [`OpenError`].
pub async fn open(to: &Dial, tls: &tls::Client, within: Duration) -> Result<Stream, OpenError> {
    let watch = crate::clock::Stopwatch::start();
    let (flow, address) = (to.flow().id(), to.address());
    let stream = dial(to, within).await?;
    let local = stream.local_addr().unwrap_or(address);
    let left = within.saturating_sub(watch.elapsed());
    let secured = match tokio::time::timeout(left, tls.connect(stream)).await {
        Ok(secured) => secured,
        Err(_over) => Err(TlsFailure::TimedOut(within)),
    };
    match secured {
        Ok(stream) => {
            Ok(Stream::opened(stream, Arc::from(flow), Accepted { local, peer: address }))
        }
        Err(cause) => Err(OpenError::Tls { flow, address, cause }),
    }
}

/// One open HTTP/1.1 connection, on which we ask.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Body>,
    flow: Arc<str>,
    at: Accepted,
    host: HeaderValue,
    usable: bool,
}

impl Connection {
    /// Dials and shakes hands, all of it `within`.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(to: &Dial, tls: &tls::Client, within: Duration) -> Result<Self, OpenError> {
        Self::over(open(to, tls, within).await?).await
    }

    /// Asks on a connection that is there already, whoever opened it.
    ///
    /// # Errors
    /// [`OpenError::Http`].
    pub async fn over(stream: Stream) -> Result<Self, OpenError> {
        let (flow, at) = (Arc::<str>::from(stream.flow()), stream.addresses());
        let address = at.peer;
        let shaken = http1::Builder::new().max_buf_size(HEAD).handshake(TokioIo::new(stream)).await;
        let (sender, driver) = match shaken {
            Ok(shaken) => shaken,
            Err(source) => return Err(OpenError::Http { flow: flow.to_string(), address, source }),
        };
        // Ends by itself when the sender and the last answer's body are gone.
        tokio::spawn(async move {
            if let Err(error) = driver.await {
                tracing::debug!(%address, "connection: {error}");
            }
        });
        Ok(Self { sender, flow, at, host: host_header(address), usable: true })
    }

    /// Sends a request (with a path, not a whole URL) and waits for the head of
    /// its answer. The answer's body must be read before the next request; this
    /// value may be dropped meanwhile.
    ///
    /// # Errors
    /// [`SendError`]; the connection is then closed.
    pub async fn send(
        &mut self,
        mut request: Request<Body>,
        within: Duration,
    ) -> Result<Response<Incoming>, SendError> {
        let _kept = request.headers_mut().entry(HOST).or_insert_with(|| self.host.clone());
        // Also false when this future is dropped halfway.
        let was_usable = std::mem::replace(&mut self.usable, false);
        let answered = tokio::time::timeout(within, async {
            self.sender.ready().await.map_err(|error| (error, true))?;
            self.sender.send_request(request).await.map_err(|error| {
                let unsent = error.is_canceled();
                (error, unsent)
            })
        })
        .await;
        let (flow, address) = (self.flow.to_string(), self.at.peer);
        match answered {
            Ok(Ok(response)) => {
                self.usable = was_usable;
                Ok(response)
            }
            Ok(Err((source, unsent))) => Err(match TlsFailure::within(&source) {
                Some(cause) => SendError::Tls { flow, address, cause },
                None if unsent => SendError::Unsent { flow, address, source },
                None => SendError::Broken { flow, address, source },
            }),
            Err(_over) => Err(SendError::TimedOut { flow, address, within }),
        }
    }

    /// Whether a new connection is needed.
    pub fn is_closed(&self) -> bool {
        !self.usable || self.sender.is_closed()
    }

    /// Our own end of it: the address that the system chose to come from.
    pub fn local(&self) -> SocketAddr {
        self.at.local
    }
}

fn host_header(address: SocketAddr) -> HeaderValue {
    // An address and a port are always a valid header value.
    HeaderValue::try_from(address.to_string())
        .unwrap_or_else(|_| HeaderValue::from_static("localhost"))
}
