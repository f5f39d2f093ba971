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

/// What systems give out where nobody set another range: Windows since Server 2008
/// (note 6 of the articles), after RFC 6335, section 6.
pub const DYNAMIC: (u16, u16) = (49152, 65535);

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
    /// As many ports in a row as from the first to the last; the site file may move
    /// the first, and the others follow it.
    Series { key: &'static str, first: u16, last: u16 },
    /// Given out by the operating system at run time.
    Dynamic,
    /// The protocol has no ports.
    None,
}

impl Ports {
    /// One port that nothing moves.
    pub(crate) const fn one(port: u16) -> Self {
        Self::Fixed(port, port)
    }

    /// One port that a setting moves, of a service that needs no other port for
    /// ordinary users.
    pub(crate) const fn movable(key: &'static str, default: u16) -> Self {
        Self::Setting { key, default, unprivileged: default, alternate: false }
    }

    /// The first and the last, where nobody set anything else; none where there
    /// are no numbers to say.
    pub fn usual(self) -> Option<(u16, u16)> {
        match self {
            Self::Fixed(first, last) | Self::Series { first, last, .. } => Some((first, last)),
            Self::Setting { default, .. } => Some((default, default)),
            Self::Dynamic | Self::None => None,
        }
    }
}

impl fmt::Display for Ports {
    /// As tables write it: `443`, `10140-10155`, `dynamic`, `-`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.usual()) {
            (_, Some((first, last))) if first == last => write!(f, "{first}"),
            (_, Some((first, last))) => write!(f, "{first}-{last}"),
            (Self::Dynamic, None) => f.write_str("dynamic"),
            (_, None) => f.write_str("-"),
        }
    }
}
