//! HTTP/1.1 over TLS on our own sockets: an accept loop with limits and an end
//! ([`serve`]), and one connection that a client keeps ([`Connection`]). Where
//! the side that opens is not the side that asks, [`open`] and [`serve_stream`]
//! are the one's, [`take`] and [`Connection::over`] the other's.
//!
//! hyper does the protocol. What is ours is what ready-made servers leave out:
//! who the peer is, as TLS proved it; limits on everything a stranger can make
//! us hold; and a stop that frees the port at once and loses no answer.

mod accept;
mod body;
mod client;
mod crowd;
mod server;
mod stream;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Duration;

pub use accept::take;
pub use body::{Body, BodyError, read_limited};
pub use client::{Connection, OpenError, SendError, open};
pub use hyper::body::Incoming;
pub use server::{serve, serve_plain, serve_stream};
pub use stream::{Pipe, Stream};
pub use trust::tls::Peer;

/// The addresses of the connection on which a request came. In every request's
/// extensions; beside it the [`Peer`], when the client showed a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Our own address and port: by which listener the client came.
    pub local: SocketAddr,
    /// The client's, or that of what stands between.
    pub peer: SocketAddr,
}

/// What a server lets its clients take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once, over all doors of one [`serve`]; more wait in the
    /// system's queue. Fewer where the system does not allow so many files.
    pub connections: usize,
    /// Of these, from one address (IPv6: from one network of 64 bits); more are
    /// closed.
    pub from_one: usize,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For a request's head, from the end of the request before: it ends slow
    /// senders and idle connections alike.
    pub head: Duration,
    /// The longest head of a request, and what is read ahead of a body. Bytes,
    /// at least 8192.
    pub buffer: usize,
    /// For a whole connection; after it the request under way is finished. It
    /// bounds how long an expired certificate stays in use.
    pub lifetime: Duration,
    /// For the requests under way, once the server has been told to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000, // not a port: connections
            from_one: 1_000,     // not a port: connections
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(90),
            buffer: 32 * 1024, // not a port: bytes
            lifetime: Duration::from_secs(60 * 60),
            drain: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// For the site link: few hosts, known to each other, whose connections may
    /// be silent while there is nothing to do.
    pub fn link() -> Self {
        Self { from_one: 16, head: Duration::from_secs(10 * 60), ..Self::default() }
    }
}
