//! Protocols and ports: where on a host a service is found.

use std::fmt;

/// What carries a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    Tcp,
    Udp,
    Icmp,
    Icmpv6,
    Igmp,
    Arp,
}

impl Protocol {
    /// Lower case, as in tables and JSON.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Icmpv6 => "icmpv6",
            Self::Igmp => "igmp",
            Self::Arp => "arp",
        }
    }

    /// Whether it knows ports at all.
    pub fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// The versions of IP on which a service exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Any,
    V4,
    V6,
}

/// The ports of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ports {
    /// Always these, from the first to the last.
    Fixed(u16, u16),
    /// One port, which the site file may change.
    Setting {
        /// Its key in the site file's `ports`.
        key: &'static str,
        default: u16,
        /// Where an ordinary user listens, who may not bind the default; the
        /// same number where the default needs no privilege.
        unprivileged: u16,
        /// Whether the site file may name a second port, tried when the first
        /// one does not answer.
        alternate: bool,
    },
    /// Given out by the operating system at run time.
    Dynamic,
    /// The protocol has no ports.
    None,
}
