//! The two capabilities that a plan gives: to listen, and to dial.
//!
//! Both have private fields and no constructor, so that holding one proves that
//! a plan holds the flow. A plan gives them,
//!
//! ```
//! fn first(plan: &plan::Plan) -> Option<plan::Listen> {
//!     plan.listens("keel").into_iter().next()
//! }
//! fn dial(plan: &plan::Plan, flow: &'static catalog::Flow) -> Option<plan::Target> {
//!     plan.dial_targets(flow).into_iter().next()
//! }
//! fn port(listen: plan::Listen) -> u16 {
//!     listen.port()
//! }
//! ```
//!
//! and nobody else can, neither from nothing
//!
//! ```compile_fail,E0451
//! fn forge(flow: &'static catalog::Flow) -> plan::Target {
//!     plan::Target { flow, host: String::new(), address: [127, 0, 0, 1].into(), port: 1, rank: 0 }
//! }
//! ```
//!
//! nor from another one.
//!
//! ```compile_fail,E0616
//! fn bend(mut listen: plan::Listen) -> plan::Listen {
//!     listen.port = 1;
//!     listen
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use catalog::{Cast, Flow, Protocol, Role, RunBy, Service};

use crate::planned::{Plan, Planned, PlannedHost};

/// One socket to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    host: String,
    address: IpAddr,
    port: u16,
    protocol: Protocol,
    flows: Vec<&'static Flow>,
    roles: Vec<&'static Role>,
}

impl Listen {
    /// The host's key in the site file.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn address(&self) -> IpAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// TCP or UDP.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The flows that arrive here: at least one, sorted.
    pub fn flows(&self) -> &[&'static Flow] {
        &self.flows
    }

    /// The roles that answer here: at least one, sorted.
    pub fn roles(&self) -> Vec<&'static Role> {
        self.roles.clone()
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.protocol, SocketAddr::new(self.address, self.port))
    }
}

/// One place that a dial may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    flow: &'static Flow,
    host: String,
    address: IpAddr,
    port: u16,
    rank: u8,
}

impl Target {
    pub fn flow(&self) -> &'static Flow {
        self.flow
    }

    /// The answering host's key in the site file.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn address(&self) -> IpAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// 0 for the port to try first, 1 for the alternate.
    pub fn rank(&self) -> u8 {
        self.rank
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = SocketAddr::new(self.address, self.port);
        write!(f, "{} {at} ({})", self.flow.service.protocol, self.flow)
    }
}

/// Where a role answers a service: what a service map says to clients. An
/// address to know; it opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Endpoint {
    /// The host's key in the site file.
    pub host: String,
    pub address: IpAddr,
    pub port: u16,
    pub alternate: Option<u16>,
}

pub(crate) fn listens(plan: &Plan, host: &str) -> Vec<Listen> {
    type Answers = (BTreeSet<&'static Flow>, BTreeSet<&'static Role>);
    let mut sockets: BTreeMap<(Protocol, IpAddr, u16), Answers> = BTreeMap::new();
    for (planned, answerer, address, port) in answered(plan) {
        if answerer.name == host && planned.answering().run_by == RunBy::Site {
            let socket = (planned.flow.service.protocol, address, port);
            let (flows, roles) = sockets.entry(socket).or_default();
            flows.insert(planned.flow);
            roles.insert(planned.answering());
        }
    }
    sockets
        .into_iter()
        .map(|((protocol, address, port), (flows, roles))| {
            let (flows, roles) = (flows.into_iter().collect(), roles.into_iter().collect());
            Listen { host: host.to_owned(), address, port, protocol, flows, roles }
        })
        .collect()
}

pub(crate) fn endpoints(
    plan: &Plan,
    role: &'static Role,
    service: &'static Service,
) -> Vec<Endpoint> {
    let mut found: BTreeMap<(&str, IpAddr), (u16, Option<u16>)> = BTreeMap::new();
    for (planned, answerer, address, port) in answered(plan) {
        if planned.answering() == role && planned.flow.service == service {
            let ports = found.entry((&answerer.name, address)).or_insert((port, None));
            if planned.rank == 0 {
                ports.0 = port;
            } else {
                ports.1 = Some(port);
            }
        }
    }
    found
        .into_iter()
        .map(|((host, address), (port, alternate))| Endpoint {
            host: host.to_owned(),
            address,
            port,
            alternate,
        })
        .collect()
}

pub(crate) fn targets(plan: &Plan, wanted: impl Fn(&Planned) -> bool) -> Vec<Target> {
    let mut targets: Vec<Target> = answered(plan)
        .filter(|(planned, ..)| planned.flow.cast == Cast::Unicast && wanted(planned))
        .map(|(planned, answerer, address, port)| Target {
            flow: planned.flow,
            host: answerer.name.clone(),
            address,
            port,
            rank: planned.rank,
        })
        .collect();
    targets.sort_by(|one, other| {
        (one.flow, one.rank, one.address, one.port).cmp(&(
            other.flow,
            other.rank,
            other.address,
            other.port,
        ))
    });
    targets.dedup();
    targets
}

/// Every planned flow that a host answers on one port, once for each of its addresses
/// that the opener can use.
fn answered(plan: &Plan) -> impl Iterator<Item = (&Planned, &PlannedHost, IpAddr, u16)> {
    plan.flows.iter().flat_map(|planned| {
        let port = planned.ports.filter(|(first, last)| first == last).map(|(port, _)| port);
        let host = plan.host_of(planned.answerer);
        let single = host.is_some_and(|host| host.addresses.len() == 1);
        let from = if single { Vec::new() } else { plan.addresses_of(planned.opener) };
        let usable = move |address: &&IpAddr| {
            from.is_empty() || from.iter().any(|one| one.is_ipv4() == address.is_ipv4())
        };
        let found = host.zip(port).into_iter();
        found.flat_map(move |(host, port)| {
            let usable: Vec<IpAddr> = host.addresses.iter().filter(&usable).copied().collect();
            usable.into_iter().map(move |address| (planned, host, address, port))
        })
    })
}
