//! The accept loop. Sockets come in bound, TLS proves who is there, and every
//! stage has a limit, because whoever can connect can also hold.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tower_service::Service;
use trust::tls::Peer;

use super::crowd::{Crowd, Guest};
use super::{Accepted, Limits};
use crate::net::Bound;
use crate::os;
use crate::stop::Stop;
use crate::tls::{self, ServerStream};

/// How long to wait when the system has no more descriptors: until somebody
/// has hung up.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(200);
/// How long a client may take nothing of what we send, or be gone without a
/// word.
const SILENCE: Duration = Duration::from_secs(60);

/// Serves `service` on these doors until `stop`. Then the ports are closed at
/// once, requests under way get `limits.drain`, and what is left is cut.
///
/// The service is anything like an axum `Router`. In each request's extensions
/// it finds [`Accepted`] and, when the client showed a certificate, the
/// [`Peer`].
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
    let house = House { seats: Arc::new(Semaphore::new(seats(limits))), crowd: Crowd::default() };
    let mut open = JoinSet::new();
    let doors = doors.into_iter().map(|(bound, tls)| Ok((bound.into_tokio()?, tls)));
    for (listener, tls) in doors.collect::<io::Result<Vec<_>>>()? {
        let host = Host { service: service.clone(), limits, stop: stop.clone(), tls };
        open.spawn(accept_all(listener, host, house.clone()));
    }
    while let Some(ended) = open.join_next().await {
        if let Err(error) = ended {
            tracing::error!("an accept loop has ended: {error}");
        }
    }
    Ok(())
}

/// As many connections as may be, with half of the files that this process may
/// open left for everything else.
fn seats(limits: Limits) -> usize {
    let files = os::allow_many_files().unwrap_or_else(|error| {
        tracing::warn!("cannot tell how many files may be open: {error}");
        1024 // not a port: files
    });
    let seats = limits.connections.min(files / 2);
    if seats < limits.connections {
        tracing::warn!(
            "at most {seats} connections at once, because this process may open only {files} \
             files; raise its limit (systemd: LimitNOFILE=)"
        );
    }
    seats
}

/// Who is in, over all doors.
#[derive(Clone)]
struct House {
    seats: Arc<Semaphore>,
    crowd: Crowd,
}

/// What every connection of one door needs.
#[derive(Clone)]
struct Host<S> {
    service: S,
    limits: Limits,
    stop: Stop,
    tls: tls::Server,
}

async fn accept_all<S, B>(listener: TcpListener, host: Host<S>, house: House)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut connections = JoinSet::new();
    let mut stopped = pin!(host.stop.stopped());
    loop {
        tokio::select! {
            biased;
            () = &mut stopped => break,
            Some(ended) = connections.join_next() => report(ended),
            accepted = accept(&listener, &house.seats) => match accepted {
                Ok((stream, addresses, seat)) => {
                    let from = addresses.peer.ip();
                    match house.crowd.enter(from, host.limits.from_one) {
                        Some(guest) => {
                            let seat = (seat, guest);
                            connections.spawn(converse(stream, addresses, host.clone(), seat));
                        }
                        None => tracing::debug!(%from, "closed: too many connections from there"),
                    }
                }
                Err(error) => rest_after(&error).await,
            },
        }
    }
    // Whoever starts next can bind the port while we say our good-byes.
    drop(listener);
    // Each conversation keeps to the drain limit itself; this is the net below.
    let last = tokio::time::sleep(host.limits.drain + Duration::from_secs(1));
    let mut last = pin!(last);
    loop {
        tokio::select! {
            ended = connections.join_next() => match ended {
                Some(ended) => report(ended),
                None => return,
            },
            () = &mut last => break,
        }
    }
    connections.shutdown().await;
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!("a connection has ended: {error}");
    }
}

/// Takes a seat first, so that a full house leaves callers in the system's
/// queue.
async fn accept(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Accepted, OwnedSemaphorePermit)> {
    let seat = seats.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    os::give_up_on_silence(&SockRef::from(&stream), SILENCE)?;
    let local = stream.local_addr()?;
    Ok((stream, Accepted { local, peer }, seat))
}

/// One caller that gave up is nothing; no descriptors left is a reason to wait.
async fn rest_after(error: &io::Error) {
    use io::ErrorKind as Kind;
    let callers =
        [Kind::ConnectionAborted, Kind::ConnectionReset, Kind::NotConnected, Kind::InvalidInput];
    if callers.contains(&error.kind()) {
        tracing::debug!("a caller gave up: {error}");
    } else {
        tracing::warn!("cannot accept connections: {error}");
        tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
    }
}

async fn converse<S, B>(
    stream: TcpStream,
    addresses: Accepted,
    host: Host<S>,
    _seat: (OwnedSemaphorePermit, Guest),
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let accepted = tokio::select! {
        () = host.stop.stopped() => return,
        accepted = host.tls.accept(stream, addresses.peer, host.limits.handshake) => accepted,
    };
    if let Some((stream, peer)) = accepted {
        requests(stream, peer, addresses, host).await;
    }
}

/// Answers the requests of one connection until one of its limits.
async fn requests<S, B>(stream: ServerStream, peer: Option<Peer>, from: Accepted, host: Host<S>)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let Host { service, limits, stop, .. } = host;
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
