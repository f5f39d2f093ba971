//! Answering: the requests of connections that were accepted, or of one that we
//! opened and on which the other side asks.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::pin;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tower_service::Service;

use super::Limits;
use super::accept::accept_all;
use super::stream::Stream;
use crate::net::Bound;
use crate::stop::Stop;
use crate::tls;

/// Serves `service` on these doors until `stop`. Then the ports are closed at
/// once, requests under way get `limits.drain`, and what is left is cut.
///
/// The service is anything like an axum `Router`. In each request's extensions
/// it finds [`Accepted`](super::Accepted) and, when the client showed a
/// certificate, the [`Peer`](super::Peer).
///
/// # Errors
/// When a socket cannot be handed to the runtime; nothing is served then.
pub async fn serve<S, B>(
    doors: Vec<(Bound, tls::Server)>,
    service: S,
    limits: Limits,
    stop: Stop,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let doors = doors.into_iter().map(|(bound, tls)| (bound, Some(tls))).collect();
    serve_all(doors, service, limits, stop).await
}

/// The same without TLS: for what is public, and is not believed because it
/// came from here. Nobody has a name there.
///
/// # Errors
/// As [`serve`].
pub async fn serve_plain<S, B>(
    doors: Vec<Bound>,
    service: S,
    limits: Limits,
    stop: Stop,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let doors = doors.into_iter().map(|bound| (bound, None)).collect();
    serve_all(doors, service, limits, stop).await
}

async fn serve_all<S, B>(
    doors: Vec<(Bound, Option<tls::Server>)>,
    service: S,
    limits: Limits,
    stop: Stop,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    accept_all(doors, limits, &stop.clone(), move |stream| {
        serve_stream(stream, service.clone(), limits, stop.clone())
    })
    .await
}

/// Answers the requests of one connection until it ends, until one of its
/// limits, or until `stop`. Only `head`, `buffer`, `lifetime` and `drain` of the
/// limits count here.
pub async fn serve_stream<S, B>(stream: Stream, service: S, limits: Limits, stop: Stop)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (from, peer) = (stream.addresses(), stream.peer().cloned());
    let answer = service_fn(move |mut request: Request<Incoming>| {
        let mut service = service.clone();
        request.extensions_mut().insert(from);
        if let Some(peer) = peer.clone() {
            request.extensions_mut().insert(peer);
        }
        async move {
            poll_fn(|context| service.poll_ready(context)).await?;
            service.call(request).await
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(limits.buffer)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    let mut lifetime = pin!(tokio::time::sleep(limits.lifetime));
    let mut old = false;
    let ended = loop {
        tokio::select! {
            ended = connection.as_mut() => break ended,
            () = stop.stopped() => {
                connection.as_mut().graceful_shutdown();
                match tokio::time::timeout(limits.drain, connection.as_mut()).await {
                    Ok(ended) => break ended,
                    Err(_over) => {
                        tracing::info!(peer = %from.peer, "cut: not finished {} s after the stop", limits.drain.as_secs_f32());
                        return;
                    }
                }
            }
            () = &mut lifetime, if !old => {
                connection.as_mut().graceful_shutdown();
                old = true;
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(peer = %from.peer, "connection: {error}");
    }
}
