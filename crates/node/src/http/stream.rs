//! One connection, and who is at its other end. Which side opened it and which
//! side asks on it are two questions: on a site link that the site server opens,
//! the host asks over a connection that it accepted. So a [`Stream`] is either
//! end of TLS, and becomes a [`Connection`](super::Connection) or is served.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use trust::tls::Peer;

use super::Accepted;
use super::crowd::Guest;
use crate::tls::{ClientStream, ServerStream};

/// A connection whose handshake is done.
pub struct Stream {
    io: Io,
    flow: Arc<str>,
    at: Accepted,
    peer: Option<Peer>,
    /// Where it was accepted: its place among the others, until it ends.
    _seat: Option<Seat>,
}

/// One of a server's connections.
pub(super) type Seat = (OwnedSemaphorePermit, Guest);

/// Anything that carries bytes both ways.
pub trait Pipe: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Pipe for T {}

enum Io {
    Plain(TcpStream),
    Accepted(Box<ServerStream>),
    Opened(Box<ClientStream>),
    Other(Box<dyn Pipe>),
}

impl Stream {
    /// Anything that carries bytes, with somebody at the other end: for tests of
    /// what is said on a connection. It opens nothing.
    pub fn over(io: impl Pipe, peer: Option<Peer>) -> Self {
        let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let at = Accepted { local: nowhere, peer: nowhere };
        Self { io: Io::Other(Box::new(io)), flow: Arc::from("a pipe"), at, peer, _seat: None }
    }

    pub(super) fn plain(io: TcpStream, flow: Arc<str>, at: Accepted, seat: Seat) -> Self {
        Self { io: Io::Plain(io), flow, at, peer: None, _seat: Some(seat) }
    }

    pub(super) fn accepted(
        io: ServerStream,
        flow: Arc<str>,
        at: Accepted,
        peer: Option<Peer>,
        seat: Seat,
    ) -> Self {
        Self { io: Io::Accepted(Box::new(io)), flow, at, peer, _seat: Some(seat) }
    }

    pub(super) fn opened(io: ClientStream, flow: Arc<str>, at: Accepted) -> Self {
        Self { io: Io::Opened(Box::new(io)), flow, at, peer: None, _seat: None }
    }

    /// Who is at the other end, as far as TLS proved it.
    pub fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// The certificate that the other end showed, and our verifier accepted.
    pub fn certificate(&self) -> Option<CertificateDer<'static>> {
        let certificates = match &self.io {
            Io::Accepted(io) => io.get_ref().1.peer_certificates(),
            Io::Opened(io) => io.get_ref().1.peer_certificates(),
            Io::Plain(_) | Io::Other(_) => None,
        };
        Some(certificates?.first()?.clone().into_owned())
    }

    /// The same, for a caller who knows more about the other end: of a
    /// connection that we opened, whom the certificate names is not told here.
    #[must_use]
    pub fn with_peer(self, peer: Option<Peer>) -> Self {
        Self { peer, ..self }
    }

    /// Our end's address and the other's.
    pub fn addresses(&self) -> Accepted {
        self.at
    }

    /// The flows for which it is open: ids, separated by commas.
    pub fn flow(&self) -> &str {
        &self.flow
    }

    fn io(self: Pin<&mut Self>) -> Pin<&mut dyn Pipe> {
        match &mut self.get_mut().io {
            Io::Plain(io) => Pin::new(io),
            Io::Accepted(io) => Pin::new(io.as_mut()),
            Io::Opened(io) => Pin::new(io.as_mut()),
            Io::Other(io) => Pin::new(io.as_mut()),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.io().poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.io().poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io().poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io().poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.io {
            Io::Plain(io) => io.is_write_vectored(),
            Io::Accepted(io) => io.is_write_vectored(),
            Io::Opened(io) => io.is_write_vectored(),
            Io::Other(io) => io.is_write_vectored(),
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({} with {}, {:?})", self.flow, self.at.peer, self.peer)
    }
}
