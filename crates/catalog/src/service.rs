//! Services: what is spoken, on which protocol, at which port.
//!
//! (A role that runs in our process is a *part*, never a service.)

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::port::{Family, Ports, Protocol};
use crate::source::Source;

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
}

impl Service {
    /// The port where nothing else was said; none where the service has no
    /// single port.
    pub fn default_port(&self) -> Option<u16> {
        match self.ports {
            Ports::Fixed(first, last) if first == last => Some(first),
            Ports::Setting { default, .. } => Some(default),
            Ports::Fixed(..) | Ports::Dynamic | Ports::None => None,
        }
    }

    /// The port for a process that may not bind low ones; none where the site
    /// file cannot move the service.
    pub fn unprivileged_port(&self) -> Option<u16> {
        match self.ports {
            Ports::Setting { unprivileged, .. } => Some(unprivileged),
            Ports::Fixed(..) | Ports::Dynamic | Ports::None => None,
        }
    }

    /// The key in the site file's `ports`, where there is one.
    pub fn key(&self) -> Option<&'static str> {
        match self.ports {
            Ports::Setting { key, .. } => Some(key),
            Ports::Fixed(..) | Ports::Dynamic | Ports::None => None,
        }
    }
}

pub static HTTPS: Service = Service {
    slug: "https",
    name: "HTTPS",
    protocol: Protocol::Tcp,
    family: Family::Any,
    ports: Ports::Setting { key: "https", default: 443, unprivileged: 8443, alternate: true },
    share: Share::HttpHost,
    served: true,
    sentence: "HTTP over TLS 1.3, on the HTTP host that the roles of a machine share.",
    source: Source::ours("#the-http-host"),
};

pub static HTTP: Service = Service {
    slug: "http",
    name: "HTTP",
    protocol: Protocol::Tcp,
    family: Family::Any,
    ports: Ports::Setting { key: "http", default: 80, unprivileged: 8080, alternate: true },
    share: Share::HttpHost,
    served: true,
    sentence: "HTTP without TLS, for what is public anyway: nothing secret, nothing that is believed.",
    source: Source::ours("#the-http-host"),
};

pub static SITE_LINK: Service = Service {
    slug: "site-link",
    name: "Site link",
    protocol: Protocol::Tcp,
    family: Family::Any,
    ports: Ports::Setting {
        key: "site-link",
        default: 10180,
        unprivileged: 10180,
        alternate: false,
    },
    share: Share::Own,
    served: true,
    sentence: "One mutual TLS connection between the site server and a host of the site: plans, content, reports.",
    source: Source::ours("#the-site-link"),
};

pub static PACKAGE_MIRROR: Service = Service {
    slug: "package-mirror",
    name: "Package mirror",
    protocol: Protocol::Tcp,
    family: Family::Any,
    ports: Ports::Setting {
        key: "package-mirror",
        default: 80,
        unprivileged: 8080,
        alternate: false,
    },
    share: Share::Own,
    served: true,
    sentence: "Debian's packages and their lists, as apt fetches them over HTTP.",
    source: Source::ours("#where-packages-come-from"),
};

pub static SITE_DATABASE: Service = Service {
    slug: "site-database",
    name: "Site database",
    protocol: Protocol::Tcp,
    family: Family::Any,
    ports: Ports::Setting {
        key: "site-database",
        default: 5432,
        unprivileged: 5432,
        alternate: false,
    },
    share: Share::Own,
    served: true,
    sentence: "PostgreSQL's protocol. With the built-in database nothing crosses a wire.",
    source: Source::ours("#the-site-database"),
};

pub static DNS: Service = Service {
    slug: "dns",
    name: "DNS",
    protocol: Protocol::Udp,
    family: Family::Any,
    ports: Ports::Fixed(53, 53),
    share: Share::Own,
    served: true,
    sentence: "Names to addresses.",
    source: Source::rfc("RFC 1035", "#section-4.2.1"),
};

pub static DNS_TCP: Service = Service {
    slug: "dns-tcp",
    name: "DNS over TCP",
    protocol: Protocol::Tcp,
    family: Family::Any,
    ports: Ports::Fixed(53, 53),
    share: Share::Own,
    served: true,
    sentence: "The same questions, for answers that do not fit a datagram.",
    source: Source::rfc("RFC 7766", "#section-5"),
};

