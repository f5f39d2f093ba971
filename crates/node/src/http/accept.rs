//! The accept loop. Sockets come in bound, TLS proves who is there, and every
//! stage has a limit, because whoever can connect can also hold.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::crowd::Crowd;
use super::stream::{Seat, Stream};
use super::{Accepted, Limits};
use crate::net::{Bound, SILENCE};
use crate::os;
use crate::stop::Stop;
use crate::tls;

/// How long to wait when the system has no more descriptors: until somebody
/// has hung up.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(200);

/// Accepts on these doors until `stop`, and hands on each connection whose
/// handshake is done: for the side that accepts and then asks. A connection
/// that nobody takes off the channel keeps its seat.
///
/// # Errors
/// When a socket cannot be handed to the runtime; nothing is accepted then.
pub async fn take(
    doors: Vec<(Bound, tls::Server)>,
    limits: Limits,
    stop: Stop,
    taken: mpsc::Sender<Stream>,
) -> io::Result<()> {
    let doors = doors.into_iter().map(|(bound, tls)| (bound, Some(tls))).collect();
    accept_all(doors, limits, &stop.clone(), move |stream| {
        let (taken, stop) = (taken.clone(), stop.clone());
        async move {
            tokio::select! {
                () = stop.stopped() => {}
                // Nobody takes any more: the connection is closed.
                _sent = taken.send(stream) => {}
            }
        }
    })
    .await
}

/// Accepts on all doors (without TLS where there is none) until `stop`; `then`
/// is what becomes of each connection, and must itself heed the stop.
pub(super) async fn accept_all<F, R>(
    doors: Vec<(Bound, Option<tls::Server>)>,
    limits: Limits,
    stop: &Stop,
    then: F,
) -> io::Result<()>
where
    F: Fn(Stream) -> R + Clone + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let house = House { seats: Arc::new(Semaphore::new(seats(limits))), crowd: Crowd::default() };
    let doors = doors.into_iter().map(|(bound, tls)| {
        let flow = bound.flows().iter().map(|flow| flow.id()).collect::<Vec<_>>().join(", ");
        let door = Door { tls, flow: Arc::from(flow), limits, stop: stop.clone() };
        Ok((bound.into_tokio()?, door))
    });
    let mut open = JoinSet::new();
    for (listener, door) in doors.collect::<io::Result<Vec<_>>>()? {
        open.spawn(door.accept_all(listener, house.clone(), then.clone()));
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
struct Door {
    tls: Option<tls::Server>,
    flow: Arc<str>,
    limits: Limits,
    stop: Stop,
}

impl Door {
    async fn accept_all<F, R>(self, listener: TcpListener, house: House, then: F)
    where
        F: Fn(Stream) -> R + Clone + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let mut connections = JoinSet::new();
        let mut stopped = pin!(self.stop.stopped());
        loop {
            tokio::select! {
                biased;
                () = &mut stopped => break,
                Some(ended) = connections.join_next() => report(ended),
                accepted = accept(&listener, &house.seats) => match accepted {
                    Ok((stream, at, seat)) => {
                        let from = at.peer.ip();
                        match house.crowd.enter(from, self.limits.from_one) {
                            Some(guest) => {
                                let (door, then) = (self.clone(), then.clone());
                                connections.spawn(async move {
                                    if let Some(stream) = door.secure(stream, at, (seat, guest)).await {
                                        then(stream).await;
                                    }
                                });
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
        let last = tokio::time::sleep(self.limits.drain + Duration::from_secs(1));
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

    async fn secure(&self, stream: TcpStream, at: Accepted, seat: Seat) -> Option<Stream> {
        let flow = Arc::clone(&self.flow);
        let Some(tls) = &self.tls else { return Some(Stream::plain(stream, flow, at, seat)) };
        tokio::select! {
            () = self.stop.stopped() => None,
            accepted = tls.accept(stream, at.peer, self.limits.handshake) => {
                let (stream, peer) = accepted?;
                Some(Stream::accepted(stream, flow, at, peer, seat))
            }
        }
    }
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
) -> io::Result<(TcpStream, Accepted, tokio::sync::OwnedSemaphorePermit)> {
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
