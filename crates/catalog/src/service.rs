//! Services: what is spoken, on which protocol, at which port.
//!
//! (A role that runs in our process is a *part*, never a service.) A service has
//! one port and one setting that moves it: what is spoken alike on two ports that
//! are set in two places is two services. The rows are filed by who speaks them.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::port::{Family, Ports, Protocol};
use crate::source::Source;

pub mod boot;
pub mod client;
pub mod database;
pub mod gateway;
pub mod platform;
pub mod site;
pub mod web;
pub mod windows;

pub use boot::*;
pub use client::*;
pub use database::*;
pub use gateway::*;
pub use platform::*;
pub use site::*;
pub use web::*;
pub use windows::*;

/// One service. Two services are equal when their slugs are.
#[derive(Debug)]
#[non_exhaustive]
pub struct Service {
    /// `https`: in site files, ids and JSON.
    pub slug: &'static str,
    pub name: &'static str,
    pub protocol: Protocol,
    pub family: Family,
    pub ports: Ports,
    /// Of a service of ICMP, the types of its messages; none of others. Echo is its
    /// question: the answer follows.
    pub types: &'static [u8],
    pub share: Share,
    /// Whether this version of Portolan speaks it, or the machine under it
    /// does; where not, lists say so.
    pub served: bool,
    pub sentence: &'static str,
    pub source: Source,
}

/// Whether several roles may answer on one socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// The socket belongs to one role.
    Own,
    /// The roles of a host share one HTTP host per address and port, each
    /// under its own prefix.
    HttpHost,
    /// The operating system answers once, for every role of the host.
    System,
}

impl Service {
    /// The most common kind: TCP, of one role, not served by this version.
    pub(crate) const TCP: Self = Self {
        slug: "",
        name: "",
        protocol: Protocol::Tcp,
        family: Family::Any,
        ports: Ports::None,
        types: &[],
        share: Share::Own,
        served: false,
        sentence: "",
        source: Source::ours(""),
    };
    pub(crate) const UDP: Self = Self { protocol: Protocol::Udp, ..Self::TCP };

    /// The port where nothing else was said; none where the service has no
    /// single port.
    pub fn default_port(&self) -> Option<u16> {
        match self.ports {
            Ports::Fixed(first, last) if first == last => Some(first),
            Ports::Setting { default, .. } => Some(default),
            Ports::Fixed(..) | Ports::Series { .. } | Ports::Dynamic | Ports::None => None,
        }
    }

    /// The port for a process that may not bind low ones; none where the site
    /// file cannot move the service.
    pub fn unprivileged_port(&self) -> Option<u16> {
        match self.ports {
            Ports::Setting { unprivileged, .. } => Some(unprivileged),
            Ports::Fixed(..) | Ports::Series { .. } | Ports::Dynamic | Ports::None => None,
        }
    }

    /// The key in the site file's `ports`, where there is one.
    pub fn key(&self) -> Option<&'static str> {
        match self.ports {
            Ports::Setting { key, .. } | Ports::Series { key, .. } => Some(key),
            Ports::Fixed(..) | Ports::Dynamic | Ports::None => None,
        }
    }
}

/// Every service: ours first, then the platform's, then those of a Configuration
/// Manager site.
pub static SERVICES: &[&Service] = &[
    &HTTPS,
    &HTTP,
    &SITE_LINK,
    &SITE_DATABASE,
    &PACKAGE_MIRROR,
    &DNS,
    &DNS_TCP,
    &NTP,
    &DHCP,
    &DHCP_REPLY,
    &ARP,
    &NEIGHBOUR_DISCOVERY,
    &IGMP,
    &MLD,
    &ICMP_ECHO,
    &ICMPV6_ECHO,
    &ICMP_ERRORS,
    &ICMPV6_ERRORS,
    &WEB_HTTP,
    &WEB_HTTPS,
    &APPLICATION_CATALOG_HTTP,
    &APPLICATION_CATALOG_HTTPS,
    &APPLICATION_CATALOG_SERVICE_HTTP,
    &APPLICATION_CATALOG_SERVICE_HTTPS,
    &ENROLLMENT_HTTPS,
    &CERTIFICATE_REGISTRATION_HTTPS,
    &REPORTING_HTTP,
    &REPORTING_HTTPS,
    &WSUS_HTTP,
    &WSUS_HTTPS,
    &WSUS_HTTP_80,
    &WSUS_HTTPS_443,
    &CLIENT_NOTIFICATION,
    &EXPRESS_UPDATES,
    &WAKE_ON_LAN,
    &WAKE_UP_PROXY,
    &PEER_CACHE,
    &PEER_CACHE_DISCOVERY,
    &REMOTE_CONTROL,
    &REMOTE_ASSISTANCE,
    &NEIGHBOUR_MAP,
    &NEIGHBOUR_MAP_TRANSFER,
    &PROBE_RESPONDER,
    &OBJECT_STORE,
    &SSH,
    &SMB,
    &RPC_ENDPOINT_MAPPER,
    &RPC_ENDPOINT_MAPPER_UDP,
    &RPC,
    &LDAP,
    &LDAP_UDP,
    &LDAPS,
    &LDAPS_UDP,
    &GLOBAL_CATALOG,
    &WINRM_HTTP,
    &WINRM_HTTPS,
    &NETBIOS_NAME,
    &NETBIOS_DATAGRAM,
    &NETBIOS_SESSION,
    &KERBEROS,
    &KERBEROS_UDP,
    &SQL,
    &SQL_WSUS,
    &DATABASE_REPLICATION,
    &TFTP,
    &BINL,
    &MULTICAST,
    &GATEWAY_CHANNEL,
    &GATEWAY_HTTPS,
    &GATEWAY_HTTPS_MANY,
];

impl PartialEq for Service {
    fn eq(&self, other: &Self) -> bool {
        self.slug == other.slug
    }
}

impl Eq for Service {}

impl PartialOrd for Service {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Service {
    fn cmp(&self, other: &Self) -> Ordering {
        self.slug.cmp(other.slug)
    }
}

impl Hash for Service {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.slug.hash(state);
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug)
    }
}
