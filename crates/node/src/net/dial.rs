//! Dialling. A [`Dial`] is one address and port with the flow that leads there
//! and the ground on which it may be tried; whatever fails says which flow,
//! which address, and what that usually means.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use catalog::Flow;
use catalog::flows::platform::{SITE_SYSTEM_TO_DNS, SITE_SYSTEM_TO_DNS_TCP};
use socket2::SockRef;
use tokio::net::TcpStream;
use trust::way::{Ground, Way};

use super::SILENCE;
use crate::os;

/// Leave to connect to one place for one flow.
#[derive(Clone, Copy)]
pub struct Dial {
    flow: &'static Flow,
    address: IpAddr,
    port: u16,
    ground: &'static str,
}

impl Dial {
    /// The plan says so: for roles and administrators' tools.
    pub fn planned(target: &plan::Target) -> Self {
        let (flow, address, port) = (target.flow(), target.address(), target.port());
        Self { flow, address, port, ground: "planned" }
    }

    /// A verified service map or an invitation says so: for clients.
    pub fn along(way: &Way) -> Self {
        let ground = match way.ground() {
            Ground::Mapped => "mapped",
            Ground::Remembered => "remembered",
            Ground::Invited => "invited",
            Ground::Ordered => "ordered",
        };
        Self { flow: way.flow(), address: way.address(), port: way.port(), ground }
    }

    /// A name server that this machine's settings or a person name: for
    /// administrators' tools. The address is a hint, the port is the catalog's.
    pub fn name_server(address: IpAddr) -> Option<Self> {
        Self::hinted(&SITE_SYSTEM_TO_DNS, address)
    }

    /// The same, for an answer that is too long for a datagram.
    pub fn name_server_at_length(address: IpAddr) -> Option<Self> {
        Self::hinted(&SITE_SYSTEM_TO_DNS_TCP, address)
    }

    /// None where the flow has no port of its own.
    fn hinted(flow: &'static Flow, address: IpAddr) -> Option<Self> {
        let port = flow.service.default_port()?;
        Some(Self { flow, address, port, ground: "hinted" })
    }

    /// The flow for which the connection is made.
    pub fn flow(&self) -> &'static Flow {
        self.flow
    }

    /// Where it leads.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }

    pub(super) fn failed(&self, cause: Cause, source: Option<io::Error>) -> DialError {
        tracing::debug!("dialling {self}: {cause}");
        let source = source.filter(|_| matches!(cause, Cause::Denied | Cause::Other));
        DialError { flow: self.flow.id(), address: self.address(), cause, source }
    }
}

impl fmt::Display for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} ({})", self.flow.id(), self.address(), self.ground)
    }
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dial({self})")
    }
}

/// A connection that did not come about.
#[derive(Debug, thiserror::Error)]
#[error("{flow}: no connection to {address}: {cause}")]
pub struct DialError {
    /// The flow's id.
    pub flow: String,
    /// Where we wanted to go.
    pub address: SocketAddr,
    /// What it means.
    pub cause: Cause,
    /// The system's words, where they say more than the cause.
    pub source: Option<io::Error>,
}

/// What a failed connection means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The host is there and has no listener on the port, or a firewall says so.
    Refused,
    /// No answer in this time.
    TimedOut(Duration),
    /// There is no route to the address, or a router says so.
    Unreachable,
    /// This machine's own rules forbid it.
    Denied,
    /// Anything else; the source says what.
    Other,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("nothing listens there (connection refused)"),
            Self::TimedOut(limit) => write!(
                f,
                "no answer within {} s (the host is off, or a firewall drops the packets)",
                limit.as_secs_f32()
            ),
            Self::Unreachable => f.write_str("the address cannot be reached from here (no route)"),
            Self::Denied => f.write_str("this machine does not allow it (a local firewall rule?)"),
            Self::Other => f.write_str("the connection failed"),
        }
    }
}

impl Cause {
    pub(super) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::NetworkDown => Self::Unreachable,
            io::ErrorKind::PermissionDenied => Self::Denied,
            _ => Self::Other,
        }
    }
}

/// Connects, for at most `within`.
///
/// # Errors
/// [`DialError`], also when the time is over.
pub async fn dial(dial: &Dial, within: Duration) -> Result<TcpStream, DialError> {
    let address = dial.address();
    tracing::debug!("dialling {dial}");
    let fail = |cause, source| dial.failed(cause, source);
    let connected = tokio::time::timeout(within, TcpStream::connect(address)).await;
    let stream = match connected {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => {
            return Err(fail(Cause::TimedOut(within), Some(error)));
        }
        Ok(Err(error)) => return Err(fail(Cause::of(&error), Some(error))),
        Err(_over) => return Err(fail(Cause::TimedOut(within), None)),
    };
    // Requests are small and wait for their answers: never hold one back. And
    // a connection that is kept must notice when the other side is gone.
    stream
        .set_nodelay(true)
        .and_then(|()| os::give_up_on_silence(&SockRef::from(&stream), SILENCE))
        .map_err(|error| fail(Cause::of(&error), Some(error)))?;
    Ok(stream)
}
