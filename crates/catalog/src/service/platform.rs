//! What every machine speaks anyway: names, time, addresses, neighbours, and the
//! network's own messages.

use super::{Service, Share};
use crate::port::{Family, Ports, Protocol};
use crate::source::Source;

pub static DNS: Service = Service {
    slug: "dns",
    name: "DNS",
    protocol: Protocol::Udp,
    family: Family::Any,
    ports: Ports::Fixed(53, 53),
    types: &[],
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
    types: &[],
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
    types: &[],
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
    types: &[],
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
    types: &[],
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
    types: &[],
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
    types: &[133, 134, 135, 136, 137],
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
    types: &[],
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
    types: &[130, 131, 132, 143],
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
    types: &[8],
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
    types: &[128],
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
    types: &[3, 11, 12],
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
    types: &[1, 2, 3, 4],
    share: Share::Own,
    served: true,
    sentence: "Unreachable, time exceeded and packet too big (IPv6).",
    source: Source::rfc("RFC 8201", "#section-4"),
};