pub static NTP: Service = Service {
    slug: "ntp",
    name: "NTP",
    protocol: Protocol::Udp,
    family: Family::Any,
    ports: Ports::Fixed(123, 123),
    share: Share::Own,
    served: true,
    sentence: "The time of day.",
    source: Source::rfc("RFC 5905", "#section-7.2"),
};

pub static DHCP: Service = Service {
    slug: "dhcp",
    name: "DHCP, to the server",
    protocol: Protocol::Udp,
    family: Family::V4,
    ports: Ports::Fixed(67, 67),
    share: Share::Own,
    served: true,
    sentence: "A machine asks for an address, and to keep it.",
    source: Source::rfc("RFC 2131", "#section-4.1"),
};

pub static DHCP_REPLY: Service = Service {
    slug: "dhcp-reply",
    name: "DHCP, to the client",
    protocol: Protocol::Udp,
    family: Family::V4,
    ports: Ports::Fixed(68, 68),
    share: Share::Own,
    served: true,
    sentence: "The server's answer, which a stateful firewall does not recognise as one.",
    source: Source::rfc("RFC 2131", "#section-4.1"),
};

pub static ARP: Service = Service {
    slug: "arp",
    name: "ARP",
    protocol: Protocol::Arp,
    family: Family::V4,
    ports: Ports::None,
    share: Share::Own,
    served: true,
    sentence: "Which network card has this IPv4 address.",
    source: Source::rfc("RFC 826", "#section-2"),
};

pub static NEIGHBOUR_DISCOVERY: Service = Service {
    slug: "neighbour-discovery",
    name: "Neighbour discovery",
    protocol: Protocol::Icmpv6,
    family: Family::V6,
    ports: Ports::None,
    share: Share::Own,
    served: true,
    sentence: "Which network card has this IPv6 address, and who routes.",
    source: Source::rfc("RFC 4861", "#section-3"),
};

pub static IGMP: Service = Service {
    slug: "igmp",
    name: "IGMP",
    protocol: Protocol::Igmp,
    family: Family::V4,
    ports: Ports::None,
    share: Share::Own,
    served: true,
    sentence: "Who listens to which IPv4 multicast group.",
    source: Source::rfc("RFC 3376", "#section-4"),
};

pub static MLD: Service = Service {
    slug: "mld",
    name: "Multicast listener discovery",
    protocol: Protocol::Icmpv6,
    family: Family::V6,
    ports: Ports::None,
    share: Share::Own,
    served: true,
    sentence: "Who listens to which IPv6 multicast group.",
    source: Source::rfc("RFC 3810", "#section-5"),
};

pub static ICMP_ECHO: Service = Service {
    slug: "icmp-echo",
    name: "ICMP echo",
    protocol: Protocol::Icmp,
    family: Family::V4,
    ports: Ports::None,
    share: Share::Own,
    served: true,
    sentence: "Is anybody there (IPv4).",
    source: Source::rfc("RFC 1122", "#section-3.2.2.6"),
};

pub static ICMPV6_ECHO: Service = Service {
    slug: "icmpv6-echo",
    name: "ICMPv6 echo",
    protocol: Protocol::Icmpv6,
    family: Family::V6,
    ports: Ports::None,
    share: Share::Own,
    served: true,
    sentence: "Is anybody there (IPv6).",
    source: Source::rfc("RFC 4443", "#section-4.1"),
};

pub static ICMP_ERRORS: Service = Service {
    slug: "icmp-errors",
    name: "ICMP errors",
    protocol: Protocol::Icmp,
    family: Family::V4,
    ports: Ports::None,
    share: Share::Own,
    served: true,
    sentence: "Unreachable, time exceeded and fragmentation needed (IPv4).",
    source: Source::rfc("RFC 1191", "#section-4"),
};

pub static ICMPV6_ERRORS: Service = Service {
    slug: "icmpv6-errors",
    name: "ICMPv6 errors",
    protocol: Protocol::Icmpv6,
    family: Family::V6,
    ports: Ports::None,
    share: Share::Own,
    served: true,
    sentence: "Unreachable, time exceeded and packet too big (IPv6).",
    source: Source::rfc("RFC 8201", "#section-4"),
};

/// Every service: ours first, then the platform's.
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
