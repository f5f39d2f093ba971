//! Listening. Sockets are bound early and served later: a port that is taken
//! must stop a start before anything else has happened, with the name of the
//! process that holds it.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};

use catalog::{Flow, Protocol};
use socket2::{Domain, Socket, Type};
use trust::host_plan::Post;

use crate::holder::{self, Holder};
use crate::os;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024; // not a port: connections

/// Leave to listen at one address and port, for the flows that lead there.
#[derive(Clone)]
pub struct Listen {
    address: IpAddr,
    port: u16,
    protocol: Protocol,
    flows: Vec<&'static Flow>,
}

impl Listen {
    /// The plan says so: on the site server's own host.
    pub fn planned(listen: &plan::Listen) -> Self {
        let (address, port, protocol) = (listen.address(), listen.port(), listen.protocol());
        Self { address, port, protocol, flows: listen.flows().to_vec() }
    }

    /// A verified host plan says so: on a host that has joined the site.
    pub fn ordered(post: &Post) -> Self {
        let (address, port, protocol) = (post.address(), post.port(), post.protocol());
        Self { address, port, protocol, flows: post.flows() }
    }

    fn flow_ids(&self) -> String {
        self.flows.iter().map(|flow| flow.id()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Listen {
    /// `tcp 127.0.0.1:…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.protocol, SocketAddr::new(self.address, self.port))
    }
}

impl fmt::Debug for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listen({self} for {})", self.flow_ids())
    }
}

/// A TCP socket that listens already, and the flows it is open for.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    flows: Vec<&'static Flow>,
}

impl Bound {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it is open for.
    pub fn flows(&self) -> &[&'static Flow] {
        &self.flows
    }

    /// Hands the socket to the runtime.
    pub(crate) fn into_tokio(self) -> io::Result<tokio::net::TcpListener> {
        tokio::net::TcpListener::from_std(self.listener)
    }
}

/// Why a port could not be opened. Every text names the flows that need it.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else listens there.
    #[error("cannot listen on tcp {address} for {flows}: {}", held_by(.holder.as_ref()))]
    InUse {
        /// Where we wanted to listen.
        address: SocketAddr,
        /// The flows, separated by commas.
        flows: String,
        /// Who does, where the system tells.
        holder: Option<Holder>,
    },
    /// A low port, and no right to it.
    #[error(
        "cannot listen on tcp {address} for {flows}: this user may not use low ports; give the program the right (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE), start it as root, or set a higher port in the site file"
    )]
    Denied {
        /// Where we wanted to listen.
        address: SocketAddr,
        /// The flows, separated by commas.
        flows: String,
        /// The system's words.
        source: io::Error,
    },
    /// This host does not have the address.
    #[error(
        "cannot listen on tcp {address} for {flows}: no interface of this host has that address; correct the host's address in the site file"
    )]
    NotHere {
        /// Where we wanted to listen.
        address: SocketAddr,
        /// The flows, separated by commas.
        flows: String,
        /// The system's words.
        source: io::Error,
    },
    /// The flows are not TCP.
    #[error("cannot listen on {listen}: only tcp is served here")]
    Protocol {
        /// The listener, as the plan writes it.
        listen: String,
    },
    /// Anything else.
    #[error("cannot listen on tcp {address} for {flows}")]
    Other {
        /// Where we wanted to listen.
        address: SocketAddr,
        /// The flows, separated by commas.
        flows: String,
        /// The system's words.
        source: io::Error,
    },
}

fn held_by(holder: Option<&Holder>) -> String {
    holder.map_or_else(
        || "the port is taken, by whom the system does not tell".to_owned(),
        |holder| format!("{holder} listens there; stop it, or set another port in the site file"),
    )
}

/// Opens a port that this host was given.
///
/// # Errors
/// [`BindError`], one variant for each thing that an administrator can do.
pub fn listen(listen: &Listen) -> Result<Bound, BindError> {
    if listen.protocol != Protocol::Tcp {
        return Err(BindError::Protocol { listen: listen.to_string() });
    }
    let address = SocketAddr::new(listen.address, listen.port);
    let flows = listen.flow_ids();
    let opened = open(address).and_then(|socket| Ok((socket.local_addr()?, socket)));
    match opened {
        Ok((address, listener)) => {
            tracing::info!(%address, %flows, "listening");
            Ok(Bound { listener, address, flows: listen.flows.clone() })
        }
        Err(source) => Err(explain(address, flows, source)),
    }
}

fn explain(address: SocketAddr, flows: String, source: io::Error) -> BindError {
    match source.kind() {
        io::ErrorKind::AddrInUse => {
            BindError::InUse { address, flows, holder: holder::of(address) }
        }
        io::ErrorKind::PermissionDenied => BindError::Denied { address, flows, source },
        io::ErrorKind::AddrNotAvailable => BindError::NotHere { address, flows, source },
        _ => BindError::Other { address, flows, source },
    }
}

/// The first of `candidates` on which this process could listen at `address`,
/// else a port that the system chooses. For writing a new site file: it opens
/// the port, closes it and promises nothing about later.
///
/// # Errors
/// When not even the system finds one.
pub fn free_port(address: IpAddr, candidates: &[u16]) -> io::Result<u16> {
    let free = candidates.iter().find(|port| open(SocketAddr::new(address, **port)).is_ok());
    match free {
        Some(port) => Ok(*port),
        None => Ok(open(SocketAddr::new(address, 0))?.local_addr()?.port()),
    }
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    os::allow_rebinding(&socket)?;
    if address.is_ipv6() {
        // Each address family is planned for itself, and bound for itself.
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
